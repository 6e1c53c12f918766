#!/usr/bin/env bash
# zap-demo ME OTHER: somebody who talks with somebody else for as long as it runs, and shows what the client shows. Both are profiles in the same
# ZAP_HOME, where each finds the other's number. The server is in ZAP_SERVER.
set -euo pipefail
readonly me="$1" other="$2"
client() { zap --profile "$me" --server "${ZAP_SERVER:?}" "$@"; }

# A number of one's own, unless there is one from the last time.
until [ -s "$ZAP_HOME/$me.number" ]; do
  client register 2>/dev/null || true
  if client whoami 2>/dev/null | grep -oE '^1[0-9]{12}$' >"$ZAP_HOME/$me.making"; then
    mv "$ZAP_HOME/$me.making" "$ZAP_HOME/$me.number"
  else
    sleep 3 # the server may take its time to come up
  fi
done
until [ -s "$ZAP_HOME/$other.number" ]; do sleep 1; done
client contact add "$other" "$(cat "$ZAP_HOME/$other.number")" || true # it is there already, the second time

# One session that stays: what comes in appears by itself.
lines=("good morning" "did the parcel come?" "yes, it stands in the kitchen" "and the cat sits in it" "of course she does" "coffee at four?"
  "at four" "I bring cake 🍰" "then I make it three" "até já")
say() {
  local i=0
  sleep "$((RANDOM % 5 + 2))"
  while true; do
    echo "$me says: ${lines[i % ${#lines[@]}]}" >&2
    echo "send $other ${lines[i % ${#lines[@]}]}"
    i=$((i + 1))
    sleep "$((RANDOM % 10 + 5))" # a person thinks, and types
    echo "read $other"
  done
}
say | client
