/** The newest orders of the whole shop, merged from the shards that hold them. */
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import type { Order } from '../../ports/storage.ts';
import type { Send } from './connection.ts';
import { ALL_SHARDS, ordersIn, SHARDS, text, toOrder, type Item } from './table.ts';

/** Asked of each shard beyond its even share, so that one round is enough as a rule. */
const MARGIN = 3;

interface Source {
  readonly shard: number;
  /** Read and not yet given out, newest first. */
  readonly ahead: Order[];
  before: string | undefined;
  exhausted: boolean;
}

export async function listOrders(
  send: Send,
  tableName: string,
  { limit, before }: { readonly limit: number; readonly before?: string },
): Promise<readonly Order[]> {
  const share = Math.ceil(limit / SHARDS) + MARGIN;
  const sources = ALL_SHARDS.map((shard): Source => ({ shard, ahead: [], before, exhausted: false }));
  const page: Order[] = [];
  while (page.length < limit) {
    // A source with nothing ahead might have the newest of all.
    const dry = sources.filter(({ ahead, exhausted }) => ahead.length === 0 && !exhausted);
    if (dry.length > 0) {
      await Promise.all(dry.map((source) => readOn(send, tableName, source, share)));
      continue;
    }
    const newest = newestOf(sources);
    if (newest === undefined) break;
    page.push(newest);
  }
  return page;
}

function newestOf(sources: readonly Source[]): Order | undefined {
  let from: Source | undefined;
  for (const source of sources) {
    const [candidate] = source.ahead;
    if (candidate !== undefined && candidate.id > (from?.ahead[0]?.id ?? '')) from = source;
  }
  return from?.ahead.shift();
}

async function readOn(send: Send, tableName: string, source: Source, limit: number): Promise<void> {
  const values: Item = { ':shard': ordersIn(source.shard) };
  if (source.before !== undefined) values[':before'] = text(source.before);
  const { Items = [], LastEvaluatedKey } = await send(
    new QueryCommand({
      TableName: tableName,
      KeyConditionExpression: source.before === undefined ? 'pk = :shard' : 'pk = :shard AND sk < :before',
      ExpressionAttributeValues: values,
      ScanIndexForward: false,
      Limit: limit,
      // Who has just ordered expects to see it.
      ConsistentRead: true,
    }),
  );
  source.ahead.push(...Items.map(toOrder));
  source.before = source.ahead.at(-1)?.id ?? source.before;
  source.exhausted = LastEvaluatedKey === undefined;
}
