import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { synthesize, synthesizeThreeNines, userDataOf } from '../../test/synthesized.ts';

describe('the first start of a server', () => {
  let userData: string;

  beforeAll(() => {
    userData = userDataOf(synthesizeThreeNines({ paymentUrl: 'https://pay.test', ratedRps: '321' }));
  });

  const unit = (): string => /<<"UNIT"\n(.*)\nUNIT\n/s.exec(userData)?.[1] ?? '';

  it('writes exactly one unit, where systemd and libs/topology look for it', () => {
    expect(userData.match(/<</g)).toHaveLength(1);
    expect(userData).toContain('cat > /etc/systemd/system/shop-api.service <<"UNIT"\n[Unit]\n');
  });

  it('tells the application everything it must know, and nothing secret', () => {
    const environment = [...unit().matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, name, value]) => [
      name,
      value,
    ]);

    expect(Object.fromEntries(environment)).toEqual({
      HOST: '0.0.0.0',
      PORT: '8080',
      DATABASE_HOST: '${Database.Endpoint.Address}',
      DATABASE_PORT: '${Database.Endpoint.Port}',
      DATABASE_NAME: 'shop',
      DATABASE_USER: 'shop',
      DATABASE_PASSWORD_FILE: '/run/shop-api/database-password',
      DATABASE_CA_FILE: '/opt/shop-api/app/rds-ca.pem',
      PAYMENT_URL: 'https://pay.test',
      REVIEWS_URL: 'https://reviews.example.com',
      RATED_RPS: '321',
      LOG_LEVEL: 'info',
      DRAIN_SECONDS: '15',
      MIGRATE_ON_START: 'true',
      LEVERS_FILE: '/run/shop-api-levers/levers.json',
    });
  });

  it('has systemd start the application again after a second, for ever', () => {
    expect(unit()).toMatch(/^Restart=always$/m);
    expect(unit()).toMatch(/^RestartSec=1$/m);
    // In the [Unit] section: below [Service] systemd would ignore it and give up after five starts.
    expect(unit().split('[Service]')[0]).toMatch(/^StartLimitIntervalSec=0$/m);
  });

  it('says in its log when systemd has started it again, and does not fail when it cannot say so', () => {
    expect(unit()).toMatch(/^ExecStartPost=-\+\/opt\/shop-api\/server\/say-restarted\.sh$/m);
    // What the script prints goes there as well, where the agent collects it.
    expect(unit()).toMatch(/^StandardOutput=append:\/var\/log\/shop-api\/shop-api\.log$/m);
  });

  it('opens its port itself, where a killed process may show', () => {
    expect(unit()).not.toContain('Sockets=');
    expect(unit()).not.toContain('shop-api.socket');
  });

  it('gives a stopping application longer than it drains', () => {
    expect(unit()).toMatch(/^TimeoutStopSec=30$/m);
    expect(unit()).toMatch(/^Environment=DRAIN_SECONDS=15$/m);
  });

  it('fetches the password before the application starts, unless there is one', () => {
    expect(unit()).toContain(
      "ExecStartPre=+/usr/bin/sh -c 'test -s /run/shop-api/database-password || systemctl start database-password.service'\nExecStart=/usr/bin/node-24 ",
    );
  });

  it.each([
    'DynamicUser=yes',
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
    'ProtectSystem=strict',
    'ProtectHome=yes',
    'PrivateTmp=yes',
    'SystemCallFilter=@system-service',
    'IPAddressDeny=169.254.169.254',
  ])('confines the application by %s', (directive) => {
    expect(unit().split('\n')).toContain(directive);
  });

  it('signals its outcome to the very group that waits for it', () => {
    expect(userData).toContain(
      "trap '/opt/aws/bin/cfn-signal --exit-code $? --stack nines-three-nines --resource Servers --region ${AWS::Region}' EXIT",
    );
  });

  it('succeeds only when the application says that it is ready', () => {
    expect(userData).toMatch(/curl -sf .* http:\/\/127\.0\.0\.1:8080\/readyz; then sleep 20; exit 0; fi/);
    expect(userData.trimEnd()).toMatch(/exit 1$/);
  });

  it('is a script that bash understands', () => {
    const script = userData.replace(/\$\{[\w:.]+\}/g, 'placeholder');

    expect(() => execFileSync('bash', ['-n'], { input: script })).not.toThrow();
  });

  it('stays well below the 16 KiB that EC2 takes', () => {
    expect(Buffer.byteLength(userData)).toBeLessThan(8 * 1024);
  });
});

describe('the first start of a server whose killed process may not show', () => {
  let userData: string;
  const socket = readFileSync(join(import.meta.dirname, 'server-files/shop-api.socket'), 'utf8');

  beforeAll(() => {
    userData = userDataOf(synthesize('four-nines'), 'ServerLaunchTemplateZone1');
  });

  it('leaves the port open while the application is started again, which is at once', () => {
    expect(userData).toMatch(/^Requires=shop-api\.socket$/m);
    expect(userData).toMatch(/^Sockets=shop-api\.socket$/m);
    expect(userData).toMatch(/^RestartSec=100ms$/m);
    expect(userData).toContain('/opt/shop-api/server/*.socket /etc/systemd/system/');
  });

  it('has the socket on the port that the load balancer knows, and never lets systemd close it', () => {
    expect(socket).toMatch(/^ListenStream=0\.0\.0\.0:8080$/m);
    expect(socket).toMatch(/^TriggerLimitIntervalSec=0$/m);
  });
});
