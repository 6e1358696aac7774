#!/usr/bin/env bash
# Builds, runs and tests chat on Linux and macOS; build.ps1 does the same on Windows. MSBuild does the work:
# `dotnet publish chat.csproj -c Release -o out` and `dotnet test` need no script. Messages go to stderr; stdout has
# the words of chat alone, or the count of the tests. Runs on bash 3.2.
set -euo pipefail
usage='usage: ./build.sh [VERB]

  (none)           publish the binary for this machine to out/chat
  run ARGS...      publish if a source file changed, then run out/chat ARGS...
  test [fast] ...  check the format, compile, publish, run every test; fast: compile, run those that
                   start no process; more arguments go to dotnet test
  chaos [LINES]    count what a bad network and a killed server lose, double or disorder, inside TLS
                   and in the clear (10000 lines each)
  bench ...        measure what a line costs the server (Linux); peers: beside other servers;
                   --baseline BINARY: beside another build
  pictures         take the pictures of the README again (Linux)
  windows          publish out/windows/chat.exe, with the runtime inside
  clean            remove out/ and artifacts/'
caller=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")"
[ -d "${HOME-}" ] || export HOME=$PWD/artifacts/home
export PATH="$PATH:${DOTNET_ROOT:-$HOME/.dotnet}" DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false

say() { echo "build: $*" >&2; }

# need TOOL=PACKAGE...: names the packages of absent tools. Root and CI install them, where there is apt.
need() {
    local pair absent="" as_root=""
    for pair; do command -v "${pair%%=*}" >/dev/null || [ -e "${pair%%=*}" ] || absent="$absent ${pair#*=}"; done
    [ -n "$absent" ] || return 0
    say "these packages are needed and absent (the names are Debian's):$absent"
    if [ "$(id -u)" = 0 ]; then as_root=env; elif [ -n "${CI-}" ]; then as_root="sudo -n env"; fi
    # shellcheck disable=SC2086
    [ -n "$as_root" ] && command -v apt-get >/dev/null && $as_root apt-get update -qq >&2 &&
        $as_root DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $absent >&2
}

publish() {
    [ "$(uname -s)" != Linux ] || need gcc=gcc "$(gcc -print-file-name=libc.a 2>/dev/null || echo libc.a)=libc6-dev"
    say "publishing out/chat"
    mkdir -p artifacts && touch artifacts/begun
    dotnet publish chat.csproj -c Release -o out -v quiet >&2
    touch -r artifacts/begun out/chat # A file that is edited meanwhile is newer.
}

windows() { dotnet publish chat.csproj -c Release -r win-x64 -p:PublishSingleFile=true -o out/windows -v quiet >&2; }

compile() { say "compiling, every warning an error" && dotnet build chat.slnx -m:1 -v quiet -clp:NoSummary >&2; }

# Everything a test may use; without their counterparts, tests fail and say so.
prepare() {
    need nc.openbsd=netcat-openbsd ncat=ncat telnet=telnet socat=socat tmux=tmux strace=strace unshare=util-linux \
        ip=iproute2 python3=python3 /usr/share/unicode/EastAsianWidth.txt=unicode-data node=nodejs npm=npm || true
    need chromium=chromium || true
    need /usr/sbin/avahi-daemon=avahi-daemon avahi-browse=avahi-utils dbus-daemon=dbus-daemon || true
    [ -d artifacts/npm/node_modules ] || npm install --silent --no-audit --no-fund --prefix artifacts/npm \
        @xterm/headless@6.0.0 playwright-core@1.65.1 axe-core@4.14.1 jsqr@1.4.0 >&2 || true
    compile
    publish
}

# The tests start with the system's signal dispositions, which a shell in the background changes.
dotnet_test() {
    local fresh=""
    if env --default-signal=INT true 2>/dev/null; then fresh="env --default-signal=INT,QUIT,HUP"; fi
    $fresh dotnet test tests/chat.tests.csproj --no-build "$@" >&2
}

# The last line of `test`, whatever happened before: the runner's own counters.
count() {
    local n='="([0-9]+)"'
    sed -nE "s/.*<Counters .* passed$n failed$n .* notExecuted$n.*/\1 passed, \2 failed, \3 skipped/p" \
        artifacts/test/tests.trx 2>/dev/null | grep . || echo "0 passed, 1 failed"
}

command -v dotnet >/dev/null || say "the .NET SDK 10 is absent: https://dot.net/download"
verb=${1-}
[ $# = 0 ] || shift
case $verb in
    "") publish ;;
    run) # Folders count as well: a folder's date is that of a file that went away.
        [ -x out/chat ] && [ -z "$(find Client Protocol Server ./*.cs ./*.csproj ./*.props -newer out/chat)" ] || publish
        cd "$caller"
        exec "$OLDPWD/out/chat" "$@" ;;
    test)
        rm -rf artifacts/test
        trap count EXIT
        if [ "${1-}" = fast ]; then
            shift
            compile
            dotnet_test -p:Fast=true "$@"
            exit
        fi
        say "checking the format"
        dotnet tool restore >&2
        dotnet csharpier check . >&2
        prepare
        rm -f out/windows/chat.exe
        if [ "$(uname -sm)" = "Linux x86_64" ] && need wine=wine; then windows; fi
        dotnet_test "$@" ;;
    chaos)
        prepare
        export CHAT_CHAOS_LINES=${1-10000} CHAT_CHAOS_TALLY=$PWD/artifacts/chaos.txt
        rm -f artifacts/chaos.txt
        trap 'cat artifacts/chaos.txt' EXIT
        dotnet_test --filter "FullyQualifiedName~ChaosTests|FullyQualifiedName~CableTests" ;;
    pictures)
        prepare
        CHAT_PICTURES=take dotnet_test --filter FullyQualifiedName~Chat.Tests.Pictures ;;
    bench)
        peers="ncat=ncat /usr/sbin/ngircd=ngircd /usr/sbin/inspircd=inspircd nats-server=nats-server"
        [ "${1-}" != peers ] || need $peers || say "they are not measured"
        publish
        dotnet run --project tests/Bench/bench.csproj -c Release -v quiet -- "$PWD/out/chat" out/bench "$@" ;;
    windows) windows ;;
    clean) rm -rf out artifacts ;;
    help | -h | --help) echo "$usage" ;;
    *) say "there is no verb $verb" && echo "$usage" >&2 && exit 2 ;;
esac
