/**
 * What the design says a fault will cost, from the template's settings and the declared times alone, so that the
 * verdict can print it beside what was measured. Deliberately first-order: it adds up the parts that are known.
 */
import { nodesOfKind } from '@nines/topology';
import type { ComputeGroupNode, LoadBalancerNode, Topology } from '@nines/topology';
import type { FaultName } from './faults/fault.ts';
import type { RequestSample } from './measures.ts';
import { predictRegionLoss } from './region-prediction.ts';
import { holdsItsDatabase } from './single-server.ts';

/** Share of each kind of request in the load, by what it needs. */
export interface LoadMix {
  /** Needs the database's writer. */
  readonly writeShare: number;
  /** Needs the payment service. */
  readonly paymentShare: number;
}

/** Whether servers keep orders that the database refuses, so that its absence costs a customer the certainty, not the order. */
export function keepsOrders({ nodes, links }: Topology): boolean {
  const kindOf = new Map(nodes.map(({ id, kind }) => [id, kind]));
  return links.some(({ from, to }) => kindOf.get(from) === 'compute-group' && kindOf.get(to) === 'queue');
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
  readonly instanceLossSeconds: number;
  /** How long a person takes to understand and decide, where the tier counts on one. */
  readonly decisionSeconds: number;
  /** How long a rebuild waits for the last copy of the old server. */
  readonly lastCopySeconds: number;
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

interface Fleet {
  readonly instances: number;
  readonly zones: readonly string[];
  readonly restartDelaySeconds: number;
  /** Whether what is lost with a zone can be launched in another. */
  readonly spreads: boolean;
}

/** All groups together: one over the zones, or one in each of them. */
function fleetOf(groups: readonly ComputeGroupNode[]): Fleet | undefined {
  const [first] = groups;
  if (!first) return undefined;
  return {
    instances: groups.reduce((sum, group) => sum + group.desiredInstances, 0),
    zones: [...new Set(groups.flatMap((group) => group.zones))],
    restartDelaySeconds: first.process?.restartDelaySeconds ?? 0,
    spreads: groups.some((group) => group.zones.length > 1),
  };
}

/** Mean time until the load balancer has seen enough failed checks: half an interval, then the rest of them. */
export function detectionSeconds(check: {
  intervalSeconds: number;
  timeoutSeconds: number;
  unhealthyThreshold: number;
}): number {
  return check.intervalSeconds * (check.unhealthyThreshold - 0.5) + check.timeoutSeconds;
}

function predictProcessKill({ instances, restartDelaySeconds }: Fleet): Prediction {
  return {
    lossSeconds: (restartDelaySeconds + PROCESS_START_SECONDS) / instances,
    because: `1 of ${String(instances)} instances away until systemd restarts it`,
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
  fleet: Fleet,
  balancer: LoadBalancerNode,
  losesPrimary: boolean,
): Prediction {
  const check = balancer.targetGroups[0]?.healthCheck;
  const zones = fleet.zones.length;
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
  const replaced = fleet.spreads
    ? detection + divided(input.unhealthyDetectionSeconds + input.instanceStartSeconds)
    : input.faultSeconds;
  // While users still ask the lost address, what reaches the others is no more than they bear.
  const short = Math.max(0, 1 - (1 - lostShare) / input.utilization);
  const isKept = keepsOrders(input.topology);
  const lossSeconds = lossOf([
    span(lostShare, dns),
    // Requests that reach a living node still go to a dead target until it is found unhealthy.
    span(lostShare, detection),
    span(isKept ? 0 : input.mix.writeShare, database),
    span(short, replaced, Math.min(dns, replaced)),
  ]);
  const percent = (share: number) => `${(100 * share).toFixed(0)}%`;
  const until = (seconds: number) => `for ${seconds.toFixed(0)} s`;
  return {
    lossSeconds,
    because: [
      `${percent(lostShare)} ask the lost address ${until(dns)} at most`,
      `${percent(lostShare)} of the rest meet a dead target ${until(detection)}`,
      `writes (${percent(input.mix.writeShare)}) ${isKept ? 'are kept' : 'wait'} ${until(database)}`,
      ...(short > 0 && replaced > dns
        ? [`then ${percent(short)} are shed until ${replaced.toFixed(0)} s`]
        : []),
    ].join(', '),
  };
}

/** A single server with its database: everything is away until another has begun with the newest copy. */
function predictSingleServer(
  fault: 'zone-loss' | 'database-primary-loss',
  input: PredictionInput,
): Prediction {
  const { instanceLossSeconds, instanceStartSeconds, decisionSeconds, lastCopySeconds, paceDivisor } = input;
  const start = `${instanceStartSeconds.toFixed(0)} s to start`;
  const [seconds, because] =
    fault === 'zone-loss'
      ? [
          decisionSeconds + lastCopySeconds + instanceStartSeconds,
          `everything until it is rebuilt: ${decisionSeconds.toFixed(0)} s to decide, ${lastCopySeconds.toFixed(0)} s for the old server's last copy, ${start}`,
        ]
      : [
          instanceLossSeconds + instanceStartSeconds,
          `everything until its group has replaced the server: ${instanceLossSeconds.toFixed(0)} s to notice, ${start}`,
        ];
  const pace = paceDivisor === 1 ? '' : `, divided by ${String(paceDivisor)}`;
  return {
    lossSeconds: seconds / paceDivisor,
    because: `${because}${pace}; the restore and who asks for a lost order come on top`,
  };
}

const NOTHING_TO_PREDICT_FROM: Prediction = {
  lossSeconds: 0,
  because: 'no load balancer and compute group to predict from',
};

function predictInfrastructure(
  fault: 'process-kill' | 'zone-loss' | 'database-primary-loss',
  losesPrimary: boolean,
  input: PredictionInput,
): Prediction {
  const fleet = fleetOf(nodesOfKind(input.topology, 'compute-group'));
  if (!fleet) return NOTHING_TO_PREDICT_FROM;
  if (fault === 'process-kill') return predictProcessKill(fleet);
  if (holdsItsDatabase(input.topology)) return predictSingleServer(fault, input);
  if (fault === 'database-primary-loss') {
    if (keepsOrders(input.topology)) {
      return {
        lossSeconds: 0,
        because: `writes are answered 202 and kept for the ${(input.failoverSeconds / input.paceDivisor).toFixed(0)} s of the failover, reads go on from the readers`,
      };
    }
    return {
      lossSeconds: (input.mix.writeShare * input.failoverSeconds) / input.paceDivisor,
      because: 'writes wait for the failover, reads go on from last-known-good data',
    };
  }
  const [balancer] = nodesOfKind(input.topology, 'load-balancer');
  return balancer ? predictZoneLoss(input, fleet, balancer, losesPrimary) : NOTHING_TO_PREDICT_FROM;
}

export function predict(fault: FaultName, losesPrimary: boolean, input: PredictionInput): Prediction {
  const { mix, faultSeconds } = input;
  switch (fault) {
    case 'process-kill':
    case 'zone-loss':
    case 'database-primary-loss':
      return predictInfrastructure(fault, losesPrimary, input);
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
      return predictRegionLoss(input.topology, mix, input.paceDivisor);
    case 'overload':
      return {
        lossSeconds: (1 - 1 / input.overloadFactor) * faultSeconds,
        because: 'what is offered beyond the capacity is shed',
      };
  }
}

export const describePrediction = ({ lossSeconds, because }: Prediction): string =>
  `L ${lossSeconds.toFixed(1)} s (${because})`;
