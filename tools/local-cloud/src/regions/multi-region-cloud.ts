/**
 * Runs a tier of several regions: each region as a local cloud of its own from its own stack, one database over all of
 * them, and in front the edge, DNS and health checks of the global stack.
 *
 * The region whose cluster was made as primary starts as the one that writes. What moves the writer later is what the
 * templates hold for it.
 */
import { chmod } from 'node:fs/promises';
import { inRegion, nodesOfKind } from '@nines/topology';
import type { EdgeNode, LoadBalancerNode, Topology } from '@nines/topology';
import { createInstanceNames } from '../auto-scaling-group.ts';
import { createGuardian } from '../guardian/guardian.ts';
import type { Guardian } from '../guardian/guardian.ts';
import { createLocalCloud, startServices, TopologyNotRunnableError } from '../local-cloud.ts';
import type { LocalCloud, LocalCloudOptions, RegionalCloud } from '../local-cloud.ts';
import { CONTROL_PLANE_STAND_IN, createControlPlane } from './control-plane.ts';
import { DNS_STAND_IN } from './dns-health.ts';
import { EDGE_STAND_IN } from './edge.ts';
import type { Destination } from './edge.ts';
import { createRegionEntrance } from './entrance.ts';
import type { RegionEntrance } from './entrance.ts';
import { createGlobalDatabase, GLOBAL_DATABASE_STAND_IN } from './global-database.ts';
import type { GlobalDatabase } from './global-database.ts';
import { ratedForRegions, REGIONS_RPS } from './region-rating.ts';
import { startRegionQueues } from './region-queues.ts';
import type { RegionQueues } from './region-queues.ts';
import { callsService } from './workflow.ts';
import type { Execution } from './workflow.ts';

export const REGION_STAND_INS: readonly string[] = [
  DNS_STAND_IN,
  EDGE_STAND_IN,
  GLOBAL_DATABASE_STAND_IN,
  CONTROL_PLANE_STAND_IN,
  `Two regions are rated for ${String(REGIONS_RPS)} requests/s together where one machine runs them, all servers by the same share; ` +
    'where both serve at once they share that.',
];

/** Durations of a tier of several regions that AWS decides, in seconds of its time. */
export interface RegionDurations {
  readonly drawGlobalFailoverSeconds: () => number;
  readonly drawGlobalSwitchoverSeconds: () => number;
}

export interface MultiRegionCloudOptions extends LocalCloudOptions {
  readonly regionDurations: RegionDurations;
}

/** A region that is not whole by then is told about by whoever waits for all of them. */
const START_LIMIT_MS = 90_000;

/** What a game day does with regions. */
export interface LocalRegions {
  readonly all: readonly string[];
  /** The region whose database writes. */
  readonly writer: string;
  /** The region is gone with all that ran in it. Answers what was hit. */
  lose(region: string): Promise<readonly string[]>;
  restore(region: string): void;
  /** Who starts a takeover: a person, or the template's own alarm. */
  readonly failover: 'automatic' | 'decided';
  /**
   * Runs the region's own workflow that makes it the one that writes, as a person does who starts it.
   *
   * @throws TopologyNotRunnableError when its template has none.
   */
  takeOver(region: string): Promise<Execution>;
  /** The same of the workflow that gives the writer to the other region without losing anything. */
  handOver(region: string): Promise<Execution>;
  /** Brings every group back to the size that its template gives it, as a deployment does. */
  sizeBack(): void;
}

/** The regions that serve, the one that was made as the writer's first. */
export function servingRegions(topology: Topology): string[] {
  const regions = new Set(nodesOfKind(topology, 'compute-group').map(({ region }) => region));
  const isFollower = (region: string) =>
    nodesOfKind(topology, 'database').some((one) => one.region === region && one.replicaOf !== undefined);
  return [...regions].sort((a, b) => Number(isFollower(a)) - Number(isFollower(b)));
}

/** One region's part, with the services outside that all regions call. */
function regionOf(topology: Topology, region: string): Topology {
  const part = inRegion(topology, region);
  const services = nodesOfKind(topology, 'external-service');
  const others = part.nodes.filter(({ kind }) => kind !== 'external-service');
  return { ...part, nodes: [...others, ...services] };
}

interface Regions {
  readonly clouds: ReadonlyMap<string, RegionalCloud>;
  readonly balancers: ReadonlyMap<string, LoadBalancerNode>;
  readonly lost: Set<string>;
}

/** What a load balancer of the template is here. */
function destinationOf({ clouds, balancers, lost }: Regions, target: string): Destination | undefined {
  const balancer = balancers.get(target);
  const cloud = balancer && clouds.get(balancer.region);
  if (!balancer || !cloud) return undefined;
  const { hostname, port } = new URL(cloud.url);
  return {
    address: { host: hostname, port: Number(port) },
    reachable: () => !lost.has(balancer.region),
    connectionLifeSeconds: balancer.clientKeepAliveSeconds,
  };
}

interface Parts {
  readonly regions: Regions;
  readonly order: readonly string[];
  readonly global: GlobalDatabase;
  readonly queues: RegionQueues;
  readonly entrance: RegionEntrance;
  readonly services: RegionalCloud['services'];
}

const TAKES_OVER = 'rds:failoverGlobalCluster';
const HANDS_OVER = 'rds:switchoverGlobalCluster';

/** The region's workflow that makes this call: what it is for shows in what it does, whatever it is named. */
function workflowThat(topology: Topology, region: string, call: string) {
  const found = nodesOfKind(topology, 'workflow').find(
    (one) => one.region === region && callsService(one.definition, call),
  );
  if (!found) throw new TopologyNotRunnableError(`no workflow in ${region} calls ${call}.`);
  return found;
}

/** Automatic when an alarm starts a workflow that moves the writer. */
export function failoverOf(topology: Topology): LocalRegions['failover'] {
  const movers = nodesOfKind(topology, 'workflow').filter((one) => callsService(one.definition, TAKES_OVER));
  const isStarted = nodesOfKind(topology, 'event-rule').some(
    ({ alarms, targets }) => alarms.length > 0 && movers.some(({ id }) => targets.includes(id)),
  );
  return isStarted ? 'automatic' : 'decided';
}

function regionControl(parts: Parts, options: MultiRegionCloudOptions): LocalRegions {
  const { regions, order, global, queues } = parts;
  const { automation } = parts.entrance;
  const { clouds, lost } = regions;
  const { onEvent, topology } = options;
  return {
    all: order,
    failover: failoverOf(topology),
    takeOver: (region) => automation.run(workflowThat(topology, region, TAKES_OVER)),
    handOver: (region) => automation.run(workflowThat(topology, region, HANDS_OVER)),
    sizeBack() {
      const groups = nodesOfKind(topology, 'compute-group');
      for (const { id, region, desiredInstances } of groups)
        clouds.get(region)?.groups.get(id)?.setMinimum(desiredInstances);
    },
    get writer() {
      return global.writerRegion;
    },
    async lose(region) {
      const cloud = clouds.get(region);
      if (!cloud) return [];
      onEvent({ kind: 'region-lost', subject: region, message: `${region} is lost` });
      lost.add(region);
      automation.loseRegion(region);
      queues.loseRegion(region);
      const database = global.loseRegion(region);
      const hit = await Promise.all(cloud.zones.map((zone) => cloud.loseZone(zone)));
      return [...hit.flat(), ...(await database)];
    },
    restore(region) {
      onEvent({ kind: 'region-restored', subject: region, message: `${region} is back` });
      lost.delete(region);
      automation.restoreRegion(region);
      for (const zone of clouds.get(region)?.zones ?? []) clouds.get(region)?.restoreZone(zone);
      queues.restoreRegion(region);
      global.restoreRegion(region);
    },
  };
}

function assemble(parts: Parts, options: MultiRegionCloudOptions): Omit<MultiRegionCloud, 'close'> {
  const { regions, order, global, entrance, services } = parts;
  const inOrder = () => order.flatMap((region) => regions.clouds.get(region) ?? []);
  const ofZone = (zone: string) => inOrder().find(({ zones }) => zones.includes(zone));
  const { clock } = options;
  return {
    url: entrance.edge.url,
    get zones() {
      return regions.clouds.get(global.writerRegion)?.zones ?? [];
    },
    get instances() {
      return inOrder().flatMap((cloud) => cloud.instances);
    },
    database: global.database,
    orderQueues: inOrder().flatMap((cloud) => cloud.orderQueues),
    services,
    regions: regionControl(parts, options),
    async settle(signal) {
      await global.database.settle(signal);
      for (const cloud of inOrder()) await cloud.settle(signal);
      while (!entrance.isWhollyHealthy() && !signal?.aborted) await clock.sleep(100, signal);
    },
    loseZone: (zone) => ofZone(zone)?.loseZone(zone) ?? Promise.resolve([]),
    restoreZone: (zone) => ofZone(zone)?.restoreZone(zone),
  };
}

/** A local cloud of several regions: `database` and `zones` are those of the region that writes. */
export interface MultiRegionCloud extends LocalCloud {
  readonly regions: LocalRegions;
}

class Starting {
  readonly #options: MultiRegionCloudOptions;
  readonly #guardian: Guardian;
  // What has been started, the last first.
  readonly #closers: (() => Promise<void>)[] = [];

  constructor(options: MultiRegionCloudOptions) {
    this.#options = options;
    this.#guardian = options.guardian ?? createGuardian();
    if (!options.guardian) this.#closers.push(() => this.#guardian.close());
  }

  async close(): Promise<void> {
    for (const closeOne of this.#closers.splice(0)) await closeOne();
  }

  async start(): Promise<MultiRegionCloud> {
    const { topology } = this.#options;
    const order = servingRegions(topology);
    const edgeNode = nodesOfKind(topology, 'edge')[0];
    if (!edgeNode) {
      throw new TopologyNotRunnableError(
        `${topology.name} serves from ${order.join(' and ')} and has no edge that would find them.`,
      );
    }
    const directory = await this.#guardian.makeDirectory('nines-');
    await chmod(directory, 0o711);
    const external = nodesOfKind(topology, 'external-service');
    const services = await startServices(external, this.#options, this.#guardian, directory);
    const { global, queues, regions } = await this.#startRegions(order, services, directory);
    const entrance = await this.#startEntrance(edgeNode, order, { regions, global });
    const parts = { regions, order, global, queues, entrance, services };
    return Object.assign(assemble(parts, this.#options), { close: () => this.close() });
  }

  async #startRegions(order: readonly string[], services: RegionalCloud['services'], directory: string) {
    const { topology, regionDurations, pace, clock, onEvent } = this.#options;
    const global = createGlobalDatabase({
      directory,
      drawFailoverSeconds: regionDurations.drawGlobalFailoverSeconds,
      drawSwitchoverSeconds: regionDurations.drawGlobalSwitchoverSeconds,
      pace,
      clock,
      onEvent,
    });
    this.#closers.unshift(() => global.close());
    const topologies = new Map(order.map((region) => [region, regionOf(topology, region)]));
    const queues = await startRegionQueues(topologies, pace);
    this.#closers.unshift(() => queues.close());
    const clouds = new Map<string, RegionalCloud>();
    const nextInstanceId = createInstanceNames();
    for (const [region, part] of topologies) {
      const cloud = await createLocalCloud({
        ...this.#options,
        topology: part,
        guardian: this.#guardian,
        services,
        nextInstanceId,
        orderQueues: queues.seenFrom(region),
        startDatabase: (database) => global.join(region, database),
      });
      this.#closers.unshift(() => cloud.close());
      clouds.set(region, cloud);
      // The first one migrates the database; a follower whose source has no tables yet has nothing to read.
      await cloud.settle(AbortSignal.timeout(START_LIMIT_MS));
    }
    const balancers = new Map(nodesOfKind(topology, 'load-balancer').map((node) => [node.id, node]));
    return { global, queues, regions: { clouds, balancers, lost: new Set<string>() } };
  }

  async #startEntrance(
    edge: EdgeNode,
    order: readonly string[],
    { regions, global }: { readonly regions: Regions; readonly global: GlobalDatabase },
  ): Promise<RegionEntrance> {
    const { topology, pace, clock, onEvent } = this.#options;
    const entrance = await createRegionEntrance({
      topology,
      edge,
      regions: order,
      destinationOf: (target) => destinationOf(regions, target),
      serviceOf: (region, metrics) =>
        createControlPlane({
          topology,
          global,
          groups: regions.clouds.get(region)?.groups ?? new Map(),
          metrics,
          tell: (message) => {
            onEvent({ kind: 'alarm', subject: region, message: `alert: ${message}` });
          },
        }),
      pace,
      clock,
      onEvent,
    });
    this.#closers.unshift(() => entrance.close());
    return entrance;
  }
}

/**
 * Starts all regions and what is in front of them; resolves when the region that writes is whole.
 *
 * @throws TopologyNotRunnableError when the topology is not of a shape that runs here, saying what is missing.
 */
export async function createMultiRegionCloud(options: MultiRegionCloudOptions): Promise<MultiRegionCloud> {
  const starting = new Starting({ ...options, topology: ratedForRegions(options.topology) });
  try {
    return await starting.start();
  } catch (error) {
    await starting.close();
    throw error;
  }
}
