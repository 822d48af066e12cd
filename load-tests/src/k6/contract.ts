// What a good answer is, and how an answer is judged: good, bad or shed.
//
// Pure: it knows nothing of k6, so that vitest can run it. What is expected of each operation is generated from
// the OpenAPI contract (src/generated/contract.generated.ts).

/** What a good answer to one operation looks like, as generated from the contract. */
export interface ExpectedAnswer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /**
   * Looks for the first place where an answer breaks the contract: a header's name, or a place in the body such as
   * `/items/0/priceCents`. Undefined when it keeps it.
   * @param headers spelled as Go spells them, which is how a k6 script reads them.
   */
  findBreach(headers: Answer['headers'], body: Loose): string | undefined;
}

/** A parsed body before it was checked: the generated code looks into it step by step. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each step of the generated checks proves the next one safe.
type Loose = any;

/** The part of a k6 response that is judged. */
export interface Answer {
  /** 0 when there was no answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** k6's code for why there was no answer. */
  readonly error_code: number;
  readonly error: string;
  /** The parsed body; throws when it is not JSON. k6 parses outside its JavaScript engine, which costs a quarter. */
  json(): unknown;
}

/** Bad and shed both count against availability; shed says that the service refused on purpose. */
export type Outcome = 'good' | 'bad' | 'shed';

/**
 * Why an answer is bad: `timeout` (no answer in time), `network` (no answer), `status` (another one than the
 * contract's good one), `contract` (headers or body break it), `different` (well-formed, but not what was asked
 * for: another order, or a replay that is not the first answer).
 */
export type Reason = 'timeout' | 'network' | 'status' | 'contract' | 'different';

export type Judgement<Body> =
  | { readonly outcome: 'good'; readonly body: Body }
  | { readonly outcome: 'bad'; readonly reason: Reason; readonly detail: string }
  | { readonly outcome: 'shed'; readonly detail: string };

/** k6's error code for a request that did not end within its timeout (https://grafana.com/docs/k6/latest/javascript-api/error-codes/). */
const REQUEST_TIMEOUT = 1050;
const TOO_MANY_REQUESTS = 429;
const SERVICE_UNAVAILABLE = 503;

/**
 * Judges one answer by its status, its headers and its body's shape.
 * @param isRight looks at a well-formed body and says what is wrong with it, undefined when nothing is.
 */
export function judge<Body>(
  expected: ExpectedAnswer,
  answer: Answer,
  isRight: (body: Body) => string | undefined,
): Judgement<Body> {
  if (answer.status === 0) {
    return bad(answer.error_code === REQUEST_TIMEOUT ? 'timeout' : 'network', answer.error);
  }
  if (isShed(answer)) return { outcome: 'shed', detail: problemCode(answer) };
  if (answer.status !== expected.status) return bad('status', problemCode(answer));
  const body = parse(answer);
  if (body === undefined) return bad('contract', 'the body is not JSON');
  const breach = expected.findBreach(answer.headers, body);
  if (breach !== undefined) return bad('contract', breach);
  const wrong = isRight(body as Body);
  return wrong === undefined ? { outcome: 'good', body: body as Body } : bad('different', wrong);
}

function isShed(answer: Answer): boolean {
  if (answer.status === TOO_MANY_REQUESTS) return true;
  return answer.status === SERVICE_UNAVAILABLE && answer.headers['X-Load-Shed'] === 'true';
}

function bad(reason: Reason, detail: string): Judgement<never> {
  return { outcome: 'bad', reason, detail };
}

function parse(answer: Answer): unknown {
  try {
    return answer.json();
  } catch {
    return undefined;
  }
}

/** The stable code of an RFC 9457 problem, found without parsing because an overloaded run is full of them. */
function problemCode(answer: Answer): string {
  const code = /"code":\s*"([a-z0-9-]{1,60})"/.exec(answer.body ?? '')?.[1];
  return code === undefined ? String(answer.status) : `${String(answer.status)} ${code}`;
}
