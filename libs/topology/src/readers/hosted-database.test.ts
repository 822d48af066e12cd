import { describe, expect, it } from 'vitest';
import { readResources, subnet } from '../../test/read-resources.ts';
import { findNodeOfKind, type Topology } from '../index.ts';

const launchTemplate = (environment: string) => ({
  Type: 'AWS::EC2::LaunchTemplate',
  Properties: {
    LaunchTemplateData: {
      UserData: `#!/bin/sh\ncat > /etc/systemd/system/app.service <<'E'\n[Service]\nExecStart=/app\nEnvironment=${environment}\nE\n`,
    },
  },
});
const group = (metadata: Record<string, unknown>, maxSize = '1') => ({
  Type: 'AWS::AutoScaling::AutoScalingGroup',
  Metadata: metadata,
  Properties: {
    MinSize: '1',
    MaxSize: maxSize,
    LaunchTemplate: { LaunchTemplateId: { Ref: 'Template' } },
    VPCZoneIdentifier: [{ Ref: 'A' }],
  },
});

const read = (metadata: Record<string, unknown>, environment: string, maxSize?: string): Topology =>
  readResources({
    A: subnet('eu-west-1a'),
    Backups: { Type: 'AWS::S3::Bucket' },
    Template: launchTemplate(environment),
    G: group(metadata, maxSize),
  });
const databaseOf = (topology: Topology) => findNodeOfKind(topology, 'database', 'hosted-database:G');
const notesOf = (topology: Topology): string[] => topology.notes.map((note) => note.message);

describe('a database on a server', () => {
  const described = {
    'nines:hosted-database': {
      engine: 'postgres',
      engineVersion: '17',
      name: 'shop',
      port: 5432,
      encrypted: true,
      copies: { intervalMinutes: 60, bucket: { Ref: 'Backups' }, lastCopySeconds: 180 },
    },
  };

  it('is what the metadata of its group says: one zone, no standby, copies in a bucket', () => {
    const topology = read(described, 'DATABASE_HOST=127.0.0.1');
    expect(databaseOf(topology)).toEqual({
      id: 'hosted-database:G',
      type: 'Nines::HostedDatabase',
      kind: 'database',
      region: 'eu-west-1',
      zones: ['eu-west-1a'],
      engine: 'postgres',
      engineVersion: '17',
      port: 5432,
      databaseName: 'shop',
      multiAz: false,
      standbyReplication: 'none',
      encrypted: true,
      backupRetentionDays: 0,
      deletionProtection: false,
      heldBy: 'G',
      copies: { intervalMinutes: 60, bucket: 'Backups', lastCopySeconds: 180 },
      defaulted: [],
    });
    expect(topology.links).toEqual([
      { from: 'G', to: 'hosted-database:G', necessity: 'hard', onRequestPath: true },
    ]);
    expect(notesOf(topology)).toEqual([]);
  });

  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])(
    'shows by DATABASE_HOST=%s even when nothing describes it, with a note',
    (host) => {
      const topology = read({}, `DATABASE_HOST=${host} DATABASE_NAME=orders DATABASE_PORT=6432`);
      expect(databaseOf(topology)).toMatchObject({ port: 6432, databaseName: 'orders', encrypted: false });
      expect(databaseOf(topology)).not.toHaveProperty('copies');
      expect(notesOf(topology)).toEqual([
        'holds a database that metadata nines:hosted-database does not describe; its copies are unknown',
      ]);
    },
  );

  it.each(['db.example.com', '10.0.0.1', '127.0.0.1.example.com'])(
    'is not there when DATABASE_HOST=%s',
    (host) => {
      const topology = read({}, `DATABASE_HOST=${host}`);
      expect(databaseOf(topology)).toBeUndefined();
      expect(topology.links).toEqual([]);
      expect(notesOf(topology)).toEqual([]);
    },
  );

  it('is not shared by several servers, which is noted', () => {
    expect(notesOf(read(described, 'DATABASE_HOST=localhost', '3'))).toEqual([
      'holds a database on each of up to 3 servers, which know nothing of each other',
    ]);
  });

  it('with an odd description has defaults and notes', () => {
    const topology = read(
      { 'nines:hosted-database': { port: 'many', copies: { intervalMinutes: 'often' } } },
      'A=1',
    );
    expect(databaseOf(topology)).toMatchObject({ port: 5432, engine: 'postgres' });
    expect(databaseOf(topology)?.defaulted).toEqual(['encrypted', 'engine', 'engineVersion', 'port']);
    expect(notesOf(topology)).toEqual([
      'copies.intervalMinutes is often, which is not a number; read as not set',
      'port is many, which is not a number; read as the default, 5432',
    ]);
  });
});
