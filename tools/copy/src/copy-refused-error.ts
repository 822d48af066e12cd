/** Why nothing was copied: what was asked for does not exist, or the target is not a folder to write into. */
export type CopyRefusedCode =
  | 'library-unknown'
  | 'target-missing'
  | 'target-not-a-folder'
  | 'target-inside-nines'
  | 'target-changed'
  | 'lock-unreadable'
  | 'nothing-recorded';

export class CopyRefusedError extends Error {
  override readonly name = 'CopyRefusedError';
  readonly code: CopyRefusedCode;
  constructor(code: CopyRefusedCode, message: string) {
    super(message);
    this.code = code;
  }
}
