export { addLibraries } from './add-libraries.ts';
export type { AddOptions, AddResult } from './add-libraries.ts';
export { readCatalogue } from './catalogue.ts';
export type { Catalogue, CatalogueFile, Library } from './catalogue.ts';
export { compareCopies } from './compare-copies.ts';
export type { Comparison, ComparedFile } from './compare-copies.ts';
export { CopyRefusedError } from './copy-refused-error.ts';
export { LOCK_FILE } from './lock-file.ts';
export type { ImportEnding } from './import-endings.ts';
