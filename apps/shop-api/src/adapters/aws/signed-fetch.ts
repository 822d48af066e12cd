/**
 * `fetch` with AWS's signature (Signature Version 4), for the few calls that need no client of their own: the signer
 * is in the bundle anyway, since DynamoDB's client brings it, and a client for SQS or AppConfig would be 10 kB more.
 *
 * It repeats nothing and waits as long as its caller's signal lets it.
 */
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Fetch } from '../http-call.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface SignedFetchOptions {
  /** As signatures name it: `sqs`, `appconfig`. */
  readonly service: string;
  readonly region: string;
  readonly credentials: () => Promise<AwsCredentials>;
  readonly fetch: Fetch;
  /** A signature is good for five minutes, so the clock must not stand still while the function is frozen. */
  readonly wallClock: () => Date;
}

export interface AwsRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export type SignedFetch = (request: AwsRequest) => Promise<Response>;

/** An answer of AWS that is none of the good ones. */
export class AwsRefusedError extends Error {
  override readonly name = 'AwsRefusedError';
  readonly code = 'aws-refused';
}

/**
 * @returns the answer, whose status is 2xx.
 * @throws AwsRefusedError for any other, what `fetch` throws when there is none.
 */
export function createSignedFetch(options: SignedFetchOptions): SignedFetch {
  const { service, region, credentials, fetch, wallClock } = options;
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 });
  return async ({ method, url, headers = {}, body, signal }) => {
    const { protocol, host, hostname, pathname, searchParams } = url;
    const unsigned = {
      method,
      protocol,
      hostname,
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: { host, ...headers },
      ...(body === undefined ? {} : { body }),
    };
    const signed = await signer.sign(unsigned, { signingDate: wallClock() });
    const sent = { ...signed.headers };
    // `fetch` sets it by itself.
    delete sent['host'];
    const response = await fetch(url.href, {
      method,
      signal,
      redirect: 'error',
      headers: sent,
      ...(body === undefined ? {} : { body }),
    });
    if (response.ok) return response;
    // An unread body would keep the connection from being used again.
    await response.body?.cancel();
    throw new AwsRefusedError(`${service} answered ${String(response.status)}`);
  };
}

/**
 * Where a service is: in the address that the environment names for it or for all of AWS, as the SDK reads it, else in
 * the region.
 */
export function endpointOf(
  service: string,
  { AWS_ENDPOINT_URL, ...environment }: Readonly<Record<string, string | undefined>>,
  region: string,
): string {
  const own = environment[`AWS_ENDPOINT_URL_${service.toUpperCase()}`];
  return own ?? AWS_ENDPOINT_URL ?? `https://${service}.${region}.amazonaws.com`;
}
