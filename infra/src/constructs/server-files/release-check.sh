#!/bin/bash
# Whether the release that this server runs may go on: run when the application is ready, before the server says so
# to CloudFormation. A release meets real requests on its first server; when an alarm goes off meanwhile, the server
# refuses, and CloudFormation takes the release back everywhere.
#
# It has an opinion only while a release rolls out. A server that replaces a failed one joins whatever the alarms say,
# and so does one of the previous release while a failed one is taken back: they are the cure.
set -euo pipefail

: "${RELEASE_STACK:?}" "${RELEASE_ALARMS:?}" "${RELEASE_WATCH_SECONDS:?}"
interval=${RELEASE_WATCH_INTERVAL_SECONDS:-15}

is_rolling_out() {
  local status
  # A control plane that is away cannot be rolling anything out.
  status=$(aws cloudformation describe-stacks --stack-name "$RELEASE_STACK" \
    --query 'Stacks[0].StackStatus' --output text --cli-connect-timeout 2 --cli-read-timeout 5) || return 1
  [ "$status" = UPDATE_IN_PROGRESS ]
}

alarming() {
  # shellcheck disable=SC2086 # The names are separated by spaces and have none inside.
  aws cloudwatch describe-alarms --alarm-names $RELEASE_ALARMS --state-value ALARM \
    --query 'MetricAlarms[].AlarmName' --output text --cli-connect-timeout 2 --cli-read-timeout 5
}

waited=0
while is_rolling_out; do
  if names=$(alarming) && [ -n "$names" ]; then
    echo "The release is refused: $names is in alarm." >&2
    exit 1
  fi
  [ "$waited" -lt "$RELEASE_WATCH_SECONDS" ] || exit 0
  sleep "$interval"
  waited=$((waited + interval))
done
