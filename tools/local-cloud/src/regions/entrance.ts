/**
 * What stands in front of regions and moves users between them, from the templates' own records, checks, alarms and
 * workflows: DNS with its health checks, the edge, alarms, and whatever the templates start by themselves.
 *
 * Use it for any cloud that runs regions here, on servers or without; what a region is, and what its workflows call, is
 * told by the caller.
 */
import { nodesOfKind } from '@nines/topology';
import type { DnsHealthCheckNode, EdgeNode, Topology } from '@nines/topology';
import type { Clock } from '../clock.ts';
import type { OnCloudEvent } from '../cloud-event.ts';
import type { Pace } from '../pace.ts';
import { createAutomation } from './automation.ts';
import type { Automation, AutomationOptions } from './automation.ts';
import { createDns, createResolver } from './dns.ts';
import type { Dns } from './dns.ts';
import { createDnsHealth } from './dns-health.ts';
import type { DnsHealth } from './dns-health.ts';
import { createEdge } from './edge.ts';
import type { Destination, LocalEdge } from './edge.ts';
import type { FunctionWorld } from './function-runner.ts';
import { createMetrics } from './metrics.ts';
import type { Metrics } from './metrics.ts';
import type { Service } from './workflow.ts';

export interface RegionEntranceOptions {
  /** Of all stacks together. */
  readonly topology: Topology;
  readonly edge: EdgeNode;
  /** Regions that serve; the edge has one location near each. */
  readonly regions: readonly string[];
  /** What DNS leads to in the end, as something to connect to. */
  readonly destinationOf: (target: string) => Destination | undefined;
  /** Answers what workflows of a region call. */
  readonly serviceOf: (region: string, metrics: Pick<Metrics, 'put'>) => Service;
  /** A workflow's definition as it is deployed. @default as the template has it */
  readonly definitionOf?: AutomationOptions['definitionOf'];
  readonly pace: Pace;
  readonly clock: Clock;
  readonly onEvent: OnCloudEvent;
}

export interface RegionEntrance {
  readonly edge: LocalEdge;
  readonly health: DnsHealth;
  readonly automation: Automation;
  /** Whether every check that asks somebody finds it well. */
  isWhollyHealthy(): boolean;
  close(): Promise<void>;
}

/** Asks an address by the names of the template. Rejects when its name leads nowhere. */
type Ask = (url: string, signal: AbortSignal) => Promise<number>;

function askerOf(destinationOf: RegionEntranceOptions['destinationOf'], dns: Dns, from: string): Ask {
  return async (url, signal) => {
    const { hostname, pathname } = new URL(url);
    const target = dns.answer({ name: hostname, from })?.target;
    const destination = target === undefined ? undefined : destinationOf(target);
    if (!destination) throw new TypeError(`${hostname} leads nowhere`);
    const { host, port } = destination.address;
    const reply = await fetch(`http://${host}:${String(port)}${pathname}`, { signal, redirect: 'manual' });
    await reply.body?.cancel();
    return reply.status;
  };
}

/** Asks what a health check asks; Route 53 takes 2xx and 3xx for healthy. */
async function passes(ask: Ask, { host, path = '/' }: DnsHealthCheckNode, limitMs: number): Promise<boolean> {
  if (host === undefined) return false;
  try {
    const status = await ask(`http://${host}${path}`, AbortSignal.timeout(limitMs));
    return status >= 200 && status < 400;
  } catch {
    return false;
  }
}

/** Alarms that something acts on: DNS, or a rule that starts something. */
function followedAlarms(topology: Topology) {
  const followed = new Set([
    ...nodesOfKind(topology, 'dns-health-check').flatMap(({ targets }) => targets),
    ...nodesOfKind(topology, 'event-rule').flatMap(({ alarms }) => alarms),
  ]);
  return nodesOfKind(topology, 'alarm').filter(({ id }) => followed.has(id));
}

const withoutQuotes = (text: string): string => text.replace(/^"(.*)"$/, '$1');

/** The network, DNS and metrics of a region's functions. */
function worldFor(
  { destinationOf }: RegionEntranceOptions,
  { dns, metrics, region }: { readonly dns: Dns; readonly metrics: Metrics; readonly region: string },
): Omit<FunctionWorld, 'pace' | 'clock' | 'signal'> {
  const ask = askerOf(destinationOf, dns, region);
  return {
    fetch: async (url, { signal }) => {
      const status = await ask(url, signal);
      return { ok: status >= 200 && status < 300 };
    },
    // A text is written in quotes, and answered without them.
    resolveTxt: (name) => (dns.answer({ name, from: region })?.values ?? []).map(withoutQuotes),
    put: (point) => {
      metrics.put(point);
    },
  };
}

function openEdge(options: RegionEntranceOptions, dns: Dns): Promise<LocalEdge> {
  const { edge: node, regions, destinationOf, pace, clock } = options;
  return createEdge({
    node,
    locations: regions.map((near) => ({
      near,
      resolver: createResolver({
        dns,
        from: near,
        keepMs: (ttlSeconds) => pace.scaleMs(ttlSeconds),
        now: () => clock.now(),
      }),
    })),
    destinationOf,
    pace,
    clock,
  });
}

/** Starts all of it; users may come as soon as it resolves. */
export async function createRegionEntrance(options: RegionEntranceOptions): Promise<RegionEntrance> {
  const { topology, serviceOf, definitionOf, destinationOf, pace, clock, onEvent } = options;
  const metrics = createMetrics({
    alarms: followedAlarms(topology),
    onAlarm: (alarm) => {
      automation.alarmed(alarm);
    },
    pace,
    clock,
    onEvent,
  });
  // DNS asks the checks, and the checks ask DNS where their hosts are.
  const dns = createDns(topology, (check) => health.isHealthy(check));
  const fromOutside = askerOf(destinationOf, dns, '');
  const health = createDnsHealth({
    topology,
    probe: (check, limitMs) => passes(fromOutside, check, limitMs),
    alarmState: (alarm) => metrics.stateOf(alarm),
    pace,
    clock,
    onEvent,
  });
  const automation = createAutomation({
    topology,
    serviceOf: (region) => serviceOf(region, metrics),
    ...(definitionOf === undefined ? {} : { definitionOf }),
    worldOf: (region) => worldFor(options, { dns, metrics, region }),
    pace,
    clock,
    onEvent,
  });
  const edge = await openEdge(options, dns);
  metrics.start();
  health.start();
  automation.start();
  const checks = nodesOfKind(topology, 'dns-health-check').filter((one) => one.intervalSeconds > 0);
  return {
    edge,
    health,
    automation,
    isWhollyHealthy: () => checks.every(({ id }) => health.isHealthy(id)),
    async close() {
      await edge.close();
      await automation.close();
      await metrics.close();
      await health.close();
    },
  };
}
