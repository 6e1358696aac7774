#!/usr/bin/env bash
# Builds, runs and tests chat on Linux and macOS; build.ps1 does the same on Windows. MSBuild does the work, and
# `dotnet publish chat.csproj -c Release -o out` and `dotnet test chat.slnx` do it without this script. Messages go to stderr:
# `./build.sh run client ... | grep x` reads chat alone. The count of the tests goes to stdout. Runs on bash 3.2.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
made=$root/artifacts
binary=$root/out/chat

usage() {
    cat <<'TEXT'
usage: ./build.sh [VERB]

  (none)           publish the binary for this machine to out/chat
  run ARGS...      publish if a source file changed, then run out/chat ARGS...
                   for instance: ./build.sh run server 127.0.0.1 8082
  test [fast] ...  check the format, compile, publish, run every test; fast: the tests that start
                   no process; more arguments go to dotnet test
  chaos [LINES]    twenty clients on a bad network and a server killed every few seconds:
                   prints what was lost, doubled or out of order, of 10000 lines by default
  bench ...        measure what a line costs the server (Linux); peers: beside other servers;
                   --baseline BINARY: beside another build
  pictures         take the pictures of the README again (Linux)
  windows          publish out/windows/chat.exe, with the runtime inside
  clean            remove out/ and artifacts/
TEXT
}

say() { echo "build: $*" >&2; }
die() { say "$*"; exit 1; }
has() { [ -e "$1" ] || command -v "$1" >/dev/null 2>&1; }

# install HINT PACKAGE...: Debian's packages, unasked where root may; elsewhere says which are absent.
install() {
    local hint=$1
    shift
    if has apt-get && [ "$(id -u)" = 0 ] && say "installing $*" && apt-get update -qq >&2 &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2; then return; fi
    say "$hint; install these (Debian's names): $*"
    return 1
}

# tools HINT TOOL=PACKAGE...: installs the packages of the tools that are absent.
tools() {
    local hint=$1 pair absent=
    shift
    for pair; do has "${pair%%=*}" || absent="$absent ${pair#*=}"; done
    # shellcheck disable=SC2086 # a list of names without spaces in them
    [ -z "$absent" ] || install "$hint" $absent
}

counterparts() {
    tools "the tests that talk to these will fail" nc.openbsd=netcat-openbsd ncat=ncat telnet=telnet socat=socat tmux=tmux \
        strace=strace unshare=util-linux ip=iproute2 python3=python3 /usr/share/unicode/EastAsianWidth.txt=unicode-data || true
}

dotnet_here() {
    [ -d "${HOME-}" ] || { export HOME=$made/home && mkdir -p "$HOME"; }
    export PATH="$PATH:${DOTNET_ROOT:-$HOME/.dotnet}" MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false
    export DOTNET_CLI_USE_MSBUILD_SERVER=0 DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
    local major
    major=$(cd "$root" && dotnet --version 2>/dev/null | cut -d. -f1) || major=0
    [ "${major:-0}" -ge 10 ] || die "the .NET SDK 10 is needed: https://dot.net/download, or" \
        "curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0"
}

linker() {
    case $(uname -s) in
        Darwin) has clang || die "clang is needed to link; install it with: xcode-select --install" ;;
        # A static binary takes the archive libc.a, which some systems keep in a package of its own.
        *) if ! has gcc || [ "$(gcc -print-file-name=libc.a)" = libc.a ]; then
            install "gcc and the static libc are needed to link" gcc libc6-dev || exit 1
        fi ;;
    esac
}

# quietly NAME COMMAND...: what it prints is worth reading when it fails.
quietly() {
    local log=$made/$1.log
    shift
    mkdir -p "$made"
    "$@" >"$log" 2>&1 || { cat "$log" >&2; die "failed: $*"; }
}

publish() {
    dotnet_here
    linker
    say "publishing out/chat"
    mkdir -p "$made" && touch "$made/begun"
    (cd "$root" && quietly publish dotnet publish chat.csproj -c Release -o out)
    mv -f "$made/begun" "$made/published"
    say "$binary, $(($(wc -c <"$binary") / 1024)) KiB"
}

stale() {
    [ -x "$binary" ] && [ -f "$made/published" ] || return 0
    # Folders count as well: a folder's date is that of a file that went away.
    [ -n "$(cd "$root" && find Program.cs Protocol Server Client chat.csproj Directory.Build.props -newer "$made/published")" ]
}

# dotnet_test ARGS...: the tests start with the system's signal dispositions, which a shell in the background changes.
dotnet_test() {
    local fresh=
    if env --default-signal=INT true 2>/dev/null; then fresh="env --default-signal=INT,QUIT,HUP"; fi
    $fresh dotnet test tests/chat.tests.csproj --no-build "$@" >&2
}

# Prints the runner's own counters, whatever happened before; a run that broke off counts as a failure.
tests() {
    local status=0 fast=
    cd "$root"
    trap count EXIT
    rm -rf "$made/test"
    if [ "${1-}" = fast ]; then
        shift
        fast='FullyQualifiedName!~EndToEnd&FullyQualifiedName!~Resilience&FullyQualifiedName!~Pictures&FullyQualifiedName!~InTmux&FullyQualifiedName!~SupportTests'
    fi
    dotnet_here
    if [ -z "$fast" ]; then
        linker
        counterparts
        say "checking the format"
        quietly format dotnet tool restore
        quietly format dotnet csharpier check .
    fi
    say "compiling, every warning an error"
    quietly build dotnet build chat.slnx -m:1
    if [ -z "$fast" ]; then
        publish
        rm -f out/windows/chat.exe
        if [ "$(uname -sm)" = "Linux x86_64" ] && tools "the Windows program is not tested" wine=wine; then windows; fi
    fi
    say testing
    dotnet_test ${fast:+--filter "$fast"} "$@" || status=$?
    cat "$made"/test/*_hang.log >&2 2>/dev/null || true
    return $status
}

count() {
    local status=$? line passed failed
    line=$(sed -n 's/.*<Counters \([^>]*\)>.*/ \1/p' "$made/test/tests.trx" 2>/dev/null | head -n 1)
    number() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$line"; }
    passed=$(number passed) failed=$(($(number failed) + $(number error) + $(number timeout) + $(number aborted)))
    [ "$failed" -gt 0 ] || { [ "$status" = 0 ] && [ "${passed:-0}" -gt 0 ]; } || failed=1
    echo "${passed:-0} passed, $failed failed, $(($(number total) - $(number executed))) skipped"
    [ "$failed" = 0 ]
    exit $?
}

windows() {
    say "publishing out/windows/chat.exe"
    (cd "$root" && quietly windows dotnet publish chat.csproj -c Release -r win-x64 --self-contained -p:PublishSingleFile=true \
        -p:PublishTrimmed=true -p:EnableCompressionInSingleFile=true -o out/windows)
}

verb=${1-}
[ $# -eq 0 ] || shift
case $verb in
    "") publish ;;
    run) if stale; then publish; fi; exec "$binary" "$@" ;;
    test) tests "$@" ;;
    chaos | pictures)
        counterparts
        publish
        cd "$root"
        rm -f "$made/chaos.txt"
        quietly build dotnet build tests/chat.tests.csproj -m:1
        if [ "$verb" = pictures ]; then CHAT_PICTURES=take dotnet_test --filter FullyQualifiedName~Chat.Tests.Pictures; exit; fi
        CHAT_CHAOS_LINES=${1-10000} CHAT_CHAOS_TALLY=$made/chaos.txt dotnet_test --filter "FullyQualifiedName~ChaosTests|FullyQualifiedName~CableTests" || status=$?
        cat "$made/chaos.txt"
        exit "${status-0}" ;;
    bench)
        if [ "${1-}" = peers ]; then tools "not measured" ncat=ncat /usr/sbin/ngircd=ngircd /usr/sbin/inspircd=inspircd nats-server=nats-server || true; fi
        publish
        cd "$root"
        quietly build dotnet build tests/Bench/bench.csproj -c Release -m:1
        dotnet "$made/bin/bench/Release/net10.0/bench.dll" "$binary" out/bench "$@" ;;
    windows) dotnet_here; windows ;;
    clean) rm -rf "$root/out" "$made" ;;
    help | -h | --help) usage ;;
    *) say "there is no verb $verb"; usage >&2; exit 2 ;;
esac
