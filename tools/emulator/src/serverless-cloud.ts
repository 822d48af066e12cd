/**
 * A serverless tier that answers on this machine: its own application stack, deployed by the real CDK to an emulator,
 * with the services outside it as processes and a fault point between its functions and its table.
 *
 * Use it for `nines up`, `nines load` and game days of the serverless flavour. It stands in for AWS where `STAND_INS`
 * says; every report prints them.
 */
import { join } from 'node:path';
import { startThirdParty } from '@nines/local-cloud';
import type { Clock, Guardian, ThirdPartyBehaviour, ThirdPartyService } from '@nines/local-cloud';
import { createApiFront } from './api-front.ts';
import { createEmulatorCdk } from './cdk.ts';
import { startEmulator } from './emulator.ts';
import type { Emulator } from './emulator.ts';
import { filterAssembly } from './filter-assembly.ts';
import type { FilteredStack } from './filter-assembly.ts';
import { createHttpFaultPoint } from './http-fault-point.ts';
import type { HttpFaultPoint } from './http-fault-point.ts';
import { createStageThrottle, readStageThrottle } from './stage-throttle.ts';
import { readPipeFilter, startStreamPipe } from './stream-pipe.ts';
import type { StreamPipe } from './stream-pipe.ts';

export const SERVERLESS_STAND_INS: readonly string[] = [
  'MiniStack stands in for AWS: functions run one event at a time in Node processes of this machine, as many as are ' +
    'asked for at once, and are never frozen, thawed or moved to another host; how long one takes to start is this ' +
    "machine's figure, not Lambda's.",
  'The table is one process: it has no partitions, throttles nothing by itself and is replicated nowhere. It refuses ' +
    'only what the fault point before it is told to refuse.',
  "The API is reached through a front of ours that sends the API's host name along and applies the throttles of the " +
    'stage, because the emulator does not.',
  'Alarms, roles and encryption are records: nothing is evaluated, denied or encrypted. Whatever the emulator lacks is ' +
    'left out of the deployed stack, and printed.',
];

/** An assembly that was synthesized with the settings asked for, and the one stack in it that serves. */
export interface SynthesizedApplication {
  /** Folder of the assembly; it stays as it is. */
  readonly assembly: string;
  /** Artifact id of the application stack. */
  readonly stack: string;
  /** Its parsed template. */
  readonly template: unknown;
}

export interface ServerlessCloudOptions {
  /** Synthesizes the tier with these settings (`name=value`). */
  readonly synthesize: (settings: readonly string[]) => Promise<SynthesizedApplication>;
  /** The built bundle of each service outside the stack: `payment` and `reviews`. */
  readonly services: Readonly<Record<string, string>>;
  /** How they behave when nothing is wrong. @default as they do by themselves */
  readonly serviceBehaviour?: Readonly<Record<string, ThirdPartyBehaviour>>;
  /** Folder of the workspace, for the CDK's command line. */
  readonly root: string;
  readonly guardian: Guardian;
  readonly clock: Clock;
  /** A number from 0 up to, not including, 1: decides which requests a fault hits. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Gets a line for each step. */
  readonly log: (line: string) => void;
  /** @default eu-west-1 */
  readonly region?: string;
}

/** How long each step took, in seconds of this machine. */
export interface ServerlessTimes {
  readonly bootstrapSeconds: number;
  readonly synthesisSeconds: number;
  readonly deploymentSeconds: number;
  /** From the start of everything to the first good answer. */
  readonly servingSeconds: number;
}

export interface ServerlessCloud {
  /** The API on loopback, for k6 and for people. */
  readonly url: string;
  readonly region: string;
  readonly stackName: string;
  /** Of the application stack, by name: `ApiUrl`, `TableName`, `OrderQueueUrl`, `DeadLetterQueueUrl`. */
  readonly outputs: Readonly<Record<string, string>>;
  /** What was synthesized: throttles, queues and functions as the tier means them, before anything was left out. */
  readonly template: unknown;
  /** What the deployed stack lacks. */
  readonly filtered: FilteredStack;
  readonly services: ReadonlyMap<string, ThirdPartyService>;
  /** Between functions and table. */
  readonly table: HttpFaultPoint;
  readonly emulator: Emulator;
  readonly times: ServerlessTimes;
  /**
   * Kills processes of a function that work on an event, as the loss of their host does; waits for one to work.
   *
   * @param logicalId The function's in the template, such as `ShopFunction`.
   * @returns The processes that were killed; empty when none worked on an event in time.
   */
  killFunction(logicalId: string, options?: KillFunctionOptions): Promise<readonly number[]>;
  /**
   * Makes as many processes of the shop's function ready as requests come at once, as provisioned concurrency does; the
   * emulator begins with none. Use it before a load, whose first seconds would else measure this machine's starts.
   *
   * @returns Processes of functions that are ready.
   */
  warmUp(atOnce: number): Promise<number>;
  close(): Promise<void>;
}

export interface KillFunctionOptions {
  /** @default 1 */
  readonly atMost?: number;
  /** How long to wait for one that works. @default 5000 */
  readonly patienceMs?: number;
}

/** The deployed API gave no good answer. */
export class ServerlessCloudStartError extends Error {
  readonly code = 'serverless-cloud-start';
  override readonly name = 'ServerlessCloudStartError';
}

const SERVICE_SETTINGS: Readonly<Record<string, string>> = { payment: 'paymentUrl', reviews: 'reviewsUrl' };
const READY_WITHIN_MS = 30_000;
const POLL_MS = 100;
const KILL_POLL_MS = 5;

interface Parts {
  readonly emulator: Emulator;
  readonly table: HttpFaultPoint;
  readonly services: ReadonlyMap<string, ThirdPartyService>;
}

async function startServices(options: ServerlessCloudOptions): Promise<Map<string, ThirdPartyService>> {
  const { guardian, serviceBehaviour = {} } = options;
  const workingDirectory = await guardian.makeDirectory('nines-services-');
  const started = await Promise.all(
    Object.entries(options.services).map(([name, entryPoint]) =>
      startThirdParty({
        name,
        entryPoint,
        workingDirectory,
        behaviour: serviceBehaviour[name] ?? {},
        guardian,
      }),
    ),
  );
  return new Map(started.map((service) => [service.name, service]));
}

async function startParts(options: ServerlessCloudOptions): Promise<Parts> {
  const { guardian, clock, random, log, region } = options;
  // The emulator must know the fault point's address when it starts, so the fault point learns its target later.
  const known: { emulator?: Emulator } = {};
  const table = await createHttpFaultPoint({
    target: () => known.emulator && { host: '127.0.0.1', port: known.emulator.port },
    clock,
    random,
  });
  const [emulator, services] = await Promise.all([
    startEmulator({
      guardian,
      log,
      functionEndpoint: table.url,
      ...(region === undefined ? {} : { region }),
    }),
    startServices(options),
  ]);
  known.emulator = emulator;
  return { emulator, table, services };
}

const settingsFor = (services: ReadonlyMap<string, ThirdPartyService>): string[] => [
  'data=destroy',
  ...[...services].flatMap(([name, { url }]) => {
    const setting = SERVICE_SETTINGS[name];
    return setting === undefined ? [] : [`${setting}=${url}`];
  }),
];

function createTimer(clock: Clock) {
  return async <T>(work: Promise<T>): Promise<{ value: T; seconds: number }> => {
    const startedMs = clock.now();
    const value = await work;
    return { value, seconds: (clock.now() - startedMs) / 1000 };
  };
}

/** The first good answer of the deepest health check there is: the function runs and has read its table. */
async function awaitReady(url: string, { clock, signal }: ServerlessCloudOptions): Promise<void> {
  const startedMs = clock.now();
  for (;;) {
    const last = await fetch(`${url}/readyz`, { headers: { connection: 'close' }, signal }).then(
      async (answer) => (answer.ok ? 'ready' : `${String(answer.status)} ${await answer.text()}`),
      String,
    );
    signal.throwIfAborted();
    if (last === 'ready') return;
    if (clock.now() - startedMs > READY_WITHIN_MS)
      throw new ServerlessCloudStartError(`the deployed API did not become ready; it answered ${last}`);
    await clock.sleep(POLL_MS, signal);
  }
}

function createKill({ emulator }: Parts, stackName: string, clock: Clock): ServerlessCloud['killFunction'] {
  return async (logicalId, { atMost = 1, patienceMs = 5_000 } = {}) => {
    // The emulator names a function after its stack and logical id, with an ending of its own.
    const prefix = `${stackName}-${logicalId}-`;
    for (const startedMs = clock.now(); clock.now() - startedMs < patienceMs;) {
      const working = (await emulator.functions()).filter(
        ({ functionName, busy }) => busy && functionName.startsWith(prefix),
      );
      const killed = working.slice(0, atMost).map(({ pid }) => pid);
      for (const pid of killed) process.kill(pid, 'SIGKILL');
      if (killed.length > 0) return killed;
      await clock.sleep(KILL_POLL_MS);
    }
    return [];
  };
}

/** Nothing without a pipe in the template; a pipe without its table and queue among the outputs is a defect. */
function startPipe(
  { emulator }: Parts,
  template: unknown,
  { TableName: tableName, OrderQueueUrl: queueUrl }: Readonly<Record<string, string>>,
  { clock, log }: ServerlessCloudOptions,
): StreamPipe | undefined {
  const fits = readPipeFilter(template);
  if (fits === undefined) return undefined;
  if (tableName === undefined || queueUrl === undefined)
    throw new ServerlessCloudStartError(
      'a stack with a pipe tells TableName and OrderQueueUrl, and this does not',
    );
  const onError = (error: unknown) => {
    log(`the pipe behind the table: ${error instanceof Error ? error.message : String(error)}`);
  };
  return startStreamPipe({ emulator, tableName, queueUrl, fits, clock, onError });
}

/** One route of each function that a stack may have for requests. */
const WARM_ROUTES = ['/products?limit=1', '/orders?limit=1'] as const;
/** Requests that overlap are each given a process; a few rounds, because a process that is ready answers too soon. */
const WARM_UP_ROUNDS = 3;

function createWarmUp({ emulator }: Parts, url: string): ServerlessCloud['warmUp'] {
  return async (atOnce) => {
    for (let round = 0; round < WARM_UP_ROUNDS; round += 1) {
      for (const route of WARM_ROUTES) {
        const asked = Array.from({ length: atOnce }, () =>
          fetch(`${url}${route}`, { headers: { connection: 'close' } }).then((answer) => answer.text()),
        );
        // What an answer is worth is the load's to judge.
        await Promise.allSettled(asked);
      }
    }
    return (await emulator.functions()).length;
  };
}

async function deployApplication(parts: Parts, options: ServerlessCloudOptions) {
  const { guardian, root, signal, log, clock, synthesize } = options;
  const { emulator, services } = parts;
  const cdk = await createEmulatorCdk({ emulator, guardian, root, signal });
  const timed = createTimer(clock);
  log('bootstrapping the emulator, and synthesizing the tier with the addresses of its services');
  const [bootstrap, synthesis] = await Promise.all([
    timed(cdk.bootstrap(emulator.region)),
    timed(synthesize(settingsFor(services))),
  ]);
  const { assembly, stack, template } = synthesis.value;
  const copy = join(await guardian.makeDirectory('nines-assembly-'), 'cdk.out');
  const [filtered] = await filterAssembly({ assembly, copy, stacks: [stack] });
  if (filtered === undefined)
    throw new ServerlessCloudStartError(`there is no stack ${stack} in ${assembly}`);
  log(`deploying ${filtered.stackName} with cdk (${String(filtered.resources)} resources)`);
  const deployment = await timed(cdk.deploy(copy, [stack]));
  return {
    template,
    filtered,
    outputs: deployment.value[filtered.stackName] ?? {},
    times: {
      bootstrapSeconds: bootstrap.seconds,
      synthesisSeconds: synthesis.seconds,
      deploymentSeconds: deployment.seconds,
    },
  };
}

/**
 * Starts the tier and waits until it answers.
 *
 * @throws ServerlessCloudStartError when it does not answer well, what `deploy` throws, and an AbortError when the user
 *   ends it; whoever gave the guardian closes it, and with it whatever was started.
 */
export async function createServerlessCloud(options: ServerlessCloudOptions): Promise<ServerlessCloud> {
  const { clock, signal } = options;
  const startedMs = clock.now();
  const parts = await startParts(options);
  const { emulator, table, services } = parts;
  const closing: (() => Promise<void>)[] = [() => table.close()];
  const close = async (): Promise<void> => {
    await Promise.all(closing.splice(0).map((one) => one()));
    await emulator.stop();
  };
  try {
    const { template, filtered, outputs, times } = await deployApplication(parts, options);
    const apiUrl = outputs['ApiUrl'];
    if (apiUrl === undefined) throw new ServerlessCloudStartError(`${filtered.stackName} tells no ApiUrl`);
    const front = await createApiFront({
      apiUrl,
      target: () => ({ host: '127.0.0.1', port: emulator.port }),
      admit: createStageThrottle(readStageThrottle(template), clock),
    });
    closing.push(() => front.close());
    const pipe = startPipe(parts, template, outputs, options);
    closing.push(async () => pipe?.stop());
    await awaitReady(front.url, options);
    signal.throwIfAborted();
    return {
      url: front.url,
      region: emulator.region,
      stackName: filtered.stackName,
      outputs,
      template,
      filtered,
      services,
      table,
      emulator,
      times: { ...times, servingSeconds: (clock.now() - startedMs) / 1000 },
      warmUp: createWarmUp(parts, front.url),
      killFunction: createKill(parts, filtered.stackName, clock),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
