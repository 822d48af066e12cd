/**
 * What the design says a fault will cost, from the template's settings and the declared times alone, so that the
 * verdict can print it beside what was measured. Deliberately first-order: it adds up the parts that are known.
 */
import type { ComputeGroupNode, LoadBalancerNode, Topology } from '@nines/topology';
import type { FaultName } from './faults/fault.ts';
import type { RequestSample } from './measures.ts';

/** Share of each kind of request in the load, by what it needs. */
export interface LoadMix {
  /** Needs the database's writer. */
  readonly writeShare: number;
  /** Needs the payment service. */
  readonly paymentShare: number;
}

/** What the load really consisted of, so that the prediction follows the load tests without repeating them. */
export function mixOf(samples: readonly RequestSample[]): LoadMix {
  const share = (routes: readonly string[]) =>
    samples.filter(({ route }) => routes.includes(route)).length / Math.max(1, samples.length);
  return { writeShare: share(['order', 'replay']), paymentShare: share(['order']) };
}

export interface PredictionInput {
  readonly topology: Topology;
  readonly mix: LoadMix;
  /** Offered load over the capacity of the whole fleet. */
  readonly utilization: number;
  /** In seconds of AWS's time, as means of their ranges. */
  readonly failoverSeconds: number;
  readonly standbyLossSeconds: number;
  readonly instanceStartSeconds: number;
  readonly unhealthyDetectionSeconds: number;
  readonly albDnsTtlSeconds: number;
  readonly paceDivisor: number;
  readonly faultSeconds: number;
  readonly overloadFactor: number;
}

/** Node's start and the application's own, until it answers: measured here at about a second. */
const PROCESS_START_SECONDS = 1;

export interface Prediction {
  /** Full-outage-equivalent seconds. */
  readonly lossSeconds: number;
  readonly because: string;
}

interface Settings {
  readonly group: ComputeGroupNode;
  readonly balancer: LoadBalancerNode;
}

function settingsOf(topology: Topology): Settings | undefined {
  const group = topology.nodes.find((node) => node.kind === 'compute-group');
  const balancer = topology.nodes.find((node) => node.kind === 'load-balancer');
  return group && balancer ? { group, balancer } : undefined;
}

/** Mean time until the load balancer has seen enough failed checks: half an interval, then the rest of them. */
export function detectionSeconds(check: {
  intervalSeconds: number;
  timeoutSeconds: number;
  unhealthyThreshold: number;
}): number {
  return check.intervalSeconds * (check.unhealthyThreshold - 0.5) + check.timeoutSeconds;
}

function predictProcessKill({ group }: Settings): Prediction {
  const downSeconds = (group.process?.restartDelaySeconds ?? 0) + PROCESS_START_SECONDS;
  const share = 1 / group.desiredInstances;
  return {
    lossSeconds: downSeconds * share,
    because: `1 of ${String(group.desiredInstances)} instances away until systemd restarts it`,
  };
}

function predictZoneLoss(
  input: PredictionInput,
  { group, balancer }: Settings,
  losesPrimary: boolean,
): Prediction {
  const check = balancer.targetGroups[0]?.healthCheck;
  const zones = Math.max(1, group.zones.length);
  const divided = (seconds: number) => seconds / input.paceDivisor;
  const lostShare = 1 / zones;
  const detection = check?.enabled === true ? divided(detectionSeconds(check)) : input.faultSeconds;
  const dns = divided(input.albDnsTtlSeconds) * lostShare;
  // Requests that reach a living node still go to a dead target until it is found unhealthy.
  const routing = detection * lostShare * (1 - lostShare);
  const database =
    input.mix.writeShare * divided(losesPrimary ? input.failoverSeconds : input.standbyLossSeconds);
  const short = Math.max(0, 1 - (1 - lostShare) / input.utilization);
  const replacing = short * divided(input.unhealthyDetectionSeconds + input.instanceStartSeconds);
  return {
    lossSeconds: zones === 1 ? input.faultSeconds : dns + routing + database + replacing,
    because: `address of the lost node ${dns.toFixed(0)} s, detection ${routing.toFixed(0)} s, database ${database.toFixed(0)} s, shed until replaced ${replacing.toFixed(0)} s`,
  };
}

export function predict(fault: FaultName, losesPrimary: boolean, input: PredictionInput): Prediction {
  const settings = settingsOf(input.topology);
  const { mix, faultSeconds } = input;
  if (!settings) return { lossSeconds: 0, because: 'no load balancer and compute group to predict from' };
  switch (fault) {
    case 'process-kill':
      return predictProcessKill(settings);
    case 'zone-loss':
      return predictZoneLoss(input, settings, losesPrimary);
    case 'database-primary-loss':
      return {
        lossSeconds: (mix.writeShare * input.failoverSeconds) / input.paceDivisor,
        because: 'writes wait for the failover, reads go on from last-known-good data',
      };
    case 'payment-slow':
    case 'payment-away':
      return {
        lossSeconds: mix.paymentShare * faultSeconds,
        because: 'new orders refused while payment is unusable',
      };
    case 'overload':
      return {
        lossSeconds: (1 - 1 / input.overloadFactor) * faultSeconds,
        because: 'what is offered beyond the capacity is shed',
      };
  }
}

export const describePrediction = ({ lossSeconds, because }: Prediction): string =>
  `L ${lossSeconds.toFixed(1)} s (${because})`;
