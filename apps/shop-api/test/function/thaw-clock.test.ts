import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createThawClock } from '../../src/function/thaw-clock.ts';

/** A machine whose two clocks can be moved apart. */
function machine() {
  const time = { monotonic: 1_000, wall: 1_767_225_600_000 };
  const clock = createThawClock({
    monotonic: { now: () => time.monotonic },
    wall: { now: () => time.wall },
  });
  const run = (ms: number) => {
    time.monotonic += ms;
    time.wall += ms;
  };
  return { time, clock, run };
}

it('goes on while the function runs', () => {
  const { clock, run } = machine();
  run(70);
  expect(clock.now()).toBe(1_070);
  clock.thaw();
  expect(clock.now()).toBe(1_070);
});

it('makes up for the time asleep where the monotonic clock stood still', () => {
  const { time, clock, run } = machine();
  run(50);
  clock.thaw();
  time.wall += 600_000;
  clock.thaw();
  run(5);
  expect(clock.now()).toBe(601_055);
  time.wall += 1_000;
  clock.thaw();
  expect(clock.now()).toBe(602_055);
});

it('counts the time asleep once where the monotonic clock went on', () => {
  const { clock, run } = machine();
  run(600_000);
  clock.thaw();
  expect(clock.now()).toBe(601_000);
});

it('follows no small difference and no wall clock that is set back', () => {
  const { time, clock } = machine();
  time.wall += 100;
  clock.thaw();
  expect(clock.now()).toBe(1_000);
  time.wall -= 3_600_000;
  clock.thaw();
  expect(clock.now()).toBe(1_000);
  // From where it was set to, not from where it should be.
  time.wall += 101;
  clock.thaw();
  expect(clock.now()).toBe(1_101);
});

it('never goes back, and never falls behind the monotonic clock, whatever happens to the wall clock', () => {
  const step = fc.record({
    monotonic: fc.nat(10_000),
    wall: fc.integer({ min: -50_000, max: 50_000 }),
    thaw: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      const { time, clock } = machine();
      let last = clock.now();
      for (const { monotonic, wall, thaw } of steps) {
        time.monotonic += monotonic;
        time.wall += wall;
        if (thaw) clock.thaw();
        expect(clock.now()).toBeGreaterThanOrEqual(Math.max(last, time.monotonic));
        last = clock.now();
      }
    }),
  );
});
