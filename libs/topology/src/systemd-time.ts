/**
 * Time spans as systemd writes them (systemd.time(7), "Parsing time spans"): `1`, `500ms`, `1min 30s`,
 * `2.5h`. A number without unit is in seconds.
 */

const SECONDS_PER: Readonly<Record<string, number>> = {
  ...perUnit(1e-6, ['usec', 'us', 'µs', 'μs']),
  ...perUnit(1e-3, ['msec', 'ms']),
  ...perUnit(1, ['seconds', 'second', 'sec', 's', '']),
  ...perUnit(60, ['minutes', 'minute', 'min', 'm']),
  ...perUnit(3600, ['hours', 'hour', 'hr', 'h']),
  ...perUnit(86_400, ['days', 'day', 'd']),
  ...perUnit(604_800, ['weeks', 'week', 'w']),
  // systemd counts a month as 30.44 days and a year as 365.25.
  ...perUnit(2_630_016, ['months', 'month', 'M']),
  ...perUnit(31_557_600, ['years', 'year', 'y']),
};

function perUnit(seconds: number, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, seconds]));
}

const PART = /^(\d+(?:\.\d+)?)\s*([a-zA-Zµμ]*)\s*/;

/** The span in seconds, `Infinity` for `infinity`, and `undefined` when it is no time span. */
export function parseSystemdTime(text: string): number | undefined {
  let rest = text.trim();
  if (rest === 'infinity') return Number.POSITIVE_INFINITY;
  if (rest === '') return undefined;
  let seconds = 0;
  while (rest !== '') {
    const part = PART.exec(rest);
    const unit = part?.[2] ?? '';
    if (part === null || !Object.hasOwn(SECONDS_PER, unit)) return undefined;
    seconds += Number(part[1]) * (SECONDS_PER[unit] ?? 0);
    rest = rest.slice(part[0].length);
  }
  // Rounded to the microsecond, systemd's own resolution, so that 0.1 s + 0.2 s is 0.3 s.
  return Math.round(seconds * 1e6) / 1e6;
}
