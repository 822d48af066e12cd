/**
 * A serverless tier of several regions on this machine: an emulator for each region, to which the region's own stacks
 * are deployed by the real CDK, one table over all of them by our own replication, and in front the edge, DNS and health
 * checks of the global stack.
 *
 * Use it for `nines up` and game days of the tiers of several regions. It stands in for AWS where
 * `SERVERLESS_REGION_STAND_INS` says, beside what `SERVERLESS_STAND_INS` says of each region.
 */
import { createRegionEntrance, DNS_STAND_IN, EDGE_STAND_IN } from '@nines/local-cloud';
import type {
  Address,
  Destination,
  Execution,
  OnCloudEvent,
  Pace,
  RegionEntrance,
  ThirdPartyService,
} from '@nines/local-cloud';
import { nodesOfKind } from '@nines/topology';
import type { Topology, WorkflowNode } from '@nines/topology';
import type { FilteredStack } from '../filter-assembly.ts';
import type { HttpFaultPoint } from '../http-fault-point.ts';
import { settingsFor, startOutsideServices } from '../outside-services.ts';
import type { ServerlessCloud, ServerlessCloudOptions } from '../serverless-cloud.ts';
import { createTimer } from '../serverless-region.ts';
import { createEmulatedControlPlane } from './emulated-control-plane.ts';
import { createReplica, describeTable, emulatedTable } from './emulated-table.ts';
import { createGlobalTable } from './global-table.ts';
import type { GlobalTable } from './global-table.ts';
import { planRegions, RegionsNotRunnableError } from './plan.ts';
import type { RegionPlan, RegionsPlan, RegionStack } from './plan.ts';
import { deployTwice, REGION_SETTINGS, startRegion } from './region-cloud.ts';
import type { RegionCloud } from './region-cloud.ts';
import { createSilentListener } from './silent-listener.ts';
import type { SilentListener } from './silent-listener.ts';

/** What stands in for AWS between regions, by the consistency that the template asks its table for. */
export const TABLE_STAND_INS = {
  eventual:
    'The global table is a stand-in of ours: what functions of one region write is copied to the tables of the others ' +
    'after a fixed lag, item by item, and the later write wins. What a lost region had not handed on arrives when it is back.',
  strong:
    'Strong consistency over regions is a stand-in of ours: one table at a time carries out a write to an item, and it is ' +
    'answered ' +
    'when a majority of the regions has it. That no acknowledged order is lost follows from that order of events and is ' +
    'shown; how regions agree without a common clock, notice that one is gone or part into halves, what a round trip ' +
    'between them costs, and reads while a write is under way are not. It ' +
    'refuses transactions, as such tables of AWS are said to.',
} as const;

export const SERVERLESS_REGION_STAND_INS: readonly string[] = [
  DNS_STAND_IN,
  EDGE_STAND_IN,
  'Each region is an emulator of its own; its table is made there as the template describes it, because the emulator ' +
    'makes no replicas. A region that is lost is killed with all its functions, and comes back as a new emulator: the ' +
    'same stacks deployed again and its table copied from another region, minutes of this machine and none of AWS’s.',
  'Workflows, schedules and alarms that move traffic run as they are deployed, by an interpreter of ours; what they ' +
    'call is answered by the region’s emulator, metrics and alarms by a stand-in. Provisioned concurrency is a record: a ' +
    'dozen processes at most are made ready when a workflow asks for it.',
];

/** The stacks of a tier, synthesized with the settings asked for. */
export interface SynthesizedRegions {
  /** Folder of the assembly; it stays as it is. */
  readonly assembly: string;
  readonly stacks: readonly RegionStack[];
  /** Of all of them together. */
  readonly topology: Topology;
}

export interface ServerlessRegionsOptions extends Omit<ServerlessCloudOptions, 'synthesize' | 'region'> {
  /** Synthesizes the tier with these settings (`name=value`). */
  readonly synthesize: (settings: readonly string[]) => Promise<SynthesizedRegions>;
  /** How long a copy takes to another region with eventual consistency, in seconds of AWS's time. */
  readonly replicationLagSeconds: number;
  readonly pace: Pace;
  readonly onEvent: OnCloudEvent;
}

/** What a game day does with regions. */
export interface ServerlessRegions {
  /** The one that was made as the first, first. */
  readonly all: readonly string[];
  /** Where those that live are. */
  readonly places: readonly { readonly region: string; readonly url: string; readonly emulator: string }[];
  /** The living region that users are led to, or one of them. */
  readonly serving: string;
  /** Who moves users: a person who runs a workflow, or nobody, because all regions serve. */
  readonly failover: 'automatic' | 'decided';
  readonly consistency: 'eventual' | 'strong';
  /** Of all stacks together, as they were synthesized. */
  readonly topology: Topology;
  /** Ends the region's emulator and all its functions at once. Answers what was hit. */
  lose(region: string): Promise<readonly string[]>;
  /** Brings it back, with what the others have; resolves when it answers. */
  restore(region: string): Promise<void>;
  /**
   * Runs the region's own workflow that puts it on duty, as a person does who starts it.
   *
   * @throws RegionsNotRunnableError when its stacks have none.
   */
  takeOver(region: string): Promise<Execution>;
  /** The same of the workflow that takes it off duty. */
  stepAside(region: string): Promise<Execution>;
  /** Changes that lost regions had not handed on. */
  readonly heldBack: number;
  /** Resolves when every check finds its region well, and every copy is made. */
  settle(signal?: AbortSignal): Promise<void>;
}

export interface ServerlessRegionsCloud extends ServerlessCloud {
  readonly regions: ServerlessRegions;
}

const SETTLE_POLL_MS = 100;
/** An API of AWS ends connections of its own accord, at times that nobody publishes. */
const CONNECTION_LIFE_SECONDS = 60;
const NOWHERE: Address = { host: '127.0.0.1', port: 9 };
const PUT_PARAMETER = 'arn:aws:states:::aws-sdk:ssm:putParameter';

interface State {
  readonly Resource?: string;
  readonly Arguments?: { readonly Value?: unknown };
}

/** Whether a workflow writes this word down as its region's duty: what it is for shows in what it does. */
export function writesDuty({ definition }: Pick<WorkflowNode, 'definition'>, duty: 'yes' | 'no'): boolean {
  const states = Object.values((definition['States'] ?? {}) as Readonly<Record<string, State>>);
  return states.some((state) => state.Resource === PUT_PARAMETER && state.Arguments?.Value === duty);
}

/** Every region's fault point as one: what is injected hits all of them. */
function tablesAsOne(clouds: () => readonly RegionCloud[], before: () => number): HttpFaultPoint {
  const first = (): HttpFaultPoint => {
    const [cloud] = clouds();
    if (!cloud) throw new RegionsNotRunnableError('no region is there');
    return cloud.table;
  };
  return {
    get address() {
      return first().address;
    },
    get url() {
      return first().url;
    },
    get hits() {
      return clouds().reduce((sum, { table }) => sum + table.hits, before());
    },
    inject(fault) {
      for (const { table } of clouds()) table.inject(fault);
    },
    heal() {
      for (const { table } of clouds()) table.heal();
    },
    close: () => Promise.resolve(),
  };
}

/** What several stacks lack, as one. */
function mergeFiltered(stackName: string, filtered: readonly FilteredStack[]): FilteredStack {
  return {
    stackName,
    resources: filtered.reduce((sum, { resources }) => sum + resources, 0),
    leftOut: filtered.flatMap(({ stackName: stack, leftOut }) =>
      leftOut.map((one) => ({ ...one, logicalId: `${stack}/${one.logicalId}` })),
    ),
    droppedOutputs: filtered.flatMap((one) => one.droppedOutputs),
    replaced: filtered.flatMap((one) => one.replaced),
    droppedUpdatePolicies: filtered.flatMap((one) => one.droppedUpdatePolicies),
  };
}

class Regions {
  readonly #options: ServerlessRegionsOptions;
  readonly #clouds = new Map<string, RegionCloud>();
  readonly #closers: (() => Promise<void>)[] = [];
  #synthesized: SynthesizedRegions | undefined;
  #plan: RegionsPlan | undefined;
  #global: GlobalTable | undefined;
  #entrance: RegionEntrance | undefined;
  #silent: SilentListener | undefined;
  #onDuty = '';
  #hitsOfLost = 0;

  constructor(options: ServerlessRegionsOptions) {
    this.#options = options;
  }

  get #assembly(): SynthesizedRegions {
    if (!this.#synthesized) throw new RegionsNotRunnableError('nothing is synthesized yet');
    return this.#synthesized;
  }

  get #planned(): RegionsPlan {
    if (!this.#plan) throw new RegionsNotRunnableError('nothing is planned yet');
    return this.#plan;
  }

  get #living(): RegionCloud[] {
    return this.#planned.regions.flatMap(({ region }) => this.#clouds.get(region) ?? []);
  }

  get #serving(): RegionCloud {
    const cloud = this.#clouds.get(this.#onDuty) ?? this.#living[0];
    if (!cloud) throw new RegionsNotRunnableError('no region is there');
    return cloud;
  }

  get #failover(): ServerlessRegions['failover'] {
    const workflows = nodesOfKind(this.#assembly.topology, 'workflow');
    return workflows.some((one) => writesDuty(one, 'yes')) ? 'decided' : 'automatic';
  }

  async start(): Promise<ServerlessRegionsCloud> {
    const { clock, synthesize, log } = this.#options;
    const startedMs = clock.now();
    const timed = createTimer(clock);
    const services = await startOutsideServices(this.#options);
    log('synthesizing the tier with the addresses of its services');
    const synthesis = await timed(synthesize([...settingsFor(services), ...REGION_SETTINGS]));
    this.#synthesized = synthesis.value;
    this.#plan = planRegions(synthesis.value.stacks);
    this.#onDuty = this.#plan.regions[0]?.region ?? '';
    const { regions } = this.#plan;
    log(
      `starting and bootstrapping an emulator for each of ${regions.map(({ region }) => region).join(', ')}`,
    );
    const bootstrap = await timed(Promise.all(regions.map((plan) => this.#startRegion(plan))));
    const deployment = await timed(this.#deploy());
    await this.#open();
    return this.#assemble(services, {
      bootstrapSeconds: bootstrap.seconds,
      synthesisSeconds: synthesis.seconds,
      deploymentSeconds: deployment.seconds,
      servingSeconds: (clock.now() - startedMs) / 1000,
    });
  }

  async #startRegion(plan: RegionPlan): Promise<RegionCloud> {
    const cloud = await startRegion({
      ...this.#options,
      plan,
      writer: () => {
        const global = this.#global;
        return global && ((request) => global.write(plan.region, request));
      },
    });
    this.#clouds.set(plan.region, cloud);
    return cloud;
  }

  /** The table first, then the regions that use it. */
  async #deploy(): Promise<void> {
    const { guardian, log, signal } = this.#options;
    const { data, regions, left } = this.#planned;
    const { assembly } = this.#assembly;
    const [home] = this.#living;
    if (!home) throw new RegionsNotRunnableError('no region is there');
    log(`deploying ${data.stackName} with cdk`);
    await deployTwice({ cdk: home.cdk, guardian, assembly, stacks: [data.artifactId] }, signal);
    await this.#spreadTable(home);
    for (const { application, duty } of regions)
      log(`deploying ${[application, duty].flatMap((one) => one?.stackName ?? []).join(' and ')} with cdk`);
    await Promise.all(this.#living.map((cloud) => cloud.deploy(assembly)));
    log(`not deployed, because nothing of them would run: ${left.join(', ')}`);
  }

  async #spreadTable(home: RegionCloud): Promise<void> {
    const { replicationLagSeconds, pace, clock, log } = this.#options;
    const { tableName, consistency } = this.#planned;
    const shape = await describeTable(home.emulator, tableName);
    const global = createGlobalTable({
      tableName,
      keyNames: shape.KeySchema.map(({ AttributeName }) => AttributeName),
      consistency,
      regions: this.#planned.regions.map(({ region }) => region),
      lagMs: pace.scaleMs(replicationLagSeconds),
      clock,
      onError: (error) => {
        log(`between regions: ${error instanceof Error ? error.message : String(error)}`);
      },
    });
    this.#closers.unshift(() => global.close());
    for (const cloud of this.#living) {
      if (cloud !== home) await createReplica(cloud.emulator, shape);
      await global.join(cloud.region, emulatedTable(cloud.emulator));
    }
    // From here on writes go through it: everything before was the catalogue, which is copied.
    this.#global = global;
  }

  #destinationOf(target: string): Destination | undefined {
    const plan = this.#planned.regions.find(({ application }) =>
      target.startsWith(`${application.stackName}/`),
    );
    if (!plan) return undefined;
    const cloud = this.#clouds.get(plan.region);
    return {
      // What a region that is gone answers to a health check is nothing, until the checker gives up.
      address: cloud?.front.address ?? this.#silent?.address ?? NOWHERE,
      reachable: () => this.#clouds.has(plan.region),
      connectionLifeSeconds: CONNECTION_LIFE_SECONDS,
    };
  }

  async #open(): Promise<void> {
    const { pace, clock, onEvent } = this.#options;
    const silent = await createSilentListener();
    this.#silent = silent;
    this.#closers.unshift(() => silent.close());
    const { topology } = this.#assembly;
    const edge = nodesOfKind(topology, 'edge')[0];
    if (!edge) throw new RegionsNotRunnableError('the stacks have no edge that would find regions.');
    const cloudOf = (region: string): RegionCloud => {
      const cloud = this.#clouds.get(region);
      if (!cloud) throw new RegionsNotRunnableError(`${region} is not there`);
      return cloud;
    };
    const entrance = await createRegionEntrance({
      topology,
      edge,
      regions: this.#planned.regions.map(({ region }) => region),
      destinationOf: (target) => this.#destinationOf(target),
      serviceOf: (region, metrics) => {
        const { emulator, warmUp } = cloudOf(region);
        return createEmulatedControlPlane({
          emulator,
          warmUp,
          put: (point) => {
            metrics.put(point);
          },
        });
      },
      definitionOf: (workflow) => cloudOf(workflow.region).definitionOf(workflow),
      pace,
      clock,
      onEvent,
    });
    this.#entrance = entrance;
    this.#closers.unshift(() => entrance.close());
  }

  async #lose(region: string): Promise<readonly string[]> {
    const cloud = this.#clouds.get(region);
    if (!cloud) return [];
    const functions = await cloud.emulator.functions();
    this.#options.onEvent({ kind: 'region-lost', subject: region, message: `${region} is lost` });
    this.#clouds.delete(region);
    this.#hitsOfLost += cloud.table.hits;
    this.#global?.lose(region);
    this.#entrance?.automation.loseRegion(region);
    await cloud.stop();
    return [`its emulator with ${String(functions.length)} processes of functions`];
  }

  async #restore(region: string): Promise<void> {
    const plan = this.#planned.regions.find((one) => one.region === region);
    const [other] = this.#living;
    if (!plan || !other || this.#clouds.has(region)) return;
    const { tableName } = this.#planned;
    // Not among the regions until it answers: nobody is led to a region that is still being built.
    const cloud = await startRegion({
      ...this.#options,
      plan,
      writer: () => {
        const global = this.#global;
        return global && ((request) => global.write(region, request));
      },
    });
    try {
      await createReplica(cloud.emulator, await describeTable(other.emulator, tableName));
      await this.#global?.join(region, emulatedTable(cloud.emulator));
      await cloud.deploy(this.#assembly.assembly);
    } catch (error) {
      await cloud.stop();
      throw error;
    }
    this.#clouds.set(region, cloud);
    this.#entrance?.automation.restoreRegion(region);
    this.#options.onEvent({ kind: 'region-restored', subject: region, message: `${region} is back` });
  }

  async #runDuty(region: string, duty: 'yes' | 'no'): Promise<Execution> {
    const workflow = nodesOfKind(this.#assembly.topology, 'workflow').find(
      (one) => one.region === region && writesDuty(one, duty),
    );
    if (!workflow || !this.#entrance)
      throw new RegionsNotRunnableError(`no workflow in ${region} writes its duty down as ${duty}.`);
    const execution = await this.#entrance.automation.run(workflow);
    if (execution.status === 'succeeded' && duty === 'yes') this.#onDuty = region;
    return execution;
  }

  #control(): ServerlessRegions {
    const { clock } = this.#options;
    const serving = () => this.#serving.region;
    const heldBack = () => this.#global?.heldBack ?? 0;
    const living = () => this.#living;
    return {
      all: this.#planned.regions.map(({ region }) => region),
      get places() {
        return living().map(({ region, front, emulator }) => ({
          region,
          url: front.url,
          emulator: emulator.endpoint,
        }));
      },
      get serving() {
        return serving();
      },
      failover: this.#failover,
      consistency: this.#planned.consistency,
      topology: this.#assembly.topology,
      lose: (region) => this.#lose(region),
      restore: (region) => this.#restore(region),
      takeOver: (region) => this.#runDuty(region, 'yes'),
      stepAside: (region) => this.#runDuty(region, 'no'),
      get heldBack() {
        return heldBack();
      },
      settle: async (signal) => {
        while (this.#entrance?.isWhollyHealthy() === false && signal?.aborted !== true)
          await clock.sleep(SETTLE_POLL_MS, signal);
        await this.#global?.settle();
      },
    };
  }

  #assemble(
    services: ReadonlyMap<string, ThirdPartyService>,
    times: ServerlessCloud['times'],
  ): ServerlessRegionsCloud {
    const serving = () => this.#serving;
    const living = () => this.#living;
    const [home] = this.#planned.regions;
    const filtered = () =>
      mergeFiltered(
        this.#planned.regions.map(({ application }) => application.stackName).join('+'),
        this.#living.flatMap((cloud) => cloud.filtered),
      );
    return {
      url: this.#entrance?.edge.url ?? '',
      get region() {
        return serving().region;
      },
      get stackName() {
        return serving().stackName;
      },
      get outputs() {
        return serving().outputs;
      },
      template: home?.application.template,
      filtered: filtered(),
      services,
      table: tablesAsOne(living, () => this.#hitsOfLost),
      get emulator() {
        return serving().emulator;
      },
      times,
      killFunction: (logicalId, options) => serving().killFunction(logicalId, options),
      warmUp: (atOnce) => this.#warmUp(atOnce),
      regions: this.#control(),
      close: () => this.close(),
    };
  }

  /** Where all regions serve, each as many as it needs when another one is gone; else the one on duty. */
  async #warmUp(atOnce: number): Promise<number> {
    const clouds = this.#failover === 'decided' ? [this.#serving] : this.#living;
    const each = clouds.length > 1 ? Math.ceil(atOnce / (clouds.length - 1)) : atOnce;
    let ready = 0;
    for (const cloud of clouds) ready += await cloud.warmUp(each);
    return ready;
  }

  async close(): Promise<void> {
    for (const closeOne of this.#closers.splice(0)) await closeOne();
    const clouds = [...this.#clouds.values()];
    this.#clouds.clear();
    await Promise.all(clouds.map((cloud) => cloud.stop()));
  }
}

/**
 * Starts all regions and what is in front of them; resolves when each answers.
 *
 * @throws RegionsNotRunnableError when the stacks are not of a shape that runs here, what `deploy` throws, and an
 *   AbortError when the user ends it; whoever gave the guardian closes it, and with it whatever was started.
 */
export async function createServerlessRegions(
  options: ServerlessRegionsOptions,
): Promise<ServerlessRegionsCloud> {
  const regions = new Regions(options);
  try {
    return await regions.start();
  } catch (error) {
    await regions.close();
    throw error;
  }
}
