#!/usr/bin/env bash
#
# zap: finds a JDK, builds what has changed, and starts the server, the client and the tools. `./zap help` lists the
# commands.
#
# Every command is a function zap_NAME, with its help in ops/tools/build/help.txt. Whatever runs only when something is built,
# recorded or released is in Java: ops/tools/build/Build.java. The script must run on bash 3.2 (macOS), too.
#
# shellcheck disable=SC2317  # It does not see that the functions are called by name, at the end.
set -euo pipefail
# Settings of the caller's shell must not apply here: with CDPATH, cd prints where it went.
unset CDPATH
set +o noclobber +o noglob
# Without HOME, use the home that the system knows; "/" for a user without a name.
if [ -z "${HOME:-}" ]; then HOME="$(unset HOME && echo ~)"; fi
export HOME

# The first file that a program opens would get the number of a closed descriptor, and be read as its standard input. So
# a closed 0 is opened on nothing, and a closed 1 or 2 such that writing fails, as it should. Nothing may be opened to
# look at them. A descriptor on this script was closed, too: bash has opened the script there, and leaves it.
is_closed() { [ ! -e "/dev/fd/$1" ] || [ "/dev/fd/$1" -ef "${BASH_SOURCE[0]}" ]; }
if is_closed 0; then exec 0</dev/null; fi
if is_closed 1; then exec 1</dev/null; fi
if is_closed 2; then exec 2</dev/null; fi

readonly USAGE=64 BAD_DATA=65 UNAVAILABLE=69 # exit codes, as in sysexits.h; ops/tools/build adds 70: the build failed
readonly JDK=25
readonly FUZZED="zap-protocol zap-server zap-shell-client" # modules with targets for the fuzzer
# The load generator shares the processors with what it measures, so it gets few threads.
readonly BENCH_JVM="-Xmx1g -XX:+UseCompactObjectHeaders --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"

# Prints the folder of file $1, also when it is called through symbolic links.
folder_of() {
  local path="$1" target
  while [ -L "$path" ]; do
    target="$(readlink "$path")"
    case "$target" in /*) path="$target" ;; *) path="$(dirname "$path")/$target" ;; esac
  done
  cd "$(dirname "$path")" && pwd -P
}
ZAP_ROOT="$(folder_of "${BASH_SOURCE[0]}")"
RELEASE="" # a release has this file: there everything is built, and there are no sources. Empty in a checkout.
if [ -f "$ZAP_ROOT/RELEASE" ]; then RELEASE="$ZAP_ROOT/RELEASE"; fi
readonly ZAP_ROOT RELEASE
WORKSHOP="$ZAP_ROOT/target" # locks and logs

zap_server() {
  need_server
  more_open_files
  jvm_options
  # ZAP_JAVA_OPTS is a list of words on purpose, and the last word wins.
  # shellcheck disable=SC2086
  use_start_cache "$IMAGE/zap-server.jar" "${JVM_OPTIONS[@]}" ${ZAP_JAVA_OPTS:-}
  # shellcheck disable=SC2086
  run_java "${JVM_OPTIONS[@]}" ${USE_CACHE[@]+"${USE_CACHE[@]}"} ${ZAP_JAVA_OPTS:-} -jar "$IMAGE/zap-server.jar" "$@"
}

zap_admin() { server_program "-Xmx128m -XX:TieredStopAtLevel=1" zap.server.ops.AdminCommand "$@"; }
zap_backup() { server_program -Xmx256m zap.server.database.BackupCommand backup "$@"; }
zap_restore() { server_program -Xmx256m zap.server.database.BackupCommand restore "$@"; }

server_program() {
  need_server
  # shellcheck disable=SC2046,SC2086
  run_java $1 $(small_collector) -cp "$IMAGE/zap-server.jar" "${@:2}"
}

zap_cluster() {
  local program=zap.server.trial.ClusterCommand
  case "${1:-}" in
    kill | start | promote | status | help | -h | --help) server_program -XX:TieredStopAtLevel=1 "$program" "$@" ;;
  esac
  need_server
  # Several servers start at once: recording a start pays at the first time.
  if [ -w "$CACHES" ]; then record_server; fi
  more_open_files
  jvm_options
  # shellcheck disable=SC2086
  use_start_cache "$IMAGE/zap-server.jar" "${JVM_OPTIONS[@]}" ${ZAP_JAVA_OPTS:-}
  # shellcheck disable=SC2046,SC2086
  run_java -Xmx128m -XX:TieredStopAtLevel=1 $(small_collector) -cp "$IMAGE/zap-server.jar" "$program" "$@" \
    -- "$JAVA_HOME/bin/java" "${JVM_OPTIONS[@]}" ${USE_CACHE[@]+"${USE_CACHE[@]}"} ${ZAP_JAVA_OPTS:-} -jar "$IMAGE/zap-server.jar"
}

zap_certs() {
  need_jdk
  data_folder
  # shellcheck disable=SC2046
  run_java -XX:TieredStopAtLevel=1 $(small_collector) "$ZAP_ROOT/ops/tools/Certs.java" "$ZAP_DATA/certs" "$@"
}

zap_shell() {
  need_jdk
  build_image shell-client
  shell_jvm
  local jar="$IMAGE/zap-shell-client.jar" cache
  cache="$(start_cache)"
  if [ ! -f "$cache" ] && [ ! -f "$cache.failed" ] && [ -w "$CACHES" ]; then record_shell || true; fi
  use_start_cache "$jar" "${SHELL_JVM[@]}"
  # The client reports it in the user's language.
  run_java "${SHELL_JVM[@]}" ${USE_CACHE[@]+"${USE_CACHE[@]}"} ${NOT_UTF8:+"-Dzap.not-utf8=$NOT_UTF8"} -jar "$jar" "$@"
}

zap_chaos() {
  need_sources chaos
  build_image server
  record_server
  local server="$IMAGE/zap-server.jar"
  use_start_cache "$server" "${JVM_OPTIONS[@]}"
  build_image chaos
  run_java -Xmx512m --enable-native-access=ALL-UNNAMED -jar "$IMAGE/zap-chaos.jar" "$@" \
    -- "$JAVA_HOME/bin/java" "${JVM_OPTIONS[@]}" ${USE_CACHE[@]+"${USE_CACHE[@]}"} -jar "$server"
}

zap_bench() {
  need_sources bench
  build_image bench
  more_open_files
  # shellcheck disable=SC2046,SC2086
  run_java $BENCH_JVM $(small_collector "${ZAP_BENCH_JAVA_OPTS:-}") ${ZAP_BENCH_JAVA_OPTS:-} "-Dzap.root=$ZAP_ROOT" -jar "$IMAGE/zap-bench.jar" "$@"
}

zap_check() {
  need_jdk
  build_image check
  # shellcheck disable=SC2046
  run_java -XX:TieredStopAtLevel=1 -Xmx256m $(small_collector) -jar "$IMAGE/zap-check.jar" "$@"
}

zap_watch() {
  need_jdk
  build_image check
  more_open_files
  # shellcheck disable=SC2046
  run_java -XX:TieredStopAtLevel=1 -Xmx256m $(small_collector) -cp "$IMAGE/zap-check.jar" zap.watch.WatchProgram "$@"
}

zap_fuzz() {
  local words=()
  need_sources fuzz
  while [ $# -gt 0 ]; do
    case "$1" in
      --minutes | --runs | --seed)
        case "${2:-}" in "" | *[!0-9.]*) die "$USAGE" "zap fuzz $1 needs a number." ;; esac
        words+=("$1" "$2")
        shift
        ;;
      -*) die "$USAGE" "zap fuzz does not know $1." ;;
      *) words+=(--only "$1") ;;
    esac
    shift
  done
  build_tool maven -q -ntp -Dspotless.check.skip=true -pl "${FUZZED// /,}" -am \
    test-compile dependency:build-classpath -Dmdep.outputFile=target/fuzz/classpath -Dmdep.includeScope=test
  cd "$ZAP_ROOT"
  # shellcheck disable=SC2086
  run_java ops/tools/Fuzz.java ${words[@]+"${words[@]}"} $FUZZED
}

zap_build() {
  no_more_words build "$@"
  need_sources build
  build_image server
  record_server
  say "Built: ${IMAGE#"$ZAP_ROOT"/}"
  build_image shell-client
  record_shell_anew
  say "Built: ${IMAGE#"$ZAP_ROOT"/}"
}

zap_record() {
  no_more_words record "$@"
  need_jdk
  build_image server
  need_place_for_caches
  more_open_files
  record_server
  recorded zap-server.jar "${JVM_OPTIONS[@]}"
  build_image shell-client
  need_place_for_caches
  record_shell_anew
  recorded zap-shell-client.jar "${SHELL_JVM[@]}"
}

zap_dist() {
  no_more_words dist "$@"
  need_sources dist
  # A jar stores local times, and the rights that files get here.
  export TZ=UTC
  umask 022
  build_tool dist
}

zap_test() {
  local goal=verify
  need_sources test
  if [ "${1:-}" = fast ]; then goal=test && shift; fi
  # Three modules at a time: most of the time of a module is one compiler, or tests that wait.
  build_tool test -ntp --fail-at-end -T 3 "$goal" "$@"
}

zap_format() {
  no_more_words format "$@"
  need_sources format
  build_tool maven -q -ntp spotless:apply
}

zap_help() {
  printf '%s\n' "zap: a messenger over plain TCP." "" "Usage: ./zap COMMAND …" ""
  cat "$ZAP_ROOT/ops/tools/build/help.txt"
  if [ -n "$RELEASE" ]; then
    printf '\n%s\n' "This is release $(version_of_release). It needs a JDK $JDK (ZAP_JAVA_HOME selects one of several) and nothing else." \
      "build, test, format, fuzz, chaos, bench and dist need the sources, which are not in it. More: README.md."
  else
    printf '\n%s\n' "It needs a JDK $JDK (ZAP_JAVA_HOME selects one of several) and Maven 3.8 or newer. More: README.md."
  fi
}

# Prints the part of the help about command $1. The other commands have a help of their own.
help_of() {
  local line wanted=""
  while IFS= read -r line; do
    case "$line" in
      "  $1" | "  $1 "*) wanted=1 line="Usage: ./zap ${line#  }" ;;
      "  "[a-z]*) wanted="" ;;
    esac
    [ -z "$wanted" ] || printf '%s\n' "$line"
  done <"$ZAP_ROOT/ops/tools/build/help.txt"
}

version_of_release() { sed -n 's/^version=//p' "$RELEASE"; }

# ---------------------------------------------------------------------------------------------------------- what is needed

no_more_words() { [ $# -eq 1 ] || die "$USAGE" "zap $1 takes no further words, and got: ${*:2}"; }

# Command $1 needs the sources, and a JDK to build them.
need_sources() {
  [ -z "$RELEASE" ] || die "$UNAVAILABLE" "zap $1 needs the sources, and this is a release: zap $(version_of_release) in $ZAP_ROOT." \
    "It works in a checkout. What a release can do: $ZAP_ROOT/zap help"
  need_jdk
}

need_server() {
  need_jdk
  data_folder
  build_image server
}

# Sets ZAP_DATA. A relative folder is below the caller's. A checkout has its data in itself, a release has not: the next
# release is another folder and goes on with the same data.
data_folder() {
  local default="$ZAP_ROOT/var"
  if [ -n "$RELEASE" ]; then default="${XDG_DATA_HOME:-$HOME/.local/share}/zap"; fi
  case "${ZAP_DATA:=$default}" in /*) ;; *) ZAP_DATA="$PWD/$ZAP_DATA" ;; esac
  export ZAP_DATA
}

# Sets JAVA_HOME to a JDK 25, for Maven and for us.
need_jdk() {
  local home
  if [ -n "${ZAP_JAVA_HOME:-}" ]; then
    is_jdk "$ZAP_JAVA_HOME" || die "$UNAVAILABLE" "ZAP_JAVA_HOME is $ZAP_JAVA_HOME, which is not a JDK $JDK." \
      "Set it to one, or unset it, and zap searches for one."
    export JAVA_HOME="$ZAP_JAVA_HOME"
    return
  fi
  while IFS= read -r home; do
    if is_jdk "$home"; then
      export JAVA_HOME="$home"
      return
    fi
  done < <(places_of_jdks)
  die "$UNAVAILABLE" "zap needs a JDK $JDK, and there is none in JAVA_HOME, on the PATH or in the usual places." \
    "" "To install one: $(how_to_install jdk)" \
    "" "If you have one elsewhere: ZAP_JAVA_HOME=/path/to/jdk-$JDK ./zap …"
}

# Prints one folder a line, the likeliest first. ZAP_JDK_FOLDERS (a:b:c) replaces the usual places.
places_of_jdks() {
  local java folder folders="/usr/lib/jvm:/usr/java:/opt:/opt/java:/Library/Java/JavaVirtualMachines:$HOME/Library/Java/JavaVirtualMachines"
  folders="$folders:/opt/homebrew/opt:/usr/local/opt:$HOME/.sdkman/candidates/java:$HOME/.jdks:$HOME/.asdf/installs/java"
  folders="${ZAP_JDK_FOLDERS-$folders:$HOME/.local/share/mise/installs/java}"
  [ -z "${JAVA_HOME:-}" ] || echo "$JAVA_HOME"
  if java="$(command -v java)"; then dirname "$(folder_of "$java")"; fi
  while [ -n "$folders" ]; do
    folder="${folders%%:*}"
    case "$folders" in *:*) folders="${folders#*:}" ;; *) folders="" ;; esac
    for java in "$folder"/*; do # on macOS and of Homebrew, too
      printf '%s\n' "$java" "$java/Contents/Home" "$java/libexec/openjdk.jdk/Contents/Home"
    done
  done
}

is_jdk() {
  local version="" line
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 1
  if [ -r "$1/release" ]; then
    # Without sed: this runs at every start, and there may be many JDKs.
    while IFS= read -r line || [ -n "$line" ]; do
      case "$line" in JAVA_VERSION=\"*) line="${line#*\"}" version="${line%%[!0-9]*}" ;; esac
    done <"$1/release"
  else
    version="$("$1/bin/java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)"
  fi
  [ "$version" = "$JDK" ]
}

# Prints the command that installs package $1 on this system.
how_to_install() {
  local system what systems how
  system="$(uname -s)"
  # shellcheck disable=SC1091
  if [ "$system" = Linux ] && [ -r /etc/os-release ]; then system="$(. /etc/os-release && echo "${ID:-} ${ID_LIKE:-}")"; fi
  while IFS=: read -r what systems how; do
    if [ "$what" = "$1" ] && [[ " $system " =~ $systems ]]; then echo "$how" && return; fi
  done <"$ZAP_ROOT/ops/tools/build/packages.txt"
}

# A connection is an open file: take as many as this user may have.
more_open_files() { ulimit -n "$(ulimit -Hn)" 2>/dev/null || ulimit -n 10240 2>/dev/null || true; }

run_java() { exec "$JAVA_HOME/bin/java" "$@"; }

# shellcheck source=ops/tools/build/images.sh
. "$ZAP_ROOT/ops/tools/build/images.sh"
# shellcheck source=ops/tools/build/utf8.sh
. "$ZAP_ROOT/ops/tools/build/utf8.sh"

# ------------------------------------------------------------------------------------------------------------------ dispatch

say() { printf '%s\n' "$@" >&2 || true; } # a closed stderr is no reason to stop

die() {
  say "${@:2}"
  exit "$1"
}

command="${1:-help}"
case "$command" in -h | --help) command=help ;; esac
[ $# -eq 0 ] || shift
# Java reads words, the environment and the names of files in the locale's encoding, and would lose accents with one
# that is not UTF-8 or not installed. The user's language stays.
if [ "$(locale charmap 2>/dev/null)" != UTF-8 ]; then
  export ZAP_LANG="${ZAP_LANG:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}}" LC_ALL=C.UTF-8
fi
variables=ZAP_DATA
if [ "$command" = shell ]; then
  variables=ZAP_HOME
  if [ -z "${ZAP_HOME:-}" ]; then variables="HOME XDG_DATA_HOME"; fi
fi
find_not_utf8 "$variables" "$@"
case "$command:$NOT_UTF8" in
  shell:* | *:) ;;
  *:Z*) die "$BAD_DATA" "zap $command: $NOT_UTF8 is not UTF-8, and would be read as another folder. Nothing was done." ;;
  *) die "$BAD_DATA" "zap $command: word $NOT_UTF8 is not UTF-8, and would be read as another one. Nothing was done." ;;
esac
case "$command" in
  server | build | record | dist | test | format | fuzz)
    case "${1:-}" in help | -h | --help) help_of "$command" && exit ;; esac
    ;;
esac
if [[ "$command" =~ ^[a-z-]+$ ]] && [ "$(type -t "zap_$command")" = function ]; then
  "zap_$command" "$@"
  exit
fi
say "zap: there is no command \"$command\"." ""
zap_help >&2 || true
exit "$USAGE"
