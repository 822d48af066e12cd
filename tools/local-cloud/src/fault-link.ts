/**
 * A fault point on the way between two parts: a TCP proxy on loopback that can be told to delay what it carries,
 * to reset it, or to swallow it as a lost network does (no answer, no refusal).
 *
 * Use it wherever a topology has a link that can break. It does not understand what it carries. ADR 0002 says
 * why this is our own and what it costs per request.
 */
import { createServer, connect } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface FaultLink {
  readonly name: string;
  /** Where callers connect. */
  readonly address: Address;
  readonly openConnections: number;
  /** Nothing passes any more, in either direction, and nobody is told: what a lost zone looks like. */
  partition(): void;
  /** Every byte takes this much longer in each direction; 0 ends it. */
  delay(ms: number): void;
  /** Breaks every open connection, as the end of a peer does. */
  reset(): void;
  /** Ends partition and delay. Connections whose peer went away meanwhile are broken now. */
  heal(): void;
  close(): Promise<void>;
}

export interface FaultLinkOptions {
  readonly name: string;
  /** Asked at every new connection; `undefined` refuses it, as a machine without a listener does. */
  readonly target: () => Address | undefined;
  /**
   * How long a connection waits while nobody listens at the target, as it does at a socket that systemd keeps open.
   *
   * @default 0: it is refused at once
   */
  readonly queueMs?: number;
}

/** How often it is looked whether somebody listens again. */
const LISTENING_AGAIN_POLL_MS = 10;

/** Connects as soon as somebody listens; after `queueMs` of waiting, or when the caller is gone, it fails for good. */
function connectQueued(
  target: Address,
  queueMs: number,
  isWanted: () => boolean,
): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const attempt = (leftMs: number) => {
      const upstream = connect(target.port, target.host);
      upstream.once('connect', () => {
        upstream.removeAllListeners('error');
        resolve(upstream);
      });
      upstream.once('error', () => {
        if (leftMs <= 0 || !isWanted()) resolve(undefined);
        else
          setTimeout(() => {
            attempt(leftMs - LISTENING_AGAIN_POLL_MS);
          }, LISTENING_AGAIN_POLL_MS);
      });
    };
    attempt(queueMs);
  });
}

interface State {
  partitioned: boolean;
  delayMs: number;
}

class Pair {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #state: State;
  #brokenWhilePartitioned = false;

  constructor(client: Socket, upstream: Socket, state: State, onClosed: () => void) {
    this.#client = client;
    this.#upstream = upstream;
    this.#state = state;
    this.#pump(client, upstream);
    this.#pump(upstream, client);
    // A pair is over when both sides are: under a partition one may be gone long before the other may know, and a
    // pair forgotten then would leave the other open for ever.
    let open = 2;
    for (const socket of [client, upstream]) {
      socket.once('close', () => {
        open -= 1;
        if (open === 0) onClosed();
      });
    }
  }

  #pump(from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on('data', (chunk: Buffer) => {
      this.#deliver(() => {
        // Delayed chunks may find the way full already: whoever paused it first also resumes it.
        if (!to.write(chunk) && !from.isPaused()) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      });
    });
    from.on('end', () => {
      this.#deliver(() => to.end());
    });
    // An error is followed by `close`, which is where both sides are ended.
    from.on('error', () => undefined);
    from.on('close', () => {
      this.#deliver(() => to.destroy());
    });
  }

  /**
   * While partitioned nothing may reach the other side, not even the news that this side is gone. What comes is
   * still read, and thrown away, because a socket that is not read never learns that its peer gave up.
   */
  #deliver(act: () => void): void {
    if (this.#state.partitioned) this.#brokenWhilePartitioned = true;
    else if (this.#state.delayMs > 0) {
      setTimeout(() => {
        if (this.#state.partitioned) this.#brokenWhilePartitioned = true;
        else act();
      }, this.#state.delayMs);
    } else act();
  }

  /** Bytes that were swallowed cannot be given back, so a connection that lost any is broken instead. */
  release(): void {
    if (this.#brokenWhilePartitioned) this.destroy();
  }

  destroy(): void {
    this.#client.destroy();
    this.#upstream.destroy();
  }
}

/** Keeps what one link is doing: its open pairs, and the callers that connect into the void of a partition. */
class Link implements FaultLink {
  readonly name: string;
  readonly #target: FaultLinkOptions['target'];
  readonly #queueMs: number;
  readonly #server: Server;
  readonly #state: State = { partitioned: false, delayMs: 0 };
  readonly #pairs = new Set<Pair>();
  readonly #stranded = new Set<Socket>();

  constructor(options: FaultLinkOptions) {
    this.name = options.name;
    this.#target = options.target;
    this.#queueMs = options.queueMs ?? 0;
    this.#server = createServer({ noDelay: true }, (client) => {
      this.#accept(client);
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', () => {
        resolve();
      });
    });
  }

  get address(): Address {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }
  get openConnections(): number {
    return this.#pairs.size + this.#stranded.size;
  }

  #accept(client: Socket): void {
    if (this.#state.partitioned) {
      // Read and thrown away: a socket that is not read never learns that its caller gave up, and would stay open.
      client.resume();
      client.on('error', () => undefined);
      client.once('close', () => this.#stranded.delete(client));
      this.#stranded.add(client);
      return;
    }
    const target = this.#target();
    if (!target) {
      client.destroy();
      return;
    }
    if (this.#queueMs === 0) this.#join(client, connect(target.port, target.host));
    else void this.#joinQueued(client, target);
  }

  #join(client: Socket, upstream: Socket): void {
    const pair = new Pair(client, upstream, this.#state, () => this.#pairs.delete(pair));
    this.#pairs.add(pair);
  }

  /** Not read while it waits, so that nothing that the caller says is lost. */
  async #joinQueued(client: Socket, target: Address): Promise<void> {
    client.pause();
    client.on('error', () => undefined);
    client.once('close', () => this.#stranded.delete(client));
    this.#stranded.add(client);
    const upstream = await connectQueued(target, this.#queueMs, () => !client.destroyed);
    this.#stranded.delete(client);
    if (!upstream || client.destroyed) {
      upstream?.destroy();
      client.destroy();
      return;
    }
    this.#join(client, upstream);
    client.resume();
  }

  partition(): void {
    this.#state.partitioned = true;
  }

  delay(ms: number): void {
    this.#state.delayMs = ms;
  }

  reset(): void {
    for (const pair of this.#pairs) pair.destroy();
    for (const socket of this.#stranded) socket.destroy();
  }

  heal(): void {
    this.#state.partitioned = false;
    this.#state.delayMs = 0;
    for (const pair of this.#pairs) pair.release();
    for (const socket of this.#stranded) socket.destroy();
  }

  close(): Promise<void> {
    this.reset();
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }
}

export async function createFaultLink(options: FaultLinkOptions): Promise<FaultLink> {
  const link = new Link(options);
  await link.listen();
  return link;
}
