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
import { readOperationInput, type RoutedRequest } from './operation-input.ts';
import { createOrderReadOperations, type OrderReadsDependencies } from './order-reads.ts';
import { createOrderIntakeOperation, type OrderIntakeDependencies } from './order-intake.ts';
import { createPlaceOrderOperation, type PlaceOrderDependencies } from './place-order.ts';
import { ProblemError } from './problem.ts';
import { createProductOperations, type ProductsDependencies } from './products.ts';
import type { Readiness } from './readiness.ts';
import { readRequestContext, type RequestContext } from './request-context.ts';
import { createResponder, type Responder } from './responder.ts';
import { retryLater } from './retry-later.ts';

export interface ShopDependencies
  extends
    ProductsDependencies,
    Omit<OrderReadsDependencies, 'storage'>,
    OrderIntakeDependencies,
    Omit<PlaceOrderDependencies, 'storage'> {
  readonly storage: OrderReadsDependencies['storage'] & PlaceOrderDependencies['storage'];
  readonly admission: Admission;
  /**
   * Whether a person has decided that requests like this one are to be refused (`levers.ts`).
   * @default never
   */
  readonly isLeftOut?: (request: Request) => boolean;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Monotonic milliseconds. */
  readonly clock: { now(): number };
  /** `<instance>@<zone>`, for `x-served-by`. */
  readonly servedBy: string;
  readonly newRequestId: () => string;
  /** Settles a call when its deadline is over, with an error whose code is `timeout`. */
  readonly withinDeadline: <T>(call: () => Promise<T>, context: { deadline: number }) => Promise<T>;
  /**
   * The time that a request gets when its client names none, and the most that any gets, in milliseconds.
   * @default 10000: far above what the slowest good answer takes, so that it ends only what is stuck.
   */
  readonly maxRequestMs?: number;
}

export interface Shop {
  /**
   * Never rejects.
   *
   * @param limits how long whoever runs the shop can wait for the answer, when that is less than the shop's own limit.
   */
  readonly handle: (request: Request, limits?: { readonly remainingMs?: number }) => Promise<Response>;
}

type Handler<Id extends OperationId> = (
  input: OperationInput<Id>,
  context: RequestContext,
) => Answer | Promise<Answer>;

type Handlers = { readonly [Id in OperationId]: Handler<Id> };

/** Serves one operation of the contract for a request that has been routed to it. */
type Serve = (
  operation: ContractOperation,
  routed: RoutedRequest,
  context: RequestContext,
) => Promise<Response>;

/** For load balancers and monitoring: answered whatever the load, since they decide what happens next. */
const EXEMPT: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics']);
const SLOW_MS = 1_000;
/** What a lever leaves out stays out for minutes: people let a lever go when they are sure, not sooner. */
const LEFT_OUT_RETRY_SECONDS = 300;

export function createShop(dependencies: ShopDependencies): Shop {
  const { admission, clock, metrics, newRequestId, maxRequestMs = 10_000 } = dependencies;
  const { isLeftOut = () => false } = dependencies;
  const responder = createResponder(dependencies.servedBy);
  const route = createRouter(createServe(dependencies, responder), responder);
  const shed = { headers: { ...retryLater().headers, 'x-load-shed': 'true' } };
  const overloaded = new ProblemError('overloaded', 'This instance is at its rated load.', shed);
  const leftOut = new ProblemError('overloaded', 'Requests like this one are left out for now.', {
    headers: { ...shed.headers, 'retry-after': String(LEFT_OUT_RETRY_SECONDS) },
  });

  return {
    handle: async (request, { remainingMs = Infinity } = {}) => {
      const context = readRequestContext(request.headers, {
        clock,
        newRequestId,
        maxRequestMs: Math.min(maxRequestMs, remainingMs),
      });
      if (EXEMPT.has(pathOf(request.url))) return route(request, context);
      if (isLeftOut(request)) {
        metrics.requestShed('lever');
        return responder.refuse(leftOut, context);
      }
      const entry = admission.enter(request.method, context.deadline);
      const leave = entry instanceof Promise ? await entry : entry;
      if (leave === undefined) return responder.refuse(overloaded, context);
      try {
        return await route(request, context);
      } finally {
        leave();
      }
    },
  };
}

/** The path without the cost of parsing the whole URL; this runs for requests that are shed, too. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  const end = url.indexOf('?', start);
  return end === -1 ? url.slice(start) : url.slice(start, end);
}

function createRouter(serve: Serve, responder: Responder) {
  const router = new Hono<{ Bindings: { context: RequestContext } }>();
  const operations = loadContract();
  for (const operation of operations) {
    router.on(operation.method, routeOf(operation), (c) =>
      serve(operation, { request: c.req.raw, path: c.req.param(), query: c.req.query() }, c.env.context),
    );
  }
  for (const [path, offered] of Map.groupBy(operations, routeOf)) {
    const allow = offered.map(({ method }) => method).join(', ');
    const problem = new ProblemError('method-not-allowed', `Only ${allow}.`, { headers: { allow } });
    router.all(path, (c) => responder.refuse(problem, c.env.context));
  }
  router.notFound((c) =>
    responder.refuse(new ProblemError('not-found', 'There is nothing at this path.'), c.env.context),
  );
  return async (request: Request, context: RequestContext) => router.fetch(request, { context });
}

/** The path as the router writes it: `/orders/:id`. */
const routeOf = ({ path }: ContractOperation): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

function createServe(dependencies: ShopDependencies, responder: Responder): Serve {
  const { metrics, log, clock, withinDeadline } = dependencies;
  const handlers = createHandlers(dependencies);

  function toProblem(error: unknown, operation: OperationId, { requestId }: RequestContext): ProblemError {
    if (error instanceof ProblemError) {
      if (error.status >= 500)
        log.warn({ operation, requestId, code: error.code, reason: reasonOf(error.cause) }, 'refused');
      return error;
    }
    const code = (error as { code?: unknown } | null)?.code;
    if (code === 'timeout' || code === 'deadline-exceeded') {
      log.warn({ operation, requestId, code: 'deadline-exceeded' }, 'refused');
      return new ProblemError('deadline-exceeded', 'The time given for this request is over.');
    }
    log.error({ operation, requestId, err: error }, 'a request failed unexpectedly');
    return new ProblemError('internal', 'The request failed for a reason that lies here.');
  }

  /** One line for each request would cost more than the request; the load balancer's log has them all. */
  function note(
    operation: OperationId,
    { requestId }: RequestContext,
    status: number,
    startedAt: number,
  ): void {
    const durationMs = clock.now() - startedAt;
    metrics.requestFinished(operation, status, durationMs);
    const fields = { operation, status, durationMs, requestId };
    if (durationMs >= SLOW_MS) log.info(fields, 'slow request');
    else log.debug(fields, 'request');
  }

  return async (operation, routed, context) => {
    const startedAt = clock.now();
    const handler = handlers[operation.id] as Handler<OperationId>;
    let response: Response;
    try {
      const answer = await withinDeadline(
        async () => handler(await readOperationInput(operation, routed), context),
        context,
      );
      response = responder.answer(answer, context);
    } catch (error) {
      response = responder.refuse(toProblem(error, operation.id, context), context);
    }
    note(operation.id, context, response.status, startedAt);
    return response;
  };
}

/** A line for each refusal, without stacks: in an outage there are many, and all alike. */
const reasonOf = (cause: unknown): string | undefined => (cause instanceof Error ? cause.message : undefined);

function createHandlers(dependencies: ShopDependencies): Handlers {
  const { readiness, metrics } = dependencies;
  return {
    ...createProductOperations(dependencies),
    ...createOrderReadOperations(dependencies),
    placeOrder: createPlaceOrderOperation(dependencies),
    getOrderIntake: createOrderIntakeOperation(dependencies),
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
