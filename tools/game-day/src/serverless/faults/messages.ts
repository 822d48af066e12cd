/** What can be wrong with the messages that remind the worker: delivered more than once, or not to be understood. */
import type { Clock } from '@nines/local-cloud';
import { FaultHitNothingError } from '../../faults/fault.ts';
import { countMessages, sendMessages, takeMessages } from '../order-record.ts';
import { putAsideSecondsOf } from '../template-settings.ts';
import { fixedSeconds } from './serverless-fault.ts';
import type { ServerlessFault } from './serverless-fault.ts';

/** Reminders of one order beside the one that it has anyway. */
const COPIES = 3;
const SEND_EVERY_MS = 500;
/** How soon after its order the copies come: the sooner, the more of them meet the payment under way. */
const SEEN_BEFORE_MS = 1_000;

/** Reminds the worker of every order several times, while its payment is being taken and after it. */
export const duplicateDelivery: ServerlessFault = {
  name: 'duplicate-delivery',
  seconds: fixedSeconds,
  inject({ cloud, clock, pace, signal, acknowledgedSince }) {
    const reminded = new Set<string>();
    let sent = 0;
    async function remind(): Promise<void> {
      const orders = acknowledgedSince(clock.epochNow() - SEND_EVERY_MS - SEEN_BEFORE_MS).filter(
        ({ orderId }) => !reminded.has(orderId),
      );
      for (const { orderId } of orders) reminded.add(orderId);
      const bodies = orders.flatMap(({ orderId }) =>
        Array.from({ length: COPIES }, () => JSON.stringify({ orderId })),
      );
      await sendMessages(cloud, 'OrderQueueUrl', bodies);
      sent += bodies.length;
    }
    return Promise.resolve({
      target: () =>
        `order queue (${String(sent)} more messages, ${String(COPIES)} for each of ${String(reminded.size)} orders)`,
      async hold() {
        const untilMs = clock.now() + fixedSeconds(pace) * 1000;
        while (clock.now() < untilMs && !signal.aborted) {
          await remind();
          await clock.sleep(SEND_EVERY_MS, signal);
        }
      },
      heal: () => Promise.resolve(),
      verify: () =>
        sent > 0
          ? Promise.resolve()
          : Promise.reject(new FaultHitNothingError('duplicate-delivery saw no order to remind of.')),
    });
  },
};

/** No JSON, no object, no order: each of a kind that no repetition makes better. */
export const POISON: readonly string[] = ['{"orderId":', '[]', '{"orderId":"not-an-order"}'];
/** Beyond the template's own time, before it is given up: what is measured then is that it never came. */
const PATIENCE_SECONDS = 60;
const POLL_MS = 1_000;

/** Waits until so many messages were put aside; undefined when they never were. */
async function awaitAside(
  countAside: () => Promise<number>,
  { clock, limitMs, signal }: { clock: Clock; limitMs: number; signal: AbortSignal },
): Promise<number | undefined> {
  const fromMs = clock.now();
  while (clock.now() - fromMs < limitMs && !signal.aborted) {
    if ((await countAside()) >= POISON.length) return (clock.now() - fromMs) / 1000;
    await clock.sleep(POLL_MS, signal);
  }
  return undefined;
}

/** Sends messages that nobody can understand; they must go aside, and nothing else with them. */
export const poisonMessage: ServerlessFault = {
  name: 'poison-message',
  seconds: (pace, settings) => pace.scaleMs(putAsideSecondsOf(settings)) / 1000,
  async inject({ cloud, clock, pace, settings, signal }) {
    const before = await countMessages(cloud, 'DeadLetterQueueUrl');
    const countAside = async () => (await countMessages(cloud, 'DeadLetterQueueUrl')) - before;
    await sendMessages(cloud, 'OrderQueueUrl', POISON);
    let asideSeconds: number | undefined;
    return {
      target: () => `order queue (${String(POISON.length)} messages that nobody understands)`,
      async hold() {
        const limitMs = pace.scaleMs(putAsideSecondsOf(settings)) + PATIENCE_SECONDS * 1000;
        asideSeconds = await awaitAside(countAside, { clock, limitMs, signal });
      },
      heal: () => Promise.resolve(),
      // Sending either worked or threw, and a message that was understood after all would never be put aside.
      verify: () => Promise.resolve(),
      async measure() {
        const aside = await takeMessages(cloud, 'DeadLetterQueueUrl');
        const stranded = POISON.filter((body) => !aside.includes(body)).length;
        return { strandedMessages: stranded, putAsideSeconds: asideSeconds ?? null };
      },
    };
  },
};
