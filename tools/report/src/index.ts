export { renderHtmlReport } from './html-report.ts';
export { renderVerdict, type VerdictOptions } from './verdict-text.ts';
