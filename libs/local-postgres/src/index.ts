export { preparePostgresBinaries, PostgresUnavailableError } from './binaries.ts';
export type { PostgresBinaries } from './binaries.ts';
export { createPostgresServer, PostgresStartError } from './postgres-server.ts';
export type {
  PostgresServer,
  PostgresServerOptions,
  PostgresCredentials,
  SpawnProcess,
} from './postgres-server.ts';
export { createDatabaseCopy, createStandbyDirectory, restoreDatabaseCopy } from './base-backup.ts';
export { freePort } from './free-port.ts';
