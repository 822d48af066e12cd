/**
 * The OpenAPI contract as the server uses it: its operations, and validation of requests against its schemas.
 * Everything is derived from `openapi.yaml`; a rule that is not written there is not checked here.
 */
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import { contractOperations } from './operations.generated.ts';
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

interface GeneratedOperation extends Pick<ContractOperation, 'id' | 'method' | 'path' | 'headerNames'> {
  readonly parameters: readonly (readonly [place: keyof RawParts, check: ValidateFunction])[];
  readonly body: ValidateFunction | undefined;
}

const MAX_ERRORS = 20;

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

function toOperation({ parameters, body, ...operation }: GeneratedOperation): ContractOperation {
  return {
    ...operation,
    hasBody: body !== undefined,
    validateParameters: (parts) =>
      parameters.flatMap(([place, check]) => (check(parts[place]) ? [] : toFieldErrors(place, check.errors))),
    validateBody: (value) => (body === undefined || body(value) ? [] : toFieldErrors('body', body.errors)),
  };
}

/** All operations of the contract. Their validation was compiled when the contract was generated. */
export function loadContract(): readonly ContractOperation[] {
  return (contractOperations as unknown as readonly GeneratedOperation[]).map(toOperation);
}
