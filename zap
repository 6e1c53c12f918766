#!/usr/bin/env bash
#
# zap: the one thing to type. `./zap help` says what it can do.
#
# How it is made: every subcommand is a function zap_NAME; the lines that begin with "##" above it are its part of the help.
# A new subcommand is one more such function, nothing else. It must run on bash 3.2 (macOS) as well as on a current one.
#
# shellcheck disable=SC2317  # It does not see that the functions are called by name, at the end.
set -euo pipefail

readonly USAGE=64 UNAVAILABLE=69 # exit codes, as in sysexits.h
readonly JDK=25 MAVEN=3.8        # what is needed

# The checkout this script belongs to, also when it is called through a symbolic link.
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

# ------------------------------------------------------------------------------------------------------------- subcommands

## server [--any.spring.property=value …]
##     Start the server. What is not built yet, or has changed since, is built first.
##     ZAP_DATA           the folder of its data (var/ in the checkout)
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
  exec "$JAVA_HOME/bin/java" "${JVM_OPTIONS[@]}" ${ZAP_JAVA_OPTS:-} -jar "$IMAGE/zap-server.jar" "$@"
}

## certs [NAME …]
##     Make a certificate for trying TLS out, for this machine and more names or addresses of it, and a CA that signs
##     it. They are in var/certs (ZAP_DATA); another call renews the certificate, and a running server takes it.
zap_certs() {
  need_jdk
  data_folder
  exec "$JAVA_HOME/bin/java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC "$ZAP_ROOT/ops/Certs.java" "$ZAP_DATA/certs" "$@"
}

## shell [--profile NAME] [--server HOST:PORT] [--tls] [--ca FILE] [--pin KEY] [--wire recv] [COMMAND …]
##     The client: with a command it runs that and ends, without one it is a session with a prompt.
##     ./zap shell help says what it can do. What is not built yet, or has changed since, is built first.
##     ZAP_HOME           the folder of the profiles (~/.zap)
zap_shell() {
  local cache
  need_jdk
  build_image shell-client
  cache="$(start_cache)"
  if [ ! -f "$cache" ] && [ ! -f "$cache.failed" ]; then make_shell_cache; fi
  # Words on the command line are read in the locale's encoding, and one that is not UTF-8, or not installed, would lose accents.
  # What the user said about the language stays said.
  if [ "$(locale charmap 2>/dev/null)" != UTF-8 ]; then
    export ZAP_LANG="${ZAP_LANG:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}}" LC_ALL=C.UTF-8
  fi
  set -- -jar "$IMAGE/zap-shell-client.jar" "$@"
  if [ -f "$cache" ]; then set -- "-XX:AOTCache=$cache" "$@"; fi
  # shellcheck disable=SC2086
  exec "$JAVA_HOME/bin/java" $SHELL_JVM "$@"
}

# One command takes less than a second: no time to compile much (only what is called a thousand times, whatever the rehearsal had
# compiled), to work out beans that the build knows, or to look at warnings of the cache. The cache holds only for the same
# options, so they stand in one place.
SHELL_JVM="-XX:+IgnoreUnrecognizedVMOptions -Xlog:disable -Xlog:all=error:stderr -XX:+UseSerialGC -Xmx256m --enable-native-access=ALL-UNNAMED"
SHELL_JVM="$SHELL_JVM -XX:TieredStopAtLevel=1 -XX:Tier3InvocationThreshold=1000 -XX:Tier3MinInvocationThreshold=500"
SHELL_JVM="$SHELL_JVM -XX:Tier3CompileThreshold=4000 -XX:+UnlockDiagnosticVMOptions -XX:-AOTReplayTraining"
readonly SHELL_JVM="$SHELL_JVM -Dspring.aot.enabled=true"

# Rehearses what people run, and keeps the classes as they are then, on the machine where they are used: they belong to this JDK
# and these files. Without that everything works as well, so it is tried once, and nothing here ends the script.
make_shell_cache() {
  local cache making home
  cache="$(start_cache)"
  making="$IMAGE/making.aot"
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
    else
      mv "$making.log" "$cache.failed"
      say "That went wrong. The client works as well without, and starts slower; ./zap build tries it again." \
        "All of what Java said: $cache.failed"
    fi
    rm -rf "$home" "$making" "$making".*
  fi
  release_lock
}

## chaos [--seed N] [--runs R | --minutes M] [--report FILE]
##     Break everything that can break under a server and its clients, and check that every promise was kept.
##     Each run is decided by its seed; without --seed they begin at a random one, which is printed.
zap_chaos() {
  local server
  need_jdk
  build_image server
  make_start_cache
  jvm_options
  server="$IMAGE/zap-server.jar"
  build_image chaos
  exec "$JAVA_HOME/bin/java" -Xmx512m --enable-native-access=ALL-UNNAMED -jar "$IMAGE/zap-chaos.jar" "$@" \
    -- "$JAVA_HOME/bin/java" "${JVM_OPTIONS[@]}" -jar "$server"
}

## bench [MODE …] [options]
##     The load generator: measures a server and checks every message; ./zap bench help says what it can do.
##     ZAP_BENCH_JAVA_OPTS  more options for its JVM
zap_bench() {
  need_jdk
  build_image bench
  more_open_files
  # shellcheck disable=SC2086
  exec "$JAVA_HOME/bin/java" $BENCH_JVM ${ZAP_BENCH_JAVA_OPTS:-} "-Dzap.root=$ZAP_ROOT" -jar "$IMAGE/zap-bench.jar" "$@"
}

# It shares the processors with what it measures: as few threads of its own as can be.
readonly BENCH_JVM="-Xmx1g -XX:+UseSerialGC -XX:+UseCompactObjectHeaders --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"

## fuzz [--minutes M | --runs N] [--seed S] [TARGET]
##     Try inputs that nobody has thought of, for so long or so often with each target, or with one; prints a table.
##     What is found is in target/fuzz, and what is worth beginning with the next time, too.
zap_fuzz() {
  local words=()
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
  need_jdk
  build_image server
  make_start_cache
  say "Built: ${IMAGE#"$ZAP_ROOT"/}"
  build_image shell-client
  rm -f "$(start_cache).failed"
  if [ ! -f "$(start_cache)" ]; then make_shell_cache; fi
  say "Built: ${IMAGE#"$ZAP_ROOT"/}"
}

## test [fast] [options for Maven …]
##     Run all checks and tests; with "fast" those that need no sockets, database or other processes.
##     One module: ./zap test fast -pl zap-protocol
zap_test() {
  local goal="verify" log="$ZAP_ROOT/target/zap-test.log"
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
  echo "It needs a JDK $JDK (ZAP_JAVA_HOME says which one, if several) and Maven $MAVEN or newer. More: README.md."
}

# ---------------------------------------------------------------------------------------------------------- what is needed

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

# Makes sure that module zap-$1 is built and ready to run, and sets IMAGE to the folder where it is.
# An image is named after what it was made of and put into place in one move: where it is, it is whole and of these sources.
# It is not in the module's own target/, so that neither a build nor a test pulls the jars from under a running server.
build_image() {
  local module="$1" images="$ZAP_ROOT/target/images" folder making old
  folder="$(folder_of "$module")"
  IMAGE="$images/$module-$(fingerprint "$folder")"
  [ ! -d "$IMAGE" ] || return 0
  need_maven
  take_lock
  if [ ! -d "$IMAGE" ]; then # else another zap has built it while this one was waiting
    maven_build "$folder"
    making="$images/making"
    rm -rf "$making"
    mkdir -p "$images"
    unpack "$(boot_jar "$folder" "zap-$module")" "$making"
    mv "$making"/zap-*.jar "$making/zap-$module.jar"
    # A server may still be running from the image before this one; those before it are of no use.
    # shellcheck disable=SC2012
    { ls -td "$images/$module"-* 2>/dev/null || true; } | tail -n +2 | while IFS= read -r old; do rm -rf "$old"; done
    mv "$making" "$IMAGE"
  fi
  release_lock
}

# Sets ZAP_DATA. A relative folder means one below where the caller stands; the default is in the checkout, wherever that is.
data_folder() {
  case "${ZAP_DATA:=$ZAP_ROOT/var}" in
    /*) ;;
    *) ZAP_DATA="$PWD/$ZAP_DATA" ;;
  esac
  export ZAP_DATA
}

# Sets JVM_OPTIONS to those of the server.
jvm_options() {
  # Where the log is off, the JVM would say that a cache is not of use to it, and go on without.
  JVM_OPTIONS=(
    -Xmx1g -XX:+UseCompactObjectHeaders -XX:+ExitOnOutOfMemoryError --enable-native-access=ALL-UNNAMED
    "-Xlog:aot*=off" "-Xlog:cds*=off"
  )
  if [ -f "$(start_cache)" ]; then JVM_OPTIONS+=("-XX:AOTCache=$(start_cache)"); fi
}

# What one start has loaded and linked, kept for the next ones: they take half the time. It is of use to this JDK only.
start_cache() {
  echo "$IMAGE/start-$(cksum <"$JAVA_HOME/release" 2>/dev/null | tr -d ' ').aot"
}

# Starts a server on free ports with data of its own, and stops it again: a JVM that is told to writes the cache as it ends.
# Without one everything works as well, so nothing here ends the script.
make_start_cache() {
  local cache making log="$ZAP_ROOT/target/zap-start-cache.log" data server waited=0 started=$SECONDS
  cache="$(start_cache)"
  making="$IMAGE/making.aot"
  [ ! -f "$cache" ] || return 0
  take_lock
  printf '  recording a start, so that later ones take half the time … ' >&2
  data="$(mktemp -d)"
  jvm_options
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
    rm -f "$making.config"
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

# The jar of module $2, in folder $1, that holds all it needs.
boot_jar() {
  local jar
  for jar in "$ZAP_ROOT/$1/target/$2"-*-boot.jar "$ZAP_ROOT/$1/target/$2"-*.jar; do
    case "$jar" in
      *-sources.jar | *-javadoc.jar | *-tests.jar) ;;
      *) [ ! -f "$jar" ] || { echo "$jar" && return; } ;;
    esac
  done
}

maven_build() {
  local log="$ZAP_ROOT/target/zap-build.log" started=$SECONDS status=0
  if [ -d "$ZAP_ROOT/target/images" ]; then
    say "Building zap."
  else
    say "Building zap. The first time takes a few minutes, later starts take seconds."
  fi
  (cd "$ZAP_ROOT" && "$MVN" -B package -pl "$1" -am -Dmaven.test.skip=true -Dspotless.check.skip=true 2>&1) |
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
  local lock="$ZAP_ROOT/target/zap.lock" holder told=""
  mkdir -p "$ZAP_ROOT/target"
  until (set -o noclobber && echo $$ >"$lock") 2>/dev/null; do
    holder="$(cat "$lock" 2>/dev/null || true)"
    if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
      # Its owner is gone without a word. Whoever can move it away, of all that wait, takes it from there.
      if mv "$lock" "$lock.$$" 2>/dev/null; then
        if [ "$(cat "$lock.$$")" = "$holder" ]; then rm -f "$lock.$$"; else mv "$lock.$$" "$lock"; fi
      fi
      continue
    fi
    if [ -z "$told" ]; then
      say "Another zap (process ${holder:-unknown}) is building in this checkout; waiting for it …"
      told=yes
    fi
    sleep 0.5
  done
  trap release_lock EXIT
}

release_lock() {
  trap - EXIT
  rm -f "$ZAP_ROOT/target/zap.lock"
}

# ------------------------------------------------------------------------------------------------------------------ the rest

# A connection is an open file: take as many as this user may have.
more_open_files() {
  ulimit -n "$(ulimit -Hn)" 2>/dev/null || ulimit -n 10240 2>/dev/null || true
}

no_more_words() {
  local command="$1"
  shift
  [ $# -eq 0 ] || die "$USAGE" "zap $command takes no further words, and got: $*"
}

say() { printf '%s\n' "$@" >&2; }

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
if [[ "$command" =~ ^[a-z-]+$ ]] && [ "$(type -t "zap_$command")" = function ]; then
  "zap_$command" "$@"
  exit
fi
say "zap: there is no command \"$command\"." ""
zap_help >&2
exit "$USAGE"
