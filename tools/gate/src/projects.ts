/**
 * The workspace's projects and the targets that each must have, read from the files. nx infers targets from
 * configuration files, so a project that lacks one would silently not be tested; the gate compares what ran with
 * this list and fails on a gap.
 */
import type { FileTree } from './file-tree.ts';

export interface WorkspaceProject {
  readonly name: string;
  /** Folder, relative to the repository's root. */
  readonly root: string;
  readonly targets: readonly string[];
}

export interface PackageJson {
  readonly name?: string;
  readonly workspaces?: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
  readonly nx?: { readonly tags?: readonly string[] };
}

/** Targets that a project has when its package.json has a script of that name. */
const FROM_SCRIPTS = ['tidy', 'build', 'generated-fresh', 'docs'];

export const parsePackageJson = (tree: FileTree, path: string): PackageJson =>
  JSON.parse(tree.read(path)) as PackageJson;

/** The folders that the root package.json's `workspaces` name; a trailing `*` stands for one folder's name. */
export function workspaceFolders(tree: FileTree): string[] {
  const patterns = parsePackageJson(tree, 'package.json').workspaces ?? [];
  const expressions = patterns.map(
    (pattern) => new RegExp(`^${pattern.replaceAll('/', '\\/').replaceAll('*', '[^/]+')}$`),
  );
  return tree.paths
    .filter((path) => path.endsWith('/package.json'))
    .map((path) => path.slice(0, -'/package.json'.length))
    .filter((folder) => expressions.some((expression) => expression.test(folder)));
}

export function listProjects(tree: FileTree): WorkspaceProject[] {
  return workspaceFolders(tree).map((root) => {
    const { name = root, scripts = {} } = parsePackageJson(tree, `${root}/package.json`);
    const hasTypeScript = tree.paths.some((path) => path.startsWith(`${root}/src/`) && path.endsWith('.ts'));
    const targets = [
      'lint',
      ...(hasTypeScript ? ['typecheck', 'test'] : []),
      ...FROM_SCRIPTS.filter((script) => script in scripts),
    ];
    return { name, root, targets };
  });
}
