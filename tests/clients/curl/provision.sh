#!/usr/bin/env bash
# Sets up provisioning for an app, with an API token. Needs curl and jq.
# Reads OKTA_MOCK_URL and OKTA_CLIENT_TOKEN.
set -euo pipefail

okta() { # METHOD PATH [BODY]
  curl -sS --fail-with-body -X "$1" "$OKTA_MOCK_URL$2" -H "Authorization: SSWS $OKTA_CLIENT_TOKEN" \
    -H 'Accept: application/json' ${3:+-H 'Content-Type: application/json' -d "$3"}
}

okta GET /api/v1/apps | jq -r '.[] | [.id, .name, .label] | @tsv'
app=$(okta GET /api/v1/apps | jq -r '.[] | select(.name == "zscalerbyz").id')

okta GET "/api/v1/apps/$app/connections/default" | jq -r '"connection before: " + .status'
okta POST "/api/v1/apps/$app/connections/default?activate=true" \
  '{"baseUrl": "https://scim.example.com", "profile": {"authScheme": "TOKEN", "token": "scim-secret"}}' |
  jq -r '"connection now: " + .status'
okta PUT "/api/v1/apps/$app/features/USER_PROVISIONING" '{"create": {"lifecycleCreate": {"status": "ENABLED"}}}' |
  jq -r '"Okta creates users: " + .capabilities.create.lifecycleCreate.status'
