import type { TidyRule } from './rule.ts';

const RULE = 'banned-names';

/** Names that say nothing about what is inside, so that anything ends up there. */
const BANNED = new Set(['util', 'utils', 'common', 'helper', 'helpers', 'manager', 'managers', 'misc']);

/** Names of other people's products, which cannot be called anything else. */
const PRODUCT_NAMES = ['secrets-manager', 'session-manager', 'systems-manager'];

const wordsOf = (segment: string): string[] =>
  PRODUCT_NAMES.reduce((name, product) => name.replace(product, ''), segment.toLowerCase()).split(/[-_.]/);

/** Files and folders are named after what they hold. */
export const bannedNames: TidyRule = {
  name: RULE,
  check: (tree) =>
    tree.paths.flatMap((path) => {
      const word = path
        .split('/')
        .flatMap(wordsOf)
        .find((part) => BANNED.has(part));
      if (word === undefined) return [];
      return [{ rule: RULE, path, problem: `"${word}" says nothing: name it after what it holds` }];
    }),
};
