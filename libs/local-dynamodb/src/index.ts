export { startLocalDynamodb, LocalDynamodbStartError } from './dynamodb-server.ts';
export type { LocalDynamodb, LocalDynamodbOptions } from './dynamodb-server.ts';
export { MinistackStartError, startMinistack } from './ministack-process.ts';
export type { MinistackProcess, SpawnProcess, StartMinistackOptions } from './ministack-process.ts';
export { provisionMinistack, MinistackUnavailableError, MINISTACK_VERSION } from './provision-ministack.ts';
export type { Ministack, ProvisionMinistackOptions } from './provision-ministack.ts';
