/**
 * One run of the world: a fleet of clients, one server, requests that come at random whether or not earlier ones are
 * answered, and perhaps an outage. Everything random comes from the seed, so the same options give the same run.
 */
import { createSeededRandom, deriveSeed } from '@nines/availability';
import { createFifoServer, createSheddingServer } from './server.ts';
import type { Answer, Condition } from './server.ts';
import { SPIKE_LOAD, WORLD } from './setting.ts';
import type { Outage, OutageKind, ServerKind } from './setting.ts';
import { createTally } from './tally.ts';
import type { RequestOutcome, Second } from './tally.ts';
import { createVirtualTime } from './virtual-time.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What a client is made of: the libraries under test get nothing but this. */
export interface Surroundings {
  readonly time: VirtualTime;
  readonly random: () => number;
}

/** One client instance: makes the attempts of a request, and settles when it is answered or given up. */
export type Client = (attempt: () => Promise<void>, deadlineMs: number) => Promise<void>;
export type CreateClient = (surroundings: Surroundings) => Client;

export interface RunOptions {
  readonly createClient: CreateClient;
  readonly seed: number;
  /** Client instances. */
  readonly fleet: number;
  /** Requests that come, in multiples of the capacity. */
  readonly load: number;
  readonly durationMs: number;
  readonly server?: ServerKind;
  readonly outage?: Outage;
  readonly signal?: AbortSignal;
  /** The time of the run, where it must be known to others (virtual globals). @default a new one */
  readonly time?: VirtualTime;
}

/** A server's answer that is none, as an HTTP client would report it. */
export class AnswerError extends Error {
  readonly answer: Answer;
  readonly code: string;
  readonly overloaded?: true;
  readonly retryAfterMs?: number;

  constructor(answer: Exclude<Answer, 'ok'>) {
    super(answer);
    this.answer = answer;
    this.code = answer === 'refused' ? 'ECONNREFUSED' : answer === 'shed' ? 'overloaded' : 'server-error';
    if (answer === 'shed') {
      this.overloaded = true;
      this.retryAfterMs = 1000;
    }
  }
}

const CONDITION: Readonly<Record<OutageKind, Condition>> = {
  hang: 'hanging',
  errors: 'failing',
  spike: 'well',
};

export async function runWorld(options: RunOptions): Promise<readonly Second[]> {
  const { seed, fleet, load, durationMs, outage, time = createVirtualTime() } = options;
  const randomOf = (name: string) => createSeededRandom(deriveSeed(seed, name));
  const serve = (options.server === 'shedding' ? createSheddingServer : createFifoServer)({
    time,
    random: randomOf('service'),
    ...WORLD,
  });
  const tally = createTally();
  const clients = Array.from({ length: fleet }, (_, index) =>
    options.createClient({ time, random: randomOf(`client ${String(index)}`) }),
  );
  const attempt = () =>
    new Promise<void>((resolve, reject) => {
      tally.attempted(time.now());
      serve.serve((answer) => {
        if (answer === 'ok') resolve();
        else reject(new AnswerError(answer));
      });
    });

  const request = async (client: Client) => {
    const cameAtMs = time.now();
    const deadlineMs = cameAtMs + WORLD.deadlineMs;
    tally.came(cameAtMs);
    let outcome: RequestOutcome = 'good';
    try {
      await client(attempt, deadlineMs);
      if (time.now() > deadlineMs) outcome = 'failed';
    } catch (error) {
      outcome = (error as { overloaded?: boolean } | undefined)?.overloaded ? 'shed' : 'failed';
    }
    tally.ended(cameAtMs, outcome);
  };

  const arrivals = randomOf('arrivals');
  const rateOf = (nowMs: number) =>
    (outage?.kind === 'spike' && nowMs >= outage.fromMs && nowMs < outage.toMs ? SPIKE_LOAD : load) *
    (WORLD.capacityRps / 1000);
  const comeNext = () => {
    const nowMs = time.now();
    const gapMs = -Math.log(1 - arrivals()) / rateOf(nowMs);
    if (nowMs + gapMs >= durationMs) return;
    time.schedule(() => {
      comeNext();
      void request(clients[Math.floor(arrivals() * fleet)] as Client);
    }, gapMs);
  };
  comeNext();
  if (outage) {
    time.schedule(() => {
      serve.become(CONDITION[outage.kind]);
    }, outage.fromMs);
    time.schedule(() => {
      serve.become('well');
    }, outage.toMs);
  }
  await time.runUntil(durationMs + 4 * WORLD.deadlineMs, options.signal);
  return tally.seconds;
}
