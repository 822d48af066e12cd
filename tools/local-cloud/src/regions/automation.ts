/**
 * Starts what a region's template starts by itself: workflows and functions at intervals, and what an alarm starts. A
 * region that is lost starts nothing, and what ran in it ends where it stands.
 */
import { nodesOfKind } from '@nines/topology';
import type { EventRuleNode, Topology, WorkflowNode } from '@nines/topology';
import type { Clock } from '../clock.ts';
import type { OnCloudEvent } from '../cloud-event.ts';
import type { Pace } from '../pace.ts';
import { loadFunction } from './function-runner.ts';
import type { FunctionWorld } from './function-runner.ts';
import { runWorkflow } from './workflow.ts';
import type { Execution, Service } from './workflow.ts';

export interface Automation {
  /** Starts what runs at intervals. */
  start(): void;
  /** Tells of an alarm that went on. */
  alarmed(alarm: string): void;
  /** Runs a workflow to its end, as a person does who starts it. */
  run(workflow: WorkflowNode): Promise<Execution>;
  loseRegion(region: string): void;
  restoreRegion(region: string): void;
  close(): Promise<void>;
}

export interface AutomationOptions {
  readonly topology: Topology;
  readonly serviceOf: (region: string) => Service;
  /**
   * A workflow's definition as it is deployed, with every name that only a deployment knows.
   *
   * @default as the template has it
   */
  readonly definitionOf?: (workflow: WorkflowNode) => Promise<WorkflowNode['definition']>;
  /** The world of a function of a region; its time and signal are added. */
  readonly worldOf: (region: string) => Omit<FunctionWorld, 'pace' | 'clock' | 'signal'>;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly onEvent: OnCloudEvent;
}

class RunningAutomation implements Automation {
  readonly #options: AutomationOptions;
  readonly #rules: readonly EventRuleNode[];
  /** Each aborts when its region is lost. */
  readonly #regions = new Map<string, AbortController>();
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: AutomationOptions) {
    this.#options = options;
    this.#rules = nodesOfKind(options.topology, 'event-rule').filter(({ enabled }) => enabled);
  }

  #signalOf(region: string): AbortSignal {
    const controller = this.#regions.get(region) ?? new AbortController();
    this.#regions.set(region, controller);
    return AbortSignal.any([controller.signal, this.#closing.signal]);
  }

  #track(work: Promise<unknown>): void {
    const tracked = work.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  start(): void {
    for (const rule of this.#rules) {
      const { everySeconds } = rule;
      if (everySeconds !== undefined) this.#track(this.#repeat(rule, everySeconds));
    }
  }

  async #repeat(rule: EventRuleNode, everySeconds: number): Promise<void> {
    const { pace, clock } = this.#options;
    const { signal } = this.#closing;
    const starts = this.#startersOf(rule);
    while (!signal.aborted && starts.length > 0) {
      if (!this.#signalOf(rule.region).aborted) for (const begin of starts) this.#track(begin());
      await clock.sleep(pace.scaleMs(everySeconds), signal);
    }
  }

  /** What the rule starts, as far as it runs here: a workflow, or a function whose code the template holds. */
  #startersOf({ targets }: EventRuleNode): (() => Promise<unknown>)[] {
    const { topology, worldOf, pace, clock, onEvent } = this.#options;
    const workflows = nodesOfKind(topology, 'workflow').filter(({ id }) => targets.includes(id));
    const functions = nodesOfKind(topology, 'function').filter(
      ({ id, inlineCode }) => targets.includes(id) && inlineCode !== undefined,
    );
    return [
      ...workflows.map((workflow) => () => this.#execute(workflow)),
      ...functions.map((node) => () => {
        const world = { ...worldOf(node.region), pace, clock, signal: this.#signalOf(node.region) };
        return loadFunction(node, world)().catch((error: unknown) => {
          onEvent({
            kind: 'workflow-ended',
            subject: node.id,
            message: `${node.id} failed: ${String(error)}`,
          });
        });
      }),
    ];
  }

  async #execute(workflow: WorkflowNode): Promise<Execution> {
    const { serviceOf, definitionOf, pace, clock } = this.#options;
    const { region } = workflow;
    const signal = this.#signalOf(region);
    try {
      const definition = definitionOf === undefined ? workflow.definition : await definitionOf(workflow);
      return await runWorkflow({ definition, service: serviceOf(region), pace, clock, signal });
    } catch (error) {
      // Its region was lost before it had begun: nobody there could say how it is deployed.
      return { status: 'failed', error: error instanceof Error ? error.message : String(error) };
    }
  }

  alarmed(alarm: string): void {
    for (const rule of this.#rules) {
      if (!rule.alarms.includes(alarm) || this.#signalOf(rule.region).aborted) continue;
      for (const workflow of nodesOfKind(this.#options.topology, 'workflow'))
        if (rule.targets.includes(workflow.id)) this.#track(this.run(workflow));
    }
  }

  async run(workflow: WorkflowNode): Promise<Execution> {
    const { onEvent } = this.#options;
    const { id } = workflow;
    onEvent({ kind: 'workflow-started', subject: id, message: `workflow ${id} is started` });
    const execution = await this.#execute(workflow);
    const why = execution.error === undefined ? '' : `: ${execution.error}`;
    if (!this.#closing.signal.aborted)
      onEvent({ kind: 'workflow-ended', subject: id, message: `workflow ${id} ${execution.status}${why}` });
    return execution;
  }

  loseRegion(region: string): void {
    this.#signalOf(region);
    this.#regions.get(region)?.abort();
  }

  restoreRegion(region: string): void {
    this.#regions.delete(region);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#running);
  }
}

export const createAutomation = (options: AutomationOptions): Automation => new RunningAutomation(options);
