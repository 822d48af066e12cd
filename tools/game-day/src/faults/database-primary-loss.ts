import type { Fault } from './fault.ts';
import { FaultHitNothingError } from './fault.ts';

/** RDS declares at most 120 s for a failover; thrice that means that it will not come. */
const AT_MOST_AWS_SECONDS = 360;
const MACHINE_SECONDS = 20;

/** Crashes the database's primary; its connections fall silent. Failover comes as late as AWS declares it. */
export const databasePrimaryLoss: Fault = {
  name: 'database-primary-loss',
  hold: {
    kind: 'until-recovered',
    atMostSeconds: (pace) => pace.scaleMs(AT_MOST_AWS_SECONDS) / 1000 + MACHINE_SECONDS,
  },
  async inject({ cloud }) {
    if (!cloud.database.endpoint)
      throw new FaultHitNothingError('database-primary-loss found no primary to lose.');
    const target = await cloud.database.losePrimary();
    return { target, heal: () => Promise.resolve() };
  },
};
