/**
 * Whether this instance should get requests: the deep health check behind `/readyz`.
 *
 * It asks the data plane only: the database, and the snapshot that answers reads without it. Payment and reviews
 * are not asked, since their absence is handled request by request and taking the instance out would not help.
 * With the database away it stays 200 `degraded` as long as reads can be answered (docs/adr/0020).
 */
import type { Schemas } from '../contract/contract.ts';

export type ReadinessReport = Schemas['Readiness'];

export interface Readiness {
  report(): Promise<ReadinessReport>;
}

export interface ReadinessDependencies {
  /** Whether the database answers; cached and limited in time by whoever provides it. */
  readonly databaseIsLive: () => Promise<boolean>;
  readonly catalogueIsLoaded: () => boolean;
  readonly isDraining: () => boolean;
}

export function createReadiness(dependencies: ReadinessDependencies): Readiness {
  return {
    report: async () => {
      const catalogue = dependencies.catalogueIsLoaded() ? 'loaded' : 'empty';
      // An instance that is leaving says so without asking anybody.
      if (dependencies.isDraining())
        return { status: 'draining', checks: { database: 'unknown', catalogue } };
      const database = (await dependencies.databaseIsLive()) ? 'live' : 'away';
      return { status: statusOf(database, catalogue), checks: { database, catalogue } };
    },
  };
}

function statusOf(database: 'live' | 'away', catalogue: 'loaded' | 'empty'): ReadinessReport['status'] {
  // Without the first snapshot every product page would fail, database or not.
  if (catalogue === 'empty') return 'unavailable';
  return database === 'live' ? 'ready' : 'degraded';
}
