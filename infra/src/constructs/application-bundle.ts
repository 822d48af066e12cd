/**
 * The built application as an asset. Infrastructure reads the folder that the application's own build writes and
 * never imports the application.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';

/** The file that the unit starts. */
const ENTRY_POINT = 'server.mjs';

/** Thrown when the application has not been built. */
export class ApplicationBundleMissingError extends Error {
  readonly code = 'application-bundle-missing';

  constructor(folder: string) {
    super(
      `${join(folder, ENTRY_POINT)} does not exist: build the application first (npx nx build @nines/shop-api), ` +
        'or name another build with -c appDist=<folder>.',
    );
    this.name = 'ApplicationBundleMissingError';
  }
}

/**
 * @param folder Folder that holds `server.mjs`.
 * @throws ApplicationBundleMissingError when it does not.
 */
export function createApplicationBundle(scope: Construct, id: string, folder: string): Asset {
  if (!existsSync(join(folder, ENTRY_POINT))) throw new ApplicationBundleMissingError(folder);
  return new Asset(scope, id, { path: folder });
}
