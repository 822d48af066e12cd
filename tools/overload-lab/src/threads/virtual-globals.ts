/**
 * Puts virtual time and seeded random numbers in the place of the global ones, so that libraries that take no clock run
 * in the simulated world unmodified. Only for a thread of its own: nothing in it can see real time afterwards.
 */
import type { VirtualTime } from '../world/virtual-time.ts';

export interface VirtualGlobals {
  /** From now on the globals are those of this run. Timers of an earlier run never fire again. */
  use(time: VirtualTime, random: () => number): void;
}

/** What `Date` says when a run begins: 1 January 2026. */
const EPOCH_MS = 1_767_225_600_000;

/** A timer as Node's, as far as libraries use it. */
class VirtualTimer {
  readonly #cancel: () => void;

  constructor(cancel: () => void) {
    this.#cancel = cancel;
  }

  cancel(): void {
    this.#cancel();
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

const clear = (timer: unknown): void => {
  if (timer instanceof VirtualTimer) timer.cancel();
};

export function installVirtualGlobals(): VirtualGlobals {
  let time: VirtualTime | undefined;
  let random: () => number = () => 0;
  const now = (): number => time?.now() ?? 0;

  const setVirtualTimeout = (run: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]) =>
    // Node makes a delay below a millisecond one millisecond.
    new VirtualTimer(
      time?.schedule(
        () => {
          run(...args);
        },
        Math.max(1, delayMs),
      ) ?? (() => undefined),
    );

  const setVirtualInterval = (run: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]) => {
    let cancel: () => void = () => undefined;
    const again = () => {
      cancel =
        time?.schedule(
          () => {
            again();
            run(...args);
          },
          Math.max(1, delayMs),
        ) ?? cancel;
    };
    again();
    return new VirtualTimer(() => {
      cancel();
    });
  };

  const RealDate = Date;
  class VirtualDate extends RealDate {
    constructor(...args: [] | [number | string | Date]) {
      if (args.length === 0) super(EPOCH_MS + now());
      else super(...args);
    }

    static override now(): number {
      return EPOCH_MS + now();
    }
  }

  Object.assign(globalThis, {
    setTimeout: setVirtualTimeout,
    clearTimeout: clear,
    setInterval: setVirtualInterval,
    clearInterval: clear,
    setImmediate: (run: (...args: unknown[]) => void, ...args: unknown[]) =>
      setVirtualTimeout(run, 0, ...args),
    clearImmediate: clear,
    Date: VirtualDate,
  });
  Object.defineProperty(globalThis, 'performance', { value: { now }, configurable: true });
  Object.assign(Math, { random: () => random() });

  return {
    use(given, numbers) {
      time = given;
      random = numbers;
    },
  };
}
