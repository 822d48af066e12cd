/**
 * Stands in for one EC2 instance: the application's bundle as a Node process under systemd's restart rules, with
 * a fault point on each of its links. A lost zone swallows its links and kills it; nobody is told.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { InstanceProcess } from '@nines/topology';
import { freePort } from '@nines/local-postgres';
import type { Clock } from './clock.ts';
import type { OnCloudEvent } from './cloud-event.ts';
import { createFaultLink } from './fault-link.ts';
import type { Address, FaultLink } from './fault-link.ts';
import { killGroup } from './guardian/guardian.ts';
import type { Guardian } from './guardian/guardian.ts';

export interface Instance {
  readonly id: string;
  readonly zone: string;
  /** Where the load balancer reaches it: its inbound link. */
  readonly address: Address;
  readonly pid: number | undefined;
  readonly running: boolean;
  /** How often systemd restarted the process. */
  readonly restarts: number;
  /** Kills the process as a crash does; systemd's rules decide what follows. Answers the pid that was killed. */
  killProcess(): number | undefined;
  /** The machine is gone: links swallow, the process dies, nothing restarts it. */
  lose(): void;
  /** SIGTERM and systemd's stop timeout, then SIGKILL: how an Auto Scaling group ends an instance. */
  terminate(): Promise<void>;
  /** The last lines the process wrote, for an error message. */
  readonly lastOutput: string;
}

/** A service that an instance calls, and where the real one listens at any moment. */
export interface Upstream {
  readonly name: string;
  readonly target: () => Address | undefined;
  /** Told of the link to it, so that a fault of the service can show on every link at once. */
  readonly onLink?: (link: FaultLink) => void;
}

export interface InstanceOptions {
  readonly id: string;
  readonly zone: string;
  readonly process: InstanceProcess;
  /** The built bundle. */
  readonly entryPoint: string;
  readonly upstreams: readonly Upstream[];
  /** The process's environment, given the address of the link to each upstream. */
  readonly environment: (links: ReadonlyMap<string, Address>) => Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly guardian: Guardian;
  readonly clock: Clock;
  readonly onEvent: OnCloudEvent;
}

const OUTPUT_KEPT = 4000;
/** A kept port keeps callers for as long as they like to wait; nobody here is more patient than this. */
const KEPT_PORT_MS = 60_000;

class LocalInstance implements Instance {
  readonly #options: InstanceOptions;
  readonly #inbound: FaultLink;
  readonly #outbound: ReadonlyMap<string, FaultLink>;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #ended = new AbortController();
  #child: ChildProcess | undefined;
  #output = '';
  restarts = 0;

  constructor(
    options: InstanceOptions,
    inbound: FaultLink,
    outbound: ReadonlyMap<string, FaultLink>,
    port: number,
  ) {
    this.#options = options;
    this.#inbound = inbound;
    this.#outbound = outbound;
    const addresses = new Map([...outbound].map(([name, link]) => [name, link.address]));
    this.#environment = {
      ...options.environment(addresses),
      HOST: '127.0.0.1',
      PORT: String(port),
      ZONE: options.zone,
      INSTANCE_ID: options.id,
    };
  }

  get id(): string {
    return this.#options.id;
  }
  get zone(): string {
    return this.#options.zone;
  }
  get address(): Address {
    return this.#inbound.address;
  }
  get pid(): number | undefined {
    return this.#child?.pid;
  }
  get running(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }
  get lastOutput(): string {
    return this.#output;
  }

  start(): void {
    const { entryPoint, guardian, workingDirectory } = this.#options;
    const child = guardian.spawn(process.execPath, ['--enable-source-maps', entryPoint], {
      cwd: workingDirectory,
      // Only what the unit sets, as under systemd: nothing of the user's shell leaks into the service.
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-OUTPUT_KEPT);
      });
    }
    child.once('exit', (code, signal) => void this.#afterExit(code, signal));
  }

  async #afterExit(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    if (this.#ended.signal.aborted) return;
    const { id, process: unit, clock, onEvent } = this.#options;
    onEvent({
      kind: 'process-exited',
      subject: id,
      message: `${id}: process ended (${signal ?? String(code)})`,
    });
    const restart = unit.restart === 'always' || (unit.restart === 'on-failure' && code !== 0);
    if (!restart) return;
    await clock.sleep(unit.restartDelaySeconds * 1000, this.#ended.signal);
    if (this.#ended.signal.aborted) return;
    this.restarts += 1;
    this.start();
    onEvent({ kind: 'process-restarted', subject: id, message: `${id}: systemd restarted the process` });
  }

  killProcess(): number | undefined {
    const pid = this.pid;
    if (!this.running || pid === undefined || !this.#child) return undefined;
    killGroup(this.#child, 'SIGKILL');
    return pid;
  }

  lose(): void {
    this.#ended.abort();
    for (const link of [this.#inbound, ...this.#outbound.values()]) link.partition();
    if (this.#child && this.running) killGroup(this.#child, 'SIGKILL');
  }

  async terminate(): Promise<void> {
    const { clock, process: unit } = this.#options;
    this.#ended.abort();
    const child = this.#child;
    if (child && this.running) {
      const exited = once(child, 'exit');
      const patience = new AbortController();
      killGroup(child, 'SIGTERM');
      const killed = clock.sleep(unit.stopTimeoutSeconds * 1000, patience.signal).then(() => {
        if (this.running) killGroup(child, 'SIGKILL');
      });
      await exited;
      patience.abort();
      await killed;
    }
    await Promise.all([this.#inbound, ...this.#outbound.values()].map((link) => link.close()));
  }
}

/** Makes the links and starts the process; it is not yet known to be healthy. */
export async function createInstance(options: InstanceOptions): Promise<Instance> {
  const port = await freePort();
  const inbound = await createFaultLink({
    name: `load balancer to ${options.id}`,
    target: () => ({ host: '127.0.0.1', port }),
    ...(options.process.keepsPort === true ? { queueMs: KEPT_PORT_MS } : {}),
  });
  const outbound = new Map<string, FaultLink>();
  try {
    for (const { name, target, onLink } of options.upstreams) {
      const link = await createFaultLink({ name: `${options.id} to ${name}`, target });
      outbound.set(name, link);
      onLink?.(link);
    }
    const instance = new LocalInstance(options, inbound, outbound, port);
    instance.start();
    return instance;
  } catch (error) {
    // A link that stays open keeps the whole command from ending.
    await Promise.all([inbound, ...outbound.values()].map((link) => link.close()));
    throw error;
  }
}
