/**
 * Runs a workflow of Step Functions as its template has it, in real time, against functions that stand in for AWS: the
 * states that our workflows use, and JSONata by its reference implementation.
 *
 * Use it where what a template does in a failure is to be done here by the same steps. It is no Step Functions: of
 * errors it knows only that there was one, and it knows no JSONPath.
 */
import jsonata from 'jsonata';
import type { Clock } from '../clock.ts';
import type { Pace } from '../pace.ts';

type State = Readonly<Record<string, unknown>>;
type Variables = Record<string, unknown>;

interface Machine {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
  readonly TimeoutSeconds?: number;
}

interface Retry {
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
}

/** Answers a call such as `rds:describeGlobalClusters`, or throws. */
export type Service = (call: string, parameters: Readonly<Record<string, unknown>>) => unknown;

export interface Execution {
  readonly status: 'succeeded' | 'failed' | 'timed-out' | 'aborted';
  /** Why not: the workflow's own name of the error, or what the last call said. */
  readonly error?: string;
}

export interface WorkflowOptions {
  readonly definition: Readonly<Record<string, unknown>>;
  readonly service: Service;
  readonly pace: Pace;
  readonly clock: Clock;
  /** Ends the workflow where it stands, as the loss of its region does. */
  readonly signal: AbortSignal;
}

class WorkflowFailure extends Error {
  override readonly name = 'WorkflowFailure';
}
class WorkflowAborted extends Error {
  override readonly name = 'WorkflowAborted';
}

/** Step Functions' own defaults for a retrier. */
const RETRY = { IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 2 };
const WHOLE_EXPRESSION = /^\{%(.*)%\}$/s;
const SERVICE_PREFIX = 'arn:aws:states:::aws-sdk:';

/** A value of the definition with its expressions replaced by what they are worth. */
async function evaluate(value: unknown, variables: Readonly<Variables>): Promise<unknown> {
  if (typeof value === 'string') {
    const [, expression] = WHOLE_EXPRESSION.exec(value) ?? [];
    if (expression === undefined) return value;
    const result: unknown = await jsonata(expression).evaluate({}, { ...variables });
    // Step Functions fails a state whose expression is worth nothing.
    if (result === undefined) throw new WorkflowFailure('States.QueryEvaluationError');
    return result;
  }
  if (Array.isArray(value)) return Promise.all(value.map((item) => evaluate(item, variables)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(
    async ([key, item]) => [key, await evaluate(item, variables)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

class Run {
  readonly #options: WorkflowOptions;

  constructor(options: WorkflowOptions) {
    this.#options = options;
  }

  async #wait(seconds: number): Promise<void> {
    const { pace, clock, signal } = this.#options;
    await clock.sleep(pace.scaleMs(seconds), signal);
    this.#throwIfAborted();
  }

  #throwIfAborted(): void {
    if (this.#options.signal.aborted) throw new WorkflowAborted();
  }

  async #task(state: State, scope: Variables): Promise<unknown> {
    const call = String(state['Resource']).replace(SERVICE_PREFIX, '');
    const parameters = (await evaluate(state['Arguments'], scope)) as Readonly<Record<string, unknown>>;
    const [first] = (state['Retry'] as readonly Retry[] | undefined) ?? [];
    const retry = first ? { ...RETRY, ...first } : { ...RETRY, MaxAttempts: 0 };
    for (let attempt = 0; ; attempt += 1) {
      this.#throwIfAborted();
      try {
        return await this.#options.service(call, parameters);
      } catch (error) {
        if (attempt >= retry.MaxAttempts) throw error;
        await this.#wait(retry.IntervalSeconds * retry.BackoffRate ** attempt);
      }
    }
  }

  async #step(state: State, input: unknown, variables: Variables): Promise<unknown> {
    const scope = { ...variables, states: { input, result: undefined as unknown } };
    switch (state['Type']) {
      case 'Task':
        scope.states.result = await this.#task(state, scope);
        return state['Output'] === undefined ? scope.states.result : evaluate(state['Output'], scope);
      case 'Wait':
        await this.#wait(Number(state['Seconds']));
        return input;
      case 'Parallel':
        return Promise.all(
          (state['Branches'] as readonly Machine[]).map((branch) =>
            this.run(branch, input, { ...variables }),
          ),
        );
      case 'Map': {
        const items = (await evaluate(state['Items'], scope)) as readonly unknown[];
        const each = state['ItemProcessor'] as Machine;
        return Promise.all(items.map((item) => this.run(each, item, { ...variables })));
      }
      case 'Fail':
        throw new WorkflowFailure(String(state['Error']));
      default:
        return input;
    }
  }

  async #choose(state: State, input: unknown, variables: Variables): Promise<string> {
    for (const choice of state['Choices'] as readonly State[]) {
      const scope = { ...variables, states: { input } };
      if ((await evaluate(choice['Condition'], scope)) !== true) continue;
      Object.assign(variables, await evaluate(choice['Assign'] ?? {}, scope));
      return String(choice['Next']);
    }
    return String(state['Default']);
  }

  /** One state: what it answers and which comes next; none at the end. */
  async #enter(state: State, input: unknown, variables: Variables): Promise<[unknown, string | undefined]> {
    if (state['Type'] === 'Choice') return [input, await this.#choose(state, input, variables)];
    try {
      const output = await this.#step(state, input, variables);
      const scope = { ...variables, states: { input, result: output } };
      Object.assign(variables, await evaluate(state['Assign'] ?? {}, scope));
      return [output, state['Next'] as string | undefined];
    } catch (error) {
      const [caught] = (state['Catch'] as readonly { Next: string }[] | undefined) ?? [];
      if (caught === undefined || error instanceof WorkflowAborted) throw error;
      return [input, caught.Next];
    }
  }

  async run(part: Machine, input: unknown, variables: Variables): Promise<unknown> {
    let value = input;
    let name: string | undefined = part.StartAt;
    while (name !== undefined) {
      this.#throwIfAborted();
      const state: State | undefined = part.States[name];
      if (state === undefined) throw new WorkflowFailure(`there is no state ${name}`);
      [value, name] = await this.#enter(state, value, variables);
    }
    return value;
  }
}

/** Runs it to its end. Never rejects: what went wrong is in the answer. */
export async function runWorkflow(options: WorkflowOptions): Promise<Execution> {
  const machine = options.definition as unknown as Machine;
  const { pace, clock, signal } = options;
  const over = new AbortController();
  const limit = new AbortController();
  if (machine.TimeoutSeconds !== undefined) {
    void clock.sleep(pace.scaleMs(machine.TimeoutSeconds), over.signal).then(() => {
      if (!over.signal.aborted) limit.abort();
    });
  }
  try {
    await new Run({ ...options, signal: AbortSignal.any([signal, limit.signal]) }).run(machine, {}, {});
    return { status: 'succeeded' };
  } catch (error) {
    if (signal.aborted) return { status: 'aborted' };
    if (limit.signal.aborted) return { status: 'timed-out' };
    return { status: 'failed', error: error instanceof Error ? error.message : String(error) };
  } finally {
    over.abort();
  }
}

/** Whether any state of the definition calls this, such as `rds:failoverGlobalCluster`. */
export const callsService = (definition: unknown, call: string): boolean =>
  JSON.stringify(definition).includes(`${SERVICE_PREFIX}${call}"`);
