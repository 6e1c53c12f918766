#!/usr/bin/env bash
# Records a start of the server into the file $1, from which later starts of the same image take what they need.
set -euo pipefail
cache="$1"
data="$(mktemp -d)"
# shellcheck disable=SC2086
ZAP_DATA="$data" java ${ZAP_JVM:-} -XX:AOTCacheOutput="$cache" -jar /zap/zap-server.jar \
  --server.port=0 --zap.gateway.port=0 --zap.gateway.recv-port=0 >"$data/log" 2>&1 &
server=$!
for _ in $(seq 600); do
  if grep -q 'is ready' "$data/log" || ! kill -0 "$server" 2>/dev/null; then break; fi
  sleep 0.5
done
kill "$server" 2>/dev/null || true
wait "$server" || true
if [ ! -s "$cache" ]; then
  cat "$data/log"
  exit 1
fi
rm -rf "$data"
