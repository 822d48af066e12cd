import { databasePrimaryLoss } from './database-primary-loss.ts';
import type { Fault } from './fault.ts';
import { overload } from './overload.ts';
import { paymentAway, paymentSlow } from './payment.ts';
import { processKill } from './process-kill.ts';
import { regionLoss } from './region-loss.ts';
import { createZoneLoss } from './zone-loss.ts';

export * from './fault.ts';
export { NORMAL_PAYMENT } from './payment.ts';
export { OVERLOAD_FACTOR } from './overload.ts';

/**
 * The faults in the order in which a game day tries them. Both zones are lost, the one with the database's
 * standby before the one with its primary, because the second moves the primary.
 */
export const FAULTS: readonly Fault[] = [
  processKill,
  createZoneLoss('database-standby'),
  createZoneLoss('database-primary'),
  databasePrimaryLoss,
  paymentSlow,
  paymentAway,
  overload,
  regionLoss,
];
