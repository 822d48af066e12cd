/**
 * Requests and responses of API Gateway's HTTP API (payload format 2.0) as those of the fetch standard.
 *
 * Also right for Lambda function URLs, which use the same format. Not for REST APIs, whose format is another one.
 */

/** What is used of an event. */
export interface HttpEvent {
  readonly version: '2.0';
  /** With the stage's name in front, unless the stage is `$default`. */
  readonly rawPath: string;
  /** As it was sent, without the question mark. */
  readonly rawQueryString: string;
  readonly cookies?: readonly string[];
  /** In lower case; several values are joined by commas. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly requestContext: {
    readonly domainName: string;
    readonly stage: string;
    readonly http: { readonly method: string };
  };
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

export interface HttpResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  /** One `Set-Cookie` each; the headers could hold only one of them. */
  readonly cookies?: readonly string[];
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

export function isHttpEvent(event: unknown): event is HttpEvent {
  const { version, requestContext } = (event ?? {}) as Partial<HttpEvent>;
  return (
    version === '2.0' &&
    typeof (requestContext?.http as { method?: unknown } | undefined)?.method === 'string'
  );
}

/** @throws TypeError for a method that the fetch standard forbids. */
export function toRequest(event: HttpEvent): Request {
  const { requestContext, rawQueryString, body, isBase64Encoded } = event;
  const { method } = requestContext.http;
  const query = rawQueryString === '' ? '' : `?${rawQueryString}`;
  const hasBody = body !== undefined && method !== 'GET' && method !== 'HEAD';
  return new Request(`https://${requestContext.domainName}${pathOf(event)}${query}`, {
    method,
    headers: headersOf(event),
    ...(hasBody ? { body: isBase64Encoded ? Buffer.from(body, 'base64') : body } : {}),
  });
}

function pathOf({ rawPath, requestContext: { stage } }: HttpEvent): string {
  const prefix = `/${stage}`;
  const path =
    rawPath === prefix || rawPath.startsWith(`${prefix}/`) ? rawPath.slice(prefix.length) : rawPath;
  // The path may come decoded: what would end it in a URL is part of it here. An encoded slash is then a plain one.
  return (path === '' ? '/' : path).replaceAll('?', '%3F').replaceAll('#', '%23');
}

function headersOf({ headers, cookies }: HttpEvent): Headers {
  const result = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) result.set(name, toByteString(value));
  }
  if (cookies !== undefined && cookies.length > 0) result.set('cookie', toByteString(cookies.join('; ')));
  return result;
}

/** A header holds bytes: other characters become those of their UTF-8, as a server reads them from the wire. */
const toByteString = (value: string): string =>
  [...value].some((character) => character > '\xff') ? Buffer.from(value, 'utf8').toString('latin1') : value;

/** Types whose bodies are text; any other may hold bytes that are no valid UTF-8. */
const TEXT = /^(?:text\/|[\w.-]+\/(?:[\w.-]+\+)?(?:json|xml|javascript|yaml)(?:$|;))/;

export async function toResult(response: Response): Promise<HttpResult> {
  const { status, headers } = response;
  const bytes = Buffer.from(await response.arrayBuffer());
  const isText = TEXT.test(headers.get('content-type') ?? '') && !headers.has('content-encoding');
  const isBase64Encoded = !isText && bytes.length > 0;
  const cookies = headers.getSetCookie();
  return {
    statusCode: status,
    headers: Object.fromEntries([...headers].filter(([name]) => name !== 'set-cookie')),
    ...(cookies.length === 0 ? {} : { cookies }),
    body: bytes.toString(isBase64Encoded ? 'base64' : 'utf8'),
    isBase64Encoded,
  };
}
