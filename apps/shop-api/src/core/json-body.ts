/** Reads a JSON body of bounded size, whether or not the client says how long it is. */
import { ProblemError } from './problem.ts';

/** The largest order that the contract allows has some 3 kB; this leaves room for spaces. */
const MAX_BODY_BYTES = 16_384;

/** @throws ProblemError `unsupported-media-type`, `body-too-large` or `validation-failed`. */
export async function readJsonBody(request: Request): Promise<unknown> {
  const mediaType = (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw new ProblemError('unsupported-media-type', 'Send the body as application/json.');
  }
  const length = request.headers.get('content-length');
  if (length !== null && Number(length) > MAX_BODY_BYTES) throw tooLarge();
  const text = length === null ? await readBounded(request) : await request.text();
  if (text.length > MAX_BODY_BYTES) throw tooLarge();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ProblemError('validation-failed', 'The body is not JSON.', {
      cause,
      errors: [{ at: 'body', message: 'must be JSON' }],
    });
  }
}

async function readBounded(request: Request): Promise<string> {
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = '';
  if (request.body === null) return text;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw tooLarge();
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

const tooLarge = () =>
  new ProblemError('body-too-large', `The body may have ${String(MAX_BODY_BYTES)} bytes.`);
