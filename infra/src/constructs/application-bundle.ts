/**
 * The built application as an asset. Infrastructure reads the folder that the application's own build writes and
 * never imports the application.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';

/** What the unit starts, and the certificates of RDS that it points the application to. */
const REQUIRED_FILES = ['server.mjs', 'rds-ca.pem'];

/** Thrown when the application has not been built. */
export class ApplicationBundleMissingError extends Error {
  readonly code = 'application-bundle-missing';

  constructor(file: string) {
    super(
      `${file} does not exist: build the application first (npx nx build @nines/shop-api), ` +
        'or name another build with -c appDist=<folder>.',
    );
    this.name = 'ApplicationBundleMissingError';
  }
}

/**
 * @param folder Folder that the application's build has written.
 * @throws ApplicationBundleMissingError when what a server needs is not in it.
 */
export function createApplicationBundle(scope: Construct, id: string, folder: string): Asset {
  for (const file of REQUIRED_FILES.map((name) => join(folder, name))) {
    if (!existsSync(file)) throw new ApplicationBundleMissingError(file);
  }
  return new Asset(scope, id, { path: folder });
}
