/**
 * Links that break and heal together, because what they lead to is lost and back: each caller has a link of its own, and
 * new ones come while it is away.
 */
import type { FaultLink } from './fault-link.ts';

export class FaultLinks {
  readonly #links = new Set<Pick<FaultLink, 'partition' | 'heal'>>();
  #reachable = true;

  add(link: Pick<FaultLink, 'partition' | 'heal'>): void {
    this.#links.add(link);
    if (!this.#reachable) link.partition();
  }
  setReachable(reachable: boolean): void {
    this.#reachable = reachable;
    for (const link of this.#links)
      if (reachable) link.heal();
      else link.partition();
  }
}
