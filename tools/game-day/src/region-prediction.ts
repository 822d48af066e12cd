/**
 * What the loss of the region that writes will cost, from the templates' settings and the declared times alone: how
 * long DNS takes to leave it, who starts the takeover and when, and how long the move takes.
 */
import { declaredTime, longestSeconds, shortestSeconds } from '@nines/availability';
import type { DeclaredTimeId } from '@nines/availability';
import { failoverOf, servesEverywhere, servingRegions } from '@nines/local-cloud';
import { nodesOfKind } from '@nines/topology';
import type { Topology } from '@nines/topology';
import { keepsOrders, type LoadMix, type Prediction } from './prediction.ts';

/** Route 53's checkers wait 4 s for a connection and 2 s for an answer. */
const CHECK_PATIENCE_SECONDS = 6;

export const meanSeconds = (id: DeclaredTimeId): number => {
  const { seconds } = declaredTime(id);
  return (shortestSeconds(seconds) + longestSeconds(seconds)) / 2;
};

/** Mean time until DNS has left the region: the checks, and what resolvers remember. */
export function dnsSeconds(topology: Topology): number {
  const checks = nodesOfKind(topology, 'dns-health-check').filter((one) => one.intervalSeconds > 0);
  const detection = checks.map(
    ({ intervalSeconds, failureThreshold }) =>
      intervalSeconds * (failureThreshold - 0.5) + CHECK_PATIENCE_SECONDS,
  );
  const ttls = nodesOfKind(topology, 'dns-record')
    .filter(({ routing }) => routing.policy !== 'simple')
    .map(({ ttlSeconds }) => ttlSeconds);
  return Math.max(0, ...detection) + Math.max(0, ...ttls) / 2;
}

/** How long the alarms take, of which one starts the takeover. */
function startingAlarmSeconds(topology: Topology): number {
  const starting = nodesOfKind(topology, 'event-rule').flatMap(({ alarms }) => alarms);
  const alarms = nodesOfKind(topology, 'alarm').filter(({ id }) => starting.includes(id));
  return Math.max(0, ...alarms.map((one) => (one.periodSeconds ?? 0) * one.evaluationPeriods));
}

/** Half a period until the alarm that DNS follows is on, and the TTL. */
export function followingSeconds(topology: Topology): number {
  const followed = nodesOfKind(topology, 'dns-health-check').flatMap(({ targets }) => targets);
  const alarms = nodesOfKind(topology, 'alarm').filter(({ id }) => followed.includes(id));
  return Math.max(0, ...alarms.map((one) => (one.periodSeconds ?? 0) / 2));
}

export function predictRegionLoss(topology: Topology, mix: LoadMix, paceDivisor: number): Prediction {
  const dns = dnsSeconds(topology);
  const promotion = meanSeconds('aurora-global-failover');
  const pace = paceDivisor === 1 ? '' : `, divided by ${String(paceDivisor)}`;
  const seconds = (value: number) => `${value.toFixed(0)} s`;
  if (failoverOf(topology) === 'decided') {
    const decision = meanSeconds('person-fails-over');
    const following = followingSeconds(topology);
    return {
      lossSeconds: (decision + promotion + following) / paceDivisor,
      because: `everything until it is moved: ${seconds(decision)} to decide, ${seconds(promotion)} to promote, ${seconds(following)} until DNS follows${pace}`,
    };
  }
  const start = startingAlarmSeconds(topology);
  // Users near the other region read there as before.
  const near = servesEverywhere(topology) ? 1 / servingRegions(topology).length : 1;
  const reads = (1 - mix.writeShare) * near * dns;
  if (keepsOrders(topology)) {
    return {
      lossSeconds: (reads + mix.writeShare * dns) / paceDivisor,
      because: `reads near it and writes for ${seconds(dns)} until DNS has left it; from then on orders are answered 202 and kept, for the ${seconds(start)} until the alarm starts the takeover and the ${seconds(promotion)} to promote${pace}`,
    };
  }
  const writes = mix.writeShare * (dns + start + promotion);
  return {
    lossSeconds: (reads + writes) / paceDivisor,
    because: `reads near it for ${seconds(dns)} until DNS has left it, writes ${seconds(start)} longer until the alarm starts the takeover, and ${seconds(promotion)} to promote${pace}`,
  };
}
