/**
 * Runs a workflow of Step Functions as its template has it, against functions that stand in for AWS: the states that
 * our workflows use, and JSONata by its reference implementation. Time is simulated: waiting only counts.
 */
import jsonata from 'jsonata';

type Json = unknown;
type State = Readonly<Record<string, unknown>>;

interface Machine {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

/** Answers a call such as `rds:describeGlobalClusters`, or throws. */
export type Service = (call: string, parameters: Readonly<Record<string, unknown>>) => Json;

export interface Execution {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT';
  readonly error?: string;
  /** Calls in their order, with their parameters. */
  readonly calls: readonly {
    readonly call: string;
    readonly parameters: Readonly<Record<string, unknown>>;
  }[];
  readonly waitedSeconds: number;
}

class WorkflowFailure extends Error {
  readonly error: string;

  constructor(error: string) {
    super(error);
    this.error = error;
  }
}

const WHOLE_EXPRESSION = /^\{%(.*)%\}$/s;

/** A value of the definition with its expressions replaced by what they are worth. */
async function evaluate(value: unknown, variables: Readonly<Record<string, unknown>>): Promise<unknown> {
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

/**
 * Runs `definition` until it ends, or until it has waited for longer than it allows itself.
 *
 * @param given What it is started with.
 */
export async function runWorkflow(
  definition: string,
  service: Service,
  given: Json = {},
): Promise<Execution> {
  const machine = JSON.parse(definition) as Machine & { readonly TimeoutSeconds: number };
  const calls: { call: string; parameters: Readonly<Record<string, unknown>> }[] = [];
  let waitedSeconds = 0;

  async function runTask(state: State, scope: Record<string, unknown>): Promise<unknown> {
    const call = String(state['Resource']).replace('arn:aws:states:::aws-sdk:', '');
    const parameters = (await evaluate(state['Arguments'], scope)) as Readonly<Record<string, unknown>>;
    const { MaxAttempts: retries = 0 } =
      (state['Retry'] as { MaxAttempts?: number }[] | undefined)?.[0] ?? {};
    for (let attempt = 0; ; attempt += 1) {
      calls.push({ call, parameters });
      try {
        return service(call, parameters);
      } catch (error) {
        if (attempt >= retries) throw error;
      }
    }
  }

  async function step(state: State, input: unknown, variables: Record<string, unknown>): Promise<unknown> {
    const scope = { ...variables, states: { input, result: undefined as unknown } };
    switch (state['Type']) {
      case 'Task':
        scope.states.result = await runTask(state, scope);
        return state['Output'] === undefined ? scope.states.result : evaluate(state['Output'], scope);
      case 'Wait':
        waitedSeconds += Number(state['Seconds']);
        if (waitedSeconds > machine.TimeoutSeconds) throw new WorkflowFailure('States.Timeout');
        return input;
      case 'Parallel': {
        const outputs: unknown[] = [];
        for (const branch of state['Branches'] as Machine[])
          outputs.push(await run(branch, input, { ...variables }));
        return outputs;
      }
      case 'Map': {
        const outputs: unknown[] = [];
        for (const item of (await evaluate(state['Items'], scope)) as unknown[])
          outputs.push(await run(state['ItemProcessor'] as Machine, item, { ...variables }));
        return outputs;
      }
      case 'Fail':
        throw new WorkflowFailure(String(state['Error']));
      default:
        return input;
    }
  }

  async function choose(state: State, input: unknown, variables: Record<string, unknown>): Promise<string> {
    for (const choice of state['Choices'] as State[]) {
      const scope = { ...variables, states: { input } };
      if ((await evaluate(choice['Condition'], scope)) !== true) continue;
      Object.assign(variables, await evaluate(choice['Assign'] ?? {}, scope));
      return String(choice['Next']);
    }
    return String(state['Default']);
  }

  async function run(part: Machine, input: unknown, variables: Record<string, unknown>): Promise<unknown> {
    let [name, value] = [part.StartAt, input];
    for (;;) {
      const state = part.States[name];
      if (state === undefined) throw new RangeError(`There is no state ${name}.`);
      if (state['Type'] === 'Choice') {
        name = await choose(state, value, variables);
        continue;
      }
      let next = state['Next'] as string | undefined;
      try {
        const before = value;
        value = await step(state, before, variables);
        const scope = { ...variables, states: { input: before, result: value } };
        Object.assign(variables, await evaluate(state['Assign'] ?? {}, scope));
      } catch (error) {
        const [caught] = (state['Catch'] as { Next: string }[] | undefined) ?? [];
        if (caught === undefined) throw error;
        next = caught.Next;
      }
      if (next === undefined) return value;
      name = next;
    }
  }

  try {
    await run(machine, given, {});
    return { status: 'SUCCEEDED', calls, waitedSeconds };
  } catch (error) {
    const failure = error instanceof WorkflowFailure ? error.error : 'States.TaskFailed';
    const status = failure === 'States.Timeout' ? 'TIMED_OUT' : 'FAILED';
    return { status, error: failure, calls, waitedSeconds };
  }
}
