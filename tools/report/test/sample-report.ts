/**
 * A made-up game day that looks like a real one: 820 seconds, every fault of the tier, one acceptance missed. For
 * tests and for looking at the page; its figures are invented and prove nothing.
 */
import { createSeededRandom } from '@nines/availability';
import type {
  CriterionResult,
  FaultResult,
  GameDayReport,
  RequestCounts,
  TimelineMark,
  TimelineSecond,
} from '@nines/game-day';

const LOAD_RPS = 120;
const LENGTH_SECONDS = 850;

interface Scene {
  readonly fault: string;
  readonly target: string;
  readonly from: number;
  readonly healed: number;
  readonly to: number;
  readonly rtoSeconds: number | null;
  readonly predicted: string;
  readonly acceptance: readonly CriterionResult[];
  /** What share of requests goes wrong that many seconds into the fault, by kind, and how slow the rest is. */
  readonly at: (second: number) => {
    bad?: number;
    shed?: number;
    dropped?: number;
    stale?: number;
    slow?: number;
  };
}

const met = (criterion: string, measured: string): CriterionResult => ({ criterion, measured, met: true });
const missed = (criterion: string, measured: string): CriterionResult => ({
  criterion,
  measured,
  met: false,
});
const noOrderHarmed = [met('orders lost <= 0', '0'), met('orders doubled <= 0', '0')];

const SCENES: readonly Scene[] = [
  {
    fault: 'process-kill',
    target: 'i-1 in zone-a (process 4711)',
    from: 45,
    healed: 51,
    to: 75,
    rtoSeconds: 2.1,
    predicted:
      'L about 1 s: half of the load until the load balancer’s second failed check; systemd restarts after 1 s',
    acceptance: [met('L <= 10 s', '0.9 s'), ...noOrderHarmed],
    at: (s) => (s < 2 ? { bad: 0.5 - 0.18 * s, slow: 1.3 } : s < 6 ? { bad: 0.01, slow: 1.6 } : {}),
  },
  {
    fault: 'zone-loss',
    target: 'zone-b (instance i-2, load balancer node, database standby)',
    from: 100,
    healed: 190,
    to: 220,
    rtoSeconds: 24.3,
    predicted:
      'L about 18 s: commits wait for the lost standby (10 to 30 s), half of the load until 2 checks of 10 s fail',
    acceptance: [met('L <= 120 s', '14.7 s'), met('RPO <= 0 s', '0 s'), ...noOrderHarmed],
    at: (s) =>
      s < 22
        ? { bad: 0.58, dropped: 0.06, slow: 4 }
        : s < 26
          ? { bad: 0.15, slow: 3 }
          : { slow: s < 90 ? 1.4 : 1 },
  },
  {
    fault: 'zone-loss',
    target: 'zone-a (instance i-1, load balancer node, database primary)',
    from: 245,
    healed: 385,
    to: 410,
    rtoSeconds: 137.2,
    predicted:
      'L about 64 s: writes away for the failover (84 s drawn from 60 to 120 s), reads from last-known-good data',
    acceptance: [missed('L <= 120 s', '125.7 s'), met('RPO <= 0 s', '0 s'), ...noOrderHarmed],
    at: (s) =>
      s < 21
        ? { bad: 0.8, dropped: 0.12, slow: 5 }
        : s < 137
          ? { bad: 0.93, stale: 0.6, slow: 2 }
          : { slow: 1.3 },
  },
  {
    fault: 'database-primary-loss',
    target: 'database primary in zone-b',
    from: 435,
    healed: 519,
    to: 550,
    rtoSeconds: 84.6,
    predicted: 'RTO 84 s drawn from 60 to 120 s; reads from last-known-good data throughout',
    acceptance: [
      met('RTO <= 99 s', '84.6 s'),
      met('RPO <= 0 s', '0 s'),
      met('good reads >= 99%', '99.72%'),
      ...noOrderHarmed,
    ],
    at: (s) => (s < 84.6 ? { bad: 0.27, stale: 0.7, slow: s < 3 ? 6 : 1.2 } : {}),
  },
  {
    fault: 'payment-slow',
    target: 'payment service (ten times slower)',
    from: 575,
    healed: 620,
    to: 635,
    rtoSeconds: 0,
    predicted: 'orders 360 ms slower, nothing else',
    acceptance: [
      met('good on other routes >= 99.9%', '100%'),
      met('attempts per request <= 1.1', '1.003'),
      ...noOrderHarmed,
    ],
    at: (s) => (s < 45 ? { slow: 9 } : {}),
  },
  {
    fault: 'payment-away',
    target: 'payment service (accepts and never answers)',
    from: 660,
    healed: 705,
    to: 720,
    rtoSeconds: 46.4,
    predicted: 'orders refused with 503 at once after the breaker opens; other routes untouched',
    acceptance: [
      met('good on other routes >= 99.9%', '99.97%'),
      met('attempts per request <= 1.1', '1.02'),
      ...noOrderHarmed,
    ],
    at: (s) => (s < 46 ? { bad: 0.2, slow: s < 4 ? 12 : 1 } : {}),
  },
  {
    fault: 'overload',
    target: 'load balancer (480 requests/s more, 3x capacity in all)',
    from: 745,
    healed: 775,
    to: 805,
    rtoSeconds: 33.8,
    predicted: 'two thirds refused quickly, goodput stays at capacity',
    acceptance: [
      met('goodput over capacity >= 90%', '96.4%'),
      met('recovery <= 10 s', '3.8 s'),
      ...noOrderHarmed,
    ],
    at: (s) =>
      s < 30 ? { shed: 0.655, dropped: 0.012, slow: 2.2 } : s < 33.8 ? { shed: 0.08, slow: 1.5 } : {},
  },
];

const sceneAt = (second: number): Scene | undefined =>
  SCENES.find(({ from, to }) => second >= from && second < to);

function secondOf(second: number, random: () => number): TimelineSecond {
  const scene = sceneAt(second);
  const { bad = 0, shed = 0, dropped = 0, stale = 0, slow = 1 } = scene?.at(second - scene.from) ?? {};
  const overload = scene?.fault === 'overload' && second < scene.healed ? 5 : 1;
  const total = Math.round(LOAD_RPS * overload + (random() - 0.5) * 4);
  const noisy = (share: number): number => Math.round(total * share * (0.85 + 0.3 * random()));
  const counts = { bad: noisy(bad), shed: noisy(shed), dropped: noisy(dropped) };
  const good = Math.max(0, total - counts.bad - counts.shed - counts.dropped);
  const p50Ms = 7 * slow * (0.9 + 0.2 * random());
  return {
    second,
    good,
    ...counts,
    stale: Math.round(good * stale),
    p50Ms,
    p95Ms: p50Ms * (3 + random()),
    p99Ms: p50Ms * (7 + 5 * random()),
  };
}

const sumOf = (seconds: readonly TimelineSecond[]): RequestCounts => {
  const sum = (pick: (second: TimelineSecond) => number): number =>
    seconds.reduce((all, one) => all + pick(one), 0);
  return {
    good: sum((s) => s.good),
    bad: sum((s) => s.bad),
    dropped: sum((s) => s.dropped),
    shed: sum((s) => s.shed),
  };
};

const totalOf = ({ good, bad, dropped, shed }: RequestCounts): number => good + bad + dropped + shed;

const lossOf = (seconds: readonly TimelineSecond[]): number =>
  seconds.reduce((loss, second) => loss + 1 - second.good / totalOf(second), 0);

const causesOf = ({ bad, shed }: RequestCounts): FaultResult['causes'] =>
  [
    { cause: '503 writer-unavailable', count: bad },
    { cause: '503 overloaded', count: shed },
  ].filter((one) => one.count > 0);

function faultOf(scene: Scene, timeline: readonly TimelineSecond[]): FaultResult {
  const window = timeline.filter(({ second }) => second >= scene.from && second < scene.to);
  const requests = sumOf(window);
  return {
    fault: scene.fault,
    target: scene.target,
    injectedAtSeconds: scene.from,
    healedAtSeconds: scene.healed,
    endedAtSeconds: scene.to,
    requests,
    availability: requests.good / totalOf(requests),
    lossSeconds: lossOf(window),
    rtoSeconds: scene.rtoSeconds,
    acknowledged: Math.round(requests.good * 0.15),
    lost: 0,
    rpoSeconds: 0,
    doubled: 0,
    causes: causesOf(requests),
    predicted: scene.predicted,
    acceptance: scene.acceptance,
    met: scene.acceptance.every((criterion) => criterion.met),
  };
}

const MARKS: readonly TimelineMark[] = [
  { second: 0, label: 'warm-up', kind: 'phase' },
  { second: 15, label: 'steady load', kind: 'phase' },
  ...SCENES.flatMap(({ fault, target, from, healed }): TimelineMark[] => [
    { second: from, label: `${fault}: ${target}`, kind: 'inject' },
    { second: healed, label: `${fault} healed`, kind: 'heal' },
  ]),
  { second: 47, label: 'i-1 in zone-a restarted by systemd', kind: 'event' },
  { second: 121, label: 'i-2 in zone-b out of service', kind: 'event' },
  { second: 366, label: 'standby in zone-b promoted', kind: 'event' },
  { second: 519.6, label: 'standby in zone-a promoted', kind: 'event' },
];

export function createSampleReport(): GameDayReport {
  const random = createSeededRandom(7);
  const timeline = Array.from({ length: LENGTH_SECONDS }, (_, second) => secondOf(second, random));
  const faults = SCENES.map((scene) => faultOf(scene, timeline));
  const requests = sumOf(timeline);
  const acknowledged = Math.round(requests.good * 0.15);
  return {
    startedAt: '2026-11-21T09:02:11.000Z',
    environment: {
      machine: '2 cores, 24 GiB',
      node: 'v24.21.0',
      k6: 'v2.2.0',
      postgres: '18.1',
      commit: '40d7369',
    },
    timeline,
    marks: MARKS,
    result: {
      tier: 'three-nines',
      pace: 'full',
      paceDivisor: 1,
      seed: 7,
      met: false,
      capacityRps: 200,
      loadRps: LOAD_RPS,
      durationSeconds: LENGTH_SECONDS,
      requests,
      availability: requests.good / totalOf(requests),
      lossSeconds: lossOf(timeline),
      acknowledged,
      lost: 0,
      doubled: 0,
      supports: [
        '33,172 of 116,548 requests were not good (71.537%).',
        'With 95% confidence at least 64.10% would be good under the same load and faults: 71.31% if failures were independent, 64.10% as they cluster.',
        "For these conditions it supports none of the tiers' goals. 99% takes at least 299 requests, none of them failing.",
        'It says nothing about a year: how often such faults happen was chosen, not measured.',
      ],
      assumptions: [
        {
          id: 'rds-multi-az-failover',
          statement:
            '60 to 120 s: loss of the primary of an RDS Multi-AZ instance until its standby takes writes under the same name',
          source:
            'Amazon RDS User Guide, "Failing over a Multi-AZ DB instance" (read November 2026), https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.Failover.html',
        },
        {
          id: 'rds-standby-loss-detection',
          statement:
            '10 to 30 s: loss of the standby of an RDS Multi-AZ instance until the primary commits without it. Assumed, not published: RDS gives up a lost standby after 10 to 30 s, during which commits wait; well under the 60 s that a whole failover takes at least.',
          source:
            'unpublished: the RDS User Guide says that replication is synchronous, not when it is given up',
        },
        {
          id: 'local-stand-ins',
          statement:
            'The load balancer, the network between zones and the third parties are local stand-ins.',
          source: 'tools/local-cloud/README.md',
        },
      ],
      faults,
      problems: [],
    },
  };
}
