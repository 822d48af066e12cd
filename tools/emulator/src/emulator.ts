/**
 * An emulator of AWS on loopback that real stacks are deployed to by the real CDK: MiniStack as one process, under the
 * guardian, with what no API of AWS tells about it.
 *
 * Use it to see whether a template can be deployed, updated and destroyed, and to run functions with their table. Not
 * as a witness for what the emulator only keeps a record of: alarms, networks, databases of the servers, DNS.
 */
import { mkdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { startMinistack } from '@nines/local-dynamodb';
import type { Guardian } from '@nines/local-cloud';

/** Any pair of keys is let in, and these are no secret. The account is the emulator's own. */
export const ACCOUNT = '000000000000';
const KEYS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' } as const;

/** Names of what the emulator holds: by service, then by kind. */
export type Inventory = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** A process in which the emulator runs one function, one event at a time. */
export interface FunctionProcess {
  readonly functionName: string;
  readonly pid: number;
  /** It works on an event; one that is still initialised does not. */
  readonly busy: boolean;
}

export interface Emulator {
  readonly endpoint: string;
  readonly port: number;
  readonly region: string;
  readonly pid: number | undefined;
  /** For programs that talk to it as they would to AWS: its address, region and credentials. */
  readonly environment: Readonly<Record<string, string>>;
  /** Resolves when its process has ended, whyever that was. */
  readonly ended: Promise<void>;
  /** Everything that it holds, as it would save it. */
  inventory(): Promise<Inventory>;
  /** The processes that run functions at this moment. */
  functions(): Promise<readonly FunctionProcess[]>;
  /**
   * One call of an API that speaks JSON, such as `DynamoDB_20120810.Query` or `AmazonSQS.SendMessage`.
   *
   * @throws EmulatorRequestError with what was answered, unless that was 200.
   */
  call<T>(operation: string, input: object): Promise<T>;
  /**
   * One call of an API that speaks by paths, such as Lambda's.
   *
   * @throws EmulatorRequestError with what was answered, unless that was a success.
   */
  send(service: string, request: PathRequest): Promise<PathAnswer>;
  /**
   * What a deployed stack has made of a resource: its name or ARN, as `Ref` would give it.
   *
   * @throws EmulatorRequestError when the stack has no such resource.
   */
  physicalId(stackName: string, logicalId: string): Promise<string>;
  /** Makes a hosted zone of DNS, which stacks of several regions expect to be there. @returns Its id. */
  createHostedZone(name: string): Promise<string>;
  /**
   * Makes the network that every region of AWS has by itself, which the emulator makes when a region is first asked for
   * one. Call it before an inventory that another is compared with.
   */
  makeDefaultNetwork(region: string): Promise<void>;
  /** Which of these resource types its CloudFormation does not know. */
  refusedTypes(types: readonly string[]): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface PathRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** With its query. */
  readonly path: string;
  readonly body?: string;
  /** @default application/json */
  readonly contentType?: string;
}

export interface PathAnswer {
  readonly headers: Headers;
  readonly text: string;
}

export interface StartEmulatorOptions {
  readonly guardian: Guardian;
  /** @default eu-west-1, where the stacks are at home */
  readonly region?: string;
  /**
   * What functions take for AWS: the address of a fault point before the emulator.
   *
   * @default the emulator itself
   */
  readonly functionEndpoint?: string;
  /** Gets one line for each step that takes long. @default nobody listens */
  readonly log?: (line: string) => void;
}

export class EmulatorRequestError extends Error {
  readonly code = 'emulator-request';
  override readonly name = 'EmulatorRequestError';
}

/** The emulator loads a service when it is first asked for, which takes seconds on a busy machine. */
const REQUEST_TIMEOUT_MS = 60_000;
/**
 * How long a process of a function may be idle. Each start takes this machine's time from all others, so those that
 * were made ready for a run have to last as long as the longest run does; by itself the emulator ends them after 5 min.
 */
const IDLE_FUNCTION_SECONDS = 3_600;
const NAMES_REFUSED = /Unrecognized resource types: \[([^\]]*)\]/;

async function ask(
  url: string,
  init: RequestInit = {},
): Promise<{ status: number; headers: Headers; text: string }> {
  const response = await fetch(url, {
    ...init,
    headers: { connection: 'close', ...init.headers },
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

async function askForJson<T>(url: string): Promise<T> {
  const { status, text } = await ask(url);
  if (status !== 200) throw new EmulatorRequestError(`the emulator answered ${String(status)}: ${text}`);
  return JSON.parse(text) as T;
}

/** The emulator checks no signature, but finds the service and the region of a request in it. */
const signatureFor = (service: string, region: string): string =>
  `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=x`;

const ZONE_ID = /<Id>\/hostedzone\/(\w+)<\/Id>/;

async function createHostedZone(endpoint: string, region: string, name: string): Promise<string> {
  const { text } = await ask(`${endpoint}/2013-04-01/hostedzone`, {
    method: 'POST',
    headers: { authorization: signatureFor('route53', region) },
    body:
      '<CreateHostedZoneRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/">' +
      `<Name>${name}</Name><CallerReference>nines</CallerReference></CreateHostedZoneRequest>`,
  });
  const id = ZONE_ID.exec(text)?.[1];
  if (id === undefined) throw new EmulatorRequestError(`the emulator made no hosted zone:\n${text}`);
  return id;
}

async function makeDefaultNetwork(endpoint: string, region: string): Promise<void> {
  const { status, text } = await ask(endpoint, {
    method: 'POST',
    headers: { authorization: signatureFor('ec2', region) },
    body: new URLSearchParams({ Action: 'DescribeVpcs', Version: '2016-11-15' }),
  });
  if (status !== 200 || !text.includes('<isDefault>true</isDefault>'))
    throw new EmulatorRequestError(`the emulator has no default network in ${region}:\n${text}`);
}

/** Which types a template of nothing else is refused for; the emulator names all of them at once. */
async function refusedTypes(endpoint: string, region: string, types: readonly string[]): Promise<string[]> {
  const resources = Object.fromEntries(types.map((type, index) => [`R${String(index)}`, { Type: type }]));
  const { text } = await ask(endpoint, {
    method: 'POST',
    headers: { authorization: signatureFor('cloudformation', region) },
    body: new URLSearchParams({
      Action: 'ValidateTemplate',
      Version: '2010-05-15',
      TemplateBody: JSON.stringify({ Resources: resources }),
    }),
  });
  const named = NAMES_REFUSED.exec(text)?.[1];
  if (named !== undefined) return named.split(', ');
  if (text.includes('ValidateTemplateResponse')) return [];
  throw new EmulatorRequestError(`the emulator did not judge a template:\n${text}`);
}

/** The service of an operation, as a signature names it. */
const SERVICES: Readonly<Record<string, string>> = {
  DynamoDB_20120810: 'dynamodb',
  DynamoDBStreams_20120810: 'dynamodb',
  AmazonSQS: 'sqs',
  AmazonSSM: 'ssm',
  AWSStepFunctions: 'states',
};

async function call<T>(endpoint: string, region: string, operation: string, input: object): Promise<T> {
  const api = operation.split('.')[0] ?? '';
  const { status, text } = await ask(endpoint, {
    method: 'POST',
    headers: {
      authorization: signatureFor(SERVICES[api] ?? api, region),
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': operation,
    },
    body: JSON.stringify(input),
  });
  if (status !== 200)
    throw new EmulatorRequestError(`${operation} was answered by ${String(status)}: ${text}`);
  return JSON.parse(text) as T;
}

async function send(
  endpoint: string,
  region: string,
  service: string,
  { method, path, body, contentType = 'application/json' }: PathRequest,
): Promise<PathAnswer> {
  const { status, headers, text } = await ask(`${endpoint}${path}`, {
    method,
    headers: { authorization: signatureFor(service, region), 'content-type': contentType },
    ...(body === undefined ? {} : { body }),
  });
  if (status >= 300)
    throw new EmulatorRequestError(`${method} ${path} was answered by ${String(status)}: ${text}`);
  return { headers, text };
}

const PHYSICAL_ID = /<PhysicalResourceId>([^<]*)<\/PhysicalResourceId>/;

async function physicalId(
  endpoint: string,
  region: string,
  stackName: string,
  logicalId: string,
): Promise<string> {
  const { text } = await ask(endpoint, {
    method: 'POST',
    headers: { authorization: signatureFor('cloudformation', region) },
    body: new URLSearchParams({
      Action: 'DescribeStackResource',
      Version: '2010-05-15',
      StackName: stackName,
      LogicalResourceId: logicalId,
    }),
  });
  const id = PHYSICAL_ID.exec(text)?.[1];
  if (id === undefined)
    throw new EmulatorRequestError(`the emulator knows no ${logicalId} in ${stackName}:\n${text}`);
  return id;
}

/**
 * Starts an emulator, installing it first where there is none yet.
 *
 * @throws MinistackUnavailableError when it cannot be installed, MinistackStartError when it does not start.
 */
export async function startEmulator(options: StartEmulatorOptions): Promise<Emulator> {
  const { guardian, region = 'eu-west-1', functionEndpoint, log } = options;
  // The code of functions is unpacked into the folder for temporary files, and nobody removes it there.
  const temporary = join(await guardian.makeDirectory('nines-emulator-'), 'functions');
  await mkdir(temporary);
  const ministack = await startMinistack({
    ...(log === undefined ? {} : { log }),
    spawnProcess: guardian.spawn,
    environment: {
      // Functions run under the Node that runs this, whatever else the machine has.
      PATH: [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
      TMPDIR: temporary,
      MINISTACK_REGION: region,
      MINISTACK_ACCOUNT_ID: ACCOUNT,
      LAMBDA_WARM_TTL_SECONDS: String(IDLE_FUNCTION_SECONDS),
      ...(functionEndpoint === undefined ? {} : { AWS_ENDPOINT_URL: functionEndpoint }),
    },
  });
  const { endpoint, port, pid, ended, stop } = ministack;
  return {
    endpoint,
    port,
    region,
    pid,
    ended,
    environment: { ...KEYS, AWS_ENDPOINT_URL: endpoint, AWS_REGION: region, AWS_DEFAULT_REGION: region },
    inventory: () => askForJson<Inventory>(`${endpoint}/_nines/inventory`),
    async functions() {
      const running = await askForJson<{ function: string; pid: number; busy: boolean }[]>(
        `${endpoint}/_nines/functions`,
      );
      return running.map(({ function: functionName, ...rest }) => ({ functionName, ...rest }));
    },
    call: (operation, input) => call(endpoint, region, operation, input),
    send: (service, request) => send(endpoint, region, service, request),
    physicalId: (stackName, logicalId) => physicalId(endpoint, region, stackName, logicalId),
    createHostedZone: (name) => createHostedZone(endpoint, region, name),
    makeDefaultNetwork: (where) => makeDefaultNetwork(endpoint, where),
    refusedTypes: (types) => refusedTypes(endpoint, region, types),
    stop,
  };
}
