/** Errors as RFC 9457 problems with stable codes: the one place where a code gets its status and title. */
import type { FieldError, ProblemCode } from '../contract/contract.ts';

const PROBLEMS: Readonly<Record<ProblemCode, { readonly status: number; readonly title: string }>> = {
  'validation-failed': { status: 400, title: 'The request is not as the contract says' },
  'payment-declined': { status: 402, title: 'The payment was declined' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'This cannot be done here' },
  'out-of-stock': { status: 409, title: 'A product is out of stock' },
  'body-too-large': { status: 413, title: 'The request body is too large' },
  'unsupported-media-type': { status: 415, title: 'The request body is not JSON' },
  'unknown-product': { status: 422, title: 'A product is not in the catalogue' },
  'idempotency-key-reused': { status: 422, title: 'The idempotency key belongs to another order' },
  overloaded: { status: 503, title: 'More requests than this instance can bear' },
  'writer-unavailable': { status: 503, title: 'Orders cannot be stored at the moment' },
  'data-unavailable': { status: 503, title: 'The data cannot be read at the moment' },
  'payment-unavailable': { status: 503, title: 'Payments cannot be made at the moment' },
  'deadline-exceeded': { status: 504, title: 'The time that the client gave is over' },
  internal: { status: 500, title: 'Something went wrong here' },
};

export interface ProblemDetails {
  /** Extra headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly errors?: readonly FieldError[];
  readonly cause?: unknown;
}

/** Thrown anywhere below a handler; becomes the answer. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly errors: readonly FieldError[] | undefined;

  constructor(code: ProblemCode, detail: string, details: ProblemDetails = {}) {
    super(detail, { cause: details.cause });
    this.code = code;
    this.headers = details.headers ?? {};
    this.errors = details.errors;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly instance: string;
  readonly errors?: readonly FieldError[];
}

export function toProblemBody(problem: ProblemError, requestId: string): ProblemBody {
  return {
    type: `urn:nines:problem:${problem.code}`,
    title: PROBLEMS[problem.code].title,
    status: problem.status,
    detail: problem.message,
    code: problem.code,
    instance: `urn:nines:request:${requestId}`,
    ...(problem.errors === undefined ? {} : { errors: problem.errors }),
  };
}
