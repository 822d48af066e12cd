/** The folder `server-files/` as an asset: what every server needs beside the application itself. */
import { join } from 'node:path';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';

export const SERVER_FILES = join(import.meta.dirname, 'server-files');

export function createServerFilesAsset(scope: Construct, id: string): Asset {
  return new Asset(scope, id, { path: SERVER_FILES, exclude: ['README.md', '*.test.ts'] });
}
