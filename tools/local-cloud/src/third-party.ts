/**
 * Runs one of the services outside the template (payment, reviews) and lets a fault change how it behaves, by the
 * admin endpoint that these stand-ins have and their real counterparts do not.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@nines/local-postgres';
import type { Address } from './fault-link.ts';
import type { Guardian } from './guardian/guardian.ts';

const START_TIMEOUT_MS = 20_000;
const POLL_MS = 50;

export interface ThirdPartyBehaviour {
  readonly latencyMs?: number;
  readonly jitterMs?: number;
  readonly failureRate?: number;
  /** `hang`: accepts and never answers; `refuse`: breaks the connection. */
  readonly away?: false | 'hang' | 'refuse';
}

export interface ThirdPartyService {
  readonly name: string;
  readonly address: Address;
  readonly url: string;
  behave(behaviour: ThirdPartyBehaviour): Promise<void>;
}

export class ServiceStartError extends Error {
  readonly code = 'service-start';
  override readonly name = 'ServiceStartError';
}

export interface ThirdPartyOptions {
  readonly name: string;
  readonly entryPoint: string;
  readonly workingDirectory: string;
  readonly behaviour: ThirdPartyBehaviour;
  readonly guardian: Guardian;
}

export async function startThirdParty(options: ThirdPartyOptions): Promise<ThirdPartyService> {
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}`;
  const child = options.guardian.spawn(process.execPath, [options.entryPoint], {
    cwd: options.workingDirectory,
    env: { HOST: '127.0.0.1', PORT: String(port), LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-2000);
  });

  const behave = async (behaviour: ThirdPartyBehaviour): Promise<void> => {
    const reply = await fetch(`${url}/admin/behaviour`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(behaviour),
      signal: AbortSignal.timeout(5_000),
    });
    if (!reply.ok) {
      throw new ServiceStartError(
        `${options.name} refused its behaviour: ${String(reply.status)} ${await reply.text()}`,
      );
    }
  };

  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    try {
      await behave(options.behaviour);
      break;
    } catch (error) {
      const ended = child.exitCode !== null || child.signalCode !== null;
      if (ended || waitedMs >= START_TIMEOUT_MS || error instanceof ServiceStartError) {
        throw new ServiceStartError(`${options.name} did not start: ${output || String(error)}`, {
          cause: error,
        });
      }
      await delay(POLL_MS);
    }
  }
  return { name: options.name, address: { host: '127.0.0.1', port }, url, behave };
}
