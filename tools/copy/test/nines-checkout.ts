/** A small checkout of Nines in a temporary folder, whose libraries a test may change, and a project to copy into. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFileSystem } from '../src/file-system.ts';
import type { FileSystem } from '../src/file-system.ts';
import type { Provenance } from '../src/provenance.ts';

export const ALPHA = 'export const alpha = 1;\n';
export const ALPHA_TEST =
  "import { expect, test } from 'vitest';\nimport { alpha } from './alpha.ts';\n\ntest('is one', () => { expect(alpha).toBe(1); });\n";
export const BETA = 'export const beta = 2;\n';
export const BETA_MEMORY = 'export const betaMemory = 3;\n';
export const BETA_MEMORY_TEST =
  "import { expect, test } from 'vitest';\nimport fc from 'fast-check';\nimport { beta } from './beta.ts';\nimport { betaMemory } from './beta-memory.ts';\n";

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';

/** What git would say of a clean checkout that it knows nothing older of. */
export const cleanCheckout: Provenance = { commitOf: () => COMMIT, contentAt: () => undefined };

export interface Checkout extends Disposable {
  readonly root: string;
  /** A folder outside of it. */
  readonly project: string;
  /** Changes a source file of the checkout, such as `alpha/src/alpha.ts`. */
  change(file: string, content: string): void;
  /** Every file of the project with its content, by name; a folder has its name and a slash. */
  tree(): Record<string, string>;
}

const packageJson = (name: string, version: string): string =>
  JSON.stringify({ name: `@nines/${name}`, version, description: `The ${name}.` });

export function createCheckout(): Checkout {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nines-copy-')));
  const root = join(folder, 'nines');
  const project = join(folder, 'project');
  mkdirSync(project);
  const change = (file: string, content: string): void => {
    const path = join(root, 'libs/resilience', file);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content);
  };
  change('alpha/package.json', packageJson('alpha', '1.2.0'));
  change('alpha/src/alpha.ts', ALPHA);
  change('alpha/src/alpha.test.ts', ALPHA_TEST);
  change('beta/package.json', packageJson('beta', '1.2.0'));
  change('beta/src/beta.ts', BETA);
  change('beta/src/beta-memory.ts', BETA_MEMORY);
  change('beta/src/beta-memory.test.ts', BETA_MEMORY_TEST);
  const tree = (): Record<string, string> =>
    Object.fromEntries(
      readdirSync(project, { recursive: true, withFileTypes: true })
        .map((entry) => {
          const path = join(entry.parentPath, entry.name);
          const name = path.slice(project.length + 1);
          return entry.isFile() ? [name, readFileSync(path, 'utf8')] : [`${name}/`, ''];
        })
        .sort(),
    ) as Record<string, string>;
  return {
    root,
    project,
    change,
    tree,
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The file system with something that happens before each call; the calls are numbered from 1. */
export function watchedFileSystem(before: (call: number, name: string) => void): FileSystem {
  let calls = 0;
  return Object.fromEntries(
    Object.entries(nodeFileSystem).map(([name, real]) => [
      name,
      (...args: unknown[]) => {
        calls += 1;
        before(calls, name);
        return (real as (...args: unknown[]) => unknown)(...args);
      },
    ]),
  ) as unknown as FileSystem;
}
