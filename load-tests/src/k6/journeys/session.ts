// What a journey needs to send one request and to say what became of it.
import http, { type RefinedParams, type RefinedResponse } from 'k6/http';
import { judge, type Answer, type ExpectedAnswer, type Judgement } from '../contract.ts';
import type { Random } from '../random.ts';

/** One request's surroundings. */
export interface Session {
  readonly baseUrl: string;
  /** For all tries together. */
  readonly timeoutMs: number;
  /** How often the client tries again, at once and with the same bytes, what was cut off or failed. */
  readonly retries: number;
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
  /** Wall-clock milliseconds of tries before the one that is told of; 0 when it was the first. */
  readonly earlierMs: number;
  /** Wall-clock time that passed, for a request that k6 has no timings of. */
  readonly elapsedMs: number;
}

/**
 * Sends one request and judges the answer. A client that tries again is one user with one request: only the last try is
 * told of, and the waiting of all of them.
 */
export function send<Body>(session: Session, call: Call<Body>): Sent<Body> {
  const startedAt = wallClockMs();
  let sent = sendOnce(session, call, session.timeoutMs);
  for (let left = session.retries; left > 0 && mayTryAgain(sent); left -= 1) {
    const earlierMs = wallClockMs() - startedAt;
    const remainingMs = session.timeoutMs - earlierMs;
    // Whoever has lost their patience tries nothing more.
    if (remainingMs < LEAST_TRY_MS) break;
    sent = { ...sendOnce(session, call, remainingMs), earlierMs };
  }
  return sent;
}

/** Less time than this is none to answer in. */
const LEAST_TRY_MS = 50;

/** What was cut off or failed on the other side may go well elsewhere; who sheds load must not be asked again at once. */
const mayTryAgain = ({ response, judgement }: Sent<unknown>): boolean =>
  judgement.outcome === 'bad' && (response.status === 0 || response.status >= 500);

function sendOnce<Body>(
  session: Session,
  { expected, path, body, headers, isRight, kept }: Call<Body>,
  timeoutMs: number,
): Sent<Body> {
  const startedAt = wallClockMs();
  const url = `${session.baseUrl}${path}`;
  const response = http.request<'text'>(expected.method, url, body ?? null, parameters(timeoutMs, headers));
  const elapsedMs = wallClockMs() - startedAt;
  const answer = response as Answer;
  const told = { response, elapsedMs, earlierMs: 0 };
  if (kept !== undefined && response.status === kept.expected.status) {
    const judgement = judge(kept.expected, answer, kept.isRight) as Judgement<Body>;
    return { ...told, judgement, wasKept: true };
  }
  return { ...told, judgement: judge(expected, answer, isRight), wasKept: false };
}

function parameters(
  timeoutMs: number,
  headers: Readonly<Record<string, string>> = {},
): RefinedParams<'text'> {
  return {
    timeout: timeoutMs,
    redirects: 0,
    responseType: 'text',
    // The server drops work that nobody waits for any more.
    headers: { ...headers, 'x-request-timeout-ms': String(timeoutMs) },
  };
}

function wallClockMs(): number {
  // eslint-disable-next-line no-restricted-properties -- k6 has no other clock for scripts; used only where k6 gives no timings.
  return Date.now();
}
