export { startLocalDynamodb, LocalDynamodbStartError } from './dynamodb-server.ts';
export type { LocalDynamodb, LocalDynamodbOptions } from './dynamodb-server.ts';
export { MinistackStartError, startMinistack } from './ministack-process.ts';
export type { MinistackProcess, SpawnProcess, StartMinistackOptions } from './ministack-process.ts';
export { provisionMinistack, MinistackUnavailableError, MINISTACK_VERSION } from './provision-ministack.ts';
export { provisionPythonProgram } from './python-program.ts';
export type { InstalledProgram, ProvisionOptions, PythonProgram, RunProgram } from './python-program.ts';
