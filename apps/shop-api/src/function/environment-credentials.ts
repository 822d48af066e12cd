/**
 * Where a function's credentials come from: its environment, where Lambda puts them, for the life of the process.
 *
 * The bundles have this in the place of the SDK's own search (`@aws-sdk/credential-provider-node`), which also knows
 * of configuration files, single sign-on, web identities and metadata services, and would be a third of the bundle.
 */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export class CredentialsMissingError extends Error {
  override readonly name = 'CredentialsMissingError';
  readonly code = 'credentials-missing';
}

/** The name by which the SDK asks for it. */
export const defaultProvider = () => (): Promise<Credentials> => {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = process.env;
  if (!accessKeyId || !secretAccessKey) {
    const problem = 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both in the environment';
    return Promise.reject(new CredentialsMissingError(problem));
  }
  return Promise.resolve({ accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) });
};
