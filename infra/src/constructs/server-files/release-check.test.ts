import { readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { ScriptBench } from '../../../test/script-bench.ts';

describe('the check of a release', () => {
  let bench: ScriptBench;

  beforeEach(() => {
    bench = new ScriptBench();
  });

  /** The AWS CLI answers each question about alarms with the next of `alarms`, then with none. */
  const check = (status: string, alarms: readonly string[] = []) => {
    const [count, answers] = [bench.path('asked'), bench.path('answers')];
    writeFileSync(count, '');
    writeFileSync(answers, alarms.join('\n'));
    bench.program(
      'aws',
      `case "$1" in
  cloudformation) [ "${status}" = away ] && exit 255; printf '${status}\\n' ;;
  cloudwatch) printf 'x' >> ${count}; sed -n "$(wc -c < ${count})p" ${answers} ;;
esac`,
    );
    bench.program('sleep', '');
    const { status: code, stderr } = bench.run('release-check.sh', {
      RELEASE_STACK: 'the-stack',
      RELEASE_ALARMS: 'errors latency',
      RELEASE_WATCH_SECONDS: '60',
    });
    return { code, stderr, asked: readFileSync(count, 'utf8').length };
  };

  it('lets a release go on when no alarm went off for as long as it was watched', () => {
    expect(check('UPDATE_IN_PROGRESS')).toMatchObject({ code: 0, asked: 5 });
  });

  it('refuses it as soon as one goes off, and says which', () => {
    const { code, stderr, asked } = check('UPDATE_IN_PROGRESS', ['', '', 'errors']);

    expect({ code, asked }).toEqual({ code: 1, asked: 3 });
    expect(stderr).toContain('errors is in alarm');
  });

  it.each(['UPDATE_ROLLBACK_IN_PROGRESS', 'CREATE_IN_PROGRESS', 'UPDATE_COMPLETE', 'away'])(
    'lets a server join in any case when there is no release to stop: %s',
    (status) => {
      expect(check(status, ['errors'])).toMatchObject({ code: 0, asked: 0 });
    },
  );
});
