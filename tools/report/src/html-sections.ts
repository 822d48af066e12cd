/** The parts of the report page, from top to bottom; each takes facts and gives markup. */
import type { Assumption, FaultResult, GameDayReport, GameDayResult, TimelineMark } from '@nines/game-day';
import { timelineSteps } from './chart-data.ts';
import { html, type Html } from './html.ts';
import {
  availabilityFigure,
  causesSentence,
  clockTime,
  count,
  duration,
  loadSentence,
  keptSentence,
  measuredSentence,
  moment,
  paceWarning,
  reasonsNotMet,
  recovery,
  runVerdict,
  seconds,
  tierName,
  totalOf,
  verdictWord,
  windowSentence,
} from './words.ts';

const NOTHING = html``;

const className = (met: boolean): string => (met ? 'met' : 'not-met');
const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const badge = (met: boolean): Html => html`<span class="badge ${className(met)}">${verdictWord(met)}</span>`;

/** A criterion or a measure, set as it would be written by hand, its unit on the number's line. */
const figureText = (criterion: string): string =>
  criterion
    .replace('<=', '≤')
    .replace('>=', '≥')
    .replaceAll(/(\d) (s|ms)\b/g, '$1\u00A0$2');

export function verdictSection({ result, startedAt }: GameDayReport): Html {
  const reasons = reasonsNotMet(result);
  const warning = paceWarning(result);
  return html` <header class="verdict ${className(result.met)}">
      <h1>${capitalized(runVerdict(result))}</h1>
      <p>
        ${tierName(result)}: ${result.faults.length} faults under load,
        ${result.faults.filter(({ met }) => met).length} of them met their acceptance.
      </p>
      <p class="about">
        Began ${moment(startedAt)}, lasted ${duration(result.durationSeconds)},
        ${warning === undefined ? 'full pace' : `fast pace (divided by ${result.paceDivisor})`}, seed
        ${result.seed}. ${loadSentence(result)}
      </p>
      ${
        reasons.length === 0
          ? NOTHING
          : html`<ul>
              ${reasons.map((reason) => html`<li>${figureText(reason)}</li>`)}
            </ul>`
      }
    </header>
    ${warning === undefined ? NOTHING : html`<aside class="fast" role="note"><strong>FAST PACE</strong>${warning}</aside>`}`;
}

function tile(name: string, value: string, what: string, harm = false): Html {
  return html`<div class="tile${harm ? ' harm' : ''}"><dt>${name}</dt><dd${value.length > 9 ? html` class="long"` : html` class="value"`}>${value}</dd><dd class="what">${what}</dd></div>`;
}

export function tilesSection({
  requests,
  lossSeconds,
  durationSeconds,
  acknowledged,
  lost,
  doubled,
}: GameDayResult): Html {
  const { bad, dropped, shed } = requests;
  return html` <dl class="tiles" aria-label="The run as a whole">
    ${tile('Availability', figureText(availabilityFigure(requests)), 'good of all requests, while being broken')}
    ${tile('L', seconds(lossSeconds), `seconds of full outage that would have hurt as much, of ${duration(durationSeconds)}`)}
    ${tile('Requests', count(totalOf(requests)), `${count(bad)} bad, ${count(dropped)} dropped, ${count(shed)} shed`)}
    ${tile('Orders', count(acknowledged), 'acknowledged to clients, each read back afterwards')}
    ${tile('Orders lost', count(lost), 'acknowledged and not there afterwards', lost > 0)}
    ${tile('Orders doubled', count(doubled), 'one intent, more than one order or charge', doubled > 0)}
  </dl>`;
}

const zoomButton = ({ fault, met }: FaultResult, index: number): Html =>
  html`<button type="button" data-fault="${index + 1}" ${met ? NOTHING : html` class="not-met"`}>
    ${index + 1} ${fault}
  </button>`;

const chart = (id: string, title: string, explanation: string): Html =>
  html` <figure>
    <figcaption>${title} <span>${explanation}</span></figcaption>
    <div
      id="${id}"
      role="img"
      aria-label="${title}, over the time of the run; the table of steps below has the figures"
    ></div>
  </figure>`;

/** The same run for whoever cannot see a chart. */
function stepsTable({ timeline }: GameDayReport): Html {
  const { steps, stepSeconds } = timelineSteps(timeline);
  const cell = (label: string, value: string): Html => html`<td data-label="${label}">${value}</td>`;
  return html` <details>
    <summary>The run in steps of ${stepSeconds} s, as a table</summary>
    <div class="table" tabindex="0" role="region" aria-label="The run in steps">
      <table class="figures">
        <thead>
          <tr>
            <th scope="col" class="name">from</th>
            <th scope="col">good</th>
            <th scope="col">bad</th>
            <th scope="col">dropped</th>
            <th scope="col">shed</th>
            <th scope="col">slowest p95</th>
          </tr>
        </thead>
        <tbody>
          ${steps.map(
            (step) =>
              html` <tr>
                <th scope="row" class="name">${step.time}</th>
                ${cell('good', count(step.good))}${cell('bad', count(step.bad))}${cell('dropped', count(step.dropped))}${cell('shed', count(step.shed))}${cell('slowest p95', step.worstP95Ms === null ? 'no answers' : `${count(step.worstP95Ms)} ms`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

const MARK_KINDS: Readonly<Record<TimelineMark['kind'], string>> = {
  phase: 'phase',
  inject: 'fault injected',
  heal: 'fault healed',
  event: '',
};

/** Every mark of the charts in words, in order. */
function marksTable({ marks }: GameDayReport): Html {
  if (marks.length === 0) return NOTHING;
  const inOrder = [...marks].sort((a, b) => a.second - b.second);
  return html` <details>
    <summary>What happened, moment by moment</summary>
    <div class="table" tabindex="0" role="region" aria-label="What happened">
      <table class="moments">
        <thead>
          <tr>
            <th scope="col">at</th>
            <th scope="col">what</th>
          </tr>
        </thead>
        <tbody>
          ${inOrder.map(
            ({ second, label, kind }) =>
              html`<tr>
                <th scope="row">${clockTime(second)}</th>
                <td>${MARK_KINDS[kind]} <b>${label}</b></td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

export function chartsSection(report: GameDayReport): Html {
  return html` <h2 id="timeline">What users saw, second by second</h2>
    <p class="note">
      Tinted: from a fault's injection (line) until it was healed (dashed), then a lighter tint while recovery
      was watched. Dotted: what happened by itself. Drag across a chart to zoom, double-click to see all of
      it, or use the buttons.
    </p>
    <div id="charts" role="group" aria-labelledby="timeline">
      <div id="chart-controls" role="toolbar" aria-label="What the charts show">
        <button type="button" data-action="all">Whole run</button>
        ${report.result.faults.map(zoomButton)}
        <button type="button" data-action="in" aria-label="Zoom in">+</button>
        <button type="button" data-action="out" aria-label="Zoom out">−</button>
        <button type="button" data-action="earlier" aria-label="Earlier">←</button>
        <button type="button" data-action="later" aria-label="Later">→</button>
      </div>
      <div class="status"><span id="readout"></span><span id="view" role="status"></span></div>
      ${chart('chart-availability', 'Availability', 'share of requests that were good')}
      ${chart('chart-requests', 'Requests a second', 'by what became of them')}
      ${chart('chart-latency', 'Latency', 'of answered requests, on a logarithmic scale')}
      <noscript>The charts need JavaScript; everything else on this page does not.</noscript>
      ${stepsTable(report)} ${marksTable(report)}
    </div>`;
}

const FIGURE_LABELS = [
  'good',
  'bad',
  'dropped',
  'shed',
  'availability',
  'L',
  'RTO',
  'RPO',
  'acknowledged',
  'lost',
  'doubled',
];

function figureCells(values: readonly string[], harms: readonly boolean[] = []): Html[] {
  return values.map(
    (value, index) =>
      html`<td
        data-label="${FIGURE_LABELS[index] ?? ''}"
        ${harms[index] === true ? html` class="harm"` : NOTHING}
      >
        ${value}
      </td>`,
  );
}

const harmed = (lost: number, doubled: number): boolean[] =>
  FIGURE_LABELS.map((label) => (label === 'lost' && lost > 0) || (label === 'doubled' && doubled > 0));

function faultRow(fault: FaultResult, index: number): Html {
  const { good, bad, dropped, shed } = fault.requests;
  const values = [
    ...[good, bad, dropped, shed].map(count),
    figureText(availabilityFigure(fault.requests)),
    seconds(fault.lossSeconds),
    recovery(fault.rtoSeconds),
    seconds(fault.rpoSeconds),
    ...[fault.acknowledged, fault.lost, fault.doubled].map(count),
  ];
  return html` <tr>
    <th scope="row" class="name">
      ${index + 1} ${fault.fault}<small>${fault.target}</small>${badge(fault.met)}
    </th>
    ${figureCells(values, harmed(fault.lost, fault.doubled))}
  </tr>`;
}

export function faultsSection({
  faults,
  requests,
  lossSeconds,
  acknowledged,
  lost,
  doubled,
  met,
}: GameDayResult): Html {
  const { good, bad, dropped, shed } = requests;
  const whole = [
    ...[good, bad, dropped, shed].map(count),
    figureText(availabilityFigure(requests)),
    seconds(lossSeconds),
    ...['–', '–'],
    ...[acknowledged, lost, doubled].map(count),
  ];
  return html` <h2>Fault by fault</h2>
    <p class="note">
      Only a good request counts as good: dropped iterations of the load generator and requests that were shed
      count against availability, as bad ones do.
    </p>
    <div class="table" tabindex="0" role="region" aria-label="Fault by fault">
      <table class="figures stacking">
        <thead>
          <tr>
            <th scope="col" class="name">fault and what it hit</th>
            ${FIGURE_LABELS.map((label) => html`<th scope="col">${label}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${faults.map(faultRow)}
          <tr class="whole">
            <th scope="row" class="name">whole run ${badge(met)}</th>
            ${figureCells(whole, harmed(lost, doubled))}
          </tr>
        </tbody>
      </table>
    </div>
    <p class="note">
      <b>L</b>: each second's share of requests that were not good, added up: seconds of full outage that
      would have hurt as much. <b>RTO</b>: from injection to the first of ten good seconds in a row.
      <b>RPO</b>: age of the oldest acknowledged order that was lost. <b>Acknowledged, lost, doubled</b>:
      orders.
    </p>`;
}

function card(fault: FaultResult, index: number): Html {
  const causes = causesSentence(fault);
  const kept = keptSentence(fault);
  return html` <article class="card ${className(fault.met)}">
    <h3><span>${index + 1} ${fault.fault}</span>${badge(fault.met)}</h3>
    <p class="muted">${fault.target}; ${windowSentence(fault)}</p>
    <dl class="compare">
      <dt>Predicted</dt>
      <dd>${fault.predicted}</dd>
      <dt>Measured</dt>
      <dd>${measuredSentence(fault)}</dd>
      ${
        kept === ''
          ? NOTHING
          : html`<dt>Kept</dt>
              <dd>${kept}</dd>`
      }
      ${
        causes === ''
          ? NOTHING
          : html`<dt>Not good</dt>
              <dd>${causes}</dd>`
      }
    </dl>
    <table class="criteria">
      <thead>
        <tr>
          <th scope="col">must hold</th>
          <td>measured</td>
          <td></td>
        </tr>
      </thead>
      <tbody>
        ${fault.acceptance.map(
          ({ criterion, measured, met }) => html`
          <tr${met ? NOTHING : html` class="missed"`}><th scope="row">${figureText(criterion)}</th><td>${figureText(measured)}</td><td>${badge(met)}</td></tr>`,
        )}
      </tbody>
    </table>
  </article>`;
}

export const acceptanceSection = ({ faults }: GameDayResult): Html =>
  html` <h2>Predicted, measured, accepted</h2>
    <div class="cards">${faults.map(card)}</div>`;

export const supportsSection = ({ supports }: GameDayResult): Html =>
  html` <h2>What this supports, and what it does not</h2>
    <ul class="plain">
      ${supports.map((sentence) => html`<li>${sentence}</li>`)}
    </ul>`;

const ADDRESS = /(https:\/\/[^\s"'<>()]+[^\s"'<>().,;])/;

/** A source with its address made a link; only https, so that no other scheme can hide in a source. */
const sourceText = (source: string): Html[] =>
  source
    .split(ADDRESS)
    .map((part, index) =>
      index % 2 === 1 ? html`<a href="${part}" rel="noreferrer">${part}</a>` : html`${part}`,
    );

const assumption = ({ id, statement, source }: Assumption): Html =>
  html` <div>
    <dt>${id}</dt>
    <dd>${statement}</dd>
    <dd class="source">${sourceText(source)}</dd>
  </div>`;

export const assumptionsSection = ({ assumptions }: GameDayResult): Html =>
  assumptions.length === 0
    ? NOTHING
    : html` <h2>Assumptions</h2>
        <p class="note">
          What no template shows and this run took for granted. Another value gives another verdict.
        </p>
        <dl class="assumptions">${assumptions.map(assumption)}</dl>`;

export const footer = ({ environment, result }: GameDayReport): Html =>
  html` <footer>
    Measured on
    ${Object.entries(environment)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}.
    Tier ${result.tier}, seed ${result.seed}. This page is complete in itself: it loads nothing.
  </footer>`;
