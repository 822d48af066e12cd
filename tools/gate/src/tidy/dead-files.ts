import { dirname, posix } from 'node:path';
import ts from 'typescript';
import type { FileTree } from '../file-tree.ts';
import type { Finding } from '../finding.ts';
import { parsePackageJson, workspaceFolders } from '../projects.ts';
import type { TidyRule } from './rule.ts';

const RULE = 'dead-files';

const CODE_FILE = /\.(ts|mts|mjs|js)$/;
const TEST_FILE = /\.test\.ts$/;
const CONFIG_FILE = /(^|\/)[\w.-]+\.config\.(mjs|ts|js)$/;

/** Files that start things by naming them: package.json scripts and exports, cdk.json, .ci/run, shell scripts. */
const STARTS_THINGS = /(^|\/)(?!tsconfig|package-lock)[\w.-]+\.json$|^\.ci\/|\.(ya?ml|sh)$/;

const NAMED_FILE = /[\w@./*-]+\.(?:ts|mts|mjs|js)\b/g;
const QUOTED_FILE = /['"`]([^'"`\s]*\.(?:ts|mts|mjs|js))['"`]/g;

type Readers = ReadonlyMap<string, readonly string[]>;

/** Paths by their last part, to find what a string such as `'worker.ts'` or `new URL('./worker.ts', ...)` names. */
function byBaseName(paths: readonly string[]): Map<string, string[]> {
  const index = new Map<string, string[]>();
  for (const path of paths) {
    const name = posix.basename(path);
    index.set(name, [...(index.get(name) ?? []), path]);
  }
  return index;
}

/** The files a name may mean when it stands in `from`: exactly the one it leads to, else all that end like it. */
function named(name: string, from: string, index: ReadonlyMap<string, readonly string[]>): string[] {
  const candidates = index.get(posix.basename(name)) ?? [];
  const exact = [posix.join(dirname(from), name), posix.normalize(name)].filter((path) =>
    candidates.includes(path),
  );
  if (exact.length > 0) return exact;
  const tail = `/${name.replace(/^(\.{1,2}\/)+/, '')}`;
  return candidates.filter((path) => `/${path}`.endsWith(tail));
}

/** What importing a workspace package reads: the files that its `exports` name. */
function packageEntries(tree: FileTree): Map<string, string[]> {
  return new Map(
    workspaceFolders(tree).map((folder) => {
      const text = tree.read(`${folder}/package.json`);
      const entries = [...text.matchAll(NAMED_FILE)].map(([name]) => posix.join(folder, name));
      return [parsePackageJson(tree, `${folder}/package.json`).name ?? folder, entries.filter(tree.has)];
    }),
  );
}

function readBy(tree: FileTree): Readers {
  const code = tree.paths.filter((path) => CODE_FILE.test(path));
  const index = byBaseName(code);
  const packages = packageEntries(tree);
  return new Map(
    tree.paths
      .filter((path) => CODE_FILE.test(path) || STARTS_THINGS.test(path))
      .map((path) => {
        const text = tree.read(path);
        if (!CODE_FILE.test(path)) {
          return [path, [...text.matchAll(NAMED_FILE)].flatMap(([name]) => named(name, path, index))];
        }
        const imports = ts.preProcessFile(text, true, true).importedFiles.flatMap(({ fileName }) => {
          if (fileName.startsWith('.')) return [posix.join(dirname(path), fileName)];
          return packages.get(fileName.split('/').slice(0, 2).join('/')) ?? [];
        });
        const quoted = [...text.matchAll(QUOTED_FILE)].flatMap(([, name = '']) =>
          name.startsWith('.') && imports.includes(posix.join(dirname(path), name))
            ? []
            : named(name, path, index),
        );
        return [path, [...imports, ...quoted]];
      }),
  );
}

/** Everything that is read, starting from some files and going through whatever they read. */
function reachable(
  from: readonly string[],
  readers: Readers,
  through: (path: string) => boolean,
): Set<string> {
  const seen = new Set(from);
  const queue = [...from];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    for (const next of readers.get(path) ?? []) {
      if (seen.has(next) || !through(next)) continue;
      seen.add(next);
      queue.push(next);
    }
  }
  return seen;
}

/** A declaration file speaks for the JavaScript file beside it. */
const isDeclarationOf = (path: string, tree: FileTree): boolean =>
  path.endsWith('.d.ts') && ['.mjs', '.js'].some((ending) => tree.has(path.replace(/\.d\.ts$/, ending)));

const problemOf = (path: string, readByTests: ReadonlySet<string>): string | undefined => {
  const inSource = path.includes('/src/');
  if (!readByTests.has(path))
    return 'nobody reads this file: no import, script or entry leads to it; delete it or use it';
  return inSource ? 'only tests read this file: move it to the folder test/, or use it' : undefined;
};

/** No file without a reader: every module is led to from a package's entry, a script, a configuration file or a test. */
export const deadFiles: TidyRule = {
  name: RULE,
  check: (tree): Finding[] => {
    const readers = readBy(tree);
    const starts = tree.paths.filter((path) => STARTS_THINGS.test(path) || CONFIG_FILE.test(path));
    const tests = tree.paths.filter((path) => TEST_FILE.test(path));
    const used = reachable(starts, readers, (path) => !TEST_FILE.test(path));
    const readByTests = reachable([...starts, ...tests], readers, () => true);
    return tree.paths
      .filter((path) => CODE_FILE.test(path) && !used.has(path) && !TEST_FILE.test(path))
      .filter((path) => !isDeclarationOf(path, tree))
      .flatMap((path) => {
        const problem = problemOf(path, readByTests);
        return problem === undefined ? [] : [{ rule: RULE, path, problem }];
      });
  },
};
