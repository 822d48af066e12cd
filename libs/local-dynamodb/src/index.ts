export { startLocalDynamodb, LocalDynamodbStartError } from './dynamodb-server.ts';
export type { LocalDynamodb, LocalDynamodbOptions, SpawnProcess } from './dynamodb-server.ts';
export { provisionMinistack, MinistackUnavailableError, MINISTACK_VERSION } from './provision-ministack.ts';
export type { Ministack, ProvisionMinistackOptions } from './provision-ministack.ts';
