/** From a request to the validated input of an operation. */
import type { ContractOperation, OperationId, OperationInput } from '../contract/contract.ts';
import { readJsonBody } from './json-body.ts';
import { ProblemError } from './problem.ts';

export interface RoutedRequest {
  readonly request: Request;
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

/** @throws ProblemError naming each field that does not fit the contract. */
export async function readOperationInput(
  operation: ContractOperation,
  { request, path, query }: RoutedRequest,
): Promise<OperationInput<OperationId>> {
  const header: Record<string, unknown> = {};
  for (const name of operation.headerNames) {
    const value = request.headers.get(name);
    if (value !== null) header[name] = value;
  }
  const parameters = { path: { ...path }, query: { ...query }, header };
  refuseUnless(operation.validateParameters(parameters));
  const body = operation.hasBody ? await readJsonBody(request) : undefined;
  if (operation.hasBody) refuseUnless(operation.validateBody(body));
  // The schemas that have just been checked are the ones that the types were generated from.
  return { ...parameters, body } as unknown as OperationInput<OperationId>;
}

function refuseUnless(errors: NonNullable<ProblemError['errors']>): void {
  if (errors.length === 0) return;
  throw new ProblemError('validation-failed', 'The request does not fit the contract; see `errors`.', {
    errors,
  });
}
