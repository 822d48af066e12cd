/** The reviews service's HTTP interface, as a fetch handler. */
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { InjectedBehaviour } from '@nines/injected-behaviour';
import { opinionsOf } from './opinions.ts';

export interface ReviewsServiceDependencies<Connection extends object> {
  readonly behaviour: InjectedBehaviour;
  /** Resets the connection of a call that is refused. */
  readonly refuse: (connection: Connection) => void;
}

const MAX_BODY_BYTES = 16_384;

export function createReviewsService<Connection extends object>({
  behaviour,
  refuse,
}: ReviewsServiceDependencies<Connection>) {
  const app = new Hono<{ Bindings: Connection }>();
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES }));
  app.get('/livez', (c) => c.json({ status: 'alive' }));
  app.get('/admin/behaviour', (c) => c.json(behaviour.current()));
  app.put('/admin/behaviour', async (c) => {
    const mistakes = behaviour.change(await c.req.json().catch(() => undefined));
    return mistakes.length > 0 ? c.json({ code: 'invalid', mistakes }, 400) : c.json(behaviour.current());
  });
  app.get('/products/:id/opinions', async (c) => {
    const act = await behaviour.act();
    if (act === 'answer') return c.json(opinionsOf(c.req.param('id')));
    if (act === 'fail') return c.json({ code: 'injected-failure' }, 500);
    if (act === 'refuse') refuse(c.env);
    // Nobody is answered: the caller's own time limit ends the call, and with it this promise's last reference.
    return new Promise<never>(() => undefined);
  });
  return app;
}
