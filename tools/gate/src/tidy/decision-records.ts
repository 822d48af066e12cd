import type { Finding } from '../finding.ts';
import type { TidyRule } from './rule.ts';

const RULE = 'decision-records';
const FOLDER = 'docs/adr/';
const FILE_NAME = /^(\d{4})-[a-z0-9]+(-[a-z0-9]+)*\.md$/;
const SECTIONS = ['Status', 'Context', 'Decision', 'Consequences'];

const isRecord = (path: string): boolean =>
  path.startsWith(FOLDER) && path.endsWith('.md') && path !== `${FOLDER}README.md`;

/** A heading, `## Context`, or a word in bold at the beginning of a paragraph, `**Context.**`. */
const SECTION_NAME = /^(?:#{2,}\s+|\*\*)([A-Za-z]+)\.?(?:\*\*|\s*$)/gm;

function missingSections(path: string, text: string): Finding[] {
  const names = new Set([...text.matchAll(SECTION_NAME)].map((match) => match[1]?.toLowerCase()));
  return SECTIONS.filter((section) => !names.has(section.toLowerCase())).map((section) => ({
    rule: RULE,
    path,
    problem: `the record has no section "${section}"`,
  }));
}

/** Every decision record is numbered once, and says its status, context, decision and consequences. */
export const decisionRecords: TidyRule = {
  name: RULE,
  check: (tree) => {
    const numbers = new Map<string, string>();
    return tree.paths.filter(isRecord).flatMap((path): Finding[] => {
      const number = FILE_NAME.exec(path.slice(FOLDER.length))?.[1];
      if (number === undefined) {
        return [{ rule: RULE, path, problem: 'a record is named like 0007-why-we-did-it.md' }];
      }
      const earlier = numbers.get(number);
      numbers.set(number, earlier ?? path);
      const twice =
        earlier === undefined
          ? []
          : [{ rule: RULE, path, problem: `number ${number} is taken by ${earlier}` }];
      return [...twice, ...missingSections(path, tree.read(path))];
    });
  },
};
