import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GameDayReport, GameDayResult } from '@nines/game-day';
import { renderVerdict } from '../src/verdict-text.ts';
import { createSampleReport } from './sample-report.ts';

const sample = createSampleReport();

const reportWith = (change: Partial<GameDayResult>): GameDayReport => ({
  ...sample,
  result: { ...sample.result, ...change },
});

const plain = (report: GameDayReport, width = 100): string => renderVerdict(report, { colour: false, width });
const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

describe('the verdict as text', () => {
  it('begins with the verdict and the tier', () => {
    expect(plain(sample)).toMatch(/^NOT MET: 99\.9% tier \(three-nines\)\n/);
    expect(plain(reportWith({ met: true }))).toMatch(/^MET: 99\.9% tier \(three-nines\)\n/);
  });

  it('tells how many orders were only kept, how long, and when orders were stored at once again', () => {
    const [fault] = sample.result.faults;
    if (!fault) throw new Error('the sample has no fault');
    const textWith = (kept: NonNullable<typeof fault.kept>) =>
      plain(reportWith({ faults: [{ ...fault, kept }] }), 400);
    const kept = { orders: 1_204, refused: 2, slowestSeconds: 31.24, directWritesSeconds: 29 };
    expect(textWith(kept)).toContain(
      'kept: 1,204 orders were answered 202 and kept, which counts as good: the slowest decided about after 31.2 s, 2 refused with a reason; orders stored at once again: after 29.0 s',
    );
    const one = { orders: 1, refused: 0, slowestSeconds: null, directWritesSeconds: null };
    expect(textWith(one)).toContain(
      'kept: 1 order was answered 202 and kept, which counts as good: none of them decided about; orders stored at once again: never',
    );
    expect(plain(sample)).not.toContain('kept:');
  });

  it('tells a tier without servers from the one on servers', () => {
    expect(plain(reportWith({ flavour: 'serverless' }))).toMatch(
      /^NOT MET: 99\.9% tier \(three-nines, serverless\)\n/,
    );
  });

  it('says why it is not met, with what was measured', () => {
    expect(plain(sample)).toContain(
      'WHY NOT\n  zone-loss of zone-a (instance i-1, load balancer node, database primary): L <= 120 s, measured\n  125.7 s\n',
    );
  });

  it('names problems of the run as a whole', () => {
    const text = plain(reportWith({ problems: ['The load generator could not keep its rate.'] }));
    expect(text).toContain('  The load generator could not keep its rate.\n');
  });

  it('gives a reason even when a fault is not met without a missed criterion', () => {
    const faults = sample.result.faults.slice(0, 1).map((fault) => ({ ...fault, met: false }));
    expect(plain(reportWith({ faults }))).toContain(
      '  process-kill of i-1 in zone-a (process 4711): not met\n',
    );
  });

  it('gives no reason for a run that is met', () => {
    expect(plain(reportWith({ met: true }))).not.toContain('WHY NOT');
  });

  it('shows every figure of a fault in a row', () => {
    expect(plain(sample)).toMatch(/^zone-loss +12,649 +1,608 +158 +0 +87\.74% +14\.7 s +24\.3 s$/m);
    expect(plain(sample)).toMatch(/^zone-loss +1,897 +0 +0 +0\.0 s$/m);
  });

  it('puts the prediction, the measure and every criterion side by side', () => {
    const text = plain(sample);
    expect(text).toContain('predicted: RTO 84 s drawn from 60 to 120 s');
    expect(text).toContain('measured: L 23.1 s, RTO 84.6 s, RPO 0.0 s, 79.89% available');
    expect(text).toMatch(/^ {9}ok {7}good reads >= 99% {4}measured 99\.72%$/m);
    expect(text).toMatch(/^ {9}NOT MET {2}L <= 120 s {11}measured 125\.7 s$/m);
  });

  it('says that a recovery never came', () => {
    const faults = sample.result.faults.map((fault) => ({ ...fault, rtoSeconds: null }));
    expect(plain(reportWith({ faults }))).toMatch(/^process-kill .* never$/m);
  });

  it('shows lost and doubled orders of a fault and of the run', () => {
    const faults = sample.result.faults
      .slice(0, 1)
      .map((fault) => ({ ...fault, lost: 2, doubled: 1, rpoSeconds: 3.25 }));
    const text = plain(reportWith({ faults, lost: 2, doubled: 1 }));
    expect(text).toMatch(/^process-kill +523 +2 +1 +3\.3 s$/m);
    expect(text.replaceAll(/\s+/g, ' ')).toContain('RPO 3.3 s (2 orders lost), ');
    expect(text).toMatch(/^whole run +12,506 +2 +1 +-$/m);
  });

  it('prints every assumption with its source, and what the sample supports', () => {
    const text = plain(sample).replaceAll(/\s+/g, ' ');
    for (const { id, statement, source } of sample.result.assumptions) {
      expect(text).toContain(`${id}: ${statement} [${source}]`);
    }
    for (const sentence of sample.result.supports) expect(text).toContain(sentence);
  });
});

describe('a verdict at another pace', () => {
  it('carries the pace in its first line and says what that means', () => {
    const text = plain(reportWith({ met: true, pace: 'fast', paceDivisor: 10 }));
    expect(text).toMatch(/^MET AT FAST PACE: /);
    expect(text).toContain('FAST PACE, divided by 10');
    expect(text).toContain('FAST PACE: Durations that AWS and the template decide were divided by 10.');
  });

  it('is not said to be full because the result calls itself so', () => {
    expect(plain(reportWith({ pace: 'full', paceDivisor: 4 }))).toMatch(/^NOT MET AT FAST PACE: /);
  });

  it('does not warn at full pace', () => {
    expect(plain(sample)).not.toContain('FAST');
  });
});

describe('nines in a verdict', () => {
  it('are never more than the sample supports', () => {
    const requests = { good: 2_000, bad: 0, dropped: 0, shed: 0 };
    const text = plain(reportWith({ requests, availability: 1 }));
    // 2,000 good requests out of 2,000 support 99.85%: 3 / 2,000, the rule of three.
    expect(text).toMatch(/^whole run +2,000 +0 +0 +0 +>= 99\.8% /m);
    expect(text).not.toMatch(/^whole run.*100%/m);
  });

  it('count dropped and shed requests as not good', () => {
    const requests = { good: 850, bad: 0, dropped: 75, shed: 75 };
    expect(plain(reportWith({ requests }))).toMatch(/^whole run +850 +0 +75 +75 +85\.0% /m);
  });
});

describe('how a verdict is laid out', () => {
  it.each([40, 60, 80, 100, 120])('fits %i columns', (width) => {
    expect(widest(plain(sample, width))).toBeLessThanOrEqual(width);
  });

  it('shows figures in tables at 80 columns and in paragraphs at 40', () => {
    expect(plain(sample, 80)).toMatch(/^fault +good +bad +dropped +shed +availability +L +RTO$/m);
    expect(plain(sample, 40)).toContain('  good 3,488, bad 113, dropped 0, shed\n');
  });

  it('fits whatever the strings in it are', () => {
    const words = fc.string({ maxLength: 300 });
    fc.assert(
      fc.property(
        words,
        words,
        words,
        fc.integer({ min: 40, max: 140 }),
        (target, criterion, statement, width) => {
          const [fault] = sample.result.faults;
          if (fault === undefined) throw new Error('the sample has a fault');
          const acceptance = [{ criterion, measured: target, met: false }];
          const report = reportWith({
            faults: [{ ...fault, target, predicted: statement, acceptance }],
            assumptions: [{ id: target, statement, source: criterion }],
          });
          expect(widest(plain(report, width))).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  it('uses colours only when asked to, and then for the same text', () => {
    expect(plain(sample)).toBe(stripVTControlCharacters(plain(sample)));
    const coloured = renderVerdict(sample, { colour: true, width: 100 });
    expect(coloured).toContain('\u001B[');
    expect(stripVTControlCharacters(coloured)).toBe(plain(sample));
  });

  it('lets no string take over the terminal', () => {
    const target = 'zone\u001B[2J-a\u0007\u202E\r\nNOT MET: forged';
    const faults = sample.result.faults.slice(0, 1).map((fault) => ({ ...fault, target }));
    const text = plain(reportWith({ faults }));
    expect(text).toContain('  zone-a NOT MET: forged\n');
    expect(text.match(/^NOT MET: /gm)).toHaveLength(1);
    for (const control of ['\u0007', '\u001B', '\u202E', '\r']) expect(text).not.toContain(control);
  });
});
