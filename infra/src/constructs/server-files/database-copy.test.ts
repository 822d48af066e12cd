import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const folderOf = (script: string): string => join(import.meta.dirname, script);

describe('the copies of a database on a server', () => {
  let folder: string;
  let calls: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nines-copies-'));
    mkdirSync(join(folder, 'bin'));
    calls = join(folder, 'calls');
    writeFileSync(calls, '');
    program('runuser', '[ "$1" = --user ] && shift 3; exec "$@"');
    for (const name of ['postgresql-setup', 'systemctl', 'chgrp']) program(name, '');
    program('psql', 'cat > /dev/null');
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** A program that notes how it was called and then does what is said. */
  function program(name: string, body: string): void {
    const path = join(folder, 'bin', name);
    writeFileSync(path, `#!/bin/bash\necho "${name} $*" >> ${calls}\n${body}\n`);
    chmodSync(path, 0o755);
  }

  const run = (script: string) => {
    const { status, stdout } = spawnSync('bash', [script], {
      encoding: 'utf8',
      env: {
        PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
        COPIES_URL: 's3://the-bucket/copies',
        DATABASE_NAME: 'shop',
        DATABASE_USER: 'shop',
        DATABASE_PASSWORD_FILE: join(folder, 'password'),
        DATABASE_PASSWORD_GROUP: 'secrets',
      },
    });
    return { status, stdout, called: readFileSync(calls, 'utf8').split('\n') };
  };
  const restore = () => run(folderOf('restore-database.sh'));
  const names = (called: readonly string[]) => called.map((line) => line.split(' ')[0]).filter(Boolean);

  it('are restored, the newest one, into an empty database', () => {
    program('aws', 'case "$2" in list-objects-v2) echo copies/new.dump ;; cp) echo data > "$5" ;; esac');
    program('pg_restore', '');
    const { status, stdout, called } = restore();

    expect(status).toBe(0);
    expect(stdout).toContain('Restoring copies/new.dump.');
    expect(called[0]).toMatch(/^chgrp secrets /);
    expect(called[1]).toContain('s3api list-objects-v2 --bucket the-bucket --prefix copies/ ');
    expect(called.find((line) => line.startsWith('aws s3 cp'))).toContain('s3://the-bucket/copies/new.dump ');
    expect(called.find((line) => line.startsWith('pg_restore'))).toMatch(
      /--single-transaction .*--dbname shop /,
    );
    expect(readFileSync(join(folder, 'password'), 'utf8')).toHaveLength(32);
    expect(statSync(join(folder, 'password')).mode & 0o777).toBe(0o640);
  });

  it('are not missed where there has never been one: the database begins empty', () => {
    program('aws', 'echo None');
    program('pg_restore', '');
    const { status, called } = restore();

    expect(status).toBe(0);
    expect(names(called)).toContain('psql');
    expect(names(called)).not.toContain('pg_restore');
  });

  it('keep a server from starting while nobody knows whether there are some', () => {
    program('aws', 'exit 255');
    const { status, called } = restore();

    expect(status).not.toBe(0);
    expect(names(called)).not.toContain('postgresql-setup');
  });

  it('keep a server from starting when the newest one cannot be restored', () => {
    program('aws', 'case "$2" in list-objects-v2) echo copies/new.dump ;; cp) echo data > "$5" ;; esac');
    program('pg_restore', 'exit 1');

    expect(restore().status).not.toBe(0);
  });

  describe('when one is made', () => {
    const copy = () => {
      // The log of a server lies elsewhere here.
      const script = join(folder, 'copy.sh');
      const text = readFileSync(folderOf('database-copy.sh'), 'utf8');
      writeFileSync(script, text.replace('/var/log/shop-api/shop-api.log', join(folder, 'log')));
      return run(script);
    };

    it('are sent whole, under names of their own, and said to have been', () => {
      program('pg_dump', 'echo data');
      program('pg_restore', '');
      program('aws', '');
      const { status, called } = copy();

      expect(status).toBe(0);
      expect(called.find((line) => line.startsWith('aws'))).toMatch(
        / s3:\/\/the-bucket\/copies\/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.dump$/,
      );
      expect(JSON.parse(readFileSync(join(folder, 'log'), 'utf8'))).toEqual({
        level: 30,
        msg: 'database copied',
        bytes: 5,
      });
    });

    it.each(['pg_dump', 'pg_restore', 'aws'])('are not said to have been made when %s fails', (failing) => {
      for (const name of ['pg_dump', 'pg_restore', 'aws'])
        program(name, name === failing ? 'exit 1' : 'true');
      const { status } = copy();

      expect(status).not.toBe(0);
      expect(() => readFileSync(join(folder, 'log'))).toThrow();
    });
  });
});
