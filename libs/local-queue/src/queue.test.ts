import { expect, it } from 'vitest';
import { createQueue, type QueueOptions } from './queue.ts';

function create(options: Partial<QueueOptions> = {}) {
  let at = 0;
  const now = () => at;
  const deadLetters = createQueue({ visibilityMs: 30_000, now });
  const redrive = { maxReceiveCount: 2, to: deadLetters };
  return {
    queue: createQueue({ visibilityMs: 30_000, redrive, now, ...options }),
    deadLetters,
    pass: (ms: number) => {
      at += ms;
    },
  };
}

const bodies = (messages: readonly { readonly body: string }[]) => messages.map(({ body }) => body);

it('delivers what was sent, the oldest first, and no more than is asked for', () => {
  const { queue } = create();
  for (const body of ['a', 'b', 'c']) queue.send(body);
  expect(bodies(queue.receive(2))).toEqual(['a', 'b']);
  expect(bodies(queue.receive(2))).toEqual(['c']);
  expect(queue.receive(2)).toEqual([]);
  expect(queue.depth()).toEqual({ visible: 0, inFlight: 3 });
});

it('delivers again what was not deleted, as soon as it is not hidden any more', () => {
  const { queue, pass } = create();
  queue.send('a');
  queue.receive(1);
  pass(29_999);
  expect(queue.receive(1)).toEqual([]);
  pass(1);
  expect(bodies(queue.receive(1))).toEqual(['a']);
});

it('deletes by the receipt of the newest delivery only', () => {
  const { queue, pass } = create();
  queue.send('a');
  const [first] = queue.receive(1);
  pass(30_000);
  const [second] = queue.receive(1);
  queue.delete(first?.receipt ?? '');
  expect(queue.depth()).toEqual({ visible: 0, inFlight: 1 });
  queue.delete(second?.receipt ?? '');
  expect(queue.depth()).toEqual({ visible: 0, inFlight: 0 });
});

it('gives a message back at once, or hides it for longer, as its receiver says', () => {
  const { queue, pass } = create();
  queue.send('a');
  const [first] = queue.receive(1);
  queue.changeVisibility(first?.receipt ?? '', 0);
  const [second] = queue.receive(1);
  expect(second?.body).toBe('a');
  queue.changeVisibility(second?.receipt ?? '', 60_000);
  pass(59_999);
  expect(queue.depth()).toEqual({ visible: 0, inFlight: 1 });
});

it('puts a message aside instead of delivering it a third time', () => {
  const { queue, deadLetters, pass } = create();
  queue.send('poison');
  for (let deliveries = 0; deliveries < 2; deliveries += 1) {
    expect(queue.receive(1)).toHaveLength(1);
    pass(30_000);
  }
  expect(queue.receive(1)).toEqual([]);
  expect(bodies(deadLetters.receive(1))).toEqual(['poison']);
});

it('forgets what is older than its retention, and not before', () => {
  const { queue, pass } = create({ retentionMs: 1_000 });
  queue.send('a');
  pass(1_000);
  expect(queue.depth().visible).toBe(1);
  pass(1);
  expect(queue.depth().visible).toBe(0);
});

it('tells who waits for a message, until they do not want to know any more', () => {
  const { queue } = create();
  let told = 0;
  const stop = queue.onArrival(() => (told += 1));
  queue.send('a');
  stop();
  queue.send('b');
  expect(told).toBe(1);
});
