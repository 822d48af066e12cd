/** The payment service as a Node server. Settings come from the environment; a wrong one ends it with code 2. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { createInjectedBehaviour } from '@nines/injected-behaviour';
import { pino } from 'pino';
import { createLedger } from './ledger.ts';
import { createPaymentService } from './payment-service.ts';

const log = pino({ level: process.env['LOG_LEVEL'] ?? 'info', base: { service: 'payment-service' } });
const port = Number(process.env['PORT']);
const behaviour = createInjectedBehaviour({
  initial: { latencyMs: 0, jitterMs: 0, failureRate: 0, away: false },
  // eslint-disable-next-line no-restricted-properties -- The composition root is where randomness comes from.
  random: Math.random,
  sleep: (delayMs) => sleep(delayMs),
});
const mistakes = behaviour.change({
  latencyMs: Number(process.env['LATENCY_MS'] ?? 40),
  jitterMs: Number(process.env['JITTER_MS'] ?? 10),
  failureRate: Number(process.env['FAILURE_RATE'] ?? 0),
});
if (process.env['PORT'] === undefined || !(port >= 0 && port <= 65_535) || mistakes.length > 0) {
  process.stderr.write(`payment-service cannot start: PORT must be a port number. ${mistakes.join(' ')}\n`);
  process.exit(2);
}

const app = createPaymentService<HttpBindings>({
  ledger: createLedger({ newId: randomUUID }),
  behaviour,
  refuse: ({ incoming }) => {
    incoming.socket.destroy();
  },
});
const server = createServer(
  { keepAliveTimeout: 75_000, headersTimeout: 10_000, requestTimeout: 15_000 },
  getRequestListener((request, env) => app.fetch(request, env as HttpBindings)),
);
server.listen(port, process.env['HOST'] ?? '127.0.0.1', () => {
  log.info({ address: server.address(), behaviour: behaviour.current() }, 'listening');
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    server.close(() => process.exit(0));
    // Hanging calls would hold the server open for ever.
    server.closeAllConnections();
  });
}
