/**
 * One DynamoDB endpoint on loopback, empty, for as long as a test or a benchmark needs it.
 *
 * The same endpoint answers for SQS. Not for keeping data, which is in memory and goes with the process, and no
 * witness for capacity: an emulator has no partitions, so it throttles nothing and nothing in it is hot.
 */
import { MinistackStartError, startMinistack } from './ministack-process.ts';
import type { SpawnProcess } from './ministack-process.ts';
import type { ProvisionOptions } from './python-program.ts';

export interface LocalDynamodbOptions extends ProvisionOptions {
  /** @default node's `spawn` */
  readonly spawnProcess?: SpawnProcess;
  /**
   * An engine that runs already, used as it is.
   *
   * @default the environment's `NINES_DYNAMODB_ENDPOINT`; without it, an emulator is started
   */
  readonly endpoint?: string | undefined;
}

export interface LocalDynamodb {
  /** For a client's `endpoint`. */
  readonly endpoint: string;
  readonly region: string;
  /** For a client's `credentials`: an emulator takes any, and these are no secret. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The emulator's process; absent when the engine was running already. */
  readonly pid: number | undefined;
  /** Ends the process, and resolves when it has ended. An engine that was running already stays. */
  stop(): Promise<void>;
}

export class LocalDynamodbStartError extends Error {
  readonly code = 'local-dynamodb-start';
  override readonly name = 'LocalDynamodbStartError';
}

const IDENTITY = {
  region: 'eu-west-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
} as const;

/**
 * Starts an emulator, installing it first where there is none yet. It ends with `stop`, and also when this process
 * ends in any other way.
 *
 * @throws MinistackUnavailableError when it cannot be installed; LocalDynamodbStartError when it does not start.
 */
export async function startLocalDynamodb(options: LocalDynamodbOptions = {}): Promise<LocalDynamodb> {
  const running = options.endpoint ?? process.env['NINES_DYNAMODB_ENDPOINT'];
  if (running) return { ...IDENTITY, endpoint: running, pid: undefined, stop: () => Promise.resolve() };
  try {
    const { endpoint, pid, stop } = await startMinistack(options);
    return { ...IDENTITY, endpoint, pid, stop };
  } catch (error) {
    if (!(error instanceof MinistackStartError)) throw error;
    throw new LocalDynamodbStartError(`the emulator of DynamoDB does not run: ${error.message}`, {
      cause: error,
    });
  }
}
