/**
 * Stands in for Route 53's health checks: several checkers, each with its own count of answers in a row, and the checks
 * that only combine others or follow an alarm. With the template's interval and threshold.
 *
 * What it does not do: look for a text in the answer, measure latency, check from chosen regions only.
 */
import { nodesOfKind } from '@nines/topology';
import type { DnsHealthCheckNode, Topology } from '@nines/topology';
import type { Clock } from '../clock.ts';
import type { OnCloudEvent } from '../cloud-event.ts';
import type { Pace } from '../pace.ts';

export const DNS_STAND_IN =
  'DNS is a local stand-in: it answers by the template’s failover, latency and alias records and its health checks ' +
  '(interval, threshold, and healthy while more than 18% of the checkers say so), but with six checkers where Route 53 ' +
  'has dozens, none of which is ever wrong, and without the seconds that Route 53 takes to spread a change; resolvers ' +
  'honour the TTL to the second.';

/** Route 53 asks from at least three regions with several checkers each; six tell 18% from none. */
const CHECKERS = 6;
/** Healthy while more than this share of the checkers says so (Route 53 developer guide, "How Route 53 determines..."). */
export const HEALTHY_ABOVE_SHARE = 0.18;
/** 4 s to connect and 2 s to answer (the same chapter). */
const PATIENCE_SECONDS = 6;
/** No pace makes a busy machine answer faster: below this a fast run would call regions lost that are only slow. */
const MACHINE_PATIENCE_MS = 2_000;

export type AlarmState = 'ok' | 'alarm' | 'unknown';

export interface DnsHealth {
  isHealthy(check: string): boolean;
  start(): void;
  close(): Promise<void>;
}

export interface DnsHealthOptions {
  readonly topology: Topology;
  /** Asks what the check asks, and answers whether it was well; gives up after the time. */
  readonly probe: (check: DnsHealthCheckNode, limitMs: number) => Promise<boolean>;
  readonly alarmState: (alarm: string) => AlarmState;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly onEvent: OnCloudEvent;
}

/** One checker's mind: it changes after so many answers of the other kind in a row. */
export function createChecker(failureThreshold: number): { observe(passed: boolean): boolean } {
  let healthy = true;
  let inARow = 0;
  return {
    observe(passed) {
      inARow = passed === healthy ? 0 : inARow + 1;
      if (inARow >= failureThreshold) {
        healthy = passed;
        inARow = 0;
      }
      return healthy;
    },
  };
}

/** What each check says, from what the checkers and the alarms say. Pure. */
export function createVerdicts(
  checks: readonly DnsHealthCheckNode[],
  sources: {
    /** Share of the checkers that find it healthy. */
    readonly shareHealthy: (check: string) => number;
    readonly alarmState: (alarm: string) => AlarmState;
  },
): (check: string) => boolean {
  const byId = new Map(checks.map((check) => [check.id, check]));
  const lastKnown = new Map<string, boolean>();
  /** Healthy while the alarm is not on; without news the last answer stays (`LastKnownStatus`). */
  const byAlarm = (check: DnsHealthCheckNode): boolean => {
    const [alarm] = check.targets;
    const state = alarm === undefined ? 'unknown' : sources.alarmState(alarm);
    if (state !== 'unknown') lastKnown.set(check.id, state === 'ok');
    return lastKnown.get(check.id) ?? true;
  };
  const raw = (check: DnsHealthCheckNode): boolean => {
    if (check.checkType === 'CALCULATED')
      return check.children.filter((child) => verdict(child)).length >= check.healthyChildren;
    if (check.checkType === 'CLOUDWATCH_METRIC') return byAlarm(check);
    return sources.shareHealthy(check.id) > HEALTHY_ABOVE_SHARE;
  };
  const verdict = (id: string): boolean => {
    const check = byId.get(id);
    // A check that was not read decides nothing.
    if (check === undefined) return true;
    return raw(check) !== check.inverted;
  };
  return verdict;
}

export function createDnsHealth(options: DnsHealthOptions): DnsHealth {
  const { topology, probe, alarmState, pace, clock, onEvent } = options;
  const checks = nodesOfKind(topology, 'dns-health-check');
  const asking = checks.filter(({ intervalSeconds }) => intervalSeconds > 0);
  const minds = new Map(asking.map(({ id }) => [id, Array.from({ length: CHECKERS }, () => true)]));
  const shareHealthy = (id: string): number => {
    const mind = minds.get(id) ?? [true];
    return mind.filter(Boolean).length / mind.length;
  };
  const isHealthy = createVerdicts(checks, { shareHealthy, alarmState });
  const closing = new AbortController();
  const running: Promise<void>[] = [];

  /** One checker, whose turn comes evenly between those of the others. */
  async function check(node: DnsHealthCheckNode, index: number): Promise<void> {
    const { signal } = closing;
    const intervalMs = pace.scaleMs(node.intervalSeconds);
    const patienceMs = Math.max(pace.scaleMs(PATIENCE_SECONDS), MACHINE_PATIENCE_MS);
    const checker = createChecker(node.failureThreshold);
    await clock.sleep((intervalMs * index) / CHECKERS, signal);
    while (!signal.aborted) {
      const beganAt = clock.now();
      const healthy = checker.observe(await probe(node, patienceMs));
      if (signal.aborted) return;
      const before = isHealthy(node.id);
      minds.get(node.id)?.splice(index, 1, healthy);
      const after = isHealthy(node.id);
      if (after !== before) {
        const kind = after ? 'region-healthy' : 'region-unhealthy';
        const what = `${node.host ?? node.id} ${after ? 'answers' : 'does not answer'}`;
        onEvent({ kind, subject: node.id, message: `${what}, say Route 53's checkers` });
      }
      await clock.sleep(Math.max(0, intervalMs - (clock.now() - beganAt)), signal);
    }
  }

  return {
    isHealthy,
    start() {
      for (const node of asking)
        for (let index = 0; index < CHECKERS; index += 1) running.push(check(node, index));
    },
    async close() {
      closing.abort();
      await Promise.all(running);
    },
  };
}
