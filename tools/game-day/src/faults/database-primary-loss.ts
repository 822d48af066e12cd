import { holdsItsDatabase, RESTORE_SECONDS } from '../single-server.ts';
import type { Fault } from './fault.ts';
import { FaultHitNothingError } from './fault.ts';

/** RDS declares at most 120 s for a failover; thrice that means that it will not come. */
const AT_MOST_AWS_SECONDS = 360;
const MACHINE_SECONDS = 20;

/**
 * Crashes the database's primary; its connections fall silent. Failover comes as late as AWS declares it. A server that
 * holds its database goes with it, and comes back from the newest copy.
 */
export const databasePrimaryLoss: Fault = {
  name: 'database-primary-loss',
  hold: {
    kind: 'until-recovered',
    atMostSeconds: (pace, topology) =>
      pace.scaleMs(holdsItsDatabase(topology) ? RESTORE_SECONDS : AT_MOST_AWS_SECONDS) / 1000 +
      MACHINE_SECONDS,
  },
  async inject({ cloud }) {
    if (!cloud.database.endpoint)
      throw new FaultHitNothingError('database-primary-loss found no primary to lose.');
    const target = await cloud.database.losePrimary();
    return { target, heal: () => Promise.resolve() };
  },
};
