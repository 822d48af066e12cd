/**
 * The local cloud: runs a Topology as real processes on this machine, and lets a game day break it.
 *
 * Use it to see how a tier behaves without an account. It stands in for AWS where the module's `*_STAND_IN`
 * sentences say, and for nothing else; every report prints them.
 */
import { randomUUID } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  ComputeGroupNode,
  DatabaseNode,
  ExternalServiceNode,
  InstanceProcess,
  LoadBalancerNode,
  Topology,
} from '@nines/topology';
import { AUTO_SCALING_STAND_IN, createAutoScalingGroup } from './auto-scaling-group.ts';
import type { LocalAutoScalingGroup } from './auto-scaling-group.ts';
import type { Clock } from './clock.ts';
import type { OnCloudEvent } from './cloud-event.ts';
import { createDatabase, DATABASE_STAND_IN } from './database.ts';
import type { LocalDatabase } from './database.ts';
import type { Address, FaultLink } from './fault-link.ts';
import { createGuardian } from './guardian/guardian.ts';
import type { Guardian } from './guardian/guardian.ts';
import { resolveEnvironment } from './instance-environment.ts';
import { createInstance } from './instance.ts';
import type { Instance, Upstream } from './instance.ts';
import { createLoadBalancer, LOAD_BALANCER_STAND_IN } from './load-balancer.ts';
import type { LocalLoadBalancer } from './load-balancer.ts';
import type { Pace } from './pace.ts';
import { startThirdParty } from './third-party.ts';
import type { ThirdPartyBehaviour, ThirdPartyService } from './third-party.ts';

export const STAND_INS: readonly string[] = [
  LOAD_BALANCER_STAND_IN,
  AUTO_SCALING_STAND_IN,
  DATABASE_STAND_IN,
];

/** Durations that AWS decides and no template shows, in seconds of AWS's time. */
export interface DeclaredDurations {
  /** Launch of an instance to its started process. */
  readonly drawInstanceStartSeconds: () => number;
  /** Target unhealthy to the load balancer until the Auto Scaling group begins to replace it. */
  readonly drawUnhealthyDetectionSeconds: () => number;
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
}

export interface LocalCloud {
  readonly url: string;
  readonly zones: readonly string[];
  readonly instances: readonly Instance[];
  readonly database: LocalDatabase;
  readonly services: ReadonlyMap<string, ThirdPartyService>;
  /** Resolves when the topology is whole again: every instance healthy and in balance, the standby in sync. */
  settle(signal?: AbortSignal): Promise<void>;
  /** The zone is gone with all that ran in it. Answers what was hit; empty when nothing ran there. */
  loseZone(zone: string): Promise<readonly string[]>;
  restoreZone(zone: string): void;
  close(): Promise<void>;
}

export class TopologyNotRunnableError extends Error {
  readonly code = 'topology-not-runnable';
  override readonly name = 'TopologyNotRunnableError';
}

interface Parts {
  readonly balancer: LoadBalancerNode;
  readonly group: ComputeGroupNode;
  readonly process: InstanceProcess;
  readonly database: DatabaseNode;
  readonly services: readonly ExternalServiceNode[];
  readonly zones: readonly string[];
}

/** Finds the parts of the one shape that runs today: load balancer, compute group, database. */
function partsOf(topology: Topology): Parts {
  const find = <K extends Topology['nodes'][number]['kind']>(kind: K) => {
    const node = topology.nodes.find(
      (one): one is Extract<Topology['nodes'][number], { kind: K }> => one.kind === kind,
    );
    if (!node) {
      throw new TopologyNotRunnableError(
        `stack ${topology.name} has no ${kind}; the local cloud runs a load balancer, a compute group and a database.`,
      );
    }
    return node;
  };
  const group = find('compute-group');
  if (!group.process) {
    throw new TopologyNotRunnableError(
      `the user data of ${group.id} writes no systemd unit, so there is nothing to start.`,
    );
  }
  const zones = group.zones.length > 0 ? group.zones : (topology.regions[0]?.zones ?? []);
  if (zones.length === 0)
    throw new TopologyNotRunnableError(`${group.id} is in no zone that the template names.`);
  return {
    balancer: find('load-balancer'),
    group,
    process: group.process,
    database: find('database'),
    services: topology.nodes.filter((node) => node.kind === 'external-service'),
    zones,
  };
}

async function startServices(
  parts: Parts,
  options: LocalCloudOptions,
  guardian: Guardian,
  directory: string,
) {
  const services = new Map<string, ThirdPartyService>();
  for (const { name } of parts.services) {
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

/** Links to the database's endpoint: a lost primary falls silent on all of them at once. */
class DatabaseLinks {
  readonly #links = new Set<FaultLink>();
  #reachable = true;

  add(link: FaultLink): void {
    this.#links.add(link);
    if (!this.#reachable) link.partition();
  }
  setReachable(reachable: boolean): void {
    this.#reachable = reachable;
    for (const link of this.#links)
      if (reachable) link.heal();
      else link.partition();
  }
}

interface Running {
  readonly parts: Parts;
  readonly database: LocalDatabase;
  readonly databaseLinks: DatabaseLinks;
  readonly services: ReadonlyMap<string, ThirdPartyService>;
  readonly passwordFile: string;
  readonly directory: string;
  readonly guardian: Guardian;
}

/** The link to the endpoint for reads, beside the one for writes. */
const DATABASE_READ = 'database-read';
const NOWHERE: Address = { host: '127.0.0.1', port: 0 };

function launcher(
  options: LocalCloudOptions,
  running: Running,
): (id: string, zone: string) => Promise<Instance> {
  const { parts, database, databaseLinks, services, passwordFile } = running;
  const upstreams: Upstream[] = [
    {
      name: 'database',
      target: () => database.endpoint,
      onLink: (link) => {
        databaseLinks.add(link);
      },
    },
    ...(parts.process.environment['DATABASE_READ_HOST'] === undefined
      ? []
      : [
          {
            name: DATABASE_READ,
            target: () => database.readEndpoint,
            // Readers of a cluster stay when its writer goes; without a cluster reads go where writes go.
            ...(parts.database.cluster === undefined
              ? { onLink: (link: FaultLink) => void databaseLinks.add(link) }
              : {}),
          },
        ]),
    ...[...services.values()].map((service) => ({ name: service.name, target: () => service.address })),
  ];
  return (id, zone) =>
    createInstance({
      id,
      zone,
      process: parts.process,
      entryPoint: options.bundles.application,
      upstreams,
      environment: (links) =>
        resolveEnvironment(parts.process.environment, {
          database: links.get('database') ?? NOWHERE,
          databaseRead: links.get(DATABASE_READ) ?? NOWHERE,
          leversFile: join(running.directory, 'levers.json'),
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
}

const urlOf = (address: { host: string; port: number } | undefined): string =>
  address ? `http://${address.host}:${String(address.port)}` : '';

async function startDatabase(
  options: LocalCloudOptions,
  parts: Parts,
  guardian: Guardian,
  directory: string,
) {
  const databaseLinks = new DatabaseLinks();
  const { declared, pace, clock, onEvent } = options;
  const zones = parts.database.zones.length > 0 ? parts.database.zones : parts.zones;
  const credentials = { user: 'shop', password: randomUUID() };
  const database = await createDatabase({
    node: parts.database,
    zones,
    directory,
    credentials,
    ...declared,
    onReachable: (reachable) => {
      databaseLinks.setReachable(reachable);
    },
    pace,
    clock,
    guardian,
    onEvent,
  });
  const passwordFile = join(directory, 'database-password');
  await writeFile(passwordFile, credentials.password, { mode: 0o600 });
  return { database, databaseLinks, passwordFile };
}

function assemble(
  running: Running,
  balancer: LocalLoadBalancer,
  group: LocalAutoScalingGroup,
  options: LocalCloudOptions,
): Omit<LocalCloud, 'close'> {
  const { parts, database, services } = running;
  const { clock, onEvent } = options;
  return {
    url: balancer.url,
    zones: parts.zones,
    get instances() {
      return group.instances;
    },
    database,
    services,
    async settle(signal) {
      await database.settle(signal);
      while (!group.settled && !signal?.aborted) await clock.sleep(100, signal);
      group.season();
    },
    async loseZone(zone) {
      onEvent({ kind: 'zone-lost', subject: zone, message: `${zone} is lost` });
      balancer.loseZone(zone);
      const instances = group.loseZone(zone).map((instance) => instance.id);
      return [...instances, ...(await database.loseZone(zone))];
    },
    restoreZone(zone) {
      onEvent({ kind: 'zone-restored', subject: zone, message: `${zone} is back` });
      balancer.restoreZone(zone);
      database.restoreZone(zone);
      group.restoreZone(zone);
    },
  };
}

/**
 * Starts the topology and resolves when it is whole.
 *
 * @throws TopologyNotRunnableError when the topology is not of a shape that runs here, saying what is missing.
 */
export async function createLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const parts = partsOf(options.topology);
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
    const services = await startServices(parts, options, guardian, directory);
    const started = await startDatabase(options, parts, guardian, directory);
    closers.unshift(() => started.database.close());
    const running = { parts, services, directory, guardian, ...started };
    const { declared, pace, clock, onEvent } = options;
    const balancer = await createLoadBalancer({
      node: parts.balancer,
      zones: parts.zones,
      dnsTtlSeconds: declared.albDnsTtlSeconds,
      pace,
      clock,
      onEvent,
    });
    const group = createAutoScalingGroup({
      node: { ...parts.group, zones: parts.zones },
      loadBalancer: balancer,
      launch: launcher(options, running),
      drawInstanceStartSeconds: declared.drawInstanceStartSeconds,
      drawUnhealthyDetectionSeconds: declared.drawUnhealthyDetectionSeconds,
      pace,
      clock,
      onEvent,
    });
    // The load balancer before the group, so that no instance waits for its requests to drain.
    closers.unshift(
      () => balancer.close(),
      () => group.close(),
    );
    await group.start();
    return Object.assign(assemble(running, balancer, group, options), { close });
  } catch (error) {
    await close();
    throw error;
  }
}
