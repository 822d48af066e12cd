export { drawCharts, renderPage } from './drawing.ts';
export type { Drawings } from './drawing.ts';
export { jobsOf, runLab } from './lab.ts';
export type { CellResult, LabProgress, LabResult } from './lab.ts';
export { FLEETS, hasComparison, LOADS, planCells } from './plan.ts';
export type { PlanOptions } from './plan.ts';
export { renderMarkdown, resultAsJson } from './report/tables.ts';
