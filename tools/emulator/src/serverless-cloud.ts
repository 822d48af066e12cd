/**
 * A serverless tier that answers on this machine: its own application stack, deployed by the real CDK to an emulator,
 * with the services outside it as processes and a fault point between its functions and its table.
 *
 * Use it for `nines up`, `nines load` and game days of the serverless flavour. It stands in for AWS where `STAND_INS`
 * says; every report prints them.
 */
import type { Clock, Guardian, ThirdPartyBehaviour, ThirdPartyService } from '@nines/local-cloud';
import { createEmulatorCdk } from './cdk.ts';
import type { Emulator } from './emulator.ts';
import type { FilteredStack } from './filter-assembly.ts';
import type { HttpFaultPoint } from './http-fault-point.ts';
import type { ServerlessRegions } from './regions/serverless-regions.ts';
import { settingsFor, startOutsideServices } from './outside-services.ts';
import {
  awaitReady,
  createKill,
  createTimer,
  createWarmUp,
  deployStacks,
  openFront,
  ServerlessCloudStartError,
  startRegionParts,
} from './serverless-region.ts';
import type { KillFunction, RegionParts, WarmUp } from './serverless-region.ts';
import { readPipeFilter, startStreamPipe } from './stream-pipe.ts';
import type { StreamPipe } from './stream-pipe.ts';

export const SERVERLESS_STAND_INS: readonly string[] = [
  'MiniStack stands in for AWS: functions run one event at a time in Node processes of this machine, as many as are ' +
    'asked for at once, and are never frozen, thawed or moved to another host; how long one takes to start is this ' +
    "machine's figure, not Lambda's.",
  'A table is one process: it has no partitions and throttles nothing by itself. It refuses only what the fault point ' +
    'before it is told to refuse.',
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
  /** Where the tier stands in several regions; the rest is then of the one that serves. */
  readonly regions?: ServerlessRegions;
  /**
   * Kills processes of a function that work on an event, as the loss of their host does; waits for one to work.
   *
   * @param logicalId The function's in the template, such as `ShopFunction`.
   * @returns The processes that were killed; empty when none worked on an event in time.
   */
  readonly killFunction: KillFunction;
  /**
   * Makes as many processes of the shop's function ready as requests come at once, as provisioned concurrency does; the
   * emulator begins with none. Use it before a load, whose first seconds would else measure this machine's starts.
   *
   * @returns Processes of functions that are ready.
   */
  readonly warmUp: WarmUp;
  close(): Promise<void>;
}

interface Parts extends RegionParts {
  readonly services: ReadonlyMap<string, ThirdPartyService>;
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
  log(`deploying ${stack} with cdk`);
  const deployment = await timed(deployStacks({ cdk, guardian, assembly, stacks: [stack] }));
  const [deployed] = deployment.value;
  if (deployed === undefined)
    throw new ServerlessCloudStartError(`there is no stack ${stack} in ${assembly}`);
  return {
    template,
    deployed,
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
  const [region, services] = await Promise.all([startRegionParts(options), startOutsideServices(options)]);
  const { emulator, table } = region;
  const parts = { ...region, services };
  const closing: (() => Promise<void>)[] = [() => table.close()];
  const close = async (): Promise<void> => {
    await Promise.all(closing.splice(0).map((one) => one()));
    await emulator.stop();
  };
  try {
    const { template, deployed, times } = await deployApplication(parts, options);
    const { filtered, outputs } = deployed;
    const front = await openFront(parts, deployed, template, clock);
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
      warmUp: createWarmUp(emulator, front.url),
      killFunction: createKill(emulator, filtered.stackName, clock),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
