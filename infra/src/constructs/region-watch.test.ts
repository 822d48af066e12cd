/** The function as it is deployed, run with stand-ins for the network, DNS and time. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const CODE = readFileSync(join(import.meta.dirname, 'functions/region-watch/index.js'), 'utf8');

interface World {
  /** How long it takes to find out that the other region does not answer. */
  readonly silentMs?: number;
  /** Status of the other region's answer; `undefined` when there is none. */
  readonly status?: number;
  /** What Route 53 says; `undefined` when DNS does not answer. */
  readonly verdict?: 'answers' | 'lost';
}

interface Said {
  readonly Lost: number;
  readonly Region: string;
  readonly SeenFrom: string;
  readonly _aws: { readonly Timestamp: number; readonly CloudWatchMetrics: readonly unknown[] };
}

async function watch({ status, verdict, silentMs = 0 }: World) {
  let nowMs = 1_800_000_000_000;
  const said: Said[] = [];
  const pauses: number[] = [];
  const asked = new Set<string>();
  const scope = {
    exports: {} as { handler: () => Promise<void> },
    require: () => ({
      resolveTxt: (name: string) => {
        asked.add(name);
        return verdict === undefined ? Promise.reject(new Error('SERVFAIL')) : Promise.resolve([[verdict]]);
      },
    }),
    process: {
      env: {
        OTHER_REGION: 'eu-west-1',
        OWN_REGION: 'eu-central-1',
        READINESS_URL: 'https://eu-west-1.origin.shop.test/readyz',
        VERDICT_NAME: 'eu-west-1.verdict.shop.test',
        METRIC_NAMESPACE: 'Nines/nines-five-nines',
      },
    },
    fetch: (url: string) => {
      asked.add(url);
      nowMs += silentMs;
      return status === undefined
        ? Promise.reject(new Error('timeout'))
        : Promise.resolve({ ok: status === 200 });
    },
    console: { log: (line: string) => said.push(JSON.parse(line) as Said) },
    setTimeout: (resume: () => void, delayMs: number) => {
      pauses.push(delayMs);
      nowMs += delayMs;
      resume();
    },
    Date: { now: () => nowMs },
  };
  // The one way to run code that AWS runs as a script, without a copy of it that differs.
  const run = new Function(...Object.keys(scope), CODE);
  run(...Object.values(scope));
  await scope.exports.handler();
  return { said, pauses, asked };
}

describe('the watch on the other region', () => {
  it('looks six times, ten seconds apart, in quiet times as in others', async () => {
    for (const world of [{ status: 200, verdict: 'answers' }, {}] as const) {
      const { said, pauses } = await watch(world);

      expect(said).toHaveLength(6);
      expect(pauses).toEqual([10_000, 10_000, 10_000, 10_000, 10_000]);
    }
  });

  it('keeps to its beat when each look takes three seconds, so that no period of the alarm is without one', async () => {
    const { pauses } = await watch({ verdict: 'lost', silentMs: 3_000 });

    expect(pauses).toEqual([7_000, 7_000, 7_000, 7_000, 7_000]);
  });

  it('calls it lost when it answers neither here nor around the world', async () => {
    const { said, asked } = await watch({ verdict: 'lost' });

    expect(said.map(({ Lost }) => Lost)).toEqual([1, 1, 1, 1, 1, 1]);
    expect([...asked]).toEqual(['https://eu-west-1.origin.shop.test/readyz', 'eu-west-1.verdict.shop.test']);
  });

  it('calls it lost when it answers that it is not ready, and the world says so, too', async () => {
    const { said } = await watch({ status: 503, verdict: 'lost' });

    expect(said.map(({ Lost }) => Lost)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it.each<[string, World]>([
    ['it answers here, whatever the world says', { status: 200, verdict: 'lost' }],
    ['the world reaches it, and only the way from here is broken', { verdict: 'answers' }],
    ['nobody can say what the world thinks', {}],
  ])('does not call it lost when %s', async (_, world) => {
    const { said } = await watch(world);

    expect(said.map(({ Lost }) => Lost)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('says it as a metric of the finest resolution, by region and by who saw it', async () => {
    const {
      said: [first],
    } = await watch({ status: 200, verdict: 'answers' });

    expect(first).toEqual({
      _aws: {
        Timestamp: 1_800_000_000_000,
        CloudWatchMetrics: [
          {
            Namespace: 'Nines/nines-five-nines',
            Dimensions: [['Region', 'SeenFrom']],
            Metrics: [{ Name: 'Lost', StorageResolution: 1 }],
          },
        ],
      },
      Region: 'eu-west-1',
      SeenFrom: 'eu-central-1',
      Lost: 0,
    });
  });
});
