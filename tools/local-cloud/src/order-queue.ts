/**
 * Stands in for the region's queue of kept orders, as the template sets it: how long a delivered order is hidden, how long
 * it is kept, and after how many deliveries it is put aside. It outlives every process of its region, and is reached
 * from there, and from other regions as long as none of the two is lost (`regions/region-queues.ts`).
 */
import { LOCAL_QUEUE_STAND_IN, startLocalQueues } from '@nines/local-queue';
import type { QueueNode, Topology } from '@nines/topology';
import type { Address, FaultLink } from './fault-link.ts';
import type { Pace } from './pace.ts';

export const ORDER_QUEUE_STAND_IN = LOCAL_QUEUE_STAND_IN;

export interface LocalOrderQueue {
  readonly address: Address;
  /** The queue's URL for a process that reaches it at this address: its own link. */
  urlAt(address: Address): string;
  /** Orders that wait, or are being stored just now. */
  kept(): number;
  /** Orders that were put aside. */
  putAside(): number;
  close(): Promise<void>;
}

/** Queues that the servers of a region are told of. */
export interface OrderQueues {
  /** Undefined where orders that the database refuses are refused. */
  readonly own: LocalOrderQueue | undefined;
  readonly others: readonly OtherOrderQueue[];
}

/** Where the servers of another region keep orders. */
export interface OtherOrderQueue {
  readonly region: string;
  readonly queue: Pick<LocalOrderQueue, 'address' | 'urlAt'>;
  /** Told of each server's link to it. */
  readonly onLink: (link: FaultLink) => void;
}

/** The queue that the groups of instances are told of, and where it puts aside what cannot be stored. */
function queuesOf(topology: Topology): { readonly queue: QueueNode; readonly aside?: QueueNode } | undefined {
  const queues = new Map(
    topology.nodes.flatMap((node) => (node.kind === 'queue' ? [[node.id, node] as const] : [])),
  );
  const groups = new Set(topology.nodes.flatMap((node) => (node.kind === 'compute-group' ? [node.id] : [])));
  const told = topology.links.find(({ from, to }) => groups.has(from) && queues.has(to));
  const queue = told && queues.get(told.to);
  if (queue === undefined) return undefined;
  const aside = queues.get(queue.redrive?.to ?? '');
  return aside === undefined ? { queue } : { queue, aside };
}

const ASIDE = 'put-aside';
const ORDERS = 'orders';

/** Undefined where the template has no such queue. */
export async function startOrderQueue(topology: Topology, pace: Pace): Promise<LocalOrderQueue | undefined> {
  const found = queuesOf(topology);
  if (found === undefined) return undefined;
  const settingsOf = ({ visibilityTimeoutSeconds, retentionSeconds }: QueueNode) => ({
    visibilityMs: pace.scaleMs(visibilityTimeoutSeconds),
    retentionMs: retentionSeconds * 1000,
  });
  const { queue, aside } = found;
  const queues = await startLocalQueues({
    queues: [
      ...(aside === undefined ? [] : [{ name: ASIDE, ...settingsOf(aside) }]),
      {
        name: ORDERS,
        ...settingsOf(queue),
        ...(aside === undefined || queue.redrive === undefined
          ? {}
          : { redrive: { maxReceiveCount: queue.redrive.maxReceiveCount, to: ASIDE } }),
      },
    ],
  });
  const depthOf = (name: string) => {
    const { visible, inFlight } = queues.depthOf(name);
    return visible + inFlight;
  };
  return {
    address: queues.address,
    urlAt: ({ host, port }) => `http://${host}:${String(port)}${new URL(queues.urlOf(ORDERS)).pathname}`,
    kept: () => depthOf(ORDERS),
    putAside: () => (aside === undefined ? 0 : depthOf(ASIDE)),
    close: () => queues.close(),
  };
}
