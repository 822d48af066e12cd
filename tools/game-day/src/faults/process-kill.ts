import type { Fault } from './fault.ts';
import { FaultHitNothingError } from './fault.ts';

/** Longer than systemd's restart, the application's start and the health checks that follow, by far. */
const AT_MOST_SECONDS = 60;

/** Kills the application's process on one instance (SIGKILL); systemd restarts it by the template's rules. */
export const processKill: Fault = {
  name: 'process-kill',
  hold: { kind: 'until-recovered', atMostSeconds: () => AT_MOST_SECONDS },
  inject({ cloud }) {
    const instance = cloud.instances.find((one) => one.running);
    const pid = instance?.killProcess();
    if (!instance || pid === undefined) {
      throw new FaultHitNothingError('process-kill found no running process to kill.');
    }
    return Promise.resolve({
      target: `${instance.id} in ${instance.zone} (process ${String(pid)})`,
      heal: () => Promise.resolve(),
    });
  },
};
