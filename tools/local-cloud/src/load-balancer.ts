/**
 * Stands in for an Application Load Balancer: round robin over healthy targets of all zones, health checks,
 * fail-open, draining, 502/503/504 as ALB answers them, with the settings of the template.
 *
 * It has a node in every zone, as ALB does. A client's connection lands on one of the nodes that DNS names; when
 * a zone is lost its node swallows what it has, and DNS leaves it out only after the record's TTL. What it does
 * not do: TLS, sticky sessions, weights, WAF, HTTP/2. It says so in the report (`LOAD_BALANCER_STAND_IN`).
 */
import { Agent, createServer as createHttpServer, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { HealthCheck, LoadBalancerNode, TargetGroup } from '@nines/topology';
import type { Clock } from './clock.ts';
import type { OnCloudEvent } from './cloud-event.ts';
import type { Address } from './fault-link.ts';
import type { Pace } from './pace.ts';
import { createTargetHealth, matchesStatus } from './target-health.ts';
import type { HealthState, TargetHealth } from './target-health.ts';

export const LOAD_BALANCER_STAND_IN =
  'The load balancer is a local stand-in: it obeys the template’s health check, fail-open, idle timeout and ' +
  'deregistration settings and has a node in every zone, which keeps to the targets of its own zone when cross-zone ' +
  'load balancing is off, but neither TLS, stickiness nor HTTP/2; a target gets its full share as soon as it is ' +
  'healthy (no slow start); DNS leaves out the nodes of lost zones only, and clients do not try the other node’s ' +
  'address by themselves.';

/** ALB gives up connecting to a target after 10 s (Elastic Load Balancing user guide, "HTTP 504"). */
const CONNECT_TIMEOUT_SECONDS = 10;

export interface LoadBalancerTarget {
  readonly id: string;
  readonly zone: string;
  readonly address: Address;
  /**
   * Whether a connection that the local network accepted would be made in AWS: a fault link accepts for a machine
   * that is gone, where AWS's load balancer waits in vain.
   *
   * @default always
   */
  readonly reachable?: () => boolean;
}

export type TargetState = HealthState | 'draining' | 'unregistered';

export interface LocalLoadBalancer {
  readonly url: string;
  register(target: LoadBalancerTarget): void;
  /** Takes the target out and resolves when its open requests are done or the deregistration delay is over. */
  deregister(id: string): Promise<void>;
  stateOf(id: string): TargetState;
  loseZone(zone: string): void;
  restoreZone(zone: string): void;
  close(): Promise<void>;
}

export interface LoadBalancerOptions {
  readonly node: LoadBalancerNode;
  readonly zones: readonly string[];
  /** How long clients keep the address of a lost node, in seconds of AWS's time. */
  readonly dnsTtlSeconds: number;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly onEvent: OnCloudEvent;
}

interface Registered {
  readonly target: LoadBalancerTarget;
  readonly health: TargetHealth;
  readonly agent: Agent;
  readonly stop: AbortController;
  draining: boolean;
  inFlight: number;
}

/** Headers that belong to one connection and must not be passed on (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
]);

function forwardable(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  // The sender may name more of them itself.
  const named = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const kept: IncomingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers))
    if (!HOP_BY_HOP.has(name) && !named.has(name)) kept[name] = value;
  return kept;
}

/** Adds the client to those that proxies in front of this one named, as ALB does by default. */
function forwardedFor(request: IncomingMessage): string {
  const before = request.headers['x-forwarded-for'];
  const client = request.socket.remoteAddress ?? '';
  return before === undefined ? client : `${String(before)}, ${client}`;
}

function answer(response: ServerResponse, status: 502 | 503 | 504): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'text/html', server: 'nines-load-balancer' });
  response.end(`<html><body><h1>${String(status)}</h1></body></html>`);
}

/** The nodes of the load balancer, one per zone, and which of them DNS names to clients. */
class Nodes {
  readonly #zones: readonly string[];
  /** The lost zones; each signal aborts when its loss is over. */
  readonly #lost = new Map<string, AbortController>();
  readonly #hiddenByDns = new Set<string>();
  readonly #zoneOf = new WeakMap<Socket, string>();
  readonly #stranded = new Map<Socket, string>();
  #next = 0;

  constructor(zones: readonly string[]) {
    this.#zones = zones;
  }

  /** Gives a new connection to one of the nodes that DNS names; false when that node's zone is lost. */
  admit(socket: Socket): boolean {
    const named = this.#zones.filter((zone) => !this.#hiddenByDns.has(zone));
    const choices = named.length > 0 ? named : this.#zones;
    const zone = choices[this.#next++ % choices.length] ?? '';
    this.#zoneOf.set(socket, zone);
    if (!this.#lost.has(zone)) return true;
    // Read and thrown away: a socket that is not read never learns that its client gave up, and would stay open.
    socket.resume();
    socket.on('error', () => undefined);
    socket.once('close', () => this.#stranded.delete(socket));
    this.#stranded.set(socket, zone);
    return false;
  }

  zoneOf(socket: Socket): string {
    return this.#zoneOf.get(socket) ?? '';
  }
  isLost(socket: Socket): boolean {
    return this.#lost.has(this.zoneOf(socket));
  }
  /** Answers a signal that aborts when the zone is back, so that nothing that this loss set off comes later. */
  lose(zone: string): AbortSignal {
    const loss = this.#lost.get(zone) ?? new AbortController();
    this.#lost.set(zone, loss);
    return loss.signal;
  }
  hideFromDns(zone: string): void {
    this.#hiddenByDns.add(zone);
  }
  restore(zone: string): void {
    this.#lost.get(zone)?.abort();
    this.#lost.delete(zone);
    this.#hiddenByDns.delete(zone);
    for (const [socket, where] of this.#stranded) if (where === zone) socket.destroy();
  }
  destroyStranded(): void {
    for (const socket of this.#stranded.keys()) socket.destroy();
  }
}

class LoadBalancer implements LocalLoadBalancer {
  readonly #options: LoadBalancerOptions;
  readonly #group: TargetGroup;
  readonly #nodes: Nodes;
  readonly #targets = new Map<string, Registered>();
  readonly #sockets = new Set<Socket>();
  readonly #closing = new AbortController();
  readonly #http: HttpServer;
  readonly #server: Server;
  #next = 0;

  constructor(options: LoadBalancerOptions, group: TargetGroup) {
    this.#options = options;
    this.#group = group;
    this.#nodes = new Nodes(options.zones);
    this.#http = createHttpServer(
      // Not divided by the pace: clients would meet the end of an idle connection far more often than they do in AWS.
      { keepAliveTimeout: options.node.idleTimeoutSeconds * 1000, requestTimeout: 0 },
      (request, response) => {
        this.#handle(request, response);
      },
    );
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      if (this.#nodes.admit(socket)) this.#http.emit('connection', socket);
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => {
        resolve();
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Without cross-zone load balancing a node knows the targets of its own zone only, also for fail-open. */
  #choose(nodeZone: string): Registered | undefined {
    const { crossZone } = this.#options.node;
    const registered = [...this.#targets.values()].filter(
      ({ draining, target }) => !draining && (crossZone || target.zone === nodeZone),
    );
    const healthy = registered.filter((target) => target.health.state === 'healthy');
    const { healthCheck, failOpenBelowHealthyTargets, failOpenBelowHealthyPercent = 0 } = this.#group;
    const failOpen =
      healthy.length < failOpenBelowHealthyTargets ||
      healthy.length * 100 < failOpenBelowHealthyPercent * registered.length;
    const choices = healthCheck.enabled && !failOpen ? healthy : registered;
    return choices[this.#next++ % choices.length];
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const lost = () => this.#nodes.isLost(request.socket);
    // What reaches a lost node is never answered: the client finds out by its own patience.
    if (lost()) return;
    const chosen = this.#choose(this.#nodes.zoneOf(request.socket));
    if (!chosen) {
      answer(response, 503);
      return;
    }
    chosen.inFlight += 1;
    const { address } = chosen.target;
    const upstream = httpRequest({
      agent: chosen.agent,
      host: address.host,
      port: address.port,
      method: request.method,
      path: request.url,
      headers: {
        ...forwardable(request.headers),
        'x-forwarded-for': forwardedFor(request),
        'x-forwarded-proto': 'http',
      },
      timeout: this.#options.pace.scaleMs(this.#options.node.idleTimeoutSeconds),
    });
    let status: 502 | 504 = 502;
    const giveUp = () => {
      status = 504;
      upstream.destroy();
    };
    upstream.on('timeout', giveUp);
    upstream.on('socket', (socket) => {
      if (socket.connecting) void this.#limitConnecting(socket, chosen.target, giveUp);
    });
    upstream.on('error', () => {
      if (!lost()) answer(response, status);
    });
    upstream.on('response', (reply) => {
      if (lost()) return;
      response.writeHead(reply.statusCode ?? 502, forwardable(reply.headers));
      reply.pipe(response);
      reply.on('error', () => response.destroy());
    });
    upstream.on('close', () => {
      chosen.inFlight -= 1;
    });
    response.on('close', () => {
      if (!response.writableFinished) upstream.destroy();
    });
    request.on('error', () => upstream.destroy());
    request.pipe(upstream);
  }

  /** Only the connection is limited so: how long the answer may take is for the template's idle timeout to say. */
  async #limitConnecting(socket: Socket, target: LoadBalancerTarget, giveUp: () => void): Promise<void> {
    const { pace, clock } = this.#options;
    const over = new AbortController();
    const end = () => {
      over.abort();
    };
    socket.once('connect', () => {
      if (target.reachable?.() ?? true) end();
    });
    socket.once('close', end);
    await clock.sleep(pace.scaleMs(CONNECT_TIMEOUT_SECONDS), over.signal);
    if (!over.signal.aborted) giveUp();
  }

  register(target: LoadBalancerTarget): void {
    const { healthCheck } = this.#group;
    const registered: Registered = {
      target,
      health: createTargetHealth(healthCheck),
      agent: new Agent({ keepAlive: true, maxFreeSockets: 256 }),
      stop: new AbortController(),
      draining: false,
      inFlight: 0,
    };
    this.#targets.set(target.id, registered);
    if (healthCheck.enabled) void this.#watch(registered, healthCheck);
  }

  async #watch(registered: Registered, check: HealthCheck): Promise<void> {
    const { pace, clock, onEvent } = this.#options;
    const { signal } = registered.stop;
    while (!signal.aborted) {
      const before = registered.health.state;
      // A check has its own timeout, scaled with the interval so that it always ends before the next begins.
      const passed = await this.#check(registered, check);
      if (signal.aborted) return;
      const after = registered.health.observe(passed);
      if (after !== before) {
        const kind = after === 'healthy' ? 'target-healthy' : 'target-unhealthy';
        onEvent({
          kind,
          subject: registered.target.id,
          message: `${registered.target.id} is ${after} to the load balancer`,
        });
      }
      await clock.sleep(pace.scaleMs(check.intervalSeconds), signal);
    }
  }

  #check(registered: Registered, check: HealthCheck): Promise<boolean> {
    return new Promise((resolve) => {
      const { address } = registered.target;
      const probe = httpRequest({
        host: address.host,
        port: address.port,
        path: check.path,
        agent: false,
        timeout: this.#options.pace.scaleMs(check.timeoutSeconds),
        headers: { 'user-agent': 'ELB-HealthChecker/2.0' },
      });
      probe.on('response', (reply) => {
        reply.resume();
        resolve(matchesStatus(check.matcher, reply.statusCode ?? 0));
      });
      probe.on('timeout', () => probe.destroy());
      probe.on('error', () => {
        resolve(false);
      });
      probe.on('close', () => {
        resolve(false);
      });
      probe.end();
    });
  }

  async deregister(id: string): Promise<void> {
    const registered = this.#targets.get(id);
    if (!registered) return;
    registered.draining = true;
    const { pace, clock } = this.#options;
    const limitMs = pace.scaleMs(this.#group.deregistrationDelaySeconds);
    const until = clock.now() + limitMs;
    while (registered.inFlight > 0 && clock.now() < until && !this.#closing.signal.aborted) {
      await clock.sleep(20, this.#closing.signal);
    }
    registered.stop.abort();
    registered.agent.destroy();
    this.#targets.delete(id);
  }

  stateOf(id: string): TargetState {
    const registered = this.#targets.get(id);
    if (!registered) return 'unregistered';
    if (registered.draining) return 'draining';
    // Without health checks ALB takes every registered target for healthy.
    return this.#group.healthCheck.enabled ? registered.health.state : 'healthy';
  }

  loseZone(zone: string): void {
    const { pace, clock, dnsTtlSeconds } = this.#options;
    const over = AbortSignal.any([this.#nodes.lose(zone), this.#closing.signal]);
    void clock.sleep(pace.scaleMs(dnsTtlSeconds), over).then(() => {
      if (!over.aborted) this.#nodes.hideFromDns(zone);
    });
  }

  restoreZone(zone: string): void {
    this.#nodes.restore(zone);
  }

  close(): Promise<void> {
    this.#closing.abort();
    for (const registered of this.#targets.values()) {
      registered.stop.abort();
      registered.agent.destroy();
    }
    this.#nodes.destroyStranded();
    for (const socket of this.#sockets) socket.destroy();
    this.#http.close();
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }
}

/** Starts the stand-in on a loopback port of the kernel's choice. */
export async function createLoadBalancer(options: LoadBalancerOptions): Promise<LocalLoadBalancer> {
  const group = options.node.targetGroups[0];
  if (!group) throw new TypeError(`load balancer ${options.node.id} forwards to no target group`);
  const balancer = new LoadBalancer(options, group);
  await balancer.listen();
  return balancer;
}
