import { foldersAbove, type FileTree } from '../file-tree.ts';
import type { Finding } from '../finding.ts';
import type { TidyRule } from './rule.ts';

const RULE = 'folder-readmes';

const SOURCE_FILE = /\.(ts|mts|mjs|js|go|sql|py|sh)$/;

/** What a project is usually made of; its own README.md speaks for them. */
const SPOKEN_FOR = new Set(['bin', 'src', 'test']);

/** Folders a reader opens first: they need a few words even where they only hold other folders. */
const DOORS = ['apps', 'libs', 'infra', 'load-tests', 'tools', 'docs'];

function needsReadme(tree: FileTree): string[] {
  const withSource = tree.paths
    .filter((path) => SOURCE_FILE.test(path) && path.includes('/'))
    .map((path) => foldersAbove(path)[0] ?? '')
    .map((folder) => {
      const parent = foldersAbove(folder)[0];
      const name = folder.split('/').at(-1) ?? '';
      const isProjectPart = parent !== undefined && tree.has(`${parent}/package.json`);
      return SPOKEN_FOR.has(name) && isProjectPart ? parent : folder;
    });
  const doors = DOORS.filter((folder) => tree.hasFolder(folder));
  return [...new Set([...withSource, ...doors])].sort();
}

/** Every folder that holds source says in its README.md what lives there and for which change it has room. */
export const folderReadmes: TidyRule = {
  name: RULE,
  check: (tree): Finding[] =>
    needsReadme(tree)
      .filter((folder) => !tree.has(`${folder}/README.md`))
      .map((folder) => ({
        rule: RULE,
        path: folder,
        problem:
          'the folder has no README.md: say in a few lines what lives here and for which change there is room',
      })),
};
