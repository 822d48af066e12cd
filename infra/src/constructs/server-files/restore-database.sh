#!/bin/bash
# Makes the database of a server that holds it itself, from the newest copy in S3: run once, at the server's first
# start. Without any copy it begins empty, and the application fills it.
#
# Anything but a clear answer ends it, and with it the start of the server: a shop that opened empty because S3 could
# not be asked would soon write copies of its emptiness.
set -euo pipefail

: "${COPIES_URL:?}" "${DATABASE_NAME:?}" "${DATABASE_USER:?}" "${DATABASE_PASSWORD_FILE:?}" "${DATABASE_PASSWORD_GROUP:?}"

bucket=${COPIES_URL#s3://}
prefix=${bucket#*/}
bucket=${bucket%%/*}

umask 0027
if [ ! -s "$DATABASE_PASSWORD_FILE" ]; then
  # Never leaves this server: it is as old as its database.
  head -c 24 /dev/urandom | base64 | tr -d '\n' > "$DATABASE_PASSWORD_FILE"
  chgrp "$DATABASE_PASSWORD_GROUP" "$DATABASE_PASSWORD_FILE"
fi
password=$(cat "$DATABASE_PASSWORD_FILE")

newest=$(aws s3api list-objects-v2 --bucket "$bucket" --prefix "$prefix/" \
  --query 'sort_by(Contents || `[]`, &LastModified)[-1].Key' --output text)

# The package's own choice for connections over TCP, ident, knows nobody here.
PGSETUP_INITDB_OPTIONS='--auth-local=peer --auth-host=scram-sha-256' postgresql-setup --initdb
systemctl enable --now postgresql.service
as_postgres() { runuser --user postgres -- "$@"; }
as_postgres psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 <<SQL
CREATE ROLE "$DATABASE_USER" LOGIN PASSWORD '$password';
CREATE DATABASE "$DATABASE_NAME" OWNER "$DATABASE_USER";
SQL

if [ "$newest" = None ]; then
  echo 'There is no copy to restore: the database begins empty.'
  exit
fi
echo "Restoring $newest."
copy=$(mktemp)
trap 'rm -f "$copy"' EXIT
aws s3 cp --only-show-errors "s3://$bucket/$newest" "$copy"
chmod 0644 "$copy"
as_postgres pg_restore --exit-on-error --single-transaction --no-owner --role "$DATABASE_USER" \
  --dbname "$DATABASE_NAME" "$copy"
