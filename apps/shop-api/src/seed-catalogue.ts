/** Fills a new table with products, as a custom resource of its stack. A wrong setting fails the initialisation. */
import { createDynamodbConnection } from './adapters/dynamodb/connection.ts';
import { seedCatalogue } from './adapters/dynamodb/seed.ts';
import { createJsonLog } from './adapters/json-log.ts';
import { ConfigInvalidError } from './environment-reader.ts';
import { createCustomResource } from './function/custom-resource.ts';

const tableName = process.env['TABLE_NAME'];
if (!tableName) throw new ConfigInvalidError(['TABLE_NAME is missing.']);
/**
 * No customer waits, a deployment does: one write that takes long must not fail a whole stack and roll it back. The
 * function's own limit of a minute is the last one.
 */
const PATIENT = { connectTimeoutMs: 5_000, requestTimeoutMs: 5_000, callTimeoutMs: 20_000 };
const connection = createDynamodbConnection(PATIENT);

export const handler = createCustomResource({
  work: () => seedCatalogue(connection, tableName),
  fetch,
  log: createJsonLog({
    level: 'info',
    base: { service: 'seed-catalogue' },
    write: (line) => process.stdout.write(line),
    wallClock: () => new Date(),
  }),
});
