#!/bin/bash
# Says that systemd has started the application again: run beside each of its starts (ExecStartPost), silent when somebody
# asked for the start. What it prints goes where the application's own lines go, and the alarm on restarts waits for it.
#
# systemd says so itself, but only in its journal, which nothing collects; and it counts (NRestarts) what it has done by
# itself since the unit was started on purpose.
set -euo pipefail

restarts=$(systemctl show --property=NRestarts --value shop-api.service)
[ "$restarts" -gt 0 ] || exit 0
printf '{"level":40,"msg":"process restarted","restarts":%s,"zone":"%s","instance":"%s"}\n' \
  "$restarts" "${ZONE:-}" "${INSTANCE_ID:-}"
