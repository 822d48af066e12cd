/** An empty project somewhere else, which goes with all that is in it, and the programs that run in it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from '../src/published-packages.ts';

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

export interface TemporaryProject extends Disposable {
  readonly folder: string;
  write(file: string, content: string | object): void;
  /** Makes packages that this repository has installed usable there, without a network. */
  provide(packages: readonly string[]): void;
  run(command: string, args: readonly string[]): Promise<Ended>;
  /** Runs the TypeScript compiler of this repository with a configuration file of the project. */
  typeCheck(configuration: string): Promise<Ended>;
}

export function createTemporaryProject(): TemporaryProject {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nines-packages-')));
  const run = async (command: string, args: readonly string[]): Promise<Ended> => {
    // Without this repository's conditions and test runner: a user's process has none of them.
    const ours = ['NODE_OPTIONS', 'VITEST', 'NODE_ENV'];
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.includes(name)));
    const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  };
  const write = (file: string, content: string | object): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), typeof content === 'string' ? content : JSON.stringify(content));
  };
  write('package.json', { name: 'empty', private: true, type: 'module' });
  return {
    folder,
    write,
    run,
    provide: (packages) => {
      for (const name of packages) {
        mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true });
        symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
      }
    },
    typeCheck: (configuration) =>
      run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '--project', configuration]),
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
