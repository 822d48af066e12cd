import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, 'database-password.sh');

/** Answers as the AWS CLI does for a parameter that names a secret, and for that secret. */
const ANSWERING = (secret: string): string => `#!/bin/sh
case "$*" in
  "ssm get-parameter --name the-parameter "*) printf 'arn:the-secret\\n' ;;
  "secretsmanager get-secret-value --secret-id arn:the-secret "*) printf '%s\\n' '${secret}' ;;
  *) exit 64 ;;
esac
`;
const AWAY = '#!/bin/sh\necho "Could not connect to the endpoint URL" >&2\nexit 255\n';

describe('the fetched database password', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nines-password-'));
    mkdirSync(join(folder, 'bin'));
    file = join(folder, 'run/database-password');
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const fetchWith = (aws: string): { readonly status: number | null; readonly errors: string } => {
    writeFileSync(join(folder, 'bin/aws'), aws);
    chmodSync(join(folder, 'bin/aws'), 0o755);
    const { status, stderr } = spawnSync('bash', [SCRIPT], {
      encoding: 'utf8',
      env: {
        PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
        DATABASE_SECRET_PARAMETER: 'the-parameter',
        DATABASE_PASSWORD_FILE: file,
        DATABASE_PASSWORD_GROUP: execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim(),
        NODE: process.execPath,
      },
    });
    return { status, errors: stderr };
  };

  it('is written as it is, whatever characters it has, without a line break', () => {
    const { status } = fetchWith(ANSWERING('{"username":"shop","password":"a$b`c\\"d e%s"}'));

    expect(status).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('a$b`c"d e%s');
  });

  it('can be read by its group and by nobody else', () => {
    fetchWith(ANSWERING('{"password":"one"}'));

    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(statSync(join(folder, 'run')).mode & 0o777).toBe(0o750);
  });

  it('is replaced after a rotation, leaving nothing else behind', () => {
    fetchWith(ANSWERING('{"password":"one"}'));
    fetchWith(ANSWERING('{"password":"two"}'));

    expect(readFileSync(file, 'utf8')).toBe('two');
    expect(readdirSync(join(folder, 'run'))).toEqual(['database-password']);
  });

  it('stays as it is while Secrets Manager is away, and that is no failure', () => {
    fetchWith(ANSWERING('{"password":"one"}'));
    const { status, errors } = fetchWith(AWAY);

    expect(status).toBe(0);
    expect(errors).toContain('the one already here, if any, stays');
    expect(readFileSync(file, 'utf8')).toBe('one');
  });

  it('stays as it is when the answer holds no password', () => {
    fetchWith(ANSWERING('{"password":"one"}'));
    fetchWith(ANSWERING('{"password":""}'));

    expect(readFileSync(file, 'utf8')).toBe('one');
  });

  it('is missing, and that is a failure, when it could never be fetched', () => {
    const { status } = fetchWith(AWAY);

    expect(status).not.toBe(0);
    expect(existsSync(file)).toBe(false);
  });
});
