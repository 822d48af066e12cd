/** A small result with all that tables and charts show, made by hand. */
import { CLIENTS } from '../src/clients/index.ts';
import type { ClientName } from '../src/clients/index.ts';
import type { CellResult, LabResult } from '../src/lab.ts';
import { judge } from '../src/lab.ts';
import type { Cell } from '../src/plan.ts';

const NAMES = Object.keys(CLIENTS) as ClientName[];

export const shareCell = (fleet: number, load: number, share: number, seed = 7): CellResult =>
  judge(
    {
      section: 'goodput',
      measure: 'goodput-share',
      run: { client: 'nines', server: 'fifo', fleet, load, durationMs: 35_000 },
      span: { from: 5, to: 35 },
      seeds: [1, seed],
      goal: { atLeast: fleet > 100 ? 0.9 : 0.95 },
    },
    [
      [1, 1],
      [seed, share],
    ],
  );

const SERVERS = ['fifo', 'shedding'] as const;
const OUTAGE = { kind: 'hang', fromMs: 40_000, toMs: 50_000 } as const;

const peerCells = NAMES.flatMap((client, index) =>
  SERVERS.flatMap((server): CellResult[] => {
    const shown = { section: 'peers', seeds: [1] } as const;
    const setting = { client, server, fleet: 20 };
    const load = (multiple: number): Cell => ({
      ...shown,
      measure: 'goodput-rps',
      run: { ...setting, load: multiple, durationMs: 60_000 },
      span: { from: 0, to: 60 },
    });
    const outage: Cell = {
      ...shown,
      measure: 'recovery-seconds',
      run: { ...setting, load: 0.7, durationMs: 80_000, outage: OUTAGE },
      span: { from: 50, to: 80 },
    };
    return [
      judge(load(1), [[1, 900.9 - index]]),
      judge(load(2), [[1, index]]),
      judge(outage, [[1, index === 0 ? 2 : Infinity]]),
    ];
  }),
);

export const SAMPLE: LabResult = {
  met: false,
  requests: 1_234_567,
  virtualSeconds: 7200,
  cells: [shareCell(5, 1, 0.98999), shareCell(5, 2, 0.9499), shareCell(200, 1, 0.9), ...peerCells],
  runs: NAMES.map((client) => ({
    processorMs: 2345,
    job: { client, server: 'fifo', fleet: 20, load: 0.7, durationMs: 80_000, outage: OUTAGE, seed: 1 },
    seconds: Array.from({ length: 80 }, (_, second) => {
      const good = second >= 40 && second < 50 ? 0 : 700;
      return { offered: 700, good, shed: 0, failed: 700 - good, attempts: 700 };
    }),
  })),
};
