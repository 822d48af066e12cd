export { replaceMarkedPart } from './marked-part.ts';
