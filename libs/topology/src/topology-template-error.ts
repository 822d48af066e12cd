/**
 * The error for input that cannot be read at all. Anything less than that becomes a note in the topology, so
 * that one odd resource never hides the others.
 */

export type TopologyTemplateErrorCode =
  | 'template-not-an-object'
  | 'template-without-resources'
  | 'assembly-not-an-object'
  | 'assembly-without-stacks'
  | 'assembly-stack-unknown'
  | 'assembly-template-missing'
  | 'assembly-ambiguous';

export class TopologyTemplateError extends Error {
  override readonly name = 'TopologyTemplateError';
  readonly code: TopologyTemplateErrorCode;

  /** @param message What is wrong, and in a second sentence what to do about it. */
  constructor(code: TopologyTemplateErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
