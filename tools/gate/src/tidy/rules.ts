import { bannedNames } from './banned-names.ts';
import { copyablePackages } from './copyable-packages.ts';
import { deadFiles } from './dead-files.ts';
import { decisionRecords } from './decision-records.ts';
import { folderReadmes } from './folder-readmes.ts';
import { foreignAddresses } from './foreign-addresses.ts';
import type { TidyRule } from './rule.ts';
import { topLevel } from './top-level.ts';
import { unfinishedWork } from './unfinished-work.ts';
import { wiredProjects } from './wired-projects.ts';

/** All rules of tidiness. A new one is a file beside this one, a line here and a bad example in test/. */
export const TIDY_RULES: readonly TidyRule[] = [
  bannedNames,
  copyablePackages,
  deadFiles,
  decisionRecords,
  folderReadmes,
  foreignAddresses,
  topLevel,
  unfinishedWork,
  wiredProjects,
];
