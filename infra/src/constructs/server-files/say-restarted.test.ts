import { beforeEach, describe, expect, it } from 'vitest';
import { ScriptBench } from '../../../test/script-bench.ts';

describe('a server whose application has started', () => {
  let bench: ScriptBench;

  beforeEach(() => {
    bench = new ScriptBench();
  });

  /** systemd has started it again so many times; with nothing it cannot be asked. */
  const say = (restarts?: number) => {
    bench.program('systemctl', restarts === undefined ? 'exit 1' : `printf '${String(restarts)}\\n'`);
    return bench.run('say-restarted.sh', { ZONE: 'eu-west-1a', INSTANCE_ID: 'i-1' });
  };

  it('says nothing when somebody asked for the start', () => {
    expect(say(0)).toMatchObject({ status: 0, stdout: '' });
    expect(bench.called).toEqual(['systemctl show --property=NRestarts --value shop-api.service']);
  });

  it('says in one line of its log that systemd started it again, how often, and where', () => {
    const { status, stdout } = say(12);

    expect(status).toBe(0);
    expect(stdout).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(stdout)).toEqual({
      level: 40,
      msg: 'process restarted',
      restarts: 12,
      zone: 'eu-west-1a',
      instance: 'i-1',
    });
  });

  it('does not invent a restart when systemd does not answer', () => {
    expect(say()).toMatchObject({ status: 1, stdout: '' });
  });
});
