/* global AbortSignal, URL, exports, fetch, process -- the runtime of Synthetics: Node, CommonJS */
// A customer who looks around, from outside: the start page, the list of products, one of them. Fails, and so turns
// the canary red, on the first answer that is not what a customer needs. It places no order: the shop would deliver.
const TIME_LIMIT_MS = 10_000;

async function get(base, path) {
  const response = await fetch(new URL(path, base), {
    headers: { 'user-agent': 'nines-site-canary' },
    redirect: 'follow',
    signal: AbortSignal.timeout(TIME_LIMIT_MS),
  });
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}`);
  return response;
}

exports.handler = async () => {
  const { SITE_URL, API_URL } = process.env;
  const page = await (await get(SITE_URL, '/')).text();
  if (!page.includes('<h1>')) throw new Error('the start page is empty');
  const { items } = await (await get(API_URL, '/products?limit=1')).json();
  const [product] = items;
  if (product === undefined) throw new Error('there are no products');
  const { id } = await (await get(API_URL, `/products/${encodeURIComponent(product.id)}`)).json();
  if (id !== product.id) throw new Error(`asked for ${product.id} and got ${id}`);
};
