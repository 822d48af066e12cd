/**
 * Stands in for an Auto Scaling group: keeps the desired number of instances over the zones that are there,
 * replaces what the load balancer calls unhealthy once the grace period is over, and rebalances when a zone
 * comes back. What it does not do: scale by load (a game day is shorter than the alarm that would scale).
 */
import type { ComputeGroupNode } from '@nines/topology';
import type { Clock } from './clock.ts';
import type { OnCloudEvent } from './cloud-event.ts';
import type { Instance } from './instance.ts';
import type { LocalLoadBalancer } from './load-balancer.ts';
import type { Pace } from './pace.ts';

export const AUTO_SCALING_STAND_IN =
  'The Auto Scaling group is a local stand-in: it replaces and rebalances instances by the template’s health ' +
  'check type and grace period; it does not scale by CPU, and of EC2’s own status checks it knows only that a machine ' +
  'is gone.';

/** How often the group looks; short, because what it waits for is stated elsewhere. */
const LOOK_EVERY_MS = 100;

export interface LocalAutoScalingGroup {
  readonly instances: readonly Instance[];
  /** Whether every wanted instance is there, in balance over the zones and healthy to the load balancer. */
  readonly settled: boolean;
  start(): Promise<void>;
  /** How many instances it keeps: the template's number until somebody sets another. */
  readonly desiredInstances: number;
  /** Sets the minimum as an operator or a workflow does; the group launches or ends what the number asks for. */
  setMinimum(instances: number): void;
  /** Whether the load balancer takes this instance for healthy. */
  isInService(instance: Instance): boolean;
  /** Takes every instance for older than the grace period, as a fleet is on any day but its first. */
  season(): void;
  /** Its machines are gone, and nobody is told: the group finds out by its health checks. */
  loseInstances(): readonly Instance[];
  /** Sets the zones that it launches in, as a new list of subnets does; instances elsewhere go when the number shrinks. */
  moveTo(zones: readonly string[]): void;
  loseZone(zone: string): readonly Instance[];
  restoreZone(zone: string): void;
  close(): Promise<void>;
}

export interface AutoScalingGroupOptions {
  readonly node: ComputeGroupNode;
  readonly loadBalancer: LocalLoadBalancer;
  readonly launch: (id: string, zone: string) => Promise<Instance>;
  /** Draws the time from launch to a started process, in seconds of AWS's time. */
  readonly drawInstanceStartSeconds: () => number;
  /** Draws how late the group notices an unhealthy target, in seconds of AWS's time. */
  readonly drawUnhealthyDetectionSeconds: () => number;
  /** Draws how late a group that looks at machines only notices that one is gone, in seconds of AWS's time. */
  readonly drawInstanceLossSeconds: () => number;
  /**
   * Names the next instance; groups behind one load balancer share it, so that no two instances have one name.
   *
   * @default instance-1, instance-2 and so on
   */
  readonly nextId?: () => string;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly onEvent: OnCloudEvent;
}

/** Names instances in the order in which they are launched. */
export function createInstanceNames(): () => string {
  let launched = 0;
  return () => {
    launched += 1;
    return `instance-${String(launched)}`;
  };
}

interface Member {
  readonly instance: Instance;
  startedAtMs: number;
  /** When the group will have noticed that the target is unhealthy; absent while it is not. */
  noticedAtMs?: number;
}

class Group implements LocalAutoScalingGroup {
  readonly #options: AutoScalingGroupOptions;
  readonly #lostZones = new Set<string>();
  readonly #members = new Map<string, Member>();
  readonly #ending = new Map<Instance, Promise<void>>();
  readonly #lost = new WeakSet<Instance>();
  readonly #launches = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #launching: string[] = [];
  readonly #nextId: () => string;
  #desired: number;
  #zones: readonly string[];
  /** While the number was lowered: an instance more than it for a moment, as in a rebalance, is no reason to end one. */
  #isScalingIn = false;
  #watch: Promise<void> | undefined;

  constructor(options: AutoScalingGroupOptions) {
    this.#options = options;
    this.#nextId = options.nextId ?? createInstanceNames();
    this.#desired = options.node.desiredInstances;
    this.#zones = options.node.zones;
  }

  get desiredInstances(): number {
    return this.#desired;
  }
  setMinimum(instances: number): void {
    this.#isScalingIn = instances < this.#desired;
    this.#desired = Math.min(instances, this.#options.node.maxInstances);
  }
  isInService(instance: Instance): boolean {
    return this.#options.loadBalancer.stateOf(instance.id) === 'healthy';
  }

  get instances(): readonly Instance[] {
    return [...this.#members.values()].map((member) => member.instance);
  }

  get settled(): boolean {
    const { loadBalancer } = this.#options;
    const counts = this.#countByZone();
    const spread = Math.max(...counts.values()) - Math.min(...counts.values());
    return (
      this.#members.size === this.#desired &&
      this.#launching.length === 0 &&
      this.#ending.size === 0 &&
      spread <= 1 &&
      this.instances.every((instance) => loadBalancer.stateOf(instance.id) === 'healthy')
    );
  }

  /** Instances per usable zone, those being launched included. */
  #countByZone(): Map<string, number> {
    const zones = this.#zones.filter((zone) => !this.#lostZones.has(zone));
    const counts = new Map(zones.map((zone) => [zone, 0]));
    for (const zone of [...this.instances.map((instance) => instance.zone), ...this.#launching]) {
      const count = counts.get(zone);
      if (count !== undefined) counts.set(zone, count + 1);
    }
    return counts;
  }

  #emptiestZone(): string | undefined {
    return [...this.#countByZone()].sort(([, a], [, b]) => a - b)[0]?.[0];
  }

  /** The first fleet is there before the run begins, so it starts without AWS's start time. */
  async start(): Promise<void> {
    for (let count = 0; count < this.#desired; count += 1) await this.#launch(0);
    this.#watch = this.#look();
  }

  season(): void {
    for (const member of this.#members.values()) member.startedAtMs = Number.NEGATIVE_INFINITY;
  }

  async #launch(startSeconds: number): Promise<void> {
    const zone = this.#emptiestZone();
    if (zone === undefined) return;
    const { launch, loadBalancer, pace, clock, onEvent } = this.#options;
    const id = this.#nextId();
    this.#launching.push(zone);
    try {
      await clock.sleep(pace.scaleMs(startSeconds), this.#closing.signal);
      if (this.#closing.signal.aborted || this.#lostZones.has(zone)) return;
      const instance = await launch(id, zone);
      this.#members.set(id, { instance, startedAtMs: clock.now() });
      loadBalancer.register({
        id,
        zone,
        address: instance.address,
        reachable: () => !this.#lost.has(instance),
      });
      onEvent({ kind: 'instance-started', subject: id, message: `${id} started in ${zone}` });
      // Its zone may have gone while it started, and takes it along.
      if (this.#lostZones.has(zone)) this.#lose(instance);
    } finally {
      this.#launching = without(this.#launching, zone);
    }
  }

  /** A launch that fails is told and not fatal: the group is still short of an instance and tries again. */
  #launchInBackground(work: Promise<void>): void {
    const { node, onEvent } = this.#options;
    const launch = work
      .catch((error: unknown) => {
        const message = `an instance could not be launched: ${error instanceof Error ? error.message : String(error)}`;
        onEvent({ kind: 'instance-stopped', subject: node.id, message });
      })
      .finally(() => this.#launches.delete(launch));
    this.#launches.add(launch);
  }

  async #look(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#closing.signal.aborted) {
      for (const member of this.#members.values())
        if (this.#mustReplace(member)) this.#replace(member.instance);
      this.#keepDesired();
      await clock.sleep(LOOK_EVERY_MS, this.#closing.signal);
    }
  }

  /** Whether the check that this group goes by finds the instance unhealthy, and how late it says so. */
  #failed({ instance, startedAtMs }: Member): boolean {
    const { node, loadBalancer, pace, clock } = this.#options;
    // A machine's own status says nothing about a machine that runs and does not answer.
    if (node.healthCheckType !== 'ELB') return this.#lost.has(instance);
    const inGrace = clock.now() - startedAtMs < pace.scaleMs(node.healthCheckGracePeriodSeconds);
    return !inGrace && loadBalancer.stateOf(instance.id) === 'unhealthy';
  }

  #mustReplace(member: Member): boolean {
    const { node, pace, clock, drawUnhealthyDetectionSeconds, drawInstanceLossSeconds } = this.#options;
    if (!this.#failed(member)) {
      delete member.noticedAtMs;
      return false;
    }
    const draw = node.healthCheckType === 'ELB' ? drawUnhealthyDetectionSeconds : drawInstanceLossSeconds;
    member.noticedAtMs ??= clock.now() + pace.scaleMs(draw());
    return clock.now() >= member.noticedAtMs;
  }

  #replace(instance: Instance): void {
    const message = `${instance.id} in ${instance.zone} is unhealthy and gets replaced`;
    this.#options.onEvent({ kind: 'instance-replaced', subject: instance.id, message });
    this.#end(instance);
  }

  #keepDesired(): void {
    const { drawInstanceStartSeconds } = this.#options;
    const missing = this.#desired - this.#members.size - this.#launching.length;
    // Nothing can be launched while every zone is lost, and a launch that is not made takes no time.
    if (missing > 0 && this.#countByZone().size === 0) return;
    for (let count = 0; count < missing; count += 1)
      this.#launchInBackground(this.#launch(drawInstanceStartSeconds()));
    if (this.#isScalingIn && this.#launching.length === 0) this.#scaleIn(-missing);
    if (missing === 0 && this.#launching.length === 0) this.#rebalance();
  }

  /** One instance too many goes, from the fullest zone; the next look ends the next. */
  #scaleIn(surplus: number): void {
    this.#isScalingIn = surplus > 0;
    const fullest = [...this.#countByZone()].sort(([, a], [, b]) => b - a)[0]?.[0];
    const last =
      this.instances.find((instance) => !this.#zones.includes(instance.zone)) ??
      this.instances.find((instance) => instance.zone === fullest);
    if (surplus > 0 && last) this.#end(last);
  }

  /** AWS launches in the emptier zone before it ends one in the fuller, so capacity never dips. */
  #rebalance(): void {
    const counts = [...this.#countByZone()].sort(([, a], [, b]) => a - b);
    const emptiest = counts[0];
    const fullest = counts.at(-1);
    if (!emptiest || !fullest || fullest[1] - emptiest[1] <= 1) return;
    const surplus = this.instances.find((instance) => instance.zone === fullest[0]);
    if (!surplus) return;
    this.#launchInBackground(
      this.#launch(this.#options.drawInstanceStartSeconds()).then(() => this.#retireWhenCovered(surplus)),
    );
  }

  async #retireWhenCovered(surplus: Instance): Promise<void> {
    const { clock, loadBalancer } = this.#options;
    const covered = () => this.instances.every(({ id }) => loadBalancer.stateOf(id) === 'healthy');
    while (!covered() && !this.#closing.signal.aborted)
      await clock.sleep(LOOK_EVERY_MS, this.#closing.signal);
    if (this.#members.size > this.#desired) this.#end(surplus);
  }

  #end(instance: Instance): void {
    this.#members.delete(instance.id);
    const ending = this.#options.loadBalancer
      .deregister(instance.id)
      .then(() => instance.terminate())
      .then(() => {
        this.#options.onEvent({
          kind: 'instance-stopped',
          subject: instance.id,
          message: `${instance.id} is gone`,
        });
      })
      .finally(() => this.#ending.delete(instance));
    this.#ending.set(instance, ending);
  }

  loseInstances(): readonly Instance[] {
    const lost = this.instances;
    for (const instance of lost) this.#lose(instance);
    return lost;
  }

  moveTo(zones: readonly string[]): void {
    this.#zones = zones;
  }

  loseZone(zone: string): readonly Instance[] {
    this.#lostZones.add(zone);
    // One that was being ended goes with its zone too, in the middle of what it still answered.
    const there = [...this.instances, ...this.#ending.keys()];
    const lost = there.filter((instance) => instance.zone === zone);
    for (const instance of lost) this.#lose(instance);
    return lost;
  }

  #lose(instance: Instance): void {
    this.#lost.add(instance);
    instance.lose();
  }

  restoreZone(zone: string): void {
    this.#lostZones.delete(zone);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#watch;
    // One that is just being launched is there, and must be ended, only afterwards.
    await Promise.all(this.#launches);
    // Nobody is served any more, so no process is given time to drain.
    for (const instance of [...this.instances, ...this.#ending.keys()]) instance.lose();
    await Promise.all(this.instances.map((instance) => instance.terminate()));
    await Promise.allSettled(this.#ending.values());
  }
}

/** The list without one occurrence of the value. */
function without(list: readonly string[], value: string): string[] {
  const at = list.indexOf(value);
  return at < 0 ? [...list] : [...list.slice(0, at), ...list.slice(at + 1)];
}

export function createAutoScalingGroup(options: AutoScalingGroupOptions): LocalAutoScalingGroup {
  return new Group(options);
}
