import type { ComputeGroupNode, InstanceProcess } from '@nines/topology';
import { expect, it } from 'vitest';
import { ratedForOneMachine } from './machine-rating.ts';

const group = (desiredInstances: number, environment: Record<string, string>) => ({
  node: { desiredInstances } as ComputeGroupNode,
  process: { environment } as unknown as InstanceProcess,
});
const ratings = (...groups: ReturnType<typeof group>[]) =>
  ratedForOneMachine(groups).map(({ process }) => process.environment['RATED_RPS']);

it('leaves a fleet that one machine bears as it is', () => {
  expect(ratings(group(2, { RATED_RPS: '100' }))).toEqual(['100']);
});

it('rates a larger fleet down to 200 requests/s, every server by the same share', () => {
  // 3 x 2 x 100 = 600, so a third.
  const zone = group(2, { RATED_RPS: '100', LOG_LEVEL: 'info' });
  expect(ratings(zone, zone, zone)).toEqual(['33', '33', '33']);
  // 100 + 2 x 250 = 600.
  expect(ratings(group(1, { RATED_RPS: '100' }), group(2, { RATED_RPS: '250' }))).toEqual(['33', '83']);
  expect(ratedForOneMachine([zone, zone, zone])[0]?.process.environment['LOG_LEVEL']).toBe('info');
});

it('leaves alone what has no rating', () => {
  expect(ratings(group(9, {}))).toEqual([undefined]);
});
