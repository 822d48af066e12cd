/**
 * Processes of the function killed while they work on an order, as the loss of their host does, at several moments of
 * its making; the customer then repeats the order with the same key. Whether the first one was stored or not, the
 * repeat must find one order, at once.
 */
import type { ServerlessCloud } from '@nines/emulator';
import { FaultHitNothingError } from '../../faults/fault.ts';
import { CLIENT_PATIENCE_MS } from '../../load-generator.ts';
import type { ServerlessContext, ServerlessFault } from './serverless-fault.ts';

/** Before, while and after the payment (40 ms) and the transaction that follows it. */
export const KILL_AFTER_MS: readonly number[] = [15, 40, 60, 80, 120];
/** An order that was answered before the kill proves nothing, so another is tried. */
const TRIES = 8;
/** Between two kills: a process that is started takes this machine's time from all others, as no AWS does. */
const BETWEEN_KILLS_MS = 4_000;
/** Beyond all patience: an order that cannot be repeated by then cannot be repeated. */
const REPEAT_LIMIT_MS = 20_000;
const BETWEEN_REPEATS_MS = 50;
/** Reads what follows the last kill: users who come while processes are started. */
const TAIL_MS = 3_000;

interface Answer {
  readonly status: number;
  readonly orderId?: string;
  /** Where to ask about an order that is kept to be stored later. */
  readonly intakeId?: string;
  readonly replayed: boolean;
}

async function placeOrder(url: string, reference: string, productId: string): Promise<Answer> {
  try {
    const reply = await fetch(`${url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': `key-${reference}` },
      body: JSON.stringify({ reference, items: [{ productId, quantity: 1 }] }),
      signal: AbortSignal.timeout(CLIENT_PATIENCE_MS),
    });
    const { id } = (await reply.json()) as { id?: string };
    const replayed = reply.headers.get('idempotent-replayed') === 'true';
    return {
      status: reply.status,
      replayed,
      ...(reply.status === 201 && id !== undefined ? { orderId: id } : {}),
      ...(reply.status === 202 && id !== undefined ? { intakeId: id } : {}),
    };
  } catch {
    // Cut off: what became of the order is what the repeat finds out.
    return { status: 0, replayed: false };
  }
}

/** Processes of a function that work on an event at this moment. */
async function busyProcesses({ emulator, stackName }: ServerlessCloud, logicalId: string): Promise<number[]> {
  // The emulator names a function after its stack and logical id, with an ending of its own.
  const prefix = `${stackName}-${logicalId}-`;
  const running = await emulator.functions();
  return running
    .filter(({ busy, functionName }) => busy && functionName.startsWith(prefix))
    .map(({ pid }) => pid);
}

async function anyProduct({ url }: ServerlessCloud): Promise<string> {
  const reply = await fetch(`${url}/products?limit=1`, { signal: AbortSignal.timeout(10_000) });
  const { items } = (await reply.json()) as { items?: readonly { readonly id: string }[] };
  const id = items?.[0]?.id;
  if (id === undefined) throw new FaultHitNothingError('function-kill found no product to order.');
  return id;
}

/** What the kills of one fault came to. */
class Kills {
  readonly #context: ServerlessContext;
  readonly #productId: string;
  readonly #name: string;
  killed = 0;
  cutOff = 0;
  stored = 0;
  longestRepeatMs = 0;

  constructor(context: ServerlessContext, productId: string) {
    this.#context = context;
    this.#productId = productId;
    this.#name = `kill-${String(Math.round(context.clock.epochNow()))}`;
  }

  async round(afterMs: number): Promise<void> {
    const { cloud, clock, settings, signal } = this.#context;
    for (let attempt = 0; attempt < TRIES && !signal.aborted; attempt += 1) {
      const reference = `${this.#name}-${String(afterMs)}-${String(attempt)}`;
      const before = await busyProcesses(cloud, settings.ordersFunction);
      const sent = placeOrder(cloud.url, reference, this.#productId);
      await clock.sleep(afterMs, signal);
      await this.#killOneBeside(before);
      if (this.#hasEnded(await sent, reference)) continue;
      this.cutOff += 1;
      await this.#repeat(reference);
      return;
    }
  }

  /** One that has begun to work since: most likely on the order that was just sent. */
  async #killOneBeside(before: readonly number[]): Promise<void> {
    const { cloud, settings } = this.#context;
    const busy = await busyProcesses(cloud, settings.ordersFunction);
    const pid = busy.find((one) => !before.includes(one));
    if (pid !== undefined && this.#context.kill(pid)) this.killed += 1;
  }

  async #repeat(reference: string): Promise<void> {
    const { cloud, clock, signal } = this.#context;
    const fromMs = clock.now();
    const waited = () => clock.now() - fromMs;
    while (waited() < REPEAT_LIMIT_MS && !signal.aborted) {
      const answer = await placeOrder(cloud.url, reference, this.#productId);
      if (this.#hasEnded(answer, reference)) {
        if (answer.replayed) this.stored += 1;
        break;
      }
      await clock.sleep(BETWEEN_REPEATS_MS, signal);
    }
    this.longestRepeatMs = Math.max(this.longestRepeatMs, waited());
  }

  /** Whether the customer may stop asking: the order is stored, or kept to be stored later. */
  #hasEnded({ orderId, intakeId }: Answer, reference: string): boolean {
    const atMs = this.#context.clock.epochNow();
    if (orderId !== undefined) this.#context.acknowledge({ orderId, reference, atMs });
    if (intakeId !== undefined) this.#context.keep({ intakeId, reference, atMs });
    return orderId !== undefined || intakeId !== undefined;
  }
}

export const functionKill: ServerlessFault = {
  name: 'function-kill',
  seconds: () => (KILL_AFTER_MS.length * BETWEEN_KILLS_MS) / 1000,
  async inject(context) {
    const kills = new Kills(context, await anyProduct(context.cloud));
    return {
      target: () =>
        `${String(kills.killed)} processes of ${context.settings.ordersFunction} at work (of ${String(kills.cutOff)} orders cut off, ${String(kills.stored)} were stored already)`,
      async hold() {
        for (const afterMs of KILL_AFTER_MS) {
          await kills.round(afterMs);
          await context.clock.sleep(BETWEEN_KILLS_MS, context.signal);
        }
        await context.clock.sleep(TAIL_MS, context.signal);
      },
      heal: () => Promise.resolve(),
      verify: () =>
        kills.cutOff > 0
          ? Promise.resolve()
          : Promise.reject(new FaultHitNothingError('function-kill cut no order off.')),
      measure: ({ failedRequests }) =>
        Promise.resolve({
          failedPerKill: failedRequests / Math.max(1, kills.killed),
          repeatSeconds: kills.longestRepeatMs / 1000,
        }),
    };
  },
};
