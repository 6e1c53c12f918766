#!/usr/bin/env bash
# The client in its image: zap [--server HOST:PORT] [--profile NAME] [COMMAND …]
set -euo pipefail
export LC_ALL=C.UTF-8
collector="-XX:+UseSerialGC"
# A JVM that is told of two collectors does not start.
case " ${JAVA_TOOL_OPTIONS:-} ${JDK_JAVA_OPTIONS:-} " in *" -XX:+Use"*"GC "*) collector="" ;; esac
exec java -Xlog:disable -Xlog:all=error:stderr ${collector:+"$collector"} -Xmx256m -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED \
  -Dspring.aot.enabled=true -jar /zap/zap-shell-client.jar "$@"
