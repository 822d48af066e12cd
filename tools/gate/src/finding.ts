/** One thing that is not as it should be, with the place and what to do about it. */
export interface Finding {
  readonly rule: string;
  readonly path: string;
  /** Line in the file, from 1; absent when the finding is about the file as a whole. */
  readonly line?: number;
  /** What is wrong and what to do, as one sentence. */
  readonly problem: string;
}

/** `docs/a.md:12: [links] the file b.md does not exist`, which editors and terminals make clickable. */
export const formatFinding = ({ rule, path, line, problem }: Finding): string =>
  `${path}${line === undefined ? '' : `:${line}`}: [${rule}] ${problem}`;

/** The line, from 1, on which a position of a text lies. */
export const lineAt = (text: string, position: number): number => text.slice(0, position).split('\n').length;
