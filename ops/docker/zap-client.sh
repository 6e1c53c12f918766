#!/usr/bin/env bash
# The client in its image: zap [--server HOST:PORT] [--profile NAME] [COMMAND …]
set -euo pipefail
export LC_ALL=C.UTF-8
exec java -Xlog:disable -Xlog:all=error:stderr -XX:+UseSerialGC -Xmx256m -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED \
  -Dspring.aot.enabled=true -jar /zap/zap-shell-client.jar "$@"
