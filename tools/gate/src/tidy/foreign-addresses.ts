import { lineAt } from '../finding.ts';
import type { TidyRule } from './rule.ts';

const RULE = 'foreign-addresses';

const host = (...parts: readonly string[]): string => parts.join('\\.');

/**
 * Hosts of package registries and their mirrors. Everybody configures their own; a host in a file (a lock file
 * above all) breaks the build wherever that host cannot be reached. Written in pieces, because this file is
 * under its own rule.
 */
const REGISTRIES = [
  host('registry', 'npmjs', 'org'),
  host('registry', 'yarnpkg', 'com'),
  host('npmmirror', 'com'),
  host('proxy', 'golang', 'org'),
  host('sum', 'golang', 'org'),
  host('files', 'pythonhosted', 'org'),
  host('repo1', 'maven', 'org'),
  host('repo', 'maven', 'apache', 'org'),
  host('index', 'crates', 'io'),
  host('deb', 'debian', 'org'),
  'https?:\\/\\/[\\w.-]*(?:artifactory|nexus|verdaccio)[\\w.-]*',
];

/** Folders that exist on one person's machine: a builder's checkout and people's homes, but not an EC2 user's. */
const MACHINE_PATHS = [
  '(?<![\\w./-])\\/work\\/[a-z.]',
  '(?<![\\w./-])\\/root\\/',
  '(?<![\\w./-])\\/home\\/(?!ec2-user\\b)[a-z]',
  '(?<![\\w./-])\\/Users\\/[A-Za-z]',
  '[A-Z]:\\\\Users\\\\',
];

const FORBIDDEN = [
  {
    pattern: new RegExp(REGISTRIES.join('|'), 'g'),
    problem: "names a registry's host: leave it to the user's configuration",
  },
  {
    pattern: new RegExp(MACHINE_PATHS.join('|'), 'g'),
    problem: 'names a folder of one machine: use a path relative to the file or the root',
  },
];

const BINARY = /\.(png|jpe?g|gif|ico|woff2?|zip|gz|pdf)$/;

/** Files name no registry and no folder of the machine they were written on. */
export const foreignAddresses: TidyRule = {
  name: RULE,
  check: (tree) =>
    tree.paths
      .filter((path) => !BINARY.test(path))
      .flatMap((path) => {
        const text = tree.read(path);
        return FORBIDDEN.flatMap(({ pattern, problem }) =>
          [...text.matchAll(pattern)].map((match) => ({
            rule: RULE,
            path,
            line: lineAt(text, match.index),
            problem: `"${match[0]}" ${problem}`,
          })),
        );
      }),
};
