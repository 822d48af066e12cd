/**
 * A place to run a server's script in, away from any server: the programs that it calls are stand-ins that note how they
 * were called. The folder is under the tests' own temporary one and goes with it.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SCRIPTS = join(import.meta.dirname, '../src/constructs/server-files');

/** The answer of the AWS CLI when nothing answers it. */
export const AWAY = 'echo "Could not connect to the endpoint URL" >&2\nexit 255';

export class ScriptBench {
  readonly folder = mkdtempSync(join(tmpdir(), 'nines-script-'));
  private readonly calls = this.path('calls');

  constructor() {
    mkdirSync(this.path('bin'));
    writeFileSync(this.calls, '');
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** A program that notes how it was called, and then does what `body` says. */
  program(name: string, body: string): void {
    const path = join(this.folder, 'bin', name);
    writeFileSync(path, `#!/bin/bash\necho "${name} $*" >> ${this.calls}\n${body}\n`);
    chmodSync(path, 0o755);
  }

  /**
   * @param script Name of a file in `server-files/`, or a path.
   * @param environment What its unit would give it.
   */
  run(script: string, environment: Readonly<Record<string, string>>): SpawnSyncReturns<string> {
    return spawnSync('bash', [script.includes('/') ? script : join(SCRIPTS, script)], {
      encoding: 'utf8',
      env: { PATH: `${this.path('bin')}:${process.env['PATH'] ?? ''}`, ...environment },
    });
  }

  /** The calls so far, in their order: the name of the program and its arguments. */
  get called(): readonly string[] {
    return readFileSync(this.calls, 'utf8').split('\n').filter(Boolean);
  }

  /** A copy of a script in which `from` is another path: what a server has, and this machine has not. */
  scriptWith(script: string, from: string, to: string): string {
    const path = this.path(script);
    writeFileSync(path, readFileSync(join(SCRIPTS, script), 'utf8').replaceAll(from, to));
    return path;
  }
}
