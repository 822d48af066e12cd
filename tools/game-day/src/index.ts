export type * from './result.ts';
export {
  runGameDay,
  FaultWithoutAcceptanceError,
  GameDayInterruptedError,
  TopologyNotWholeError,
} from './game-day.ts';
export type { GameDayOptions } from './game-day.ts';
export type { OnProgress, Progress } from './progress.ts';
export type { FaultName } from './faults/index.ts';
export { FAULTS, NORMAL_PAYMENT } from './faults/index.ts';
export { drawDeclaredDurations } from './declared-durations.ts';
export { quantileOf, totalOf } from './measures.ts';
export { parseK6Line } from './k6-samples.ts';
export type { Sample } from './k6-samples.ts';
export { drawRegionDurations } from './region-durations.ts';
export { runServerlessGameDay } from './serverless/serverless-game-day.ts';
export type { ServerlessGameDayOptions } from './serverless/serverless-game-day.ts';
