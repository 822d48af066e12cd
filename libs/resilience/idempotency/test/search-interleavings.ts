/** The search of src/idempotency-interleavings.ts on an engine, seed after seed, with what it met added up. */
import { createIdempotency } from '../src/idempotency.ts';
import { runInterleaving, type InterleavingSummary } from '../src/idempotency-interleavings.ts';
import type { Engine } from './engines.ts';

export interface SearchOptions {
  /** The first seed. */
  readonly seed: number;
  /** How many seeds, one after the other. */
  readonly count: number;
  /** Told after every thousand seeds. */
  readonly onProgress?: (done: number) => void;
}

export interface SearchResult {
  /** What was met, added up; a search is worth nothing where nothing happens. */
  readonly total: InterleavingSummary;
  /** The first promise that was broken: its seed and the steps to it. */
  readonly found?: string;
}

const none: InterleavingSummary = { steps: 0, crashes: 0, takeovers: 0, replays: 0, failures: 0 };

const add = (one: InterleavingSummary, other: InterleavingSummary): InterleavingSummary => ({
  steps: one.steps + other.steps,
  crashes: one.crashes + other.crashes,
  takeovers: one.takeovers + other.takeovers,
  replays: one.replays + other.replays,
  failures: one.failures + other.failures,
});

/** Stops at the first seed that finds something. */
export async function searchInterleavings<Tx>(
  engine: Pick<Engine<Tx>, 'makeHarness'>,
  { seed, count, onProgress }: SearchOptions,
): Promise<SearchResult> {
  let total = none;
  for (let done = 0; done < count; done++) {
    try {
      const laboratory = {
        createIdempotency: createIdempotency<Tx>,
        makeHarness: () => engine.makeHarness(),
      };
      total = add(total, await runInterleaving(seed + done, laboratory));
    } catch (error) {
      return { total, found: error instanceof Error ? error.message : String(error) };
    }
    if ((done + 1) % 1000 === 0) onProgress?.(done + 1);
  }
  return { total };
}
