import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApplicationBundleMissingError, createApplicationBundle } from './application-bundle.ts';

describe('the application bundle', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nines-bundle-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const create = () => createApplicationBundle(new Stack(new App(), 'test'), 'Bundle', folder);

  it('asks for a build when there is none', () => {
    expect(create).toThrow(ApplicationBundleMissingError);
    expect(create).toThrow(
      /server\.mjs does not exist: build the application first \(npx nx build @nines\/shop-api\)/,
    );
  });

  it('asks for a build when the certificates are missing', () => {
    writeFileSync(join(folder, 'server.mjs'), '');

    expect(create).toThrow(/rds-ca\.pem does not exist/);
  });

  it('is an archive of the folder', () => {
    writeFileSync(join(folder, 'server.mjs'), '');
    writeFileSync(join(folder, 'rds-ca.pem'), '');

    expect(create().isZipArchive).toBe(true);
  });
});
