# What runs: images, the options of their JVMs, and the recorded starts with which they start in half the time. Part of
# the script zap, which reads it in.
# shellcheck shell=bash disable=SC2034  # Its variables are used there.

# The fewest open files with which the server starts.
readonly FEWEST_FILES=512

# Makes sure that module zap-$1 is built, and sets IMAGE to the folder from which it runs, and CACHES to that of its
# recorded starts. An image is named after the contents of its sources and put into place in one move: one that exists
# is whole and current. It is not in the module's own target/, so that neither a build nor a test replaces the jars of a
# running server.
build_image() {
  local folder="ops/tools/$1"
  if [ -n "$RELEASE" ]; then
    IMAGE="$ZAP_ROOT/$1"
    caches_of_release "$1"
    return
  fi
  case "$1" in server | shell-client) folder="zap-$1" ;; esac
  IMAGE="$ZAP_ROOT/target/images/$1-$(fingerprint "$folder")"
  CACHES="$IMAGE"
  [ -d "$IMAGE" ] || build_tool image "$1" "$folder" "$IMAGE"
}

# Prints a checksum of what goes into the build of the module in folder $1: sources, those of its dependencies,
# migrations, poms.
fingerprint() {
  (
    cd "$ZAP_ROOT"
    # A file that does not exist changes the sum, too.
    case "$1" in ops/*) set -- "$1" zap-shell-client/pom.xml zap-shell-client/src/main ;; esac
    { find pom.xml .mvn db zap-protocol/pom.xml zap-protocol/src/main "$1/pom.xml" "$1/src/main" "${@:2}" -type f -exec cksum {} + 2>/dev/null || true; } |
      LC_ALL=C sort | cksum | tr -d ' '
  )
}

# Builds, records and releases, one caller at a time.
build_tool() {
  local terminal=no
  if [ -t 2 ]; then terminal=yes; fi
  # shellcheck disable=SC2046
  "$JAVA_HOME/bin/java" -XX:TieredStopAtLevel=1 $(small_collector) -Xmx256m "-Dzap.root=$ZAP_ROOT" "-Dzap.workshop=$WORKSHOP" \
    "-Dzap.terminal=$terminal" "$ZAP_ROOT/ops/tools/build/Build.java" "$@"
}

# Sets CACHES for module zap-$1 of a release: in the release, if it is writable or has a recorded start; otherwise in
# the user's own cache, for a release at this place.
caches_of_release() {
  CACHES="$ZAP_ROOT/cache/$1"
  mkdir -p "$CACHES" 2>/dev/null || true
  if [ ! -w "$CACHES" ] && [ ! -f "$(start_cache)" ]; then
    CACHES="${XDG_CACHE_HOME:-$HOME/.cache}/zap/$({ echo "$ZAP_ROOT" && cat "$RELEASE"; } | cksum | tr -d ' ')/$1"
    mkdir -p "$CACHES" 2>/dev/null || true # without it everything works as well, and starts slower
  fi
  WORKSHOP="$CACHES"
}

# Sets JVM_OPTIONS to those of the server.
jvm_options() {
  # The heap takes up to 1 GB, and two fifths of a small machine or container: the rest is for the JVM itself and for
  # PostgreSQL. With these logs on, the JVM would report a cache that it cannot use, and go on without. G1 leaves the old
  # part of the heap alone until there is much in it: otherwise it looks through the little that is there every few
  # seconds, and messages wait meanwhile (docs/latency.md).
  JVM_OPTIONS=(
    -XX:MaxRAM=2560m -XX:MaxRAMPercentage=40 -XX:InitialRAMPercentage=10
    -XX:InitiatingHeapOccupancyPercent=70 -XX:-G1UseAdaptiveIHOP -XX:MetaspaceSize=128m
    -XX:+UseCompactObjectHeaders -XX:+ExitOnOutOfMemoryError --enable-native-access=ALL-UNNAMED
    "-Xlog:aot*=off" "-Xlog:cds*=off"
  )
}

# Sets SHELL_JVM to the client's options. A command takes less than a second: the JVM compiles only methods with a
# thousand calls, uses beans from the build, and reports no warnings of the cache. A cache is valid only for the same
# options.
shell_jvm() {
  # shellcheck disable=SC2207
  SHELL_JVM=(
    -XX:+IgnoreUnrecognizedVMOptions -Xlog:disable -Xlog:all=error:stderr $(small_collector) -Xmx256m --enable-native-access=ALL-UNNAMED
    -XX:TieredStopAtLevel=1 -XX:Tier3InvocationThreshold=1000 -XX:Tier3MinInvocationThreshold=500
    -XX:Tier3CompileThreshold=4000 -XX:+UnlockDiagnosticVMOptions -XX:-AOTReplayTraining
    -Dspring.aot.enabled=true
  )
}

# Prints the collector for small or short-lived programs, unless the user's options name one (the JVM's own variables,
# and $1): a JVM with two collectors does not start.
small_collector() {
  case " ${JAVA_TOOL_OPTIONS:-} ${JDK_JAVA_OPTIONS:-} ${_JAVA_OPTIONS:-} ${1:-} " in
    *" -XX:+Use"*"GC "*) ;;
    *) echo "-XX:+UseSerialGC" ;;
  esac
}

# Prints the file of the recorded start: the classes that one start has loaded and linked. It is valid for this JDK
# only.
start_cache() { echo "$CACHES/start-$(cksum <"$JAVA_HOME/release" 2>/dev/null | tr -d ' ').aot"; }

record_server() {
  jvm_options
  find_out_about_start_cache "$IMAGE/zap-server.jar" "${JVM_OPTIONS[@]}"
  [ -n "${USE_CACHE[*]-}" ] || build_tool record-server "$(start_cache)" "$IMAGE/zap-server.jar" "${JVM_OPTIONS[@]}"
}

record_shell() { build_tool record-client "$(start_cache)" "$IMAGE/zap-shell-client.jar" "${SHELL_JVM[@]}"; }

record_shell_anew() {
  shell_jvm
  rm -f "$(start_cache).failed"
  find_out_about_start_cache "$IMAGE/zap-shell-client.jar" "${SHELL_JVM[@]}"
  [ -n "${USE_CACHE[*]-}" ] || { rm -f "$(start_cache)" && record_shell; }
}

need_place_for_caches() {
  [ -w "$CACHES" ] || die "$UNAVAILABLE" "zap stores recorded starts in $CACHES, and you may not write there."
}

# Reports that jar $1 has a recorded start for a JVM with the further words as its options; exits if it has none.
recorded() {
  find_out_about_start_cache "$IMAGE/$1" "${@:2}"
  [ -n "${USE_CACHE[*]-}" ] || die "$UNAVAILABLE" "No start of $1 could be recorded${WHY:+: $WHY}." \
    "Everything works as well without, and starts slower."
  say "Recorded: $CACHES"
}

# Sets USE_CACHE to the JVM option for the recorded start of jar $1, or to nothing if a JVM with the further words as
# its options cannot use it; then reports that, once.
use_start_cache() {
  find_out_about_start_cache "$@"
  if [ -n "$WHY" ] && [ -n "$NEWS" ]; then
    say "The recorded start cannot be used here, and this start takes longer: $WHY." \
      "\"./zap record\" makes a new one, for the present memory, limits and JAVA_TOOL_OPTIONS."
  fi
}

# Sets USE_CACHE; WHY, if there is a cache that cannot be used; and NEWS, if that was not known. A JVM whose memory,
# collector, options or open files do not fit its cache, or whose cache is damaged, may exit or crash instead of going
# on without it. So a JVM with no other work tries it. The result is kept for each set of circumstances until the cache
# changes.
find_out_about_start_cache() {
  local jar="$1" cache circumstances line said
  shift
  cache="$(start_cache)"
  USE_CACHE=() WHY="" NEWS=""
  [ -f "$cache" ] || return 0
  circumstances="$(circumstances "$@")"
  if [ -f "$cache.tried" ] && [ ! "$cache" -nt "$cache.tried" ]; then
    while IFS= read -r line; do
      case "$line" in
        "good $circumstances") USE_CACHE=("-XX:AOTCache=$cache") && return 0 ;;
        "bad $circumstances") WHY="as the last time" && return 0 ;;
      esac
    done <"$cache.tried"
  else
    rm -f "$cache.tried" 2>/dev/null || true
  fi
  if said="$("$JAVA_HOME/bin/java" "$@" "-Xlog:aot*=error:stderr:none" "-XX:AOTCache=$cache" -XX:+UnlockDiagnosticVMOptions \
    -XX:+VerifySharedSpaces -XX:-CreateCoredumpOnCrash "-XX:ErrorFile=$cache.crashed" -cp "$jar" -version 2>&1)" &&
    [[ "$said" == *sharing* ]]; then
    USE_CACHE=("-XX:AOTCache=$cache")
    line="good"
  else
    rm -f "$cache.crashed" 2>/dev/null || true
    WHY="$(sed -n -e '/^ *$/d' -e '/^#/d' -e '/^Picked up/d' -e '/^Error occurred during init/d' -e '/^openjdk version/q' -e '/-Xlog:aot/d' \
      -e 's/\.$//' -e '/./{p;q;}' <<<"$said" || true)"
    WHY="${WHY:-it is damaged}" NEWS=yes line="bad"
  fi
  { printf '%s %s\n' "$line" "$circumstances" >>"$cache.tried"; } 2>/dev/null || true
}

# Prints, in one line, what decides whether a JVM with these options can use a recorded start.
circumstances() {
  local files kilobytes=0 line groups=(/sys/fs/cgroup{,/memory}/{memory.max,cpu.max,memory.limit_in_bytes})
  files="$(ulimit -n)"
  # Above the minimum, their number does not matter.
  if [ "$files" = unlimited ] || [ "$files" -ge "$FEWEST_FILES" ]; then files=enough; fi
  # Memory and processors decide about the heap and its collector; a container or a service may have less than the
  # machine.
  if [ -r /proc/meminfo ]; then read -r _ kilobytes _ </proc/meminfo; fi
  if [ -r /proc/self/cgroup ]; then
    while IFS= read -r line; do
      groups+=("/sys/fs/cgroup${line#*:*:}"/{memory.max,cpu.max} "/sys/fs/cgroup/memory${line#*:*:}/memory.limit_in_bytes")
    done </proc/self/cgroup
  fi
  line="files=$files processors=$(nproc 2>/dev/null || true) memory=$((kilobytes / 65536)) $(cat "${groups[@]}" 2>/dev/null || true)"
  line="$line|${JAVA_TOOL_OPTIONS:-}|${JDK_JAVA_OPTIONS:-}|${_JAVA_OPTIONS:-}|$*"
  echo "${line//$'\n'/ }"
}
