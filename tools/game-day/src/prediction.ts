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
  /** How long the fault lasts, or lasts at most when it ends with recovery: known before it begins. */
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

/** Something that fails a share of the users for a time, counted from the fault. */
interface Impairment {
  readonly share: number;
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/**
 * Full-outage-equivalent seconds of several impairments at once. A request fails once, however many reasons it has:
 * at every moment the shares that survive each of them are multiplied, taking the reasons as independent.
 */
export function lossOf(impairments: readonly Impairment[]): number {
  const times = [...new Set(impairments.flatMap((one) => [one.fromSeconds, one.toSeconds]))].sort(
    (a, b) => a - b,
  );
  let loss = 0;
  for (const [index, to] of times.slice(1).entries()) {
    const from = times[index] ?? to;
    const surviving = impairments
      .filter((one) => one.fromSeconds <= from && one.toSeconds >= to)
      .reduce((product, one) => product * (1 - one.share), 1);
    loss += (1 - surviving) * (to - from);
  }
  return loss;
}

function predictZoneLoss(
  input: PredictionInput,
  { group, balancer }: Settings,
  losesPrimary: boolean,
): Prediction {
  const check = balancer.targetGroups[0]?.healthCheck;
  const zones = group.zones.length;
  if (zones <= 1) return { lossSeconds: input.faultSeconds, because: 'the only zone is away' };
  const divided = (seconds: number) => seconds / input.paceDivisor;
  const span = (share: number, toSeconds: number, fromSeconds = 0): Impairment => ({
    share,
    fromSeconds,
    toSeconds: Math.max(fromSeconds, toSeconds),
  });
  const lostShare = 1 / zones;
  const detection = check?.enabled === true ? divided(detectionSeconds(check)) : input.faultSeconds;
  const dns = divided(input.albDnsTtlSeconds);
  const database = divided(losesPrimary ? input.failoverSeconds : input.standbyLossSeconds);
  const replaced = detection + divided(input.unhealthyDetectionSeconds + input.instanceStartSeconds);
  // While users still ask the lost address, what reaches the others is no more than they bear.
  const short = Math.max(0, 1 - (1 - lostShare) / input.utilization);
  const lossSeconds = lossOf([
    span(lostShare, dns),
    // Requests that reach a living node still go to a dead target until it is found unhealthy.
    span(lostShare, detection),
    span(input.mix.writeShare, database),
    span(short, replaced, Math.min(dns, replaced)),
  ]);
  const percent = (share: number) => `${(100 * share).toFixed(0)}%`;
  const until = (seconds: number) => `for ${seconds.toFixed(0)} s`;
  return {
    lossSeconds,
    because: [
      `${percent(lostShare)} ask the lost address ${until(dns)} at most`,
      `${percent(lostShare)} of the rest meet a dead target ${until(detection)}`,
      `writes (${percent(input.mix.writeShare)}) wait ${until(database)}`,
      ...(short > 0 && replaced > dns
        ? [`then ${percent(short)} are shed until ${replaced.toFixed(0)} s`]
        : []),
    ].join(', '),
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
      return {
        lossSeconds: 0,
        because: 'orders take longer, within their time limit; nobody else waits for payment',
      };
    case 'payment-away':
      return {
        lossSeconds: mix.paymentShare * faultSeconds,
        because: 'new orders refused while payment is away',
      };
    case 'region-loss':
      return { lossSeconds: faultSeconds, because: 'the region that serves is away' };
    case 'overload':
      return {
        lossSeconds: (1 - 1 / input.overloadFactor) * faultSeconds,
        because: 'what is offered beyond the capacity is shed',
      };
  }
}

export const describePrediction = ({ lossSeconds, because }: Prediction): string =>
  `L ${lossSeconds.toFixed(1)} s (${because})`;
