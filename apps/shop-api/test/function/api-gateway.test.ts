import { describe, expect, it } from 'vitest';
import { isHttpEvent, toRequest, toResult, type HttpEvent } from '../../src/function/api-gateway.ts';

const event = (changes: Partial<HttpEvent> = {}, stage = '$default', method = 'GET'): HttpEvent => ({
  version: '2.0',
  rawPath: '/products',
  rawQueryString: '',
  headers: { host: 'api.test' },
  requestContext: { domainName: 'api.test', stage, http: { method } },
  isBase64Encoded: false,
  ...changes,
});

describe('a request', () => {
  it('has the path and the query as they were sent', () => {
    const { url } = toRequest(event({ rawQueryString: 'limit=3&cursor=a%2Fb&limit=4' }));
    expect(url).toBe('https://api.test/products?limit=3&cursor=a%2Fb&limit=4');
  });

  it.each([
    ['/prod/products', 'prod', '/products'],
    ['/prod', 'prod', '/'],
    ['/products', 'prod', '/products'],
    ['/product', 'prod', '/product'],
    ['/$default/x', 'prod', '/$default/x'],
  ])('%s in the stage %s is for %s', (rawPath, stage, pathname) => {
    expect(new URL(toRequest(event({ rawPath }, stage)).url).pathname).toBe(pathname);
  });

  it('keeps in the path what would end it, since the gateway has decoded it', () => {
    const { pathname, search, hash } = new URL(toRequest(event({ rawPath: '/products/a?b=1#c d' })).url);
    expect({ pathname, search, hash }).toEqual({
      pathname: '/products/a%3Fb=1%23c%20d',
      search: '',
      hash: '',
    });
  });

  it('cannot be led to another host by its path', () => {
    expect(new URL(toRequest(event({ rawPath: '//other.test/x' })).url).hostname).toBe('api.test');
  });

  it('has its cookies back in one header', () => {
    const request = toRequest(event({ cookies: ['a=1', 'b=2; c'] }));
    expect(request.headers.get('cookie')).toBe('a=1; b=2; c');
    expect(toRequest(event({ cookies: [] })).headers.has('cookie')).toBe(false);
  });

  it('has headers of characters beyond a byte as the bytes that were sent', () => {
    const { headers } = toRequest(
      event({ headers: { 'x-name': 'Łódź', 'x-latin': 'é', 'x-none': undefined } }),
    );
    expect(Buffer.from(headers.get('x-name') ?? '', 'latin1').toString('utf8')).toBe('Łódź');
    expect(headers.get('x-latin')).toBe('é');
    expect(headers.has('x-none')).toBe(false);
  });

  it('has its body as text or from base64, byte for byte', async () => {
    const text = toRequest(event({ body: '{"a":"ü"}' }, '$default', 'POST'));
    expect(await text.text()).toBe('{"a":"ü"}');
    const binary = toRequest(event({ body: '/wCA', isBase64Encoded: true }, '$default', 'PUT'));
    expect([...new Uint8Array(await binary.arrayBuffer())]).toEqual([0xff, 0x00, 0x80]);
  });

  it('has no body where there can be none', async () => {
    for (const method of ['GET', 'HEAD']) {
      expect(toRequest(event({ body: 'x' }, '$default', method)).body).toBeNull();
    }
    expect(await toRequest(event({}, '$default', 'DELETE')).text()).toBe('');
  });
});

describe('an answer', () => {
  it.each([
    'application/json',
    'application/problem+json',
    'text/plain; charset=utf-8',
    'image/svg+xml',
    'application/xml',
    'application/javascript',
  ])('of type %s is handed on as text', async (type) => {
    const result = await toResult(new Response('<"ü">', { headers: { 'content-type': type } }));
    expect(result).toEqual({
      statusCode: 200,
      headers: { 'content-type': type },
      body: '<"ü">',
      isBase64Encoded: false,
    });
  });

  it('of another type, or compressed, is handed on in base64', async () => {
    const bytes = new Uint8Array([0xff, 0x00, 0x80]);
    for (const headers of [
      { 'content-type': 'image/png' },
      { 'content-type': 'application/json', 'content-encoding': 'br' },
    ]) {
      expect(await toResult(new Response(bytes, { headers }))).toMatchObject({
        body: '/wCA',
        isBase64Encoded: true,
      });
    }
  });

  it('without a body has an empty one', async () => {
    expect(await toResult(new Response(null, { status: 204 }))).toEqual({
      statusCode: 204,
      headers: {},
      body: '',
      isBase64Encoded: false,
    });
  });

  it('keeps each of several cookies, and joins other headers of the same name', async () => {
    const headers = new Headers([
      ['set-cookie', 'a=1; Path=/'],
      ['set-cookie', 'b=2, with a comma'],
      ['vary', 'accept'],
      ['vary', 'origin'],
    ]);
    expect(await toResult(new Response(null, { headers }))).toMatchObject({
      headers: { vary: 'accept, origin' },
      cookies: ['a=1; Path=/', 'b=2, with a comma'],
    });
  });
});

it('tells events of this format from all others', () => {
  expect(isHttpEvent(event())).toBe(true);
  for (const other of [
    undefined,
    {},
    { version: '1.0', httpMethod: 'GET', requestContext: {} },
    { version: '2.0' },
    { version: '2.0', requestContext: {} },
    { Records: [] },
  ])
    expect(isHttpEvent(other)).toBe(false);
});
