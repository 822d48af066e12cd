/** The side-by-side comparison as charts: SVG text, drawn by Observable Plot in a document of its own. */
import * as Plot from '@observablehq/plot';
import { JSDOM } from 'jsdom';
import { CLIENTS } from '../clients/index.ts';
import type { ClientName } from '../clients/index.ts';
import type { LabResult, RunSeconds } from '../lab.ts';
import { WORLD } from '../world/setting.ts';

const PEER_FLEET = 20;
const SERVER_TITLES = { fifo: 'server with a plain queue', shedding: 'server with a load shedder' } as const;

/** Dark enough on white, and told apart by people who see no red or green (Okabe and Ito's palette, and greys). */
const COLOURS: Readonly<Record<ClientName, string>> = {
  nines: '#0072b2',
  'no-retry': '#999999',
  'naive-retry': '#555555',
  'p-retry': '#d55e00',
  'aws-sdk': '#e69f00',
  'cockatiel-consecutive': '#009e73',
  'cockatiel-sampling': '#56b4e9',
  'cockatiel-bulkhead': '#117733',
  opossum: '#cc79a7',
};

const NAMES = Object.keys(CLIENTS) as ClientName[];
const titleOf = (name: ClientName): string => CLIENTS[name].title;

function draw(options: Plot.PlotOptions): string {
  const { document } = new JSDOM('').window;
  const figure = Plot.plot({
    ...options,
    document,
    style: 'background: white; font: 12px system-ui, sans-serif',
  });
  const drawing = figure.tagName.toLowerCase() === 'svg' ? figure : figure.querySelector('svg');
  drawing?.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return drawing?.outerHTML ?? '';
}

/** Goodput over load: one line for each client, and what would be possible behind them. */
export function goodputChart({ cells }: LabResult): string {
  const points = cells
    .filter(
      ({ section, measure, run }) =>
        section === 'peers' && measure === 'goodput-rps' && run.fleet === PEER_FLEET,
    )
    .map(({ run, worst }) => ({
      server: SERVER_TITLES[run.server],
      client: run.client,
      load: run.load,
      rps: worst,
    }));
  const loads = [...new Set(points.map(({ load }) => load))];
  const possible = Object.values(SERVER_TITLES).flatMap((server) =>
    loads.map((load) => ({ server, load, rps: Math.min(1, load) * WORLD.capacityRps })),
  );
  const last = points.filter(({ load }) => load === Math.max(...loads));
  return draw({
    width: 1080,
    height: 400,
    marginRight: 215,
    marginLeft: 55,
    x: {
      type: 'log',
      label: 'load, times the capacity',
      ticks: loads,
      tickFormat: (load: number) => `${String(load)}x`,
    },
    y: { label: 'good answers a second, worst seed', domain: [0, 1100], grid: true },
    fx: { label: null, padding: 0.3, domain: Object.values(SERVER_TITLES) },
    color: { domain: NAMES, range: NAMES.map((name) => COLOURS[name]) },
    marks: [
      Plot.areaY(possible, { fx: 'server', x: 'load', y: 'rps', fill: '#eeeeee' }),
      Plot.lineY(points, {
        fx: 'server',
        x: 'load',
        y: 'rps',
        stroke: 'client',
        strokeWidth: ({ client }: { client: ClientName }) => (client === 'nines' ? 4 : 1.8),
        marker: 'dot',
      }),
      Plot.text(spreadLabels(last), {
        fx: 'server',
        x: 'load',
        y: 'at',
        text: ({ client }: { client: ClientName }) => titleOf(client),
        fill: 'client',
        textAnchor: 'start',
        dx: 10,
      }),
    ],
  });
}

/** Labels keep this much apart, in the unit of the axis, and stay below its end. */
const LABEL_STEP = 48;
const HIGHEST_LABEL = 1075;

/** Where the labels at the ends of the lines go, so that none hides another. */
export function spreadLabels<T extends { readonly server: string; readonly rps: number }>(
  points: readonly T[],
): (T & { at: number })[] {
  const servers = [...new Set(points.map(({ server }) => server))];
  return servers.flatMap((one) => {
    let free = 0;
    const upwards = points
      .filter(({ server }) => server === one)
      .sort((left, right) => left.rps - right.rps)
      .map((point) => {
        const at = Math.max(point.rps, free);
        free = at + LABEL_STEP;
        return { ...point, at };
      });
    // What was pushed out at the top pushes back.
    let highest = HIGHEST_LABEL;
    for (const label of upwards.reverse()) {
      label.at = Math.min(label.at, highest);
      highest = label.at - LABEL_STEP;
    }
    return upwards.reverse();
  });
}

/** How long before and after an outage is shown, seconds. */
const AROUND_SECONDS = { before: 5, after: 16 };
const OUTAGE_SECONDS = 10;

function aroundOutage({ job, seconds }: RunSeconds) {
  const { outage } = job;
  if (!outage) return [];
  const from = outage.fromMs / 1000;
  const to = outage.toMs / 1000;
  return seconds
    .map(({ good, offered }, second) => ({
      client: titleOf(job.client),
      name: job.client,
      kind: outage.kind,
      second: second - from,
      good: offered > 0 ? (100 * good) / offered : undefined,
    }))
    .filter(({ second }) => second >= -AROUND_SECONDS.before && second < to - from + AROUND_SECONDS.after);
}

/** The share of good answers around each outage: a row for each client, a column for each kind of outage. */
export function outageChart({ cells, runs }: LabResult): string {
  const seed = cells.find(({ section }) => section === 'peers')?.seeds[0];
  const shown = runs.filter(
    ({ job }) =>
      job.outage &&
      job.outage.toMs - job.outage.fromMs === OUTAGE_SECONDS * 1000 &&
      job.seed === seed &&
      job.server === 'fifo' &&
      job.fleet === PEER_FLEET,
  );
  const points = shown.flatMap(aroundOutage);
  const kinds = [...new Set(points.map(({ kind }) => kind))];
  return draw({
    width: 1080,
    height: 620,
    marginLeft: 50,
    marginRight: 215,
    x: {
      label: 'seconds since the outage began',
      ticks: [0, 10, 20],
      domain: [-AROUND_SECONDS.before, OUTAGE_SECONDS + AROUND_SECONDS.after],
    },
    y: { label: '% good', domain: [0, 100], ticks: [0, 100] },
    fx: { label: null, domain: kinds },
    fy: { label: null, domain: NAMES.map(titleOf), padding: 0.2 },
    color: { domain: NAMES, range: NAMES.map((name) => COLOURS[name]) },
    marks: [
      Plot.rectX(kinds, { fx: (kind: string) => kind, x1: 0, x2: OUTAGE_SECONDS, fill: '#f2d6d6' }),
      Plot.areaY(points, {
        fx: 'kind',
        fy: 'client',
        x: 'second',
        y: 'good',
        fill: 'name',
        curve: 'step-after',
      }),
      Plot.frame({ stroke: '#cccccc' }),
    ],
  });
}
