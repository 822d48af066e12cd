import { join } from 'node:path';

/** The repository's root, from where this file lies. */
export const WORKSPACE_ROOT = join(import.meta.dirname, '..', '..', '..');
