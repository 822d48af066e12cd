/** Thrown when a setting of the deployment (`-c name=value`) is unknown, malformed or not allowed. */
export class SettingsInvalidError extends Error {
  readonly code = 'settings-invalid';

  /** One sentence per setting that is wrong, so that all can be corrected in one go. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(['These settings cannot be deployed:', ...problems.map((problem) => `  - ${problem}`)].join('\n'));
    this.name = 'SettingsInvalidError';
    this.problems = problems;
  }
}
