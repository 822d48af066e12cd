export { createFakeClock, type FakeClock, type FakeClockOptions, type FakeTimer } from './fake-clock.ts';
export { createFakeRandom } from './fake-random.ts';
export { flushMicrotasks } from './flush-microtasks.ts';
