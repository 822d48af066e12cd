/**
 * Where MiniStack comes from: the user's cache, by pip (`python-program.ts`, ministack/requirements.txt).
 *
 * Use it before `startLocalDynamodb`, or to prepare a machine before it goes offline.
 */
import { fileURLToPath } from 'node:url';
import {
  type InstalledProgram,
  provisionPythonProgram,
  type ProvisionOptions,
  type PythonProgram,
} from './python-program.ts';

/** The version that requirements.txt pins; a test compares the two. */
export const MINISTACK_VERSION = '1.5.33';

/** MiniStack is not in the cache and cannot be put there; the message says why and what to do. */
export class MinistackUnavailableError extends Error {
  readonly code = 'ministack-unavailable';
  override readonly name = 'MinistackUnavailableError';

  constructor(reason: string, whatToDo: string, options?: ErrorOptions) {
    super(
      `MiniStack ${MINISTACK_VERSION}, the emulator of DynamoDB, is needed: ${reason}. ${whatToDo} ` +
        'Or name an engine that runs already: NINES_DYNAMODB_ENDPOINT=http://127.0.0.1:8000',
      options,
    );
  }
}

const MINISTACK: PythonProgram = {
  name: 'MiniStack',
  version: MINISTACK_VERSION,
  requirements: fileURLToPath(new URL('../ministack/requirements.txt', import.meta.url)),
  cost: 'about 15 seconds, 46 MB',
  unavailable: (...args) => new MinistackUnavailableError(...args),
};

/** @throws MinistackUnavailableError when there is no fitting Python, or pip cannot install it. */
export const provisionMinistack = (options: ProvisionOptions = {}): Promise<InstalledProgram> =>
  provisionPythonProgram(MINISTACK, options);
