/**
 * The shop as a function from `Request` to `Response`, for any runtime that knows the fetch standard. It has no
 * timers, sockets or environment of its own: what it needs is handed in by an entry point (`server.ts`).
 */
import { Hono } from 'hono';
import {
  loadContract,
  type ContractOperation,
  type OperationId,
  type OperationInput,
} from '../contract/contract.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Admission } from './admission.ts';
import type { Answer } from './answer.ts';
import { readJsonBody } from './json-body.ts';
import { createOrderReadOperations, type OrderReadsDependencies } from './order-reads.ts';
import { createPlaceOrderOperation, type PlaceOrderDependencies } from './place-order.ts';
import { ProblemError, toProblemBody } from './problem.ts';
import { createProductOperations, type ProductsDependencies } from './products.ts';
import type { Readiness } from './readiness.ts';
import type { RequestContext } from './request-context.ts';
import { retryLater } from './retry-later.ts';

export interface ShopDependencies
  extends
    ProductsDependencies,
    Omit<OrderReadsDependencies, 'storage'>,
    Omit<PlaceOrderDependencies, 'storage'> {
  readonly storage: OrderReadsDependencies['storage'] & PlaceOrderDependencies['storage'];
  readonly admission: Admission;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Monotonic milliseconds. */
  readonly clock: { now(): number };
  /** `<instance>@<zone>`, for `x-served-by`. */
  readonly servedBy: string;
  readonly newRequestId: () => string;
  /** Settles a call when its deadline is over. */
  readonly withinDeadline: <T>(call: () => Promise<T>, context: { deadline: number }) => Promise<T>;
  /**
   * The time a request gets when its client names none, in milliseconds, and the most it gets in any case.
   * @default 10000
   */
  readonly maxRequestMs?: number;
}

export interface Shop {
  handle(request: Request): Promise<Response>;
}

type Handler<Id extends OperationId> = (
  input: OperationInput<Id>,
  context: RequestContext,
) => Answer | Promise<Answer>;

type Handlers = { readonly [Id in OperationId]: Handler<Id> };

/** For load balancers and monitoring: answered whatever the load, since they decide what happens next. */
const EXEMPT: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics']);
const REQUEST_ID = /^[A-Za-z0-9._:/+=@-]{1,128}$/;
const SLOW_MS = 1_000;

export function createShop(dependencies: ShopDependencies): Shop {
  const { admission, metrics, log, clock, servedBy, newRequestId, maxRequestMs = 10_000 } = dependencies;
  const handlers = createHandlers(dependencies);
  const router = new Hono<{ Bindings: { context: RequestContext } }>();
  const operations = loadContract();
  for (const operation of operations) {
    router.on(operation.method, routeOf(operation), async (c) => {
      const started = clock.now();
      const response = await serve(operation, c.req.raw, c.req.param(), c.req.query(), c.env.context);
      finish(operation.id, c.env.context, response.status, clock.now() - started);
      return response;
    });
  }
  for (const [route, offered] of Map.groupBy(operations, routeOf)) {
    const allow = offered.map(({ method }) => method).join(', ');
    router.all(route, (c) =>
      refuse(c.env.context, new ProblemError('method-not-allowed', `Only ${allow}.`, { headers: { allow } })),
    );
  }
  router.notFound((c) =>
    refuse(c.env.context, new ProblemError('not-found', 'There is nothing at this path.')),
  );

  function contextOf(request: Request): RequestContext {
    const given = request.headers.get('x-request-id');
    const requestId = given !== null && REQUEST_ID.test(given) ? given : newRequestId();
    const budgetMs = Number(request.headers.get('x-request-timeout-ms') ?? maxRequestMs);
    // A budget that is no number is refused by validation, within the usual time.
    const deadline = clock.now() + (budgetMs > 0 ? Math.min(budgetMs, maxRequestMs) : maxRequestMs);
    return { requestId, deadline, remainingMs: () => deadline - clock.now() };
  }

  function render(answer: Answer, context: RequestContext): Response {
    const { status, body, text, headers } = answer;
    return new Response(text?.content ?? JSON.stringify(body), {
      status,
      headers: {
        'content-type': text?.contentType ?? 'application/json',
        'cache-control': 'no-store',
        'x-request-id': context.requestId,
        'x-served-by': servedBy,
        ...headers,
      },
    });
  }

  function refuse(context: RequestContext, problem: ProblemError): Response {
    return render(
      {
        status: problem.status,
        headers: { 'content-type': 'application/problem+json', ...problem.headers },
        body: toProblemBody(problem, context.requestId),
      },
      context,
    );
  }

  async function serve(
    operation: ContractOperation,
    request: Request,
    path: Record<string, string>,
    query: Record<string, string>,
    context: RequestContext,
  ): Promise<Response> {
    try {
      const handler = handlers[operation.id] as Handler<OperationId>;
      const answer = await dependencies.withinDeadline(async () => {
        const input = await validated(operation, request, { ...path }, { ...query });
        return handler(input, context);
      }, context);
      return render(answer, context);
    } catch (error) {
      return refuse(context, toProblem(error, operation.id, context));
    }
  }

  function toProblem(error: unknown, operation: OperationId, context: RequestContext): ProblemError {
    if (error instanceof ProblemError) {
      if (error.status >= 500) {
        log.warn({ operation, requestId: context.requestId, code: error.code, err: error.cause }, 'refused');
      }
      return error;
    }
    if ((error as { code?: unknown } | null)?.code === 'timeout') {
      return new ProblemError('deadline-exceeded', 'The time given for this request is over.', {
        cause: error,
      });
    }
    log.error({ operation, requestId: context.requestId, err: error }, 'a request failed unexpectedly');
    return new ProblemError('internal', 'The request failed for a reason that is not the client’s.');
  }

  function finish(operation: OperationId, context: RequestContext, status: number, durationMs: number): void {
    metrics.requestFinished(operation, status, durationMs);
    const fields = { operation, status, durationMs: Math.round(durationMs), requestId: context.requestId };
    // One line for each request would cost more than the request; the load balancer's log has them all.
    if (durationMs >= SLOW_MS) log.info(fields, 'slow request');
    else log.debug(fields, 'request');
  }

  const shedProblem = new ProblemError('overloaded', 'This instance is at its rated load.', {
    headers: { ...retryLater().headers, 'x-load-shed': 'true' },
  });

  async function admitted(request: Request, pathname: string): Promise<Response> {
    const context = contextOf(request);
    if (EXEMPT.has(pathname)) return router.fetch(request, { context });
    const permit = admission.enter(request.method, context.deadline);
    const release = permit instanceof Promise ? await permit : permit;
    if (release === undefined) return refuse(context, shedProblem);
    try {
      return await router.fetch(request, { context });
    } finally {
      release();
    }
  }

  return { handle: (request) => admitted(request, pathnameOf(request.url)) };
}

/** The path as the router writes it: `/orders/:id`. */
const routeOf = ({ path }: ContractOperation): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

/** The path without the cost of parsing the whole URL; this runs for requests that are shed, too. */
function pathnameOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  const end = url.indexOf('?', start);
  return end === -1 ? url.slice(start) : url.slice(start, end);
}

function createHandlers(dependencies: ShopDependencies): Handlers {
  const { readiness, metrics } = dependencies;
  return {
    ...createProductOperations(dependencies),
    ...createOrderReadOperations(dependencies),
    placeOrder: createPlaceOrderOperation(dependencies),
    getLiveness: () => ({ status: 200, body: { status: 'alive' } }),
    getReadiness: async () => {
      const report = await readiness.report();
      const ok = report.status === 'ready' || report.status === 'degraded';
      return { status: ok ? 200 : 503, body: report, headers: ok ? {} : retryLater().headers };
    },
    getMetrics: async () => {
      const { contentType, body } = await metrics.render();
      return { status: 200, text: { contentType, content: body } };
    },
  };
}

async function validated(
  operation: ContractOperation,
  request: Request,
  path: Record<string, unknown>,
  query: Record<string, unknown>,
): Promise<OperationInput<OperationId>> {
  const header: Record<string, unknown> = {};
  for (const name of operation.headerNames) {
    const value = request.headers.get(name);
    if (value !== null) header[name] = value;
  }
  const errors = operation.validateParameters({ path, query, header });
  if (errors.length > 0) throw invalid(errors);
  if (!operation.hasBody) return { path, query, header, body: undefined } as OperationInput<OperationId>;
  const body = await readJsonBody(request);
  const bodyErrors = operation.validateBody(body);
  if (bodyErrors.length > 0) throw invalid(bodyErrors);
  return { path, query, header, body } as unknown as OperationInput<OperationId>;
}

const invalid = (errors: ProblemError['errors'] & object) =>
  new ProblemError('validation-failed', 'The request does not fit the contract; see `errors`.', { errors });
