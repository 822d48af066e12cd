export type { LocalQueues, LocalQueuesOptions, QueueDefinition } from './queue-server.ts';
export { LOCAL_QUEUE_STAND_IN, startLocalQueues } from './queue-server.ts';
