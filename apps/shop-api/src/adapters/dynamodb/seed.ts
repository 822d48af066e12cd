/** The catalogue that a new table begins with: the same as a new PostgreSQL has (`migrations/003`). */
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Product } from '../../ports/storage.ts';
import type { DynamodbConnection } from './connection.ts';
import { toProductItem } from './table.ts';

const KINDS = 'Amber Blue Copper Dark Elder Field Golden Hazel Indigo Juniper'.split(' ');
const THINGS = (
  'Backpack Bicycle Chair Clock Desk Jacket Kettle Lamp Mug Notebook ' +
  'Pan Pen Pillow Radio Rug Scarf Shelf Teapot Tent Umbrella'
).split(' ');

/** Two hundred products with more stock than any load test sells, and one that is sold out for good. */
export const SEED_CATALOGUE: readonly Product[] = [
  ...Array.from({ length: 200 }, (_, index): Product => {
    const n = index + 1;
    return {
      id: `product-${String(n).padStart(3, '0')}`,
      name: `${String(KINDS[n % 10])} ${String(THINGS[Math.floor(n / 10) % 20])}`,
      priceCents: 499 + ((n * 37) % 200) * 100,
      currency: 'EUR',
      stock: 1_000_000_000,
    };
  }),
  { id: 'sold-out', name: "Last Year's Calendar", priceCents: 999, currency: 'EUR', stock: 0 },
];

/** Writes at once; a new table takes thousands a second. */
const AT_ONCE = 25;

/** Adds what is missing. A product that is there keeps its stock and its price, so it may be run again and again. */
export async function seedCatalogue(connection: DynamodbConnection, tableName: string): Promise<void> {
  for (let from = 0; from < SEED_CATALOGUE.length; from += AT_ONCE) {
    const products = SEED_CATALOGUE.slice(from, from + AT_ONCE);
    await Promise.all(products.map((product) => add(connection, tableName, product)));
  }
}

async function add(connection: DynamodbConnection, TableName: string, product: Product): Promise<void> {
  const command = new PutItemCommand({
    TableName,
    Item: toProductItem(product),
    ConditionExpression: 'attribute_not_exists(pk)',
  });
  try {
    await connection.call(undefined, (send) => send(command));
  } catch (error) {
    if ((error as { name?: string }).name !== 'ConditionalCheckFailedException') throw error;
  }
}
