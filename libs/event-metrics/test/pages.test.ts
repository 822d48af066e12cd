/** Each library's page names its metrics, all of them and no others. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { EVENT_METRICS, metricsOf } from '../src/metrics-of-events.ts';
import type { Library } from '../src/metrics-of-events.ts';

const ROW = /^\| `(nines\.[\w.]+)` +\| (counter|gauge|distribution)/gm;

test.each(Object.keys(EVENT_METRICS) as Library[])(
  'the page of %s names its metrics and their kinds',
  (library) => {
    const page = readFileSync(
      fileURLToPath(new URL(`../../../docs/patterns/${library}.md`, import.meta.url)),
      'utf8',
    );
    const named = [...page.matchAll(ROW)].map(([, name, kind]) => [name, kind]);
    const real = metricsOf(library).map(({ name, kind }) => [
      name,
      kind === 'histogram' ? 'distribution' : kind,
    ]);
    expect(named.sort()).toEqual(real.sort());
  },
);
