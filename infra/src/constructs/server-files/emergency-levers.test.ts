import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, 'emergency-levers.sh');

/** Answers as the AWS CLI does: a token, then the configuration into the file that is named last. */
const ANSWERING = (configuration: string): string => `#!/bin/sh
case "$*" in
  "appconfigdata start-configuration-session --application-identifier app --environment-identifier env --configuration-profile-identifier profile "*) printf 'the-token\\n' ;;
  "appconfigdata get-latest-configuration --configuration-token the-token "*) for file; do :; done; printf '%s' '${configuration}' > "$file" ;;
  *) exit 64 ;;
esac
`;
const AWAY = '#!/bin/sh\necho "Could not connect to the endpoint URL" >&2\nexit 255\n';

describe('the fetched emergency levers', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nines-levers-'));
    mkdirSync(join(folder, 'bin'));
    file = join(folder, 'run/levers.json');
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const fetchWith = (aws: string): number | null => {
    writeFileSync(join(folder, 'bin/aws'), aws);
    chmodSync(join(folder, 'bin/aws'), 0o755);
    return spawnSync('bash', [SCRIPT], {
      encoding: 'utf8',
      env: {
        PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
        LEVERS_APPLICATION: 'app',
        LEVERS_ENVIRONMENT: 'env',
        LEVERS_PROFILE: 'profile',
        LEVERS_FILE: file,
      },
    }).status;
  };

  it('are written as they are, leaving nothing else behind', () => {
    expect(fetchWith(ANSWERING('{"read-only":true}'))).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('{"read-only":true}');
    expect(readdirSync(join(folder, 'run'))).toEqual(['levers.json']);
  });

  it('stay where they are while AppConfig is away', () => {
    fetchWith(ANSWERING('{"read-only":true}'));

    expect(fetchWith(AWAY)).not.toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('{"read-only":true}');
    expect(readdirSync(join(folder, 'run'))).toEqual(['levers.json']);
  });

  it('are no empty file where there is nothing yet', () => {
    expect(fetchWith(ANSWERING(''))).toBe(0);
    expect(existsSync(file)).toBe(false);
  });
});
