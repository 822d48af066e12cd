/**
 * The queues of kept orders of all regions: each region keeps in its own, and fetches from the others' too. The way there is
 * cut while either region is lost; what a lost region's queue holds is there again when the region is.
 */
import type { Topology } from '@nines/topology';
import { FaultLinks } from '../fault-links.ts';
import { startOrderQueue } from '../order-queue.ts';
import type { LocalOrderQueue, OrderQueues } from '../order-queue.ts';
import type { Pace } from '../pace.ts';

export interface RegionQueues {
  /** As the servers of this region see them. */
  seenFrom(region: string): OrderQueues;
  loseRegion(region: string): void;
  restoreRegion(region: string): void;
  close(): Promise<void>;
}

/** The way from the servers of one region to the queue of another. */
interface Way {
  readonly from: string;
  readonly to: string;
  readonly queue: LocalOrderQueue;
  readonly links: FaultLinks;
}

/** Starts them all, before any server that could ask for one. */
export async function startRegionQueues(
  topologies: ReadonlyMap<string, Topology>,
  pace: Pace,
): Promise<RegionQueues> {
  const queues = new Map<string, LocalOrderQueue>();
  for (const [region, topology] of topologies) {
    const queue = await startOrderQueue(topology, pace);
    if (queue) queues.set(region, queue);
  }
  const ways = [...topologies.keys()].flatMap((from) =>
    [...queues].flatMap(([to, queue]): Way[] =>
      from === to ? [] : [{ from, to, queue, links: new FaultLinks() }],
    ),
  );
  const lost = new Set<string>();
  const update = () => {
    for (const { from, to, links } of ways) links.setReachable(!lost.has(from) && !lost.has(to));
  };
  return {
    seenFrom: (region) => ({
      own: queues.get(region),
      others: ways
        .filter(({ from }) => from === region)
        .map(({ to, queue, links }) => ({
          region: to,
          queue,
          onLink: (link) => {
            links.add(link);
          },
        })),
    }),
    loseRegion(region) {
      lost.add(region);
      update();
    },
    restoreRegion(region) {
      lost.delete(region);
      update();
    },
    close: async () => {
      for (const queue of queues.values()) await queue.close();
    },
  };
}
