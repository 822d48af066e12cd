/**
 * Instead of the SDK's streams of events, which it would load for an operation that has one. No operation of DynamoDB
 * has; they would be 13 kB of each bundle.
 */
export {};
