import type { FileTree } from '../file-tree.ts';
import type { Finding } from '../finding.ts';

/** A rule about the repository as a whole, which no linter of single files can see. Pure: the same tree gives the same findings. */
export interface TidyRule {
  readonly name: string;
  readonly check: (tree: FileTree) => Finding[];
}
