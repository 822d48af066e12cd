import { describe, expect, it } from 'vitest';
import { parseSystemdTime } from './index.ts';

describe('a systemd time span', () => {
  it.each([
    ['1', 1],
    ['0', 0],
    ['500ms', 0.5],
    ['1min 30s', 90],
    ['1min30s', 90],
    ['5min 20s', 320],
    ['2.5h', 9000],
    ['100us', 0.0001],
    ['100µs', 0.0001],
    [' 90 ', 90],
    ['2 h', 7200],
    ['1d 2h 3m 4s', 93_784],
    ['1y 12month', 63_117_792],
    ['2M', 5_260_032],
    ['300ms20s 5day', 432_020.3],
    ['0.1s 0.2s', 0.3],
    ['infinity', Number.POSITIVE_INFINITY],
  ])('%s is %d s', (text, seconds) => {
    expect(parseSystemdTime(text)).toBe(seconds);
  });

  it.each(['', 'soon', '5 apples', '-1', '1..5s', 's', '5constructor'])('%s is none', (text) => {
    expect(parseSystemdTime(text)).toBeUndefined();
  });
});
