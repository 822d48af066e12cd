import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { AWAY, ScriptBench } from '../../../test/script-bench.ts';

/** Answers as the AWS CLI does for a parameter that names a secret, and for that secret. */
const ANSWERING = (secret: string): string => `case "$*" in
  "ssm get-parameter --name the-parameter "*) printf 'arn:the-secret\\n' ;;
  "secretsmanager get-secret-value --secret-id arn:the-secret "*) printf '%s\\n' '${secret}' ;;
  *) exit 64 ;;
esac`;

describe('the fetched database password', () => {
  let bench: ScriptBench;
  let file: string;

  beforeEach(() => {
    bench = new ScriptBench();
    file = bench.path('run/database-password');
  });

  const fetchWith = (aws: string): { readonly status: number | null; readonly errors: string } => {
    bench.program('aws', aws);
    const { status, stderr } = bench.run('database-password.sh', {
      DATABASE_SECRET_PARAMETER: 'the-parameter',
      DATABASE_PASSWORD_FILE: file,
      DATABASE_PASSWORD_GROUP: execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim(),
      NODE: process.execPath,
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
    expect(statSync(bench.path('run')).mode & 0o777).toBe(0o750);
  });

  it('is replaced after a rotation, leaving nothing else behind', () => {
    fetchWith(ANSWERING('{"password":"one"}'));
    fetchWith(ANSWERING('{"password":"two"}'));

    expect(readFileSync(file, 'utf8')).toBe('two');
    expect(readdirSync(bench.path('run'))).toEqual(['database-password']);
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
