/**
 * The emergency levers of the shop: what a person may switch off while things burn, so that the rest goes on. Each
 * makes the shop do less, never something else, and each can be pulled and let go at any time.
 *
 * | lever             | while it is pulled                                                                     |
 * | ----------------- | -------------------------------------------------------------------------------------- |
 * | `serve-static`    | answers come from what this instance holds in memory; nobody is asked for a request     |
 * | `read-only`       | no order is taken, no payment captured; reads go on                                     |
 * | `recommendations` | (standing at `false`) product pages come without reviews and recommendations            |
 * | `shed-sheddable`  | lists of orders, prefetches and requests of low urgency are refused                     |
 * | `block-bots`      | requests of programs that say that they are crawlers, or do not say what they are, too  |
 */

/** Where each lever stands while nobody has pulled it. */
export const LEVERS = {
  'serve-static': false,
  'read-only': false,
  recommendations: true,
  'shed-sheddable': false,
  'block-bots': false,
} as const;

export type LeverName = keyof typeof LEVERS;

export interface Levers {
  get(name: LeverName): boolean;
}

/** How programs name themselves that read whole sites. People's browsers and our own clients do not. */
const BOT = /bot|crawl|spider|slurp|scrape/i;

/** RFC 9218: urgency 6 and 7 are for what nobody is waiting for. */
const LOW_URGENCY = /(?:^|[ ,;])u=[67](?:$|[ ,;])/;

/**
 * Whether a request is to be refused because of a lever. Decided by its first line and headers alone: refusing must
 * cost next to nothing.
 */
export function createLeverGate(levers: Levers): (request: Request) => boolean {
  return ({ method, url, headers }) =>
    (levers.get('block-bots') && isBot(headers)) ||
    (levers.get('shed-sheddable') && (isOrderList(method, url) || nobodyWaits(headers)));
}

function isBot(headers: Headers): boolean {
  const agent = headers.get('user-agent') ?? '';
  return agent === '' || BOT.test(agent);
}

const isOrderList = (method: string, url: string): boolean =>
  method === 'GET' && /\/orders\/?(?:\?|$)/.test(url);

const nobodyWaits = (headers: Headers): boolean =>
  (headers.get('sec-purpose') ?? '').includes('prefetch') || LOW_URGENCY.test(headers.get('priority') ?? '');
