/**
 * The address of a deployed HTTP API on loopback. The emulator knows an API by its host name, which no machine resolves;
 * the front sends that name along, so that k6, curl and people need nothing special. It also applies the stage's
 * throttle, which the emulator does not.
 */
import type { Address } from '@nines/local-cloud';
import { answerWith, createForwarder } from './http-forwarder.ts';
import type { Forwarder } from './http-forwarder.ts';
import type { Admit } from './stage-throttle.ts';

export interface ApiFrontOptions {
  /** As the stack tells it: `http://<api-id>.execute-api.localhost:<port>`. */
  readonly apiUrl: string;
  /** The emulator. */
  readonly target: () => Address | undefined;
  readonly admit: Admit;
}

/** Word for word what an HTTP API answers; it sends no `Retry-After`. */
const TOO_MANY = { message: 'Too Many Requests' } as const;

export function createApiFront({ apiUrl, target, admit }: ApiFrontOptions): Promise<Forwarder> {
  const { host } = new URL(apiUrl);
  return createForwarder({
    target,
    host: () => host,
    intercept(request, response) {
      const path = (request.url ?? '/').replace(/\?.*$/s, '');
      if (admit(request.method ?? 'GET', path)) return undefined;
      request.resume();
      answerWith(response, 429, TOO_MANY, { 'content-type': 'application/json' });
      return 'handled';
    },
  });
}
