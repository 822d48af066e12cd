/**
 * Answers names by the records of a template, as Route 53 does: failover, latency and plain records, aliases, and the
 * health checks that take a record out. Pure: who is healthy is asked for, and remembering answers is a resolver's.
 *
 * What it does not do: weights, geography, several answers at once. A record of such a policy is taken for a plain one.
 */
import { nodesOfKind } from '@nines/topology';
import type { DnsRecordNode, Topology } from '@nines/topology';

export interface DnsAnswer {
  /** Id of the load balancer, distribution or bucket that the name leads to in the end; absent for a text. */
  readonly target?: string;
  /** What a record says that leads to nothing of the template, such as a text. */
  readonly values: readonly string[];
  /** How long the answer may be kept: the shortest of all records on the way. */
  readonly ttlSeconds: number;
}

export interface DnsQuestion {
  readonly name: string;
  /** Region that the user is nearest to, for records with latency routing. */
  readonly from: string;
}

export interface Dns {
  /** `undefined` when no record has this name. */
  answer(question: DnsQuestion): DnsAnswer | undefined;
}

/** Longer chains than any that templates have; a circle of names ends here. */
const MAX_STEPS = 8;

/**
 * The record that Route 53 chooses among those of one name. Where all of them are unhealthy, it answers as if all were
 * healthy, so that a broken check takes nothing away (Route 53 developer guide, "How Route 53 chooses records when
 * health checking is configured").
 */
export function chooseRecord(
  records: readonly DnsRecordNode[],
  isHealthy: (check: string) => boolean,
  from: string,
): DnsRecordNode | undefined {
  const healthy = records.filter(({ healthCheck }) => healthCheck === undefined || isHealthy(healthCheck));
  const candidates = healthy.length > 0 ? healthy : records;
  const nearest = candidates.find(({ routing }) => routing.policy === 'latency' && routing.region === from);
  const primary = candidates.find(({ routing }) => routing.failover === 'primary');
  return nearest ?? primary ?? candidates[0];
}

export function createDns(topology: Topology, isHealthy: (check: string) => boolean): Dns {
  const records = nodesOfKind(topology, 'dns-record');
  const byId = new Map(records.map((record) => [record.id, record]));
  const named = (name: string) => records.filter((record) => record.name === name);

  return {
    answer({ name, from }) {
      let record = chooseRecord(named(name), isHealthy, from);
      let ttlSeconds = record?.ttlSeconds ?? 0;
      for (let step = 0; record !== undefined && step < MAX_STEPS; step += 1) {
        const [target] = record.targets;
        const next: DnsRecordNode | undefined = target === undefined ? undefined : byId.get(target);
        // An alias is no record of its own to a resolver: its target's addresses stand under its name.
        const kept = step === 0 ? record.ttlSeconds : Math.min(ttlSeconds, record.ttlSeconds);
        ttlSeconds = kept;
        if (next === undefined) {
          return { values: record.values, ttlSeconds, ...(target === undefined ? {} : { target }) };
        }
        record = chooseRecord(named(next.name), isHealthy, from);
      }
      return undefined;
    },
  };
}

export interface Resolver {
  /** Where the name leads, from memory as long as the TTL lasts. */
  resolve(name: string): DnsAnswer | undefined;
}

export interface ResolverOptions {
  readonly dns: Dns;
  readonly from: string;
  /** Milliseconds that an answer is kept, of its TTL. */
  readonly keepMs: (ttlSeconds: number) => number;
  readonly now: () => number;
}

/** Remembers answers for as long as their TTL says, which is how long a user still goes where DNS no longer points. */
export function createResolver({ dns, from, keepMs, now }: ResolverOptions): Resolver {
  const known = new Map<string, { readonly answer: DnsAnswer; readonly untilMs: number }>();
  return {
    resolve(name) {
      const kept = known.get(name);
      if (kept !== undefined && now() < kept.untilMs) return kept.answer;
      const answer = dns.answer({ name, from });
      if (answer === undefined) return undefined;
      known.set(name, { answer, untilMs: now() + keepMs(answer.ttlSeconds) });
      return answer;
    },
  };
}
