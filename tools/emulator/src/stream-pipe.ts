/**
 * A pipe from a table's stream to a queue, which the emulator keeps a record of and does not run: reads the stream as
 * the pipe of the template does, from the beginning, and sends what fits its filter, record by record.
 */
import type { Clock } from '@nines/local-cloud';
import type { Emulator } from './emulator.ts';
import { readEventPattern } from './event-pattern.ts';
import type { Matches } from './event-pattern.ts';

export interface StreamPipeOptions {
  readonly emulator: Pick<Emulator, 'call'>;
  readonly tableName: string;
  readonly queueUrl: string;
  /** Which records are passed on. */
  readonly fits: Matches;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Told of a round that failed; the next one goes on where it began. */
  readonly onError: (error: unknown) => void;
}

export interface StreamPipe {
  /** Records that were sent. */
  readonly sent: number;
  stop(): Promise<void>;
}

interface StreamRecords {
  readonly Records: readonly unknown[];
  readonly NextShardIterator?: string;
}

const STREAMS = 'DynamoDBStreams_20120810';
/** A pipe of AWS polls a stream a few times a second, too. */
const POLL_MS = 200;

async function openStream({ emulator, tableName }: StreamPipeOptions): Promise<string> {
  const { Streams } = await emulator.call<{ Streams: readonly { StreamArn: string }[] }>(
    `${STREAMS}.ListStreams`,
    { TableName: tableName },
  );
  const StreamArn = Streams[0]?.StreamArn;
  const { StreamDescription } = await emulator.call<{
    StreamDescription: { Shards: readonly { ShardId: string }[] };
  }>(`${STREAMS}.DescribeStream`, { StreamArn });
  const { ShardIterator } = await emulator.call<{ ShardIterator: string }>(`${STREAMS}.GetShardIterator`, {
    StreamArn,
    // The emulator's streams have one shard.
    ShardId: StreamDescription.Shards[0]?.ShardId,
    ShardIteratorType: 'TRIM_HORIZON',
  });
  return ShardIterator;
}

export function startStreamPipe(options: StreamPipeOptions): StreamPipe {
  const { emulator, queueUrl, fits, clock, onError } = options;
  const over = new AbortController();
  let sent = 0;

  async function passOn(iterator: string): Promise<string | undefined> {
    const { Records, NextShardIterator } = await emulator.call<StreamRecords>(`${STREAMS}.GetRecords`, {
      ShardIterator: iterator,
    });
    for (const record of Records.filter(fits)) {
      await emulator.call('AmazonSQS.SendMessage', {
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify(record),
      });
      sent += 1;
    }
    return NextShardIterator;
  }

  async function run(): Promise<void> {
    let iterator: string | undefined;
    while (!over.signal.aborted) {
      try {
        iterator ??= await openStream(options);
        iterator = await passOn(iterator);
      } catch (error) {
        if (!over.signal.aborted) onError(error);
      }
      await clock.sleep(POLL_MS, over.signal);
    }
  }

  const running = run();
  return {
    get sent() {
      return sent;
    },
    async stop() {
      over.abort();
      await running;
    },
  };
}

/** What the pipes of a template pass on; the emulator makes them, and delivers to no queue. */
export function readPipeFilter(template: unknown): Matches | undefined {
  const resources = (template as { Resources?: Record<string, PipeResource> }).Resources ?? {};
  const pipe = Object.values(resources).find(({ Type }) => Type === 'AWS::Pipes::Pipe');
  if (pipe === undefined) return undefined;
  const filters = pipe.Properties?.SourceParameters?.FilterCriteria?.Filters ?? [];
  if (filters.length === 0) return () => true;
  const patterns = filters.map(({ Pattern }) => readEventPattern(JSON.parse(Pattern)));
  return (record) => patterns.some((fits) => fits(record));
}

interface PipeResource {
  readonly Type: string;
  readonly Properties?: {
    readonly SourceParameters?: {
      readonly FilterCriteria?: { readonly Filters?: readonly { Pattern: string }[] };
    };
  };
}
