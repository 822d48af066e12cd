import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, 'release-check.sh');

describe('the check of a release', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nines-release-'));
    mkdirSync(join(folder, 'bin'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** The AWS CLI answers each question about alarms with the next of `alarms`, then with none; sleep is recorded. */
  const check = (status: string, alarms: readonly string[] = []) => {
    const count = join(folder, 'asked');
    writeFileSync(count, '');
    writeFileSync(join(folder, 'answers'), alarms.join('\n'));
    const aws = `#!/bin/sh
case "$1" in
  cloudformation) [ "${status}" = away ] && exit 255; printf '${status}\\n' ;;
  cloudwatch) printf 'x' >> ${count}; sed -n "$(wc -c < ${count})p" ${folder}/answers ;;
esac
`;
    writeFileSync(join(folder, 'bin/aws'), aws);
    writeFileSync(join(folder, 'bin/sleep'), '#!/bin/sh\n');
    for (const program of ['aws', 'sleep']) chmodSync(join(folder, 'bin', program), 0o755);
    const { status: code, stderr } = spawnSync('bash', [SCRIPT], {
      encoding: 'utf8',
      env: {
        PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
        RELEASE_STACK: 'the-stack',
        RELEASE_ALARMS: 'errors latency',
        RELEASE_WATCH_SECONDS: '60',
      },
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
