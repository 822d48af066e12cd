/** A thread that uses the virtual globals as a library would, and tells what it has seen. */
import { parentPort } from 'node:worker_threads';
import { installVirtualGlobals } from '../src/threads/virtual-globals.ts';
import { createVirtualTime } from '../src/world/virtual-time.ts';

const globals = installVirtualGlobals();
const seen: string[] = [];
const note = (what: string) => seen.push(`${what}@${String(performance.now())}`);

const earlier = createVirtualTime();
globals.use(earlier, () => 0.25);
setTimeout(() => note('of an earlier run'), 1000);
await earlier.runUntil(10);

const time = createVirtualTime();
globals.use(time, () => 0.5);
// The names of a program's own are what is tested here.
/* eslint-disable no-restricted-properties */
const startedAt = Date.now();
setTimeout((name: string) => note(name), 3_600_000, 'timeout');
setTimeout(() => note('at once'), 0);
const cancelled = setTimeout(() => note('cancelled'), 5);
clearTimeout(cancelled.unref());
clearTimeout(undefined);
setImmediate(() => note('immediate'));
let ticks = 0;
const interval = setInterval(() => {
  note('tick');
  if (++ticks === 3) clearInterval(interval);
}, 100);
await time.runUntil(3_600_000);

parentPort?.postMessage({
  seen,
  passedMs: Date.now() - startedAt,
  dates: [new Date(startedAt).toISOString(), new Date().toISOString(), new Date(0).toISOString()],
  isDate: new Date() instanceof Date,
  random: Math.random(),
});
