/** Something the local cloud did or noticed, for the live line, the log and the report's marks. */
export interface CloudEvent {
  readonly kind:
    | 'instance-started'
    | 'instance-stopped'
    | 'process-exited'
    | 'process-restarted'
    | 'target-healthy'
    | 'target-unhealthy'
    | 'instance-replaced'
    | 'failover-started'
    | 'failover-completed'
    | 'failover-failed'
    | 'standby-lost'
    | 'standby-in-sync'
    | 'database-copied'
    | 'database-copy-failed'
    | 'database-restored'
    | 'zone-lost'
    | 'zone-restored'
    | 'region-lost'
    | 'region-restored'
    | 'region-healthy'
    | 'region-unhealthy'
    | 'alarm'
    | 'workflow-started'
    | 'workflow-ended';
  readonly subject: string;
  readonly message: string;
}

export type OnCloudEvent = (event: CloudEvent) => void;
