/** The topics of all serverless tiers, weakest first. */
import type { TierTopics } from '../../tier-pages/topics.ts';
import { FOUR_NINES_SERVERLESS, THREE_NINES_SERVERLESS, TWO_NINES_SERVERLESS } from './one-region-topics.ts';
import { FIVE_NINES_SERVERLESS, WARM_STANDBY_SERVERLESS } from './several-regions-topics.ts';

export const SERVERLESS_TOPICS: readonly TierTopics[] = [
  TWO_NINES_SERVERLESS,
  THREE_NINES_SERVERLESS,
  FOUR_NINES_SERVERLESS,
  WARM_STANDBY_SERVERLESS,
  FIVE_NINES_SERVERLESS,
];
