/**
 * What a server does at its first start, as a shell script, and the systemd unit that it writes.
 *
 * The unit stands here in plain text, in one here-document of the user data, because the template is the single
 * source of truth: the local cloud starts the application with the environment and the restart rules of this
 * very unit. Everything that no reading of the template needs is a file in `server-files/`.
 */

/** Port that the application listens on. Above 1024, so that it needs no privilege. */
export const SERVER_PORT = 8080;

/** AL2023's package and its executable, which keeps its name when another version is installed beside it. */
const NODE_PACKAGE = 'nodejs24';
const NODE = '/usr/bin/node-24';

const LEVERS_FILE = '/run/shop-api-levers/levers.json';
const PASSWORD_FILE = '/run/shop-api/database-password';
/** Of a database on the server itself: as old as the database, so it must outlive a restart as that does. */
const LOCAL_PASSWORD_FILE = '/etc/shop-api/database-password';
/** Credentials for the queue of kept orders, and what tells the application's SDK of them (in `server-files/`). */
const QUEUE_CREDENTIALS_FILE = '/run/shop-api-queue/credentials.json';
const AWS_CONFIG_FILE = '/opt/shop-api/server/aws-config';
/** Part of the application's build, so that no start depends on a download. */
const CA_FILE = '/opt/shop-api/app/rds-ca.pem';
/** In `server-files/`; holds SERVER_PORT. */
const SOCKET_UNIT = 'shop-api.socket';
/** Members read the password. The application's own user exists only while it runs (DynamicUser). */
const PASSWORD_GROUP = 'shop-api-secrets';

/**
 * How long the application keeps answering after SIGTERM while `/readyz` says no: longer than the 13 s that the
 * load balancer needs at worst to notice (`web-load-balancer.ts`).
 */
const DRAIN_SECONDS = 15;

/** SIGKILL after this: 15 s of draining, 10 s for the longest request, 5 s to close the pools. */
const STOP_TIMEOUT_SECONDS = 30;

/** Services refuse requests of instance metadata from here; see `IPAddressDeny` in the unit. */
const METADATA_ADDRESS = '169.254.169.254';

export interface ApplicationUnitOptions {
  readonly database: {
    readonly host: string;
    /** Where reads go that may be a moment old, if that is another place. */
    readonly readHost?: string;
    readonly port: string;
    readonly name: string;
    readonly user: string;
    /**
     * Whether the server holds the database itself: no TLS, no password from elsewhere.
     * @default false
     */
    readonly isLocal?: boolean;
  };
  readonly paymentUrl: string;
  readonly reviewsUrl: string;
  readonly ratedRps: number;
  /**
   * Whether emergency levers are delivered to the server.
   * @default false
   */
  readonly hasLevers?: boolean;
  /**
   * Where orders are kept that the database refuses.
   * @default nowhere: they are refused
   */
  readonly orderQueue?: Omit<OrderQueueAddress, 'roleArn'> & { readonly region: string };
  /**
   * Whether the server brings the schema up to date before it listens. Not where its database only follows another
   * region's: it could wait for ever.
   * @default true
   */
  readonly migrates?: boolean;
  /**
   * Whether systemd keeps the port open while the application is started again: whoever connects meanwhile waits, a
   * moment, instead of being refused. For tiers that promise not to show a killed process.
   * @default false
   */
  readonly keepsPort?: boolean;
}

/**
 * The unit `shop-api.service`.
 *
 * - It never gives up starting (`StartLimitIntervalSec=0`): systemd's default is to stop after five starts in
 *   ten seconds, which a restart delay of one second reaches while the database fails over.
 * - It says in the log when systemd has started it again (`say-restarted.sh`), which an alarm waits for.
 * - A password that is already there is good enough to start: see `database-password.sh`.
 * - The process cannot fetch the server's credentials: instance metadata is out of its reach, also when it is tricked
 *   into a request of somebody else's choice. Where orders are kept it is given some that are good for their queue alone.
 */
export function applicationUnit(options: ApplicationUnitOptions): string[] {
  const isLocal = options.database.isLocal === true;
  const other = options.orderQueue?.other;
  const environment: Readonly<Record<string, string>> = {
    HOST: '0.0.0.0',
    PORT: String(SERVER_PORT),
    DATABASE_HOST: options.database.host,
    ...(options.database.readHost !== undefined && { DATABASE_READ_HOST: options.database.readHost }),
    DATABASE_PORT: options.database.port,
    DATABASE_NAME: options.database.name,
    DATABASE_USER: options.database.user,
    DATABASE_PASSWORD_FILE: isLocal ? LOCAL_PASSWORD_FILE : PASSWORD_FILE,
    ...(!isLocal && { DATABASE_CA_FILE: CA_FILE }),
    PAYMENT_URL: options.paymentUrl,
    REVIEWS_URL: options.reviewsUrl,
    RATED_RPS: String(options.ratedRps),
    LOG_LEVEL: 'info',
    DRAIN_SECONDS: String(DRAIN_SECONDS),
    MIGRATE_ON_START: String(options.migrates ?? true),
    ...(options.hasLevers === true && { LEVERS_FILE }),
    ...(options.orderQueue !== undefined && {
      ORDER_INTAKE_QUEUE_URL: options.orderQueue.url,
      ...(other !== undefined && { ORDER_INTAKE_OTHER_QUEUES: `${other.region}=${other.url}` }),
      AWS_REGION: options.orderQueue.region,
      AWS_CONFIG_FILE,
      // Asking would only take time: it is refused.
      AWS_EC2_METADATA_DISABLED: 'true',
    }),
  };
  return [
    '[Unit]',
    'Description=Shop API',
    `After=network-online.target${isLocal ? ' postgresql.service' : ''}`,
    'Wants=network-online.target',
    ...(options.keepsPort === true ? [`Requires=${SOCKET_UNIT}`] : []),
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=exec',
    ...Object.entries(environment).map(([name, value]) => `Environment=${name}=${value}`),
    ...(isLocal
      ? []
      : [
          `ExecStartPre=+/usr/bin/sh -c 'test -s ${PASSWORD_FILE} || systemctl start database-password.service'`,
        ]),
    `ExecStart=${NODE} --enable-source-maps /opt/shop-api/app/server.mjs`,
    // Nobody waits for it, and nothing fails with it.
    'ExecStartPost=-+/opt/shop-api/server/say-restarted.sh',
    ...(options.keepsPort === true ? [`Sockets=${SOCKET_UNIT}`] : []),
    'Restart=always',
    // Who waits at an open port waits for this too; a port that is closed is left by the load balancer meanwhile.
    `RestartSec=${options.keepsPort === true ? '100ms' : '1'}`,
    'KillMode=mixed',
    `TimeoutStopSec=${String(STOP_TIMEOUT_SECONDS)}`,
    'StandardOutput=append:/var/log/shop-api/shop-api.log',
    'StandardError=inherit',
    ...HARDENING,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ];
}

/** What the process may not do. `MemoryDenyWriteExecute` is missing because V8 compiles at run time. */
const HARDENING = [
  'DynamicUser=yes',
  `SupplementaryGroups=${PASSWORD_GROUP}`,
  'UMask=0077',
  'NoNewPrivileges=yes',
  'CapabilityBoundingSet=',
  'ProtectSystem=strict',
  'ProtectHome=yes',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'ProtectKernelTunables=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelLogs=yes',
  'ProtectControlGroups=yes',
  'ProtectClock=yes',
  'ProtectHostname=yes',
  'ProtectProc=invisible',
  'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  `IPAddressDeny=${METADATA_ADDRESS}`,
  'LimitNOFILE=65536',
  // A leak ends in a restart of this process, not in the kernel's choice of a victim.
  'MemoryMax=75%',
];

export interface BootstrapOptions {
  readonly unit: readonly string[];
  /** `s3://` address of the application's bundle, a zip archive. */
  readonly applicationArchive: string;
  /** `s3://` address of `server-files/`, a zip archive. */
  readonly serverFilesArchive: string;
  readonly database: ManagedDatabase | LocalDatabase;
  readonly logGroupName: string;
  readonly region: string;
  readonly stackName: string;
  /** Logical id of the group that waits for this server's signal. */
  readonly groupLogicalId: string;
  /**
   * Where the positions of the emergency levers are, in AppConfig.
   * @default none
   */
  readonly levers?: LeversAddress;
  /**
   * The queue of kept orders, for which the application gets credentials.
   * @default none
   */
  readonly orderQueue?: OrderQueueAddress;
  /**
   * What may stop a release while it rolls out.
   * @default nothing but a server that does not become ready
   */
  readonly releaseCheck?: ReleaseCheck;
}

/** A database elsewhere. */
export interface ManagedDatabase {
  /** Name of the parameter that says which secret holds the password. */
  readonly secretParameterName: string;
}

/** A database that the server holds itself, made from the newest copy. */
export interface LocalDatabase {
  readonly name: string;
  readonly user: string;
  /** `s3://` address below which copies are kept. */
  readonly copiesUrl: string;
  /** The address that the server takes over when it is ready. */
  readonly elasticIpAllocationId: string;
}

/** Identifiers of AppConfig. */
export interface LeversAddress {
  readonly application: string;
  readonly environment: string;
  readonly profile: string;
}

export interface OrderQueueAddress {
  readonly url: string;
  /** The role by which the application reaches it. */
  readonly roleArn: string;
  /**
   * Where the servers of another region keep orders.
   * @default nowhere
   */
  readonly other?: { readonly region: string; readonly url: string };
}

export interface ReleaseCheck {
  /** Alarms that refuse a release when they go off. */
  readonly alarmNames: readonly string[];
  /** How long each new server watches them, after it is ready. */
  readonly watchSeconds: number;
}

/**
 * The lines of the script, without the interpreter's. It ends well only when the application says that it is
 * ready; whatever the end, CloudFormation is told, so that a deployment that does not work is rolled back.
 */
export function bootstrapScript(options: BootstrapOptions): string[] {
  return [
    'set -euo pipefail',
    `trap '/opt/aws/bin/cfn-signal --exit-code $? --stack ${options.stackName} --resource ${options.groupLogicalId} --region ${options.region}' EXIT`,
    `export AWS_DEFAULT_REGION=${options.region}`,
    ...installPackages('copiesUrl' in options.database ? [...PACKAGES, ...LOCAL_PACKAGES] : PACKAGES),
    ...installFiles(options),
    ...COLLECT_LOGS(options.logGroupName),
    ...SAY_WHO_AND_WHERE,
    ...databaseSettings(options),
    ...leverSettings(options),
    ...queueSettings(options),
    ...['cat > /etc/systemd/system/shop-api.service <<"UNIT"', ...options.unit, 'UNIT'],
    'systemctl daemon-reload',
    ...start([
      ...('copiesUrl' in options.database ? LOCAL_UNITS : MANAGED_UNITS),
      ...(options.levers === undefined ? [] : ['emergency-levers.timer']),
      ...(options.orderQueue === undefined ? [] : ['queue-credentials.timer']),
    ]),
    ...waitUntilReady(options),
  ];
}

const PACKAGES = [NODE_PACKAGE, 'amazon-cloudwatch-agent', 'aws-cfn-bootstrap', 'logrotate', 'unzip'];
const LOCAL_PACKAGES = ['postgresql17-server', 'nftables'];

/** The repository is S3 behind the gateway endpoint; a hiccup there should not cost a deployment. */
const installPackages = (packages: readonly string[]): string[] => [
  `packages='${packages.join(' ')}'`,
  'for attempt in 1 2 3 4 5; do dnf install --assumeyes $packages && break; sleep $((attempt * 2)); done',
  'rpm --query $packages',
];

function installFiles(options: BootstrapOptions): string[] {
  return [
    'install -d /opt/shop-api/app /opt/shop-api/server /etc/shop-api',
    'install -d -m 0750 /var/log/shop-api',
    `aws s3 cp --only-show-errors ${options.serverFilesArchive} /tmp/server.zip`,
    `aws s3 cp --only-show-errors ${options.applicationArchive} /tmp/app.zip`,
    'unzip -oq /tmp/server.zip -d /opt/shop-api/server',
    'unzip -oq /tmp/app.zip -d /opt/shop-api/app',
    'chmod 0755 /opt/shop-api/server/*.sh',
    'chmod -R u=rwX,go=rX /opt/shop-api',
    'cp /opt/shop-api/server/*.service /opt/shop-api/server/*.timer /opt/shop-api/server/*.socket /etc/systemd/system/',
  ];
}

/** Started before the application, so that a server that fails at its first start leaves its reasons behind. */
const COLLECT_LOGS = (logGroupName: string): string[] => [
  `sed -i 's|LOG_GROUP_NAME|${logGroupName}|' /opt/shop-api/server/amazon-cloudwatch-agent.json`,
  '/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:/opt/shop-api/server/amazon-cloudwatch-agent.json',
];

/** Known only here, so it goes into a drop-in beside the unit and the unit stays as the template shows it. */
const SAY_WHO_AND_WHERE = [
  `token=$(curl -sSf --retry 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' http://${METADATA_ADDRESS}/latest/api/token)`,
  `metadata() { curl -sSf --retry 5 -H "X-aws-ec2-metadata-token: $token" "http://${METADATA_ADDRESS}/latest/meta-data/$1"; }`,
  'zone=$(metadata placement/availability-zone)',
  'instance_id=$(metadata instance-id)',
  'install -d /etc/systemd/system/shop-api.service.d',
  `printf '[Service]\\nEnvironment=ZONE=%s\\nEnvironment=INSTANCE_ID=%s\\n' "$zone" "$instance_id" > /etc/systemd/system/shop-api.service.d/identity.conf`,
];

function databaseSettings({ database, region }: BootstrapOptions): string[] {
  const isLocal = 'copiesUrl' in database;
  const settings = isLocal
    ? [
        `AWS_DEFAULT_REGION=${region}`,
        `COPIES_URL=${database.copiesUrl}`,
        `DATABASE_NAME=${database.name}`,
        `DATABASE_USER=${database.user}`,
        `DATABASE_PASSWORD_FILE=${LOCAL_PASSWORD_FILE}`,
        `DATABASE_PASSWORD_GROUP=${PASSWORD_GROUP}`,
      ]
    : [
        `AWS_DEFAULT_REGION=${region}`,
        `DATABASE_SECRET_PARAMETER=${database.secretParameterName}`,
        `DATABASE_PASSWORD_FILE=${PASSWORD_FILE}`,
        `DATABASE_PASSWORD_GROUP=${PASSWORD_GROUP}`,
        `NODE=${NODE}`,
      ];
  const file = `/etc/shop-api/${isLocal ? 'database-copy' : 'database-password'}.env`;
  return [
    `groupadd --system --force ${PASSWORD_GROUP}`,
    `printf '%s\\n' ${settings.map((setting) => `'${setting}'`).join(' ')} > ${file}`,
    ...(isLocal ? [`env $(cat ${file}) /opt/shop-api/server/restore-database.sh`] : []),
  ];
}

function leverSettings({ levers, region }: BootstrapOptions): string[] {
  if (levers === undefined) return [];
  const settings = [
    `AWS_DEFAULT_REGION=${region}`,
    `LEVERS_APPLICATION=${levers.application}`,
    `LEVERS_ENVIRONMENT=${levers.environment}`,
    `LEVERS_PROFILE=${levers.profile}`,
    `LEVERS_FILE=${LEVERS_FILE}`,
  ];
  return [
    `printf '%s\\n' ${settings.map((setting) => `'${setting}'`).join(' ')} > /etc/shop-api/emergency-levers.env`,
  ];
}

function queueSettings({ orderQueue, region }: BootstrapOptions): string[] {
  if (orderQueue === undefined) return [];
  const settings = [
    `AWS_DEFAULT_REGION=${region}`,
    `QUEUE_ROLE=${orderQueue.roleArn}`,
    `QUEUE_CREDENTIALS_FILE=${QUEUE_CREDENTIALS_FILE}`,
    `QUEUE_CREDENTIALS_GROUP=${PASSWORD_GROUP}`,
  ];
  return [
    `printf '%s\\n' ${settings.map((setting) => `'${setting}'`).join(' ')} > /etc/shop-api/queue-credentials.env`,
  ];
}

const MANAGED_UNITS = ['shop-api.service', 'database-password.timer', 'log-rotation.timer'];
const LOCAL_UNITS = [
  'shop-api.service',
  'database-copy.timer',
  'last-copy.service',
  'redirect-http.service',
  'log-rotation.timer',
];

/** Without waiting: should the first start fail, systemd tries again, and this script looks at readiness only. */
const start = (units: readonly string[]): string[] => [
  `units='${units.join(' ')}'`,
  'systemctl enable $units',
  'systemctl start --no-block $units',
];

/**
 * Five minutes, because the first start runs the migrations. Then long enough for the load balancer to have seen
 * it too: on the signal that follows, a deployment takes the next old server away.
 */
function waitUntilReady({ releaseCheck, stackName, database }: BootstrapOptions): string[] {
  const check =
    releaseCheck === undefined
      ? ''
      : [
          `RELEASE_STACK='${stackName}'`,
          `RELEASE_ALARMS='${releaseCheck.alarmNames.join(' ')}'`,
          `RELEASE_WATCH_SECONDS=${String(releaseCheck.watchSeconds)}`,
          '/opt/shop-api/server/release-check.sh; ',
        ].join(' ');
  // The address is taken over by a server that can answer, and not before.
  const ready =
    'elasticIpAllocationId' in database
      ? `aws ec2 associate-address --allow-reassociation --allocation-id ${database.elasticIpAllocationId} --instance-id "$instance_id"`
      : 'sleep 20';
  return [
    'for attempt in $(seq 100); do',
    `  if curl -sf --max-time 3 -o /dev/null http://127.0.0.1:${String(SERVER_PORT)}/readyz; then ${ready}; ${check}exit 0; fi`,
    '  sleep 3',
    'done',
    "echo 'The application did not become ready.' >&2",
    'exit 1',
  ];
}
