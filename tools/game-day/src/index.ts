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
export { totalOf } from './measures.ts';
