#!/usr/bin/env node
/**
 * Stands in for k6 in the tests of the load generator: writes lines as k6 writes them (src/k6-samples.test.ts) and
 * ends as its last argument says, which for k6 is the script to run.
 */
import { setInterval } from 'node:timers';

const TIME = '2026-11-21T09:30:25.500Z';
const line = (metric, value, tags, metadata) =>
  process.stdout.write(
    `${JSON.stringify({ metric, type: 'Point', data: { time: TIME, value, tags, metadata } })}\n`,
  );
const browse = () => line('shop_request', 12, { outcome: 'good', route: 'browse', status: '200' });
/** Ready for the interrupt before the first line, which is what a test waits for. */
const untilInterrupted = (onInterrupt) => {
  process.on('SIGINT', onInterrupt);
  setInterval(() => undefined, 1000);
};

const scenarios = {
  steady() {
    untilInterrupted(() => {
      browse();
      process.exitCode = 105;
      process.stdout.end(() => process.exit());
    });
    line('http_reqs', 1, {});
    line(
      'shop_request',
      500,
      { outcome: 'good', route: 'order', status: '201' },
      { reference: 'reference-1', idempotency_key: 'key-1', order_id: 'order-1' },
    );
    line('shop_request', 20, { outcome: 'good', route: 'product', status: '200', freshness: 'stale' });
    line(
      'shop_request',
      2000,
      { outcome: 'bad', route: 'order', status: '0', reason: 'timeout' },
      { detail: 'request timeout', reference: 'reference-2', idempotency_key: 'key-2' },
    );
    line(
      'shop_request',
      30,
      { outcome: 'bad', route: 'read-back', status: '404', reason: 'status' },
      { detail: '404 not-found', reference: 'reference-3', idempotency_key: 'key-3', order_id: 'order-3' },
    );
    line('dropped_iterations', 2, {});
  },
  /** An order that the shop keeps for later has no id yet; it is told apart from one that is stored. */
  kept() {
    const metadata = { reference: 'reference-1', idempotency_key: 'key-1' };
    const kept = { ...metadata, intake_id: 'intake-1' };
    line('shop_request', 30, { outcome: 'good', route: 'order', status: '202' }, kept);
    line('shop_request', 30, { outcome: 'bad', route: 'order', status: '202' }, kept);
    line(
      'shop_request',
      30,
      { outcome: 'good', route: 'order', status: '201' },
      { ...metadata, order_id: '1' },
    );
  },
  /** Tells by an order's reference how it was started. */
  configuration() {
    const { argv, env } = process;
    line(
      'shop_request',
      1,
      { outcome: 'good', route: 'order', status: '201' },
      { reference: JSON.stringify({ args: argv.slice(2), env }), idempotency_key: 'key', order_id: 'order' },
    );
  },
  'no-request': () => undefined,
  crash() {
    browse();
    process.stderr.write('GoError: the script is broken\n');
    process.exitCode = 107;
  },
  'crash-at-once'() {
    process.stderr.write('invalid argument\n');
    process.exitCode = 255;
  },
  unreadable() {
    untilInterrupted(() => process.exit(105));
    line('shop_request', 1, { outcome: 'fine', route: 'browse', status: '200' });
  },
  stubborn() {
    untilInterrupted(() => undefined);
    browse();
  },
};

scenarios[process.argv.at(-1)]();
