/**
 * What the lab runs, and what each part must reach. A cell is one place of a table: the same run from several seeds,
 * of which the worst counts.
 */
import { CLIENTS } from './clients/index.ts';
import type { ClientName } from './clients/index.ts';
import { attemptsPerRequest, goodputRps, goodputShare, recoverySeconds } from './measures.ts';
import type { Span } from './measures.ts';
import type { Job } from './threads/job.ts';
import type { Second } from './world/tally.ts';
import { WORLD } from './world/setting.ts';
import type { OutageKind, ServerKind } from './world/setting.ts';

/** What a cell shows: a share of what was possible, requests a second, seconds, or attempts for each request. */
export type Measure = 'goodput-share' | 'goodput-rps' | 'recovery-seconds' | 'attempts';

/** The table that a cell stands in. */
export type Section =
  'goodput' | 'start' | 'recovery' | 'outage-attempts' | 'failure' | 'naive' | 'long' | 'peers';

/** `atLeast` or `atMost`: what the worst seed must reach. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number };

export interface Cell {
  readonly section: Section;
  readonly measure: Measure;
  readonly run: Omit<Job, 'seed'>;
  /** The seconds that are measured; of a recovery, from the end of the outage on. */
  readonly span: Span;
  readonly seeds: readonly number[];
  /** None where a figure is only shown. */
  readonly goal?: Goal;
}

export interface PlanOptions {
  /** A part of it all that takes seconds, for the gate. */
  readonly quick?: boolean;
  readonly firstSeed?: number;
  /** How many seeds; peers get at most three. @default 20, quick 1 */
  readonly seeds?: number;
  readonly fleets?: readonly number[];
  readonly loads?: readonly number[];
}

export const FLEETS: readonly number[] = [5, 20, 100, 200];
export const LOADS: readonly number[] = [0.5, 0.8, 1, 1.5, 2, 3, 5, 10];
export const OUTAGES: readonly OutageKind[] = ['hang', 'errors', 'spike'];
export const SERVERS: readonly ServerKind[] = ['fifo', 'shedding'];

/** Above this size less is asked for: with one call at a time each, 200 clients are four times the workers. */
const LARGEST_FLEET_IN_FULL = 100;

const goodputGoal = (fleet: number): Goal => ({ atLeast: fleet <= LARGEST_FLEET_IN_FULL ? 0.95 : 0.9 });
const NAIVE_GOAL: Goal = { atLeast: 0.98 };
const RECOVERY_GOAL: Goal = { atMost: 5 };
const ATTEMPTS_GOAL: Goal = { atMost: 1.1 };

/** The load in which outages happen. */
const OUTAGE_LOAD = 0.7;

/** How many seconds each kind of run has, and which of them count. */
interface Lengths {
  /** Left out of the goodput, and shown by itself: clients start with one call at a time and have to find their limit. */
  readonly start: number;
  readonly measured: number;
  /** Longer: in eight seconds the work that happens to come takes 1% more or less, which is half of what may be lost. */
  readonly naive: number;
  /** Before an outage: long enough for the windows of breakers to be full, at 200 clients too. */
  readonly beforeOutage: number;
  readonly outage: number;
  readonly afterOutage: number;
  readonly fullFailure: number;
}

const FULL: Lengths = {
  start: 3,
  measured: 8,
  naive: 60,
  beforeOutage: 30,
  outage: 10,
  afterOutage: 16,
  fullFailure: 60,
};
const QUICK: Lengths = { ...FULL, naive: 20, beforeOutage: 20, fullFailure: 30 };

/** From this load on half as many seconds are measured: they hold more requests than the others all the same. */
const HIGH_LOAD = 3;
const measuredAt = (load: number, { measured }: Lengths): number =>
  load < HIGH_LOAD ? measured : measured / 2;

/** Seeds for peers, which are shown and not judged. */
const PEER_SEEDS = 3;
const PEER_FLEET = 20;
const PEER_LOADS = [0.5, 1, 2, 5];
const PEER_SECONDS = 20;
const LONG_RUN_SECONDS = 600;

const secondsToMs = (seconds: number): number => seconds * 1000;

interface Setting {
  readonly client: ClientName;
  readonly server: ServerKind;
  readonly fleet: number;
}

const loadRun = (setting: Setting, load: number, seconds: number) => ({
  ...setting,
  load,
  durationMs: secondsToMs(seconds),
});

const outageRun = (setting: Setting, kind: OutageKind, seconds: number, lengths: Lengths) => ({
  ...setting,
  load: OUTAGE_LOAD,
  durationMs: secondsToMs(lengths.beforeOutage + seconds + lengths.afterOutage),
  outage: {
    kind,
    fromMs: secondsToMs(lengths.beforeOutage),
    toMs: secondsToMs(lengths.beforeOutage + seconds),
  },
});

function goodputCells(
  setting: Setting,
  loads: readonly number[],
  lengths: Lengths,
  seeds: readonly number[],
) {
  const { start } = lengths;
  return loads.flatMap((load): Cell[] => {
    const end = start + measuredAt(load, lengths);
    const run = loadRun(setting, load, end);
    const share = { measure: 'goodput-share', run, seeds } as const;
    return [
      {
        ...share,
        section: 'goodput',
        span: { from: start, to: end },
        goal: goodputGoal(setting.fleet),
      },
      { ...share, section: 'start', span: { from: 0, to: start } },
    ];
  });
}

function outageCells(setting: Setting, lengths: Lengths, seeds: readonly number[]): Cell[] {
  const { beforeOutage, outage, afterOutage, fullFailure } = lengths;
  const end = beforeOutage + outage;
  const cells = OUTAGES.flatMap((kind): Cell[] => {
    const run = outageRun(setting, kind, outage, lengths);
    return [
      {
        section: 'recovery',
        measure: 'recovery-seconds',
        run,
        span: { from: end, to: end + afterOutage },
        seeds,
        goal: RECOVERY_GOAL,
      },
      {
        section: 'outage-attempts',
        measure: 'attempts',
        run,
        span: { from: beforeOutage, to: end },
        seeds,
      },
    ];
  });
  // A server that answers nothing but errors is the same with and without a shedder.
  if (setting.server !== 'fifo') return cells;
  return [
    ...cells,
    {
      section: 'failure',
      measure: 'attempts',
      run: outageRun(setting, 'errors', fullFailure, lengths),
      span: { from: beforeOutage, to: beforeOutage + fullFailure },
      seeds,
      goal: ATTEMPTS_GOAL,
    },
  ];
}

function naiveCells(loads: readonly number[], lengths: Lengths, seeds: readonly number[]): Cell[] {
  const setting = { client: 'naive-retry', server: 'shedding', fleet: PEER_FLEET } as const;
  return loads.map((load) => {
    const end = lengths.start + lengths.naive / (load < HIGH_LOAD ? 1 : 2);
    return {
      section: 'naive',
      measure: 'goodput-share',
      run: loadRun(setting, load, end),
      span: { from: lengths.start, to: end },
      seeds,
      goal: NAIVE_GOAL,
    };
  });
}

function longCells(seeds: readonly number[]): Cell[] {
  return [1, 2].map((load) => ({
    section: 'long',
    measure: 'goodput-share',
    run: loadRun({ client: 'nines', server: 'fifo', fleet: PEER_FLEET }, load, LONG_RUN_SECONDS),
    span: { from: 0, to: LONG_RUN_SECONDS },
    seeds: seeds.slice(0, 1),
    goal: goodputGoal(PEER_FLEET),
  }));
}

function peerLoadCells(setting: Setting, seeds: readonly number[]): Cell[] {
  return PEER_LOADS.map((load) => ({
    section: 'peers',
    measure: 'goodput-rps',
    run: loadRun(setting, load, PEER_SECONDS),
    span: { from: 0, to: PEER_SECONDS },
    seeds,
  }));
}

function peerOutageCells(setting: Setting, seeds: readonly number[]): Cell[] {
  const end = FULL.beforeOutage + FULL.outage;
  return OUTAGES.map((kind) => ({
    section: 'peers',
    measure: 'recovery-seconds',
    run: outageRun(setting, kind, FULL.outage, FULL),
    span: { from: end, to: end + FULL.afterOutage },
    seeds,
  }));
}

/** The fleet sizes at which a bulkhead that was sized for twenty clients is shown as well. */
const OTHER_FLEETS_OF_A_BULKHEAD = [5, 100, 200];

function peerCells(seeds: readonly number[]): Cell[] {
  const few = seeds.slice(0, PEER_SEEDS);
  const names = Object.keys(CLIENTS) as ClientName[];
  const settings = SERVERS.flatMap((server) =>
    names.map((client) => ({ client, server, fleet: PEER_FLEET })),
  );
  const bulkheads = OTHER_FLEETS_OF_A_BULKHEAD.map(
    (fleet) => ({ client: 'cockatiel-bulkhead', server: 'fifo', fleet }) as const,
  );
  return [
    ...[...settings, ...bulkheads].flatMap((setting) => peerLoadCells(setting, few)),
    ...settings.filter(({ server }) => server === 'fifo').flatMap((setting) => peerOutageCells(setting, few)),
  ];
}

const QUICK_FLEETS = [5, 200];
const QUICK_LOADS = [1, 5];

export function planCells(options: PlanOptions = {}): Cell[] {
  const { quick = false, firstSeed = 1, seeds: count = quick ? 1 : 20 } = options;
  const seeds = Array.from({ length: count }, (_, index) => firstSeed + index);
  const lengths = quick ? QUICK : FULL;
  const fleets = options.fleets ?? (quick ? QUICK_FLEETS : FLEETS);
  const loads = options.loads ?? (quick ? QUICK_LOADS : LOADS);
  const ours = SERVERS.flatMap((server) =>
    fleets.flatMap((fleet) => {
      const setting = { client: 'nines', server, fleet } as const;
      return [...goodputCells(setting, loads, lengths, seeds), ...outageCells(setting, lengths, seeds)];
    }),
  );
  const isWhole = !quick && !options.fleets && !options.loads;
  return [
    ...ours,
    ...naiveCells(loads, lengths, seeds),
    ...(isWhole ? [...longCells(seeds), ...peerCells(seeds)] : []),
  ];
}

/** What a run shows for a cell. */
export function measureOf({ measure, span }: Cell, seconds: readonly Second[]): number {
  switch (measure) {
    case 'goodput-share':
      return goodputShare(seconds, span, WORLD.capacityRps);
    case 'goodput-rps':
      return goodputRps(seconds, span);
    case 'attempts':
      return attemptsPerRequest(seconds, span);
    case 'recovery-seconds':
      return recoverySeconds(seconds.slice(0, span.to), span.from);
  }
}

/** Whether more is better, which decides what is the worst of several seeds. */
export const isMoreBetter = (measure: Measure): boolean =>
  measure === 'goodput-share' || measure === 'goodput-rps';

/** Whether the peers are among the cells, so that there is something to compare. */
export const hasComparison = (cells: readonly Cell[]): boolean =>
  cells.some(({ section }) => section === 'peers');
