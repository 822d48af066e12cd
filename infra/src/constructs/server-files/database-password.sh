#!/bin/bash
# Writes the database password to DATABASE_PASSWORD_FILE, where the application reads it for each new connection.
#
# When Secrets Manager cannot be reached, the file of last time stays as it is: a password that is probably still
# right is better than none, and a restart of the application must not depend on another service. The file is
# replaced in one step, so that nobody ever reads half a password.
set -euo pipefail

: "${DATABASE_SECRET_PARAMETER:?}" "${DATABASE_PASSWORD_FILE:?}" "${DATABASE_PASSWORD_GROUP:?}" "${NODE:?}"

directory=$(dirname "$DATABASE_PASSWORD_FILE")
install -d -m 0750 -g "$DATABASE_PASSWORD_GROUP" "$directory"

fetch() {
  local secret_arn
  secret_arn=$(aws ssm get-parameter --name "$DATABASE_SECRET_PARAMETER" \
    --query Parameter.Value --output text --cli-connect-timeout 2 --cli-read-timeout 5) || return 1
  aws secretsmanager get-secret-value --secret-id "$secret_arn" \
    --query SecretString --output text --cli-connect-timeout 2 --cli-read-timeout 5 |
    "$NODE" -e 'process.stdout.write(JSON.parse(require("node:fs").readFileSync(0, "utf8")).password)'
}

if ! password=$(fetch) || [ -z "$password" ]; then
  echo "The database password could not be fetched; the one already here, if any, stays." >&2
  test -s "$DATABASE_PASSWORD_FILE"
  exit
fi

umask 0027
temporary=$(mktemp "$directory/.password.XXXXXX")
printf '%s' "$password" > "$temporary"
chgrp "$DATABASE_PASSWORD_GROUP" "$temporary"
chmod 0640 "$temporary"
mv "$temporary" "$DATABASE_PASSWORD_FILE"
