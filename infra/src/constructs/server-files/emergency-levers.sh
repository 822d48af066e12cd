#!/bin/bash
# Writes the positions of the emergency levers to LEVERS_FILE, where the application reads them.
#
# When AppConfig cannot be reached, the file of last time stays as it is: what was pulled stays pulled. The file is
# replaced in one step, so that nobody ever reads half a configuration.
set -euo pipefail

: "${LEVERS_APPLICATION:?}" "${LEVERS_ENVIRONMENT:?}" "${LEVERS_PROFILE:?}" "${LEVERS_FILE:?}"

directory=$(dirname "$LEVERS_FILE")
install -d -m 0755 "$directory"
temporary=$(mktemp "$directory/.levers.XXXXXX")
trap 'rm -f "$temporary"' EXIT

token=$(aws appconfigdata start-configuration-session \
  --application-identifier "$LEVERS_APPLICATION" \
  --environment-identifier "$LEVERS_ENVIRONMENT" \
  --configuration-profile-identifier "$LEVERS_PROFILE" \
  --query InitialConfigurationToken --output text --cli-connect-timeout 2 --cli-read-timeout 5)
aws appconfigdata get-latest-configuration --configuration-token "$token" \
  --cli-connect-timeout 2 --cli-read-timeout 5 "$temporary" > /dev/null

# An empty answer means that there is nothing yet.
test -s "$temporary" || exit 0
chmod 0644 "$temporary"
mv "$temporary" "$LEVERS_FILE"
