/** The table throttling a part of what it is asked, or failing all of it, by the fault point between functions and table. */
import type { ServerlessFaultId } from '@nines/availability';
import type { TableFault } from '@nines/emulator';
import { FaultHitNothingError } from '../../faults/fault.ts';
import { fixedSeconds } from './serverless-fault.ts';
import type { ServerlessFault } from './serverless-fault.ts';

/** Half of the requests: enough that three attempts in a row are refused for one call in eight. */
export const THROTTLED_SHARE = 0.5;

function createTableFault(name: ServerlessFaultId, describe: string, fault: TableFault): ServerlessFault {
  return {
    name,
    seconds: fixedSeconds,
    inject({ cloud: { table }, clock, pace, signal }) {
      const before = table.hits;
      table.inject(fault);
      return Promise.resolve({
        target: () => `table (${describe}; ${String(table.hits - before)} requests hit)`,
        hold: () => clock.sleep(fixedSeconds(pace) * 1000, signal),
        heal() {
          table.heal();
          return Promise.resolve();
        },
        verify: () =>
          table.hits > before
            ? Promise.resolve()
            : Promise.reject(new FaultHitNothingError(`${name}: no function asked the table meanwhile.`)),
      });
    },
  };
}

export const tableThrottled = createTableFault('table-throttled', 'half of the requests throttled', {
  kind: 'throttled',
  share: THROTTLED_SHARE,
});

export const tableRefusing = createTableFault('table-refusing', 'every request answered by an error 500', {
  kind: 'erring',
});
