/** The payment service's HTTP interface, as a fetch handler. */
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { InjectedBehaviour } from '@nines/injected-behaviour';
import type { Ledger } from './ledger.ts';

export interface PaymentServiceDependencies<Connection extends object> {
  readonly ledger: Ledger;
  readonly behaviour: InjectedBehaviour;
  /** Resets the connection of a call that is refused. */
  readonly refuse: (connection: Connection) => void;
}

const MAX_BODY_BYTES = 16_384;
const MAX_PAGE = 1_000;

interface AuthorizationBody {
  readonly reference?: unknown;
  readonly amountCents?: unknown;
  readonly currency?: unknown;
}

const problem = (c: Context, status: 400 | 402 | 404 | 409 | 413 | 422 | 500, code: string) =>
  c.json({ code }, status, { 'content-type': 'application/problem+json' });

export function createPaymentService<Connection extends object>({
  ledger,
  behaviour,
  refuse,
}: PaymentServiceDependencies<Connection>) {
  const app = new Hono<{ Bindings: Connection }>();
  let authorizationsAsked = 0;
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: (c) => problem(c, 413, 'body-too-large') }));

  app.get('/livez', (c) => c.json({ status: 'alive' }));
  app.get('/admin/behaviour', (c) => c.json(behaviour.current()));
  app.put('/admin/behaviour', async (c) => {
    const mistakes = behaviour.change(await c.req.json().catch(() => undefined));
    return mistakes.length > 0 ? c.json({ code: 'invalid', mistakes }, 400) : c.json(behaviour.current());
  });
  app.get('/admin/calls', (c) => c.json({ authorizations: authorizationsAsked }));
  app.get('/charges', (c) => {
    const limit = Math.min(MAX_PAGE, Number(c.req.query('limit') ?? MAX_PAGE));
    const cursor = Number(c.req.query('cursor') ?? 0);
    if (!(limit >= 1 && cursor >= 0)) return problem(c, 400, 'invalid');
    return c.json(ledger.charges({ limit, cursor }));
  });

  app.post('/authorizations', (_, next) => {
    // Counted on arrival: those that nobody will answer are what a game day wants to know about.
    authorizationsAsked++;
    return next();
  });
  app.use('/authorizations/*', async (c, next) => {
    const act = await behaviour.act();
    if (act === 'answer') return next();
    if (act === 'fail') return problem(c, 500, 'injected-failure');
    if (act === 'refuse') refuse(c.env);
    // Nobody is answered: the caller's own time limit ends the call, and with it this promise's last reference.
    return new Promise<never>(() => undefined);
  });
  app.post('/authorizations', async (c) => {
    const idempotencyKey = c.req.header('idempotency-key') ?? '';
    const body = (await c.req.json().catch(() => ({}))) as AuthorizationBody;
    const { reference, amountCents, currency } = body;
    const valid =
      idempotencyKey !== '' &&
      typeof reference === 'string' &&
      typeof currency === 'string' &&
      Number.isSafeInteger(amountCents) &&
      (amountCents as number) >= 0;
    if (!valid) return problem(c, 400, 'invalid');
    const result = ledger.authorize({
      idempotencyKey,
      reference,
      amountCents: amountCents as number,
      currency,
    });
    if (result === 'key-reused') return problem(c, 422, 'idempotency-key-reused');
    if (result.state === 'declined') return problem(c, 402, 'declined');
    return c.json({ id: result.id, state: result.state }, 201);
  });
  app.post('/authorizations/:id/capture', (c) => {
    const result = ledger.capture(c.req.param('id'));
    if (result === 'captured') return c.json({ id: c.req.param('id'), state: 'captured' });
    return problem(c, result === 'unknown' ? 404 : 409, result);
  });
  app.post('/authorizations/:id/void', (c) => {
    const result = ledger.void(c.req.param('id'));
    if (result === 'voided') return c.json({ id: c.req.param('id'), state: 'voided' });
    return problem(c, result === 'unknown' ? 404 : 409, result);
  });
  return app;
}
