import { createHash } from 'node:crypto';
import { JSDOM, VirtualConsole } from 'jsdom';
import { describe, expect, it } from 'vitest';
import type { GameDayReport, GameDayResult } from '@nines/game-day';
import { renderHtmlReport } from '../src/html-report.ts';
import { createSampleReport } from './sample-report.ts';

const sample = createSampleReport();
const page = renderHtmlReport(sample);

const reportWith = (change: Partial<GameDayResult>): GameDayReport => ({
  ...sample,
  result: { ...sample.result, ...change },
});

/** A canvas that draws nothing and takes every call, because jsdom has none. */
function createBlankContext(drawn: string[]): object {
  return new Proxy(
    {},
    {
      get: (_, name) => {
        if (name === 'measureText') return (text: string) => ({ width: 7 * text.length });
        return (...args: unknown[]) => {
          if (name === 'fillText') drawn.push(String(args[0]));
        };
      },
      set: () => true,
    },
  );
}

interface OpenedPage {
  readonly window: JSDOM['window'];
  readonly document: Document;
  /** Text drawn, chart by chart. */
  readonly drawn: readonly (readonly string[])[];
  readonly errors: readonly string[];
}

/** Opens a page as a browser would, its scripts running. */
function open(text: string): OpenedPage {
  const drawn: string[][] = [];
  const errors: string[] = [];
  const virtualConsole = new VirtualConsole();
  virtualConsole.on('jsdomError', (error: Error) => errors.push(error.message));
  const { window } = new JSDOM(text, {
    runScripts: 'dangerously',
    pretendToBeVisual: true,
    virtualConsole,
    beforeParse: (view) => {
      const stand = {
        addEventListener: () => undefined,
        removeEventListener: () => undefined,
        matches: false,
      };
      Object.assign(view, {
        matchMedia: () => stand,
        Path2D: function Path2D() {
          return createBlankContext([]);
        },
        ResizeObserver: function ResizeObserver() {
          return { observe: () => undefined };
        },
      });
      Object.defineProperty(view.HTMLElement.prototype, 'clientWidth', { value: 800 });
      view.HTMLCanvasElement.prototype.getContext = (() => {
        const texts: string[] = [];
        drawn.push(texts);
        return createBlankContext(texts);
      }) as never;
    },
  });
  return { window, document: window.document, drawn, errors };
}

/** An element's text as it shows, every run of spaces one. */
const words = (element: Element): string => element.textContent.replaceAll(/\s+/g, ' ').trim();

const nextFrame = (window: JSDOM['window']): Promise<unknown> =>
  new Promise((resolve) => window.requestAnimationFrame(() => resolve(undefined)));

/** The sample's page, opened once: for tests that only look at it. */
const shown = open(page);

describe('the page', () => {
  it('says the verdict first', () => {
    const { document } = shown;
    expect(document.querySelector('h1')?.textContent).toBe('Not met');
    expect(document.title).toBe('Game day of the 99.9% tier (three-nines): not met');
    expect(document.querySelector('header li')?.textContent).toBe(
      'zone-loss of zone-a (instance i-1, load balancer node, database primary): L ≤ 120\u00A0s, measured 125.7\u00A0s',
    );
  });

  it('says loudly that a run was fast, in the verdict, the title and a note', () => {
    const { document } = open(renderHtmlReport(reportWith({ met: true, pace: 'fast', paceDivisor: 10 })));
    expect(document.querySelector('h1')?.textContent).toBe('Met at fast pace');
    expect(document.title).toContain('met at fast pace');
    expect(document.querySelector('.fast')?.textContent).toContain('divided by 10');
  });

  it('has no such note at full pace', () => {
    expect(shown.document.querySelector('.fast')).toBeNull();
  });

  it('shows every figure of a fault', () => {
    const row = shown.document.querySelectorAll('.stacking tbody tr')[1];
    const cells = [...(row?.querySelectorAll('td') ?? [])];
    const figures = cells.map((cell) => [cell.dataset['label'], words(cell)]);
    expect(figures).toEqual([
      ['good', '12,649'],
      ['bad', '1,608'],
      ['dropped', '158'],
      ['shed', '0'],
      ['availability', '87.74%'],
      ['L', '14.7 s'],
      ['RTO', '24.3 s'],
      ['RPO', '0.0 s'],
      ['acknowledged', '1,897'],
      ['lost', '0'],
      ['doubled', '0'],
    ]);
  });

  it('puts predicted beside measured and every criterion with what was measured', () => {
    const card = shown.document.querySelectorAll('.card')[2];
    const text = card ? words(card) : '';
    expect(text).toContain('Predicted L about 64 s');
    expect(text).toContain('Measured L 125.7 s, RTO 137.2 s, RPO 0.0 s, 23.65% available');
    const criteria = [...(card?.querySelectorAll('tbody tr') ?? [])].map((row) =>
      [...row.children].map((cell) => words(cell)),
    );
    expect(criteria).toContainEqual(['L ≤ 120 s', '125.7 s', 'not met']);
    expect(criteria).toContainEqual(['orders lost ≤ 0', '0', 'met']);
  });

  it('marks orders that were harmed', () => {
    const { document } = open(renderHtmlReport(reportWith({ lost: 2 })));
    expect(document.querySelector('.whole .harm')?.textContent.trim()).toBe('2');
    expect(document.querySelector('.tile.harm')?.textContent).toContain('Orders lost');
  });

  it('prints assumptions with their sources, and addresses in them as links', () => {
    const { document } = shown;
    expect(document.querySelectorAll('.assumptions dt')).toHaveLength(3);
    expect(document.querySelector<HTMLAnchorElement>('.assumptions a')?.href).toBe(
      'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.Failover.html',
    );
  });

  it('makes no link of any other scheme', () => {
    const assumptions = [
      { id: 'a', statement: 'b', source: 'javascript:alert(1) http://example.com data:text/html,x' },
    ];
    expect(
      open(renderHtmlReport(reportWith({ assumptions }))).document.querySelector('.assumptions a'),
    ).toBeNull();
  });

  it('never prints more nines than the sample supports', () => {
    const requests = { good: 2_000, bad: 0, dropped: 0, shed: 0 };
    const { document } = open(renderHtmlReport(reportWith({ requests, availability: 1 })));
    expect(document.querySelector('.tile dd')?.textContent).toBe('≥ 99.8%');
  });
});

describe('the charts', () => {
  it('are drawn without an error, the faults named on them', async () => {
    const { document, errors, drawn, window } = open(page);
    await nextFrame(window);
    expect(errors).toEqual([]);
    expect(document.querySelectorAll('#charts .uplot')).toHaveLength(3);
    expect(drawn[0]).toContain('3 zone-loss');
  });

  it('name the phases between the faults where there is room', async () => {
    const faults = sample.result.faults.slice(-1);
    const marks = [
      { second: 0, label: 'warm-up', kind: 'phase' as const },
      { second: 745, label: 'overload again', kind: 'phase' as const },
      { second: 840, label: 'no room for this', kind: 'phase' as const },
    ];
    const { drawn, window } = open(renderHtmlReport({ ...reportWith({ faults }), marks }));
    await nextFrame(window);
    expect(drawn[0]).toContain('warm-up');
    expect(drawn[0]).not.toContain('overload again');
    expect(drawn[0]).not.toContain('no room for this');
  });

  it.each([
    ['a fault', '[data-fault="3"]', 'Showing 3:55 to 6:55 of 14:10'],
    ['half of the run', '[data-action="in"]', 'Showing 3:32 to 10:37 of 14:10'],
  ])('zoom to %s by a button that a keyboard can reach', async (_, button, view) => {
    const { document, window } = open(page);
    await nextFrame(window);
    document.querySelector<HTMLButtonElement>(`button${button}`)?.click();
    await nextFrame(window);
    expect(document.querySelector('#view')?.textContent).toBe(view);
    document.querySelector<HTMLButtonElement>('[data-action="all"]')?.click();
    await nextFrame(window);
    expect(document.querySelector('#view')?.textContent).toBe('Showing 0:00 to 14:10 of 14:10');
  });

  it('zoom all together, whichever was asked', async () => {
    const { document, drawn, window } = open(page);
    await nextFrame(window);
    expect(drawn.flat()).not.toContain('4:15');
    document.querySelector<HTMLButtonElement>('button[data-fault="3"]')?.click();
    await nextFrame(window);
    expect(drawn.map((texts) => texts.includes('4:15'))).toEqual([true, true, true]);
  });

  it('have every mark on them in words beside them, in order', () => {
    const rows = [...shown.document.querySelectorAll('.moments tbody tr')].map(words);
    expect(rows.slice(0, 4)).toEqual([
      '0:00 phase warm-up',
      '0:15 phase steady load',
      '0:45 fault injected process-kill: i-1 in zone-a (process 4711)',
      '0:47 i-1 in zone-a restarted by systemd',
    ]);
  });

  it('have the same run beside them as a table', () => {
    expect(shown.document.querySelectorAll('#charts details .figures tbody tr')).toHaveLength(85);
  });

  it('are left out of a run without a timeline, and the rest of the page stands', () => {
    const { document, errors } = open(renderHtmlReport({ ...sample, timeline: [], marks: [] }));
    expect(errors).toEqual([]);
    expect(document.querySelector('h1')?.textContent).toBe('Not met');
  });
});

describe('a page that needs nothing else', () => {
  const policyOf = (text: string): string =>
    new JSDOM(text).window.document.querySelector('meta[http-equiv]')?.getAttribute('content') ?? '';

  it('loads nothing', () => {
    const { document } = shown;
    expect(document.querySelectorAll('link, img, iframe, script[src], object, embed, base')).toHaveLength(0);
    expect(page).not.toMatch(/@import|url\(/);
  });

  it('forbids itself to load or run anything but what it came with', () => {
    const policy = policyOf(page);
    expect(policy).toMatch(/^default-src 'none'; /);
    expect(policy).not.toContain('unsafe');
    const { document } = shown;
    for (const element of document.querySelectorAll('style, script:not([type])')) {
      const hash = createHash('sha256').update(element.textContent).digest('base64');
      expect(policy).toContain(`'sha256-${hash}'`);
    }
  });

  it('uses no inline style or handler, which its own policy would forbid', () => {
    const { document } = new JSDOM(page).window;
    expect(document.querySelectorAll('[style], [onclick], [onload]')).toHaveLength(0);
  });
});

describe('hostile strings', () => {
  const PAYLOADS = [
    '<script>window.harmed = true</script>',
    '</script><script>window.harmed = true</script>',
    '<!--<script>window.harmed = true</script>',
    '</title><script>window.harmed = true</script>',
    '</style><script>window.harmed = true</script>',
    '<img src=x onerror="window.harmed = true">',
    '"><svg onload=window.harmed=true>',
    "' onmouseover='window.harmed=true' '",
    '" autofocus onfocus="window.harmed=true" "',
    '&lt;script&gt;window.harmed = true&lt;/script&gt;',
    '\u2028window.harmed = true\u2029',
    'https://example.com/"onmouseover="window.harmed=true',
    'javascript:window.harmed=true',
    '${window.harmed = true}',
    '`;window.harmed = true;`',
  ];

  /** A report in which every string is the payload. */
  function hostileReport(payload: string): GameDayReport {
    const replaced = JSON.parse(JSON.stringify(sample), (key, value: unknown) =>
      typeof value === 'string' && key !== 'pace' && key !== 'kind' ? payload : value,
    ) as GameDayReport;
    return {
      ...replaced,
      environment: { [payload]: payload },
      result: { ...replaced.result, problems: [payload] },
    };
  }

  const shape = (document: Document): string[] =>
    [...document.querySelectorAll('*')]
      .filter((element) => element.closest('.uplot') === null)
      .map((element) => `${element.tagName} ${element.getAttributeNames().join(' ')}`);

  it.each(PAYLOADS)('%j stays text wherever it stands', (payload) => {
    const { window, document, errors } = open(renderHtmlReport(hostileReport(payload)));
    expect('harmed' in window).toBe(false);
    expect(errors).toEqual([]);
    expect(document.querySelectorAll('svg, img, [onerror], [onload], [onfocus], [onmouseover]')).toHaveLength(
      0,
    );
    expect(document.querySelector('.figures small')?.textContent).toBe(payload);
    const harmless = open(
      renderHtmlReport(hostileReport(payload.startsWith('https:') ? 'https://example.com/x' : 'x')),
    );
    expect(shape(document)).toEqual(shape(harmless.document));
  });

  it('would be seen by these tests, were they let through', () => {
    const { window } = open(page.replace('<h1>Not met</h1>', `<h1>${PAYLOADS[0] ?? ''}</h1>`));
    expect('harmed' in window).toBe(true);
  });
});
