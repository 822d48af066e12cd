/** A package.json as it is published: what only this repository needs is left out. Pure. */
import type { Conditions, Manifest } from './published-packages.ts';

export interface Repository {
  readonly type: string;
  readonly url: string;
}

/** nx's settings, the refusal to be packed from the source folder, and what only our tests need. */
const OURS_ALONE = ['nx', 'scripts', 'devDependencies', 'private', 'files'];

/**
 * Without the condition that leads to the sources: Node refuses to strip types below node_modules, so a user who
 * sets it would only find files that do not run.
 */
const publishedConditions = (conditions: Conditions): Conditions =>
  Object.fromEntries(Object.entries(conditions).filter(([name]) => name !== '@nines/source'));

/**
 * @param repository where the repository is published, from the root package.json; a package names none otherwise
 * @param directory the package's folder in it
 */
export function publishedManifest(
  manifest: Manifest,
  repository: Repository | undefined,
  directory: string,
): Record<string, unknown> {
  const kept = Object.entries(manifest).filter(([field]) => !OURS_ALONE.includes(field));
  const exports = Object.entries(manifest.exports).map(([path, conditions]) => [
    path,
    publishedConditions(conditions),
  ]);
  return {
    ...Object.fromEntries(kept),
    exports: { ...Object.fromEntries(exports), './package.json': './package.json' },
    files: ['dist', 'src'],
    ...(repository ? { repository: { ...repository, directory } } : {}),
    publishConfig: { access: 'public' },
  };
}

const RELATIVE_LINK = /\[([^\]]*)\]\((?!https?:|#)([^)\s]+)\)/g;

/** A page without links that lead to its neighbours, who are not in the package. */
export const publishedPage = (page: string): string => page.replace(RELATIVE_LINK, '$1');
