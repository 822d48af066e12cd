/**
 * One region without servers on this machine: an emulator of AWS with a fault point between functions and table, the
 * CDK that deploys stacks to it, and the front by which the deployed API is reached.
 *
 * The parts that a tier of one region (`serverless-cloud.ts`) and one of several (`regions/`) are made of.
 */
import { join } from 'node:path';
import type { Clock, Guardian } from '@nines/local-cloud';
import { createApiFront } from './api-front.ts';
import type { EmulatorCdk } from './cdk.ts';
import { startEmulator } from './emulator.ts';
import type { Emulator } from './emulator.ts';
import { filterAssembly } from './filter-assembly.ts';
import type { FilteredStack } from './filter-assembly.ts';
import { createHttpFaultPoint } from './http-fault-point.ts';
import type { HttpFaultPoint, TableWriter } from './http-fault-point.ts';
import type { Forwarder } from './http-forwarder.ts';
import { createStageThrottle, readStageThrottle } from './stage-throttle.ts';

export interface RegionPartsOptions {
  readonly guardian: Guardian;
  readonly clock: Clock;
  /** A number from 0 up to, not including, 1: decides which requests a fault hits. */
  readonly random: () => number;
  readonly log: (line: string) => void;
  /** @default eu-west-1 */
  readonly region?: string;
  /** What carries out writes of a table that is in several regions, once there is one. @default the region's own table */
  readonly writer?: () => TableWriter | undefined;
}

export interface RegionParts {
  readonly emulator: Emulator;
  /** Between functions and table. */
  readonly table: HttpFaultPoint;
}

export interface KillFunctionOptions {
  /** @default 1 */
  readonly atMost?: number;
  /** How long to wait for one that works. @default 5000 */
  readonly patienceMs?: number;
}

export type KillFunction = (logicalId: string, options?: KillFunctionOptions) => Promise<readonly number[]>;
export type WarmUp = (atOnce: number) => Promise<number>;

/** The deployed API gave no good answer. */
export class ServerlessCloudStartError extends Error {
  readonly code = 'serverless-cloud-start';
  override readonly name = 'ServerlessCloudStartError';
}

const READY_WITHIN_MS = 30_000;
const POLL_MS = 100;
const KILL_POLL_MS = 5;

/** Tells how long work took, in seconds. */
export function createTimer(clock: Pick<Clock, 'now'>) {
  return async <T>(work: Promise<T>): Promise<{ value: T; seconds: number }> => {
    const startedMs = clock.now();
    const value = await work;
    return { value, seconds: (clock.now() - startedMs) / 1000 };
  };
}

/** Starts the emulator with the fault point before it. */
export async function startRegionParts(options: RegionPartsOptions): Promise<RegionParts> {
  const { guardian, clock, random, log, region, writer } = options;
  // The emulator must know the fault point's address when it starts, so the fault point learns its target later.
  const known: { emulator?: Emulator } = {};
  const table = await createHttpFaultPoint({
    target: () => known.emulator && { host: '127.0.0.1', port: known.emulator.port },
    clock,
    random,
    ...(writer === undefined ? {} : { writer }),
  });
  const emulator = await startEmulator({
    guardian,
    log,
    functionEndpoint: table.url,
    ...(region === undefined ? {} : { region }),
  });
  known.emulator = emulator;
  return { emulator, table };
}

export interface DeployStacksOptions {
  readonly cdk: EmulatorCdk;
  readonly guardian: Pick<Guardian, 'makeDirectory'>;
  /** Folder of the assembly; it stays as it is. */
  readonly assembly: string;
  /** Artifact ids, in the order of their deployment. */
  readonly stacks: readonly string[];
  /** Values that the emulator gave, by what was synthesized in their place. @default none */
  readonly given?: Readonly<Record<string, string>>;
}

export interface DeployedStack {
  readonly filtered: FilteredStack;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Deploys a copy of the stacks without what the emulator lacks. */
export async function deployStacks(options: DeployStacksOptions): Promise<DeployedStack[]> {
  const { cdk, guardian, assembly, stacks, given = {} } = options;
  const copy = join(await guardian.makeDirectory('nines-assembly-'), 'cdk.out');
  const filtered = await filterAssembly({ assembly, copy, stacks, given });
  if (filtered.length < stacks.length)
    throw new ServerlessCloudStartError(`there is not each of ${stacks.join(', ')} in ${assembly}`);
  const outputs = await cdk.deploy(copy, stacks);
  return filtered.map((one) => ({ filtered: one, outputs: outputs[one.stackName] ?? {} }));
}

/** The first good answer of the deepest health check there is: the function runs and has read its table. */
export async function awaitReady(
  url: string,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
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

/** The address of the deployed API, with the throttles that its template sets. */
export function openFront(
  { emulator }: Pick<RegionParts, 'emulator'>,
  { filtered, outputs }: DeployedStack,
  template: unknown,
  clock: Clock,
): Promise<Forwarder> {
  const apiUrl = outputs['ApiUrl'];
  if (apiUrl === undefined) throw new ServerlessCloudStartError(`${filtered.stackName} tells no ApiUrl`);
  return createApiFront({
    apiUrl,
    target: () => ({ host: '127.0.0.1', port: emulator.port }),
    admit: createStageThrottle(readStageThrottle(template), clock),
  });
}

export function createKill(emulator: Emulator, stackName: string, clock: Clock): KillFunction {
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

/** One route of each function that a stack may have for requests. */
const WARM_ROUTES = ['/products?limit=1', '/orders?limit=1'] as const;
/** Requests that overlap are each given a process; a few rounds, because a process that is ready answers too soon. */
const WARM_UP_ROUNDS = 3;

export function createWarmUp(emulator: Emulator, url: string): WarmUp {
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
