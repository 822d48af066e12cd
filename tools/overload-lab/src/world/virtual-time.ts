/**
 * Time that passes only when something is due: a queue of events and a `now` that jumps from one to the next. Use it
 * to run ten minutes of a service in seconds, and the same ten minutes again. Libraries that are made of promises run
 * in it unchanged, because between two events everything that promises have made ready is done first.
 *
 * Do not use it for code that waits for the real world (a socket, a file): virtual time does not wait.
 */

/** Takes an event off the queue; without effect once it has run. */
export type Cancel = () => void;

export interface VirtualTime {
  /** Virtual milliseconds since the start. */
  readonly now: () => number;
  /** Runs a function `delayMs` from now; a negative delay counts as none. Equal moments keep their order. */
  readonly schedule: (run: () => void, delayMs: number) => Cancel;
  /** Runs the next event that is due by `untilMs`. @returns whether there was one */
  readonly step: (untilMs: number) => boolean;
  /**
   * Runs all events that are due by `untilMs`, and between each two what their promises have made ready; then it is
   * `untilMs`. Rejects with what an event threw, or with the signal's reason.
   */
  readonly runUntil: (untilMs: number, signal?: AbortSignal) => Promise<void>;
}

interface Event {
  readonly atMs: number;
  readonly order: number;
  /** Undefined: cancelled. */
  run: (() => void) | undefined;
}

const isBefore = (one: Event, other: Event): boolean =>
  one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);

/** A binary heap, the earliest event at its root. */
function createEventQueue() {
  const heap: Event[] = [];
  return {
    first: (): Event | undefined => heap[0],
    push(event: Event): void {
      let at = heap.push(event) - 1;
      while (at > 0) {
        const above = (at - 1) >> 1;
        const parent = heap[above] as Event;
        if (!isBefore(event, parent)) break;
        heap[at] = parent;
        at = above;
      }
      heap[at] = event;
    },
    pop(): void {
      const last = heap.pop() as Event;
      const { length } = heap;
      if (length === 0) return;
      let at = 0;
      for (;;) {
        let below = 2 * at + 1;
        if (below >= length) break;
        if (below + 1 < length && isBefore(heap[below + 1] as Event, heap[below] as Event)) below++;
        const child = heap[below] as Event;
        if (!isBefore(child, last)) break;
        heap[at] = child;
        at = below;
      }
      heap[at] = last;
    },
  };
}

/** Kept from before anybody replaces the global ones by virtual ones. */
const realSetImmediate = setImmediate;

/** Events for which immediates are set up at once: Node drains promises between two of them at next to no cost. */
const BATCH = 512;

export function createVirtualTime(): VirtualTime {
  const queue = createEventQueue();
  let nowMs = 0;
  let order = 0;

  const step = (untilMs: number): boolean => {
    for (let event = queue.first(); event && event.atMs <= untilMs; event = queue.first()) {
      queue.pop();
      const { run } = event;
      if (!run) continue;
      event.run = undefined;
      nowMs = event.atMs;
      run();
      return true;
    }
    return false;
  };

  return {
    now: () => nowMs,
    schedule(run, delayMs) {
      const event: Event = { atMs: nowMs + Math.max(0, delayMs), order: order++, run };
      queue.push(event);
      return () => {
        event.run = undefined;
      };
    },
    step,
    runUntil: (untilMs, signal) =>
      new Promise<void>((resolve, reject) => {
        let left = 0;
        let isOver = false;
        const end = (settle: () => void) => {
          isOver = true;
          settle();
        };
        const next = () => {
          left--;
          if (isOver) return;
          try {
            if (!step(untilMs)) {
              nowMs = Math.max(nowMs, untilMs);
              end(resolve);
            }
          } catch (error) {
            end(() => {
              reject(error as Error);
            });
          }
          if (left === 0 && !isOver) setUpBatch();
        };
        const setUpBatch = () => {
          if (signal?.aborted) {
            end(() => {
              reject(signal.reason as Error);
            });
            return;
          }
          for (left = 0; left < BATCH; left++) realSetImmediate(next);
        };
        setUpBatch();
      }),
  };
}
