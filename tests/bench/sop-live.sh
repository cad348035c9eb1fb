#!/usr/bin/env bash
# The live SOP as people did it by hand: the same order, one thing after the other, `sleep 30` where it says so, and no
# polling. For the sandbox only: its credentials are made up, and everything is on loopback.
#
# From the environment: ALPACA_URL, HEROKU_URL, HEROKU_TOKEN, VAULT_URL, VAULT_TOKEN, VAULT_PROJECT, VAULT_ENVIRONMENT,
# VAULT_PATH, APP_URL, and KEY_ID and SECRET, the current pair. From standard input, when it prints "regenerate": the new
# key ID and the new secret, a line each. It prints "step NAME" when a step begins.
set -euo pipefail

PROD=raxx-api-prod
APPS=("$PROD" raxx-mq-a)
ORDER='{"symbol":"AAPL","qty":1,"side":"buy","type":"limit","limit_price":"1.00","time_in_force":"day","mode":"live"}'

ask() { curl --disable --noproxy '*' -sS -H 'Content-Type: application/json' "$@"; }
alpaca() { ask -H "APCA-API-KEY-ID: $1" -H "APCA-API-SECRET-KEY: $2" "${@:4}" "$ALPACA_URL$3"; }
config_set() {
  ask --fail -o /dev/null -X PATCH -H "Authorization: Bearer $HEROKU_TOKEN" \
    -H 'Accept: application/vnd.heroku+json; version=3' -d "{\"$2\":\"$3\"}" "$HEROKU_URL/apps/$1/config-vars"
}
vault_set() {
  ask --fail -o /dev/null -X PATCH -H "Authorization: Bearer $VAULT_TOKEN" \
    -d "{\"workspaceId\":\"$VAULT_PROJECT\",\"environment\":\"$VAULT_ENVIRONMENT\",\"secretPath\":\"$VAULT_PATH\",\"secretValue\":\"$2\"}" \
    "$VAULT_URL/api/v3/secrets/raw/$1"
}
must() { [[ "$2" == "$3" ]] || { echo "stop: $1 is $2 instead of $3" >&2; exit 1; }; }

echo "step pause"
config_set "$PROD" TRADING_LIVE_DISABLED 1
sleep 30
must "live_enabled" "$(ask "$APP_URL/health/trading" | jq -r .live_enabled)" false

echo "step snapshot"
must "number of open orders" "$(alpaca "$KEY_ID" "$SECRET" '/v2/orders?status=open' | jq length)" 0
BEFORE=$(alpaca "$KEY_ID" "$SECRET" /v2/account | jq -c '[.account_number, .equity]')

echo "step await_human_input"
echo "regenerate"
read -r NEW_KEY_ID
read -r NEW_SECRET

echo "step validate"
must "account and equity" "$(alpaca "$NEW_KEY_ID" "$NEW_SECRET" /v2/account | jq -c '[.account_number, .equity]')" "$BEFORE"

echo "step store"
vault_set ALPACA_LIVE_API_KEY_ID "$NEW_KEY_ID"
vault_set ALPACA_LIVE_API_SECRET_KEY "$NEW_SECRET"

echo "step propagate"
for app in "${APPS[@]}"; do
  config_set "$app" ALPACA_LIVE_API_KEY_ID "$NEW_KEY_ID"
  config_set "$app" ALPACA_LIVE_API_SECRET_KEY "$NEW_SECRET"
done
sleep 30

echo "step verify"
must "account" "$(ask "$APP_URL/api/trading/account?mode=live" | jq -r .account_number)" "$(jq -r '.[0]' <<<"$BEFORE")"
order=$(ask -X POST -d "$ORDER" "$APP_URL/api/trading/orders" | jq -r .id)
cancelled=$(ask -X DELETE -o /dev/null -w '%{http_code}' "$APP_URL/api/trading/orders/$order?mode=live")
must "the answer to the cancellation" "$cancelled" 204
must "the check order" "$(alpaca "$NEW_KEY_ID" "$NEW_SECRET" "/v2/orders/$order" | jq -r .status)" canceled
must "the answer to the old pair" "$(alpaca "$KEY_ID" "$SECRET" /v2/account -o /dev/null -w '%{http_code}')" 401

echo "step resume"
config_set "$PROD" TRADING_LIVE_DISABLED 0
echo "live_enabled $(ask "$APP_URL/health/trading" | jq -r .live_enabled)"
