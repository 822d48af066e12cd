/**
 * Checks responses against the contract: the status is one that the operation knows, its required headers are
 * there, and its body fits the schema. Every test of the API looks at responses through this.
 */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';
import { contractDocument } from '../src/contract/document.generated.ts';

interface Media {
  readonly schema: object;
}

interface HeaderObject {
  readonly required?: boolean;
  readonly schema: object;
}

interface ResponseObject {
  readonly headers?: Readonly<Record<string, HeaderObject | { readonly $ref: string }>>;
  readonly content: Readonly<Record<string, Media>>;
}

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(contractDocument, 'contract');

function lookUp<T>(value: T | { readonly $ref: string }): T {
  if (typeof value !== 'object' || value === null || !('$ref' in value)) return value as T;
  const path = value.$ref.slice(2).split('/');
  return path.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], contractDocument) as T;
}

/** Validates in place, so that references keep working. */
function complaints(pointer: readonly string[], value: unknown): string {
  const encoded = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')));
  const validate = ajv.compile({ $ref: `contract#/${encoded.join('/')}` });
  return validate(value) ? '' : ajv.errorsText(validate.errors);
}

function operationPointer(method: string, pathname: string): readonly string[] | undefined {
  for (const [template, item] of Object.entries(contractDocument.paths)) {
    const pattern = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
    if (pattern.test(pathname) && method.toLowerCase() in item)
      return ['paths', template, method.toLowerCase()];
  }
  return undefined;
}

function responsePointer(operation: readonly string[], status: number): readonly string[] {
  const responses = [...operation, 'responses'];
  const known = responses.reduce<unknown>(
    (node, key) => (node as Record<string, unknown>)[key],
    contractDocument,
  ) as Record<string, unknown>;
  const key = String(status) in known ? String(status) : 'default';
  expect(known, `the contract does not know status ${String(status)} here`).toHaveProperty(key);
  const response = known[key] as { readonly $ref?: string };
  return response.$ref === undefined ? [...responses, key] : response.$ref.slice(2).split('/');
}

const PROBLEM = ['components', 'responses', 'Problem'];

/** @returns the same response, its body unread. */
export async function checkAgainstContract(
  method: string,
  pathname: string,
  response: Response,
): Promise<Response> {
  expect(response.headers.get('x-request-id')).toMatch(/^[A-Za-z0-9._:/+=@-]{1,128}$/);
  expect(response.headers.get('x-served-by')).toMatch(/^[^@]+@[^@]+$/);
  if (response.status === 503) expect(response.headers.get('retry-after')).toMatch(/^[0-9]+$/);
  const operation = operationPointer(method, pathname);
  const pointer = operation === undefined ? PROBLEM : responsePointer(operation, response.status);
  const expected = pointer.reduce<unknown>(
    (node, key) => (node as Record<string, unknown>)[key],
    contractDocument,
  ) as ResponseObject;
  for (const [name, reference] of Object.entries(expected.headers ?? {})) {
    const header = lookUp<HeaderObject>(reference);
    const value = response.headers.get(name);
    if (header.required === true) expect(value, name).not.toBeNull();
    if (value !== null) expect(ajv.validate(header.schema, value), name).toBe(true);
  }
  const mediaType = response.headers.get('content-type')?.split(';')[0] ?? '';
  expect(Object.keys(expected.content)).toContain(mediaType);
  if (mediaType.endsWith('json')) {
    const body: unknown = await response.clone().json();
    expect(complaints([...pointer, 'content', mediaType, 'schema'], body)).toBe('');
  }
  return response;
}
