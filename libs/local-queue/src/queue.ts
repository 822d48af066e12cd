/**
 * A standard queue as SQS has them: a delivered message is hidden for a while and delivered again unless it is deleted,
 * and put aside after so many deliveries. Time is handed in, and nothing is durable: everything ends with the process.
 */

export interface QueueOptions {
  /** How long a delivered message is hidden, in milliseconds. */
  readonly visibilityMs: number;
  /** How long a message is kept, in milliseconds. @default Infinity */
  readonly retentionMs?: number;
  /** Where a message goes instead of being delivered once more than this. @default it is delivered for ever */
  readonly redrive?: { readonly maxReceiveCount: number; readonly to: Queue };
  /** Milliseconds of any clock. */
  readonly now: () => number;
}

export interface Delivered {
  readonly id: string;
  readonly body: string;
  /** What this delivery is known by; the next one of the same message has another. */
  readonly receipt: string;
}

export interface QueueDepth {
  /** Messages that the next receiver gets. */
  readonly visible: number;
  /** Messages that are hidden because they have been delivered. */
  readonly inFlight: number;
}

export interface Queue {
  /** @returns the id of the message. */
  send(body: string): string;
  /** Takes over a message that another queue puts aside. */
  takeOver(message: StoredMessage): void;
  /** Up to `limit` messages, those first that have waited longest. */
  receive(limit: number): readonly Delivered[];
  /** A receipt of an earlier delivery deletes nothing. */
  delete(receipt: string): void;
  /** Hides the message for so long from now; 0 gives it back. */
  changeVisibility(receipt: string, visibilityMs: number): void;
  depth(): QueueDepth;
  /** Calls back at the next message that is sent; @returns what takes the wish back. */
  onArrival(callback: () => void): () => void;
}

export interface StoredMessage {
  readonly id: string;
  readonly body: string;
  readonly sentAt: number;
}

interface Held extends StoredMessage {
  visibleAt: number;
  deliveries: number;
}

let made = 0;
/** Unlike each other in the whole process, across queues. */
const nextId = (): string => `00000000-0000-4000-8000-${String((made += 1)).padStart(12, '0')}`;

const receiptOf = ({ id, deliveries }: Held): string => `${id}#${String(deliveries)}`;

export function createQueue({ visibilityMs, retentionMs = Infinity, redrive, now }: QueueOptions): Queue {
  const held = new Map<string, Held>();
  const waiting = new Set<() => void>();

  function add(message: StoredMessage): void {
    held.set(message.id, { ...message, visibleAt: now(), deliveries: 0 });
    for (const callback of [...waiting]) callback();
  }

  function forgetOld(): void {
    for (const { id, sentAt } of held.values()) if (now() - sentAt > retentionMs) held.delete(id);
  }

  /** The message whose newest delivery this is. */
  function ofReceipt(receipt: string): Held | undefined {
    const message = held.get(receipt.split('#')[0] ?? '');
    return message !== undefined && receiptOf(message) === receipt ? message : undefined;
  }

  function deliver(message: Held): Delivered | undefined {
    if (redrive !== undefined && message.deliveries >= redrive.maxReceiveCount) {
      held.delete(message.id);
      redrive.to.takeOver({ id: message.id, body: message.body, sentAt: message.sentAt });
      return undefined;
    }
    message.deliveries += 1;
    message.visibleAt = now() + visibilityMs;
    return { id: message.id, body: message.body, receipt: receiptOf(message) };
  }

  return {
    send: (body) => {
      const id = nextId();
      add({ id, body, sentAt: now() });
      return id;
    },
    takeOver: add,
    receive: (limit) => {
      forgetOld();
      const delivered: Delivered[] = [];
      for (const message of held.values()) {
        if (delivered.length === limit) break;
        if (message.visibleAt > now()) continue;
        const one = deliver(message);
        if (one !== undefined) delivered.push(one);
      }
      return delivered;
    },
    delete: (receipt) => {
      const message = ofReceipt(receipt);
      if (message !== undefined) held.delete(message.id);
    },
    changeVisibility: (receipt, forMs) => {
      const message = ofReceipt(receipt);
      if (message !== undefined) message.visibleAt = now() + forMs;
    },
    depth: () => {
      forgetOld();
      const visible = [...held.values()].filter(({ visibleAt }) => visibleAt <= now()).length;
      return { visible, inFlight: held.size - visible };
    },
    onArrival: (callback) => {
      waiting.add(callback);
      return () => {
        waiting.delete(callback);
      };
    },
  };
}
