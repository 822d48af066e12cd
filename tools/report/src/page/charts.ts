/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Draws the page's charts with uPlot, which stands in the page before this script. Three charts share one axis of
 * time: what is pointed at or zoomed to in one is pointed at and zoomed to in all. Whatever the mouse can do, the
 * buttons above the charts can do too.
 */
import type UPlot from 'uplot';
import type { ChartData, FaultBand, Outcome } from '../chart-data.ts';

declare const uPlot: typeof UPlot;

type Chart = UPlot;
type Value = number | null | undefined;

/** Seconds of the run shown before a fault and after its end when it is zoomed to. */
const BEFORE_FAULT_SECONDS = 10;
const AFTER_FAULT_SECONDS = 5;

/** How near the pointer must be to an event to have it named. */
const NEAR_PX = 7;

const byId = (id: string): HTMLElement => {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no element ${id}`);
  return element;
};

const data = JSON.parse(byId('chart-data').textContent) as ChartData;
const first = data.seconds[0] ?? 0;
/** The last second lasts a second too. */
const end = (data.seconds.at(-1) ?? 0) + 1;
const charts: Chart[] = [];

/** Colours are the stylesheet's, so that light, dark and print are decided in one place. */
const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const clockTime = (second: number): string => {
  const whole = Math.max(0, Math.floor(second));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
};

const inPercent = (value: Value): string =>
  typeof value === 'number' ? `${(Math.floor(value * 10) / 10).toFixed(1)}%` : 'no requests';

const inMs = (value: Value): string => {
  if (typeof value !== 'number') return 'no answers';
  return value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(value < 10 ? 1 : 0)} ms`;
};

const canvasPx = (cssPx: number): number => cssPx * devicePixelRatio;

/** The part of the plot between two moments, in canvas pixels; undefined when none of it is in view. */
function spanPx(u: Chart, from: number, to: number): { left: number; width: number } | undefined {
  const left = Math.max(u.bbox.left, u.valToPos(from, 'x', true));
  const right = Math.min(u.bbox.left + u.bbox.width, u.valToPos(to, 'x', true));
  return right <= left ? undefined : { left, width: right - left };
}

function fillSpan(u: Chart, from: number, to: number, fill: string): void {
  const span = spanPx(u, from, to);
  if (span === undefined) return;
  u.ctx.fillStyle = fill;
  u.ctx.fillRect(span.left, u.bbox.top, span.width, u.bbox.height);
}

/** Behind the lines: while it was broken, and while it was watched afterwards. */
function drawBands(u: Chart): void {
  u.ctx.save();
  for (const band of data.bands) {
    fillSpan(u, band.injected, band.healed, colour('band'));
    fillSpan(u, band.healed, band.ended, colour('band-after'));
  }
  u.ctx.restore();
}

function drawLine(u: Chart, second: number, stroke: string, dash: readonly number[]): void {
  const x = Math.round(u.valToPos(second, 'x', true));
  if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) return;
  u.ctx.beginPath();
  u.ctx.strokeStyle = stroke;
  u.ctx.lineWidth = canvasPx(1);
  u.ctx.setLineDash(dash.map(canvasPx));
  u.ctx.moveTo(x, u.bbox.top);
  u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
  u.ctx.stroke();
}

/** Over the lines: the moments of injection (solid), healing (dashed) and events (dotted). */
function drawMoments(u: Chart): void {
  u.ctx.save();
  for (const band of data.bands) {
    drawLine(u, band.injected, colour('mark'), []);
    drawLine(u, band.healed, colour('mark'), [5, 4]);
  }
  for (const event of data.events) drawLine(u, event.second, colour('event'), [1, 3]);
  u.ctx.restore();
}

const labelOf = (band: FaultBand, roomPx: number, widthOf: (text: string) => number): string => {
  const name = `${band.number} ${band.label}`;
  return widthOf(name) <= roomPx ? name : String(band.number);
};

/** Phases between the faults, such as the warm-up, named where there is room for their name. */
function drawPhases(u: Chart, y: number): void {
  const { ctx } = u;
  ctx.fillStyle = colour('muted');
  const starts = [...data.phases, ...data.bands.map(({ injected }) => ({ second: injected }))].map(
    ({ second }) => second,
  );
  for (const phase of data.phases) {
    if (data.bands.some(({ injected, ended }) => phase.second >= injected - 1 && phase.second < ended))
      continue;
    const next = Math.min(end, ...starts.filter((second) => second > phase.second));
    const span = spanPx(u, phase.second, next);
    if (span !== undefined && ctx.measureText(phase.label).width + canvasPx(4) <= span.width) {
      ctx.fillText(phase.label, span.left, y);
    }
  }
}

/** Above the first chart: the number of each fault, with its name where there is room. */
function drawLabels(u: Chart): void {
  const { ctx } = u;
  ctx.save();
  ctx.font = `600 ${canvasPx(12)}px system-ui, sans-serif`;
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'left';
  const y = u.bbox.top - canvasPx(13);
  const pad = canvasPx(6);
  drawPhases(u, y);
  let freeFrom = u.bbox.left;
  for (const band of data.bands) {
    const span = spanPx(u, band.injected, band.ended);
    if (span === undefined) continue;
    const text = labelOf(band, span.width - 2 * pad, (words) => ctx.measureText(words).width);
    const width = ctx.measureText(text).width + 2 * pad;
    const left = Math.max(span.left, freeFrom);
    freeFrom = left + width + canvasPx(2);
    ctx.fillStyle = colour(band.met ? 'label' : 'bad');
    ctx.beginPath();
    ctx.roundRect(left, y - canvasPx(9), width, canvasPx(18), canvasPx(4));
    ctx.fill();
    ctx.fillStyle = colour('on-label');
    ctx.fillText(text, left + pad, y);
  }
  ctx.restore();
}

const timeAxis = (): UPlot.Axis => ({
  stroke: () => colour('muted'),
  grid: { stroke: () => colour('grid'), width: 1 },
  ticks: { stroke: () => colour('grid'), width: 1 },
  values: (_, splits) => splits.map(clockTime),
  incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600],
  space: 56,
  size: 30,
});

const valueAxis = (values: (value: number) => string): UPlot.Axis => ({
  stroke: () => colour('muted'),
  grid: { stroke: () => colour('grid'), width: 1 },
  ticks: { show: false },
  values: (_, splits) => splits.map((split) => (split === null ? '' : values(split))),
  size: 54,
});

/** A second's value holds for the whole second, where uPlot by itself would draw a slope to the next. */
const BY_SECOND: Pick<UPlot.Series, 'paths'> = uPlot.paths.stepped
  ? { paths: uPlot.paths.stepped({ align: 1 }) }
  : {};

const line = (label: string, name: string, value: (value: Value) => string, width = 1.5): UPlot.Series => ({
  label,
  stroke: () => colour(name),
  width,
  points: { show: false },
  value: (_u, raw, _series, index) => (index === null ? '' : value(raw)),
});

const TIME_SERIES: UPlot.Series = {
  label: 'at',
  value: (_, raw: Value) => (typeof raw === 'number' ? clockTime(raw) : ''),
};

const OUTCOME_LABELS: Readonly<Record<Outcome, string>> = {
  fresh: 'good',
  stale: 'good, stale',
  shed: 'shed',
  dropped: 'dropped',
  bad: 'bad',
};

/** Each area reaches down to zero and is covered by the next, so the tallest is drawn first. */
const FROM_THE_TOP: readonly Outcome[] = ['bad', 'dropped', 'shed', 'stale', 'fresh'];

const area = (outcome: Outcome): UPlot.Series => ({
  label: OUTCOME_LABELS[outcome],
  stroke: () => colour(outcome),
  fill: () => colour(outcome),
  width: 0,
  points: { show: false },
  ...BY_SECOND,
  value: (_u, _raw, _series, index) => (index === null ? '' : String(data.counts[outcome][index] ?? 0)),
});

interface ChartSpec {
  readonly id: string;
  readonly height: number;
  readonly labels: boolean;
  readonly y: UPlot.Scale;
  readonly axis: UPlot.Axis;
  readonly series: UPlot.Series[];
  readonly columns: readonly (readonly Value[])[];
}

const wholePowersOfTen: UPlot.Range.Function = (_, low, high) => [
  10 ** Math.floor(Math.log10(Math.max(low ?? 1, 0.1))),
  10 ** Math.ceil(Math.log10(Math.max(high ?? 10, 1))),
];

/** A line per power of ten; uPlot's own lines between them would hide the curves. */
const powersOfTen: UPlot.Axis.Splits = (_u, _axis, min, max) => {
  const splits: number[] = [];
  for (let power = min; power <= max * 1.001; power *= 10) splits.push(power);
  return splits;
};

const SPECS: readonly ChartSpec[] = [
  {
    id: 'chart-availability',
    height: 210,
    labels: true,
    y: { range: () => [0, 104] },
    axis: { ...valueAxis((value) => `${value}%`), splits: () => [0, 25, 50, 75, 100] },
    series: [{ ...line('good', 'line', inPercent), ...BY_SECOND }],
    columns: [data.availability],
  },
  {
    id: 'chart-requests',
    height: 230,
    labels: false,
    y: { range: (_, _low, high) => [0, Math.max(1, high * 1.05)] },
    axis: valueAxis(String),
    series: FROM_THE_TOP.map(area),
    columns: FROM_THE_TOP.map((outcome) => data.stacked[outcome]),
  },
  {
    id: 'chart-latency',
    height: 210,
    labels: false,
    y: { distr: 3, log: 10, range: wholePowersOfTen },
    axis: {
      ...valueAxis((value) => (value >= 1000 ? `${value / 1000} s` : `${value} ms`)),
      splits: powersOfTen,
      filter: (_, splits) => splits,
    },
    series: [line('p50', 'p50', inMs), line('p95', 'p95', inMs), line('p99', 'p99', inMs)],
    columns: [data.latency.p50, data.latency.p95, data.latency.p99],
  },
];

/** Which fault is under way at a moment, and what happened right there. */
function wordsAt(second: number, nearSeconds: number): string {
  const band = data.bands.find(({ injected, ended }) => second >= injected && second <= ended);
  const phase = data.phases.findLast((one) => one.second <= second);
  const event = data.events.find((one) => Math.abs(one.second - second) <= nearSeconds);
  const state =
    band === undefined
      ? (phase?.label ?? '')
      : `${band.number} ${band.label}, ${second < band.healed ? 'injected' : 'healed'}`;
  return [clockTime(second), state, event?.label ?? ''].filter((part) => part !== '').join(' · ');
}

function showReadout(u: Chart): void {
  const at = u.cursor.left;
  if (at === undefined || at < 0) return;
  const nearSeconds = Math.abs(u.posToVal(NEAR_PX, 'x') - u.posToVal(0, 'x'));
  byId('readout').textContent = wordsAt(u.posToVal(at, 'x'), nearSeconds);
}

let following = false;

/** What one chart shows of the time, all show. */
function follow(u: Chart, scale: string): void {
  const { min, max } = u.scales['x'] ?? {};
  if (scale !== 'x' || following || min === undefined || max === undefined || min === null || max === null)
    return;
  following = true;
  for (const chart of charts) if (chart !== u) chart.setScale('x', { min, max });
  following = false;
  byId('view').textContent = `Showing ${clockTime(min)} to ${clockTime(max)} of ${clockTime(end)}`;
}

/** The second that the pointer is in, where uPlot by itself would take the one that begins nearest. */
const secondAt: UPlot.Cursor.DataIdxRefiner = (_u, _series, _nearest, second) =>
  Math.min(Math.max(Math.floor(second) - first, 0), data.seconds.length - 1);

function makeChart(spec: ChartSpec): Chart {
  const host = byId(spec.id);
  const options: UPlot.Options = {
    width: host.clientWidth,
    height: spec.height,
    padding: [spec.labels ? 28 : 8, 12, 0, 0],
    scales: { x: { time: false }, y: spec.y },
    axes: [timeAxis(), spec.axis],
    series: [TIME_SERIES, ...spec.series],
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false },
      sync: { key: 'run', setSeries: false },
      dataIdx: secondAt,
    },
    hooks: {
      drawClear: [drawBands],
      draw: [drawMoments, ...(spec.labels ? [drawLabels] : [])],
      setCursor: [showReadout],
      setScale: [follow],
    },
  };
  host.replaceChildren();
  return new uPlot(options, [data.seconds, ...spec.columns] as UPlot.AlignedData, host);
}

function show(min: number, max: number): void {
  const from = Math.max(first, min);
  const to = Math.min(end, max);
  if (to - from >= 2) charts[0]?.setScale('x', { min: from, max: to });
}

/** Moves and widens what is shown: `step` and `factor` in shares of it. */
function move(step: number, factor: number): void {
  const { min, max } = charts[0]?.scales['x'] ?? {};
  if (typeof min !== 'number' || typeof max !== 'number') return;
  const half = ((max - min) / 2) * factor;
  const wanted = (min + max) / 2 + step * (max - min);
  const middle = Math.min(Math.max(wanted, first + half), Math.max(end - half, first + half));
  show(middle - half, middle + half);
}

const ACTIONS: Readonly<Record<string, () => void>> = {
  all: () => show(first, end),
  in: () => move(0, 0.5),
  out: () => move(0, 2),
  earlier: () => move(-0.5, 1),
  later: () => move(0.5, 1),
};

function listen(): void {
  byId('chart-controls').addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('button') : null;
    if (button === null) return;
    const band = data.bands.find(({ number }) => String(number) === button.dataset['fault']);
    if (band !== undefined) show(band.injected - BEFORE_FAULT_SECONDS, band.ended + AFTER_FAULT_SECONDS);
    ACTIONS[button.dataset['action'] ?? '']?.();
  });
  new ResizeObserver(() => {
    for (const chart of charts) {
      const width = chart.root.parentElement?.clientWidth ?? 0;
      if (width > 0 && width !== chart.width) chart.setSize({ width, height: chart.height });
    }
  }).observe(byId('charts'));
  const redraw = (): void => {
    for (const chart of charts) chart.redraw(true, true);
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
}

if (data.seconds.length > 1) {
  charts.push(...SPECS.map(makeChart));
  listen();
  show(first, end);
}
