/** An HTTP API in front of a handler, for tests: requests become events as the gateway makes them, results responses. */
import type { HttpEvent, HttpResult } from '../../src/function/api-gateway.ts';
import type { FunctionContext, HttpHandler } from '../../src/function/http-handler.ts';

export const context = (remainingMs = 30_000): FunctionContext => ({
  awsRequestId: 'invocation-1',
  getRemainingTimeInMillis: () => remainingMs,
});

/** The gateway hands on as text what is text, and everything else in base64. */
const isText = (type: string): boolean => /^(?:text\/|application\/(?:json|javascript|xml))/i.test(type);

export async function toEvent(path: string, init: RequestInit = {}): Promise<HttpEvent> {
  const request = new Request(`https://api.test${path}`, init);
  const url = new URL(request.url);
  const bytes = Buffer.from(await request.arrayBuffer());
  const text = isText(request.headers.get('content-type') ?? '');
  const { cookie, ...headers } = Object.fromEntries(request.headers);
  return {
    version: '2.0',
    rawPath: decodeURIComponent(url.pathname),
    rawQueryString: url.search.slice(1),
    headers: { ...headers, ...(bytes.length === 0 ? {} : { 'content-length': String(bytes.length) }) },
    ...(cookie === undefined ? {} : { cookies: cookie.split('; ') }),
    requestContext: { domainName: 'api.test', stage: '$default', http: { method: request.method } },
    ...(bytes.length === 0 ? {} : { body: bytes.toString(text ? 'utf8' : 'base64') }),
    isBase64Encoded: bytes.length > 0 && !text,
  };
}

export function toResponse({
  statusCode,
  headers,
  cookies = [],
  body,
  isBase64Encoded,
}: HttpResult): Response {
  const all = new Headers(headers);
  for (const cookie of cookies) all.append('set-cookie', cookie);
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  return new Response(bytes.length === 0 ? null : bytes, { status: statusCode, headers: all });
}

export const callThrough =
  (handler: HttpHandler) =>
  async (path: string, init?: RequestInit): Promise<Response> =>
    toResponse(await handler(await toEvent(path, init), context()));
