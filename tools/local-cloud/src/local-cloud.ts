/**
 * The local cloud: runs a Topology as real processes on this machine, and lets a game day break it.
 *
 * Use it to see how a tier behaves without an account. It stands in for AWS where the module's `*_STAND_IN`
 * sentences say, and for nothing else; every report prints them.
 */
import { randomUUID } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodesOfKind } from '@nines/topology';
import type {
  ComputeGroupNode,
  DatabaseNode,
  ExternalServiceNode,
  InstanceProcess,
  LoadBalancerNode,
  Topology,
} from '@nines/topology';
import { AUTO_SCALING_STAND_IN, createAutoScalingGroup, createInstanceNames } from './auto-scaling-group.ts';
import type { LocalAutoScalingGroup } from './auto-scaling-group.ts';
import type { Clock } from './clock.ts';
import type { OnCloudEvent } from './cloud-event.ts';
import { createDatabase, DATABASE_STAND_IN } from './database.ts';
import type { DatabaseOptions, LocalDatabase } from './database.ts';
import type { Address, FaultLink } from './fault-link.ts';
import { FaultLinks } from './fault-links.ts';
import { createGuardian } from './guardian/guardian.ts';
import type { Guardian } from './guardian/guardian.ts';
import { createHostedDatabase, HOSTED_DATABASE_STAND_IN } from './hosted-database.ts';
import type { HostedDatabase } from './hosted-database.ts';
import { resolveEnvironment } from './instance-environment.ts';
import { createInstance } from './instance.ts';
import type { Instance, Upstream } from './instance.ts';
import { createLoadBalancer, LOAD_BALANCER_STAND_IN } from './load-balancer.ts';
import type { LocalLoadBalancer } from './load-balancer.ts';
import type { Pace } from './pace.ts';
import { MACHINE_RPS, ratedForOneMachine } from './machine-rating.ts';
import { ORDER_QUEUE_STAND_IN, startOrderQueue } from './order-queue.ts';
import type { LocalOrderQueue, OrderQueues } from './order-queue.ts';
import { rebuildElsewhere } from './rebuild.ts';
import type { LocalRegions } from './regions/multi-region-cloud.ts';
import { startThirdParty } from './third-party.ts';
import type { ThirdPartyBehaviour, ThirdPartyService } from './third-party.ts';

/** What is smaller here than in the template, and what is not run at all. */
const SCALED_DOWN =
  'One machine runs what many do in AWS: an Aurora cluster is one writer and one reader, however many its template ' +
  'names, and its shared storage is streaming replication; a single server is reached through a passage that never ' +
  `refuses; servers that are rated for more than ${String(MACHINE_RPS)} requests/s together are rated down to that, all by the same ` +
  'share; firewalls are not run, and an edge and DNS records only where there are several regions.';

export const STAND_INS: readonly string[] = [
  LOAD_BALANCER_STAND_IN,
  AUTO_SCALING_STAND_IN,
  DATABASE_STAND_IN,
  HOSTED_DATABASE_STAND_IN,
  ORDER_QUEUE_STAND_IN,
  SCALED_DOWN,
];

/** Durations that AWS decides and no template shows, in seconds of AWS's time. */
export interface DeclaredDurations {
  /** Launch of an instance to its started process. */
  readonly drawInstanceStartSeconds: () => number;
  /** Target unhealthy to the load balancer until the Auto Scaling group begins to replace it. */
  readonly drawUnhealthyDetectionSeconds: () => number;
  /** Loss of a machine until a group that looks at machines only begins to replace it. */
  readonly drawInstanceLossSeconds: () => number;
  /** Loss of the primary to a promoted standby. */
  readonly drawFailoverSeconds: () => number;
  /** Loss of the standby until the primary commits without it. */
  readonly drawStandbyLossSeconds: () => number;
  readonly albDnsTtlSeconds: number;
  /** How far an asynchronous standby trails. */
  readonly replicationLagSeconds: number;
}

/** The built bundle of each application, by the name that the topology gives the service. */
export interface Bundles {
  readonly application: string;
  readonly services: Readonly<Record<string, string>>;
}

export interface LocalCloudOptions {
  readonly topology: Topology;
  readonly bundles: Bundles;
  /** How the services outside the template behave when nothing is wrong. */
  readonly serviceBehaviour: Readonly<Record<string, ThirdPartyBehaviour>>;
  readonly declared: DeclaredDurations;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly onEvent: OnCloudEvent;
  /** @default a guardian of its own, closed with the cloud */
  readonly guardian?: Guardian;
  /**
   * Makes the database; a region of several has one that belongs to all of them.
   *
   * @default one of this cloud's own, closed with it
   */
  readonly startDatabase?: (options: DatabaseOptions) => Promise<LocalDatabase>;
  /**
   * Services outside the template that run already.
   *
   * @default started from `bundles`
   */
  readonly services?: ReadonlyMap<string, ThirdPartyService>;
  /**
   * Where orders are kept that the database refuses, here and in other regions, when that runs already.
   *
   * @default started as the topology says, of this region alone
   */
  readonly orderQueues?: OrderQueues;
  /** @default instance-1, instance-2 and so on */
  readonly nextInstanceId?: () => string;
}

export interface LocalCloud {
  readonly url: string;
  readonly zones: readonly string[];
  readonly instances: readonly Instance[];
  readonly database: LocalDatabase;
  /** Where orders are kept that the database refuses: one in each region that has any. */
  readonly orderQueues: readonly Pick<LocalOrderQueue, 'kept' | 'putAside'>[];
  readonly services: ReadonlyMap<string, ThirdPartyService>;
  /** What can be done with regions, where there are several. */
  readonly regions?: LocalRegions;
  /** Resolves when the topology is whole again: every instance healthy and in balance, the standby in sync. */
  settle(signal?: AbortSignal): Promise<void>;
  /** The zone is gone with all that ran in it. Answers what was hit; empty when nothing ran there. */
  loseZone(zone: string): Promise<readonly string[]>;
  restoreZone(zone: string): void;
  /**
   * What a person does when the zone of a single server that holds its own database is lost; answers the zone in which
   * it serves again. Absent in every other topology.
   *
   * @throws NoZoneToRebuildInError when no other zone is there.
   */
  readonly rebuildElsewhere?: () => Promise<string>;
  close(): Promise<void>;
}

/** A cloud of one region, with the groups that a workflow scales. */
export interface RegionalCloud extends LocalCloud {
  /** By id in the topology. */
  readonly groups: ReadonlyMap<string, LocalAutoScalingGroup>;
}

export class TopologyNotRunnableError extends Error {
  readonly code = 'topology-not-runnable';
  override readonly name = 'TopologyNotRunnableError';
}

interface Group {
  readonly node: ComputeGroupNode;
  readonly process: InstanceProcess;
}

interface Parts {
  readonly balancer: LoadBalancerNode;
  /** One over all zones, or one in each of them. */
  readonly groups: readonly Group[];
  readonly database: DatabaseNode;
  readonly services: readonly ExternalServiceNode[];
  readonly zones: readonly string[];
}

/** A group with what its instances run and the zones that it is in. */
function groupOf(node: ComputeGroupNode, topology: Topology): Group {
  if (!node.process) {
    throw new TopologyNotRunnableError(
      `the user data of ${node.id} writes no systemd unit, so there is nothing to start.`,
    );
  }
  const zones = node.zones.length > 0 ? node.zones : (topology.regions[0]?.zones ?? []);
  if (zones.length === 0)
    throw new TopologyNotRunnableError(`${node.id} is in no zone that the template names.`);
  return { node: { ...node, zones }, process: node.process };
}

/** What stands in front of a single server that users reach by its own address: a passage that never refuses. */
function passageTo(group: ComputeGroupNode): LoadBalancerNode {
  return {
    kind: 'load-balancer',
    id: `address:${group.id}`,
    type: 'AWS::EC2::EIP',
    region: group.region,
    zones: group.zones,
    defaulted: [],
    internetFacing: true,
    crossZone: true,
    idleTimeoutSeconds: 60,
    clientKeepAliveSeconds: 3600,
    listeners: [{ port: 80, protocol: 'HTTP' }],
    targetGroups: [
      {
        id: `address:${group.id}`,
        port: 80,
        // Only to know when it serves: with one target at most, requests reach it healthy or not (fail open).
        healthCheck: {
          enabled: true,
          path: '/readyz',
          matcher: '200',
          intervalSeconds: 5,
          timeoutSeconds: 3,
          healthyThreshold: 2,
          unhealthyThreshold: 2,
        },
        deregistrationDelaySeconds: 0,
        slowStartSeconds: 0,
        failOpenBelowHealthyTargets: 1,
        targets: [group.id],
      },
    ],
  };
}

const nodesOf = <K extends Topology['nodes'][number]['kind']>(topology: Topology, kind: K) =>
  topology.nodes.filter((one): one is Extract<Topology['nodes'][number], { kind: K }> => one.kind === kind);

function missing(topology: Topology, kind: string): TopologyNotRunnableError {
  return new TopologyNotRunnableError(
    `stack ${topology.name} has no ${kind}; the local cloud runs a load balancer, compute groups and a database, or one server with its own.`,
  );
}

/** Finds the parts of the shapes that run today: groups behind a load balancer or one server, and a database. */
function partsOf(topology: Topology, mayFollow: boolean): Parts {
  const groups = ratedForOneMachine(
    nodesOf(topology, 'compute-group').map((node) => groupOf(node, topology)),
  );
  const regions = new Set(groups.map(({ node }) => node.region));
  if (regions.size > 1) {
    throw new TopologyNotRunnableError(
      `${topology.name} serves from ${[...regions].join(' and ')}; the local cloud runs one region at a time.`,
    );
  }
  const [first] = groups;
  const [database] = nodesOf(topology, 'database');
  if (database?.replicaOf !== undefined && !mayFollow) {
    throw new TopologyNotRunnableError(
      `${database.id} follows ${database.replicaOf} in another region, and the local cloud runs one region at a time.`,
    );
  }
  const isSingle = groups.length === 1 && first?.node.desiredInstances === 1;
  const balancer =
    nodesOf(topology, 'load-balancer')[0] ?? (first && isSingle ? passageTo(first.node) : undefined);
  if (!balancer) throw missing(topology, 'load-balancer');
  if (!first) throw missing(topology, 'compute-group');
  if (!database) throw missing(topology, 'database');
  return {
    balancer,
    groups,
    database,
    services: nodesOf(topology, 'external-service'),
    zones: [...new Set(groups.flatMap(({ node }) => node.zones))].sort(),
  };
}

/** Starts what the template calls and does not contain, as far as `bundles` has it. */
export async function startServices(
  nodes: readonly ExternalServiceNode[],
  options: Pick<LocalCloudOptions, 'bundles' | 'serviceBehaviour'>,
  guardian: Guardian,
  directory: string,
): Promise<ReadonlyMap<string, ThirdPartyService>> {
  const services = new Map<string, ThirdPartyService>();
  for (const { name } of nodes) {
    const entryPoint = options.bundles.services[name];
    if (entryPoint === undefined) {
      throw new TopologyNotRunnableError(
        `the template calls "${name}", for which there is no local stand-in in apps/.`,
      );
    }
    const behaviour = options.serviceBehaviour[name] ?? {};
    services.set(
      name,
      await startThirdParty({ name, entryPoint, workingDirectory: directory, behaviour, guardian }),
    );
  }
  return services;
}

interface Running {
  readonly parts: Parts;
  readonly database: LocalDatabase;
  /** The same database, where a server holds it itself. */
  readonly hosted?: HostedDatabase;
  /** To the endpoint for writes: a lost primary falls silent on all of them at once. */
  readonly databaseLinks: FaultLinks;
  readonly orderQueues: OrderQueues;
  readonly services: ReadonlyMap<string, ThirdPartyService>;
  readonly passwordFile: string;
  readonly directory: string;
  readonly guardian: Guardian;
}

/** The link to the endpoint for reads, beside the one for writes. */
const DATABASE_READ = 'database-read';
/** The link to the queue of kept orders. */
const ORDER_QUEUE = 'order-queue';
/** The link to another region's. */
const otherOrderQueue = (region: string): string => `${ORDER_QUEUE}-${region}`;
const NOWHERE: Address = { host: '127.0.0.1', port: 0 };

/** What an instance reaches, each by a link of its own. */
function upstreamsOf(
  { parts, database, databaseLinks, orderQueues, services }: Running,
  unit: InstanceProcess,
): readonly Upstream[] {
  const { own, others } = orderQueues;
  const readEndpoint: Upstream = {
    name: DATABASE_READ,
    target: () => database.readEndpoint,
    // Readers of a cluster stay when its writer goes; without a cluster reads go where writes go.
    ...(parts.database.cluster === undefined
      ? { onLink: (link: FaultLink) => void databaseLinks.add(link) }
      : {}),
  };
  return [
    {
      name: 'database',
      target: () => database.endpoint,
      onLink: (link) => {
        databaseLinks.add(link);
      },
    },
    ...(unit.environment['DATABASE_READ_HOST'] === undefined ? [] : [readEndpoint]),
    ...(own === undefined ? [] : [{ name: ORDER_QUEUE, target: () => own.address }]),
    ...others.map(({ region, queue, onLink }) => ({
      name: otherOrderQueue(region),
      target: () => queue.address,
      onLink,
    })),
    ...[...services.values()].map((service) => ({ name: service.name, target: () => service.address })),
  ];
}

function launcher(
  options: LocalCloudOptions,
  running: Running,
  unit: InstanceProcess,
): (id: string, zone: string) => Promise<Instance> {
  const { parts, database, orderQueues, passwordFile } = running;
  const upstreams = upstreamsOf(running, unit);
  return async (id, zone) => {
    // A server that holds its database begins with that, as its first start does.
    await running.hosted?.beginIn(zone);
    return createInstance({
      id,
      zone,
      process: unit,
      entryPoint: options.bundles.application,
      upstreams,
      environment: (links) =>
        resolveEnvironment(unit.environment, {
          database: links.get('database') ?? NOWHERE,
          databaseRead: links.get(DATABASE_READ) ?? NOWHERE,
          leversFile: join(running.directory, 'levers.json'),
          orderIntakeQueueUrl: orderQueues.own?.urlAt(links.get(ORDER_QUEUE) ?? NOWHERE) ?? '',
          otherOrderIntakeQueueUrls: new Map(
            orderQueues.others.map(({ region, queue }) => [
              region,
              queue.urlAt(links.get(otherOrderQueue(region)) ?? NOWHERE),
            ]),
          ),
          databaseName: database.databaseName,
          databaseUser: database.credentials.user,
          databasePasswordFile: passwordFile,
          services: Object.fromEntries(
            parts.services.map(({ name, addressVariable }) => [addressVariable, urlOf(links.get(name))]),
          ),
        }),
      workingDirectory: running.directory,
      guardian: running.guardian,
      clock: options.clock,
      onEvent: options.onEvent,
    });
  };
}

const urlOf = (address: { host: string; port: number } | undefined): string =>
  address ? `http://${address.host}:${String(address.port)}` : '';

async function startDatabase(
  options: LocalCloudOptions,
  parts: Parts,
  guardian: Guardian,
  directory: string,
) {
  const databaseLinks = new FaultLinks();
  const { declared, pace, clock, onEvent } = options;
  // The writer's zone first: the members of a cluster stand in the order in which they would write.
  const placed =
    parts.database.cluster?.members.flatMap((member) => member.zone ?? []) ?? parts.database.zones;
  const zones = placed.length > 0 ? [...new Set(placed)] : parts.zones;
  const common = {
    node: parts.database,
    directory,
    credentials: { user: 'shop', password: randomUUID() },
    onReachable: (reachable: boolean) => {
      databaseLinks.setReachable(reachable);
    },
    pace,
    clock,
    guardian,
    onEvent,
  };
  const isHosted = parts.database.heldBy !== undefined;
  const hosted = isHosted ? await createHostedDatabase({ ...common, zone: zones[0] ?? '' }) : undefined;
  const database =
    hosted ?? (await (options.startDatabase ?? createDatabase)({ ...common, zones, ...declared }));
  const passwordFile = join(directory, 'database-password');
  await writeFile(passwordFile, database.credentials.password, { mode: 0o600 });
  return { database, ...(hosted ? { hosted } : {}), databaseLinks, passwordFile };
}

function rebuildOf(
  { hosted }: Running,
  [group]: readonly LocalAutoScalingGroup[],
  { topology, pace, clock, onEvent }: LocalCloudOptions,
  { lostZones, signal }: { readonly lostZones: ReadonlySet<string>; readonly signal: AbortSignal },
): Pick<LocalCloud, 'rebuildElsewhere'> {
  if (!hosted || !group) return {};
  const zones = topology.regions[0]?.zones ?? [];
  const [node] = nodesOfKind(topology, 'database');
  return {
    rebuildElsewhere: () =>
      rebuildElsewhere({
        group,
        database: hosted,
        lastCopySeconds: node?.copies?.lastCopySeconds ?? 0,
        zones: zones.filter((zone) => !lostZones.has(zone)),
        pace,
        clock,
        onEvent,
        signal,
      }),
  };
}

function assemble(
  running: Running,
  balancer: LocalLoadBalancer,
  groups: readonly LocalAutoScalingGroup[],
  options: LocalCloudOptions,
  closing: AbortSignal,
): Omit<LocalCloud, 'close'> {
  const { parts, database, hosted, orderQueues, services } = running;
  const { clock, onEvent } = options;
  const lostZones = new Set<string>();
  hosted?.sharesFateWith(() => {
    for (const group of groups) group.loseInstances();
  });
  return {
    url: balancer.url,
    zones: parts.zones,
    ...rebuildOf(running, groups, options, { lostZones, signal: closing }),
    get instances() {
      return groups.flatMap((group) => group.instances);
    },
    database,
    orderQueues: orderQueues.own === undefined ? [] : [orderQueues.own],
    services,
    async settle(signal) {
      await database.settle(signal);
      const settled = () => groups.every((group) => group.settled);
      while (!settled() && !signal?.aborted) await clock.sleep(100, signal);
      for (const group of groups) group.season();
      if (!signal?.aborted) await hosted?.ensureCopied();
    },
    async loseZone(zone) {
      onEvent({ kind: 'zone-lost', subject: zone, message: `${zone} is lost` });
      lostZones.add(zone);
      // The address of a single server is in no zone: it leads to whichever server took it over.
      if (!hosted) balancer.loseZone(zone);
      const instances = groups.flatMap((group) => group.loseZone(zone)).map((instance) => instance.id);
      return [...instances, ...(await database.loseZone(zone))];
    },
    restoreZone(zone) {
      onEvent({ kind: 'zone-restored', subject: zone, message: `${zone} is back` });
      lostZones.delete(zone);
      if (!hosted) balancer.restoreZone(zone);
      database.restoreZone(zone);
      for (const group of groups) group.restoreZone(zone);
    },
  };
}

async function startOwnQueue(
  { topology, pace }: LocalCloudOptions,
  closers: (() => Promise<void>)[],
): Promise<OrderQueues> {
  const own = await startOrderQueue(topology, pace);
  if (own) closers.unshift(() => own.close());
  return { own, others: [] };
}

/**
 * Starts the topology and resolves when it is whole.
 *
 * @throws TopologyNotRunnableError when the topology is not of a shape that runs here, saying what is missing.
 */
export async function createLocalCloud(options: LocalCloudOptions): Promise<RegionalCloud> {
  const parts = partsOf(options.topology, options.startDatabase !== undefined);
  const guardian = options.guardian ?? createGuardian();
  // What has been started, the last first: a listening socket that nobody closes would keep the command from ending.
  const closers: (() => Promise<void>)[] = options.guardian ? [] : [() => guardian.close()];
  const close = async () => {
    for (const closeOne of closers.splice(0)) await closeOne();
  };
  try {
    const directory = await guardian.makeDirectory('nines-');
    // Root's servers run as another user, which must be able to pass through this folder (and read nothing in it).
    await chmod(directory, 0o711);
    const services = options.services ?? (await startServices(parts.services, options, guardian, directory));
    const started = await startDatabase(options, parts, guardian, directory);
    if (!options.startDatabase) closers.unshift(() => started.database.close());
    const { declared, pace, clock, onEvent } = options;
    const orderQueues = options.orderQueues ?? (await startOwnQueue(options, closers));
    const running = { parts, services, directory, guardian, orderQueues, ...started };
    const balancer = await createLoadBalancer({
      node: parts.balancer,
      zones: parts.zones,
      dnsTtlSeconds: declared.albDnsTtlSeconds,
      pace,
      clock,
      onEvent,
    });
    const nextId = options.nextInstanceId ?? createInstanceNames();
    const groups = parts.groups.map(({ node, process: unit }) =>
      createAutoScalingGroup({
        node,
        loadBalancer: balancer,
        launch: launcher(options, running, unit),
        drawInstanceStartSeconds: declared.drawInstanceStartSeconds,
        drawUnhealthyDetectionSeconds: declared.drawUnhealthyDetectionSeconds,
        drawInstanceLossSeconds: declared.drawInstanceLossSeconds,
        nextId,
        pace,
        clock,
        onEvent,
      }),
    );
    // The load balancer before the groups, so that no instance waits for its requests to drain.
    closers.unshift(() => balancer.close(), ...groups.map((group) => () => group.close()));
    for (const group of groups) await group.start();
    const byId = new Map(parts.groups.map(({ node }, index) => [node.id, groups[index]] as const));
    const present = [...byId].flatMap(([id, group]) => (group ? [[id, group] as const] : []));
    const closing = new AbortController();
    closers.unshift(() => Promise.resolve(closing.abort()));
    return Object.assign(assemble(running, balancer, groups, options, closing.signal), {
      close,
      groups: new Map(present),
    });
  } catch (error) {
    await close();
    throw error;
  }
}
