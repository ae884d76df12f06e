#!/usr/bin/env bash
# Creates a service app, connects as this app with its private key, and deletes it. Needs curl, jq and openssl.
# Reads OKTA_MOCK_URL and OKTA_CLIENT_TOKEN. With the argument --dpop, the app's access tokens are DPoP-bound.
set -euo pipefail
dpop=$([ "${1:-}" = --dpop ] && echo true || echo false)
work=$(mktemp -d)

okta() { # METHOD PATH [BODY]: a call of the administrator
  curl -sS --fail-with-body -X "$1" "$OKTA_MOCK_URL$2" -H "Authorization: SSWS $OKTA_CLIENT_TOKEN" \
    -H 'Accept: application/json' ${3:+-H 'Content-Type: application/json' -d "$3"}
}
remove() {
  [ -z "${app:-}" ] || { okta POST "/api/v1/apps/$app/lifecycle/deactivate" >"$work/removed"; okta DELETE "/api/v1/apps/$app"; }
  rm -r "$work"
}
trap remove EXIT

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
public_key() { # FILE: an RSA key as JSON Web Key
  local n
  n=$(printf "$(openssl rsa -in "$1" -noout -modulus | sed 's/.*=//; s/../\\x&/g')" | base64url)
  jq -cn --arg n "$n" '{kty: "RSA", e: "AQAB", n: $n}'
}
jwt() { # KEY_FILE HEADER CLAIMS
  local text
  text=$(printf %s "$2" | base64url).$(printf %s "$3" | base64url)
  printf '%s.%s' "$text" "$(printf %s "$text" | openssl dgst -sha256 -sign "$1" -binary | base64url)"
}
now() { date +%s; }
random() { openssl rand -hex 16; }

# The administrator creates the service app, grants it a scope and gives it a role.
openssl genrsa -out "$work/key.pem" 2048 2>"$work/openssl.log"
app=$(okta POST /api/v1/apps "$(jq -n --argjson key "$(public_key "$work/key.pem")" --argjson dpop "$dpop" '{
  name: "oidc_client", label: "Provisioning job (curl)", signOnMode: "OPENID_CONNECT",
  credentials: {oauthClient: {token_endpoint_auth_method: "private_key_jwt"}},
  settings: {oauthClient: {
    application_type: "service", grant_types: ["client_credentials"], response_types: ["token"],
    dpop_bound_access_tokens: $dpop, jwks: {keys: [$key + {kid: "provisioning-job", use: "sig"}]}}}}')" | jq -r .id)
okta POST "/api/v1/apps/$app/grants" "{\"issuer\": \"$OKTA_MOCK_URL\", \"scopeId\": \"okta.apps.read\"}" >"$work/grant"
okta POST "/oauth2/v1/clients/$app/roles" '{"type": "APP_ADMIN"}' >"$work/role"

# The service app gets an access token. The assertion and the DPoP proof are good for one request.
token_url=$OKTA_MOCK_URL/oauth2/v1/token
assertion() {
  jwt "$work/key.pem" '{"alg": "RS256", "kid": "provisioning-job"}' "$(jq -cn --arg app "$app" --arg aud "$token_url" \
    --argjson now "$(now)" --arg id "$(random)" '{iss: $app, sub: $app, aud: $aud, iat: $now, exp: ($now + 300), jti: $id}')"
}
request_token() { # [CURL_OPTION…]
  curl -sS "$@" "$token_url" -d grant_type=client_credentials -d scope=okta.apps.read \
    -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer -d "client_assertion=$(assertion)"
}
proof() { # METHOD URL CLAIMS
  jwt "$work/dpop.pem" "$(public_key "$work/dpop.pem" | jq -c '{typ: "dpop+jwt", alg: "RS256", jwk: .}')" \
    "$(jq -cn --arg htm "$1" --arg htu "$2" --argjson now "$(now)" --arg id "$(random)" --argjson more "$3" \
      '{htm: $htm, htu: $htu, iat: $now, jti: $id} + $more')"
}
if [ "$dpop" = false ]; then
  token=$(request_token | jq -er .access_token)
else
  # The first answer has the nonce that the proof must have.
  openssl genrsa -out "$work/dpop.pem" 2048 2>"$work/openssl.log"
  request_token -D "$work/headers" -H "DPoP: $(proof POST "$token_url" '{}')" >"$work/refused"
  nonce=$(tr -d '\r' <"$work/headers" | awk 'tolower($1) == "dpop-nonce:" {print $2}')
  token=$(request_token -H "DPoP: $(proof POST "$token_url" "{\"nonce\": \"$nonce\"}")" | jq -er .access_token)
  hash=$(printf %s "$token" | openssl dgst -sha256 -binary | base64url)
fi

# The service app calls the API.
as_app() { # METHOD PATH [CURL_OPTION…]
  local method=$1 url=$OKTA_MOCK_URL$2
  shift 2
  if [ "$dpop" = false ]; then
    curl -sS -X "$method" "$url" -H "Authorization: Bearer $token" "$@"
  else
    curl -sS -X "$method" "$url" -H "Authorization: DPoP $token" -H "DPoP: $(proof "$method" "$url" "{\"ath\": \"$hash\"}")" "$@"
  fi
}
as_app GET /api/v1/apps --fail-with-body | jq -r '"the service app sees \(length) apps"'
as_app POST "/api/v1/apps/$app/lifecycle/deactivate" -o "$work/refused" \
  -w 'without okta.apps.manage it changes none: %{http_code}\n'
