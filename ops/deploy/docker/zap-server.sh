#!/usr/bin/env bash
# The server in its image. Its words are properties of the server's.
# ZAP_JVM has the options of its JVM; JAVA_TOOL_OPTIONS may have more.
set -euo pipefail
cd /zap
# Two fifths of the memory are for the heap, and half where PostgreSQL is elsewhere: the rest is for the JVM itself, for its threads
# and connections, and for the PostgreSQL in this container.
share=40
if [ -n "${ZAP_DATABASE_URL:-}" ]; then share=50; fi
# ZAP_JVM is a list of words on purpose, and the last word wins.
read -r -a options <<<"-XX:MaxRAMPercentage=$share ${ZAP_JVM:-}"

# A JVM whose memory, collector, options or open files do not fit to the recorded start may end instead of going on without it.
# So one that has nothing else to do tries it.
recorded=(-XX:AOTCache=/zap/start.aot)
if [ -f /zap/start.aot ]; then
  said="$(java "${options[@]}" "-Xlog:aot*=error:stderr:none" "${recorded[@]}" -XX:ErrorFile=/dev/null -cp zap-server.jar -version 2>&1)" || said="${said/sharing/}"
  if [[ "$said" != *sharing* ]]; then
    echo "The recorded start is of no use with the memory, the limits or the JAVA_TOOL_OPTIONS of this container, and this start takes longer." >&2
    recorded=()
  fi
else
  recorded=()
fi
exec java "${options[@]}" ${recorded[@]+"${recorded[@]}"} -jar zap-server.jar "$@"
