#!/bin/bash
# Writes credentials for the queue of kept orders to QUEUE_CREDENTIALS_FILE, as the AWS SDK expects them of a credential
# process (`aws-config` says so to the application).
#
# They are good for an hour and fetched every five minutes: when STS cannot be reached, those of last time stay. The file
# is replaced in one step, so that nobody ever reads half of them.
set -euo pipefail

: "${QUEUE_ROLE:?}" "${QUEUE_CREDENTIALS_FILE:?}" "${QUEUE_CREDENTIALS_GROUP:?}"

directory=$(dirname "$QUEUE_CREDENTIALS_FILE")
install -d -m 0750 -g "$QUEUE_CREDENTIALS_GROUP" "$directory"
umask 0027
temporary=$(mktemp "$directory/.credentials.XXXXXX")
trap 'rm -f "$temporary"' EXIT

aws sts assume-role --role-arn "$QUEUE_ROLE" --role-session-name shop-api --duration-seconds 3600 \
  --query '{Version: `1`, AccessKeyId: Credentials.AccessKeyId, SecretAccessKey: Credentials.SecretAccessKey, SessionToken: Credentials.SessionToken, Expiration: Credentials.Expiration}' \
  --output json --cli-connect-timeout 2 --cli-read-timeout 5 > "$temporary"

test -s "$temporary"
chgrp "$QUEUE_CREDENTIALS_GROUP" "$temporary"
chmod 0640 "$temporary"
mv "$temporary" "$QUEUE_CREDENTIALS_FILE"
