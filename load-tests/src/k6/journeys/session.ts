// What a journey needs to send one request and to say what became of it.
import http, { type RefinedParams, type RefinedResponse } from 'k6/http';
import { judge, type Answer, type ExpectedAnswer, type Judgement } from '../contract.ts';
import type { Random } from '../random.ts';

/** One request's surroundings. */
export interface Session {
  readonly baseUrl: string;
  readonly timeoutMs: number;
  readonly random: Random;
  /** Ids of products that can be bought; at least one. */
  readonly productIds: readonly string[];
  /** Unique in the whole test, on every machine of it. */
  readonly requestId: string;
}

export interface Call<Body> {
  readonly expected: ExpectedAnswer;
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Says what is wrong with a well-formed body, undefined when nothing is. */
  readonly isRight: (body: Body) => string | undefined;
  /** Another good answer: that the request is kept, and will be fulfilled later. */
  readonly kept?: {
    readonly expected: ExpectedAnswer;
    readonly isRight: (body: unknown) => string | undefined;
  };
}

export interface Sent<Body> {
  readonly response: RefinedResponse<'text'>;
  /** Good with a body that is not `Body`, when the request was kept. */
  readonly judgement: Judgement<Body>;
  readonly wasKept: boolean;
  /** Wall-clock time that passed, for a request that k6 has no timings of. */
  readonly elapsedMs: number;
}

/** Sends one request and judges the answer. */
export function send<Body>(
  session: Session,
  { expected, path, body, headers, isRight, kept }: Call<Body>,
): Sent<Body> {
  const startedAt = wallClockMs();
  const url = `${session.baseUrl}${path}`;
  const response = http.request<'text'>(expected.method, url, body ?? null, parameters(session, headers));
  const elapsedMs = wallClockMs() - startedAt;
  const answer = response as Answer;
  if (kept !== undefined && response.status === kept.expected.status) {
    const judgement = judge(kept.expected, answer, kept.isRight) as Judgement<Body>;
    return { response, judgement, wasKept: true, elapsedMs };
  }
  return { response, judgement: judge(expected, answer, isRight), wasKept: false, elapsedMs };
}

function parameters(session: Session, headers: Readonly<Record<string, string>> = {}): RefinedParams<'text'> {
  return {
    timeout: session.timeoutMs,
    redirects: 0,
    responseType: 'text',
    // The server drops work that nobody waits for any more.
    headers: { ...headers, 'x-request-timeout-ms': String(session.timeoutMs) },
  };
}

function wallClockMs(): number {
  // eslint-disable-next-line no-restricted-properties -- k6 has no other clock for scripts; used only where k6 gives no timings.
  return Date.now();
}
