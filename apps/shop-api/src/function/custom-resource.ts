/**
 * A Lambda function as a custom resource of CloudFormation: does its work when a stack is made or changed, nothing
 * when it goes, and always tells CloudFormation, which else waits for an hour.
 */
import type { Log } from '../ports/log.ts';

/** What is used of CloudFormation's event. */
export interface CustomResourceEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  /** Takes one PUT; signed, so it is never logged. */
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
}

export interface CustomResourceOptions {
  readonly work: () => Promise<void>;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly log: Log;
}

export function createCustomResource({ work, fetch, log }: CustomResourceOptions) {
  return async (event: CustomResourceEvent): Promise<void> => {
    const { RequestType, ResponseURL, StackId, RequestId, LogicalResourceId } = event;
    const PhysicalResourceId = event.PhysicalResourceId ?? LogicalResourceId;
    let outcome: object = { Status: 'SUCCESS' };
    try {
      if (RequestType !== 'Delete') await work();
    } catch (error) {
      log.error({ err: error }, 'a custom resource failed');
      outcome = { Status: 'FAILED', Reason: error instanceof Error ? error.message : 'unknown' };
    }
    const response = await fetch(ResponseURL, {
      method: 'PUT',
      // CloudFormation's signature covers an empty type.
      headers: { 'content-type': '' },
      body: JSON.stringify({ ...outcome, PhysicalResourceId, StackId, RequestId, LogicalResourceId }),
    });
    if (!response.ok) throw new Error(`CloudFormation answered ${String(response.status)}`);
  };
}
