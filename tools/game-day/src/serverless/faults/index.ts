import { functionKill } from './function-kill.ts';
import { duplicateDelivery, poisonMessage } from './messages.ts';
import { paymentAway, paymentSlow } from './payment.ts';
import { rateExceeded } from './rate-exceeded.ts';
import { regionLoss } from './region-loss.ts';
import type { ServerlessFault } from './serverless-fault.ts';
import { tableRefusing, tableThrottled } from './table.ts';

export * from './serverless-fault.ts';

/** In the order in which a game day tries them: that of `serverlessFaultIds`. */
export const SERVERLESS_FAULTS: readonly ServerlessFault[] = [
  functionKill,
  paymentSlow,
  paymentAway,
  duplicateDelivery,
  poisonMessage,
  tableThrottled,
  tableRefusing,
  rateExceeded,
  regionLoss,
];
