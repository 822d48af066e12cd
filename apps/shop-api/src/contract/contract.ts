/**
 * The OpenAPI contract as the server uses it: its operations, and validation of requests against its schemas.
 * Everything is derived from `openapi.yaml`; a rule that is not written there is not checked here.
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { contractDocument } from './document.generated.ts';
import type { components, operations } from './openapi.generated.ts';

export type OperationId = keyof operations;
export type Schemas = components['schemas'];
export type ProblemCode = Schemas['ProblemCode'];

type PartOf<Id extends OperationId, Part extends 'path' | 'query' | 'header'> = NonNullable<
  operations[Id]['parameters'][Part]
>;

/** A request's validated parts, as the contract types them. */
export interface OperationInput<Id extends OperationId> {
  readonly path: PartOf<Id, 'path'>;
  readonly query: PartOf<Id, 'query'>;
  readonly header: PartOf<Id, 'header'>;
  readonly body: operations[Id] extends { requestBody: { content: { 'application/json': infer Body } } }
    ? Body
    : undefined;
}

export interface RawParts {
  readonly path: Record<string, unknown>;
  readonly query: Record<string, unknown>;
  readonly header: Record<string, unknown>;
}

export interface FieldError {
  /** Where: `body/items/0/quantity`, `query/limit`, `header/Idempotency-Key`. */
  readonly at: string;
  readonly message: string;
}

export interface ContractOperation {
  readonly id: OperationId;
  readonly method: string;
  /** As the contract writes it: `/orders/{id}`. */
  readonly path: string;
  /** The headers that are parameters, spelled as in the contract. */
  readonly headerNames: readonly string[];
  /** Whether the request must carry a JSON body. */
  readonly hasBody: boolean;
  /** Checks the parameters and turns numbers in them into numbers, in place. Empty: all is well. */
  validateParameters(parts: RawParts): readonly FieldError[];
  validateBody(body: unknown): readonly FieldError[];
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: object;
}

interface OperationObject {
  readonly operationId: OperationId;
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: object } } };
}

const DOCUMENT_ID = 'contract';
const MAX_ERRORS = 20;

/** Turns the document's own references into references that resolve from any schema. */
function withAbsoluteReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withAbsoluteReferences);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string' ? `${DOCUMENT_ID}${inner}` : withAbsoluteReferences(inner),
    ]),
  );
}

function createAjv(coerceTypes: boolean): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, coerceTypes, useDefaults: true, allErrors: false });
  addFormats.default(ajv);
  ajv.addSchema(contractDocument, DOCUMENT_ID);
  return ajv;
}

function toFieldErrors(
  root: string,
  errors: readonly ErrorObject[] | null | undefined,
): readonly FieldError[] {
  return (errors ?? []).slice(0, MAX_ERRORS).map((error) => {
    const missing = (error.params as { missingProperty?: string }).missingProperty;
    const at = `${root}${error.instancePath}${missing === undefined ? '' : `/${missing}`}`;
    return { at, message: error.message ?? 'is not as the contract says' };
  });
}

function resolve(parameter: Parameter | { readonly $ref: string }): Parameter {
  if (!('$ref' in parameter)) return parameter;
  const name = parameter.$ref.slice('#/components/parameters/'.length);
  return contractDocument.components.parameters[
    name as keyof typeof contractDocument.components.parameters
  ] as Parameter;
}

function compileParameters(
  ajv: Ajv2020,
  parameters: readonly Parameter[],
  place: Parameter['in'],
): ValidateFunction {
  const here = parameters.filter((parameter) => parameter.in === place);
  return ajv.compile({
    type: 'object',
    properties: Object.fromEntries(
      here.map((parameter) => [parameter.name, withAbsoluteReferences(parameter.schema)]),
    ),
    required: here.filter((parameter) => parameter.required === true).map(({ name }) => name),
  });
}

function toOperation(
  coercing: Ajv2020,
  exact: Ajv2020,
  path: string,
  method: string,
  operation: OperationObject,
): ContractOperation {
  const parameters = (operation.parameters ?? []).map(resolve);
  const places = (['path', 'query', 'header'] as const).map(
    (place) => [place, compileParameters(coercing, parameters, place)] as const,
  );
  const bodySchema = operation.requestBody?.content['application/json'].schema;
  const validate = bodySchema && exact.compile(withAbsoluteReferences(bodySchema) as object);
  return {
    id: operation.operationId,
    method: method.toUpperCase(),
    path,
    headerNames: parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name),
    hasBody: validate !== undefined,
    validateParameters: (parts) =>
      places.flatMap(([place, check]) => (check(parts[place]) ? [] : toFieldErrors(place, check.errors))),
    validateBody: (body) =>
      validate === undefined || validate(body) ? [] : toFieldErrors('body', validate.errors),
  };
}

/** All operations of the contract, compiled. Takes some 50 ms: once at start. */
export function loadContract(): readonly ContractOperation[] {
  const coercing = createAjv(true);
  const exact = createAjv(false);
  return Object.entries(contractDocument.paths).flatMap(([path, item]) =>
    Object.entries(item as unknown as Record<string, OperationObject>).map(([method, operation]) =>
      toOperation(coercing, exact, path, method, operation),
    ),
  );
}
