#!/usr/bin/env bash
#
# Builds, runs and tests chat on Linux and macOS; build.ps1 does the same on Windows.
#
# Everything that is made lies in two folders: out/ holds what one wants, artifacts/ the rest. What is said here goes to
# stderr, so that `./build.sh run client ... | grep x` reads chat and nothing else; only the count of tests is an answer
# and goes to stdout. Runs on the bash 3.2 of a Mac.
#
# The framework is net10.0 where its native packs can be had for this machine, and net9.0 elsewhere. Asking costs a second,
# so the answer is kept in artifacts/; that nobody answered is not an answer and is asked again.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
made=$root/artifacts
binary=$root/out/chat

# What the end-to-end tests hold a conversation with. Left: what is looked for, right: the Debian package that has it.
counterparts="
nc                                          netcat-openbsd
ncat                                        ncat
telnet                                      telnet
socat                                       socat
tmux                                        tmux
strace                                      strace
unshare                                     util-linux
ip                                          iproute2
/usr/share/unicode/EastAsianWidth.txt       unicode-data"

usage() {
    cat <<'TEXT'
usage: ./build.sh [VERB]

  (none)         publish the binary for this machine to out/chat
  run ARGS...    publish if something changed, then run out/chat with these arguments
                 for instance: ./build.sh run server 127.0.0.1 8082
  test ARGS...   check the format, compile for net9.0 and net10.0, publish, run every test, those of the Windows program
                 where there is wine; arguments go to `dotnet test`, for instance --filter BinaryTests
  chaos [LINES]  twenty clients on a bad network, a server that is killed every few seconds, a cable that is pulled
                 out: nothing lost, nothing twice, one order; prints the tally, of 10000 lines if not told otherwise
  bench [peers]  measure what a message costs the server, on Linux, with peers beside ngircd, inspircd, ncat
                 and nats-server; the table and a picture go to out/bench; ends with 1 when a bound was not held;
                 takes --modes, --members, --seconds, --rounds, --servers
  pictures       take the pictures of the README anew, with out/chat in terminals of tmux, on Linux
  windows        publish out/windows/chat.exe for Windows on x64
  clean          remove everything that was made
TEXT
}

say() { echo "build: $*" >&2; }
die() { say "$*"; exit 1; }

# ---- What this machine has ----

has() { [ -e "$1" ] || command -v "$1" >/dev/null 2>&1; }

# The one command that installs the packages named for this system: apt's names, dnf's, brew's, apk's, pacman's.
install_with() {
    if has apt-get; then echo "sudo apt-get install -y $1"
    elif has dnf; then echo "sudo dnf install -y $2"
    elif has brew; then echo "brew install $3"
    elif has apk; then echo "sudo apk add $4"
    elif has pacman; then echo "sudo pacman -S --needed $5"
    else echo "your package manager, for: $1"
    fi
}

need_dotnet() {
    # Where the installer puts it when it may not write elsewhere; nobody should have to set PATH first.
    local own=${DOTNET_ROOT:-${HOME-}/.dotnet} words=
    if ! has dotnet && [ -x "$own/dotnet" ]; then
        export DOTNET_ROOT=$own
        PATH=$DOTNET_ROOT:$PATH
    fi
    # A build account may have no home; dotnet and its packages need one.
    if ! [ -d "${HOME-}" ]; then
        export HOME=$made/home
        mkdir -p "$HOME"
    fi
    export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false DOTNET_CLI_USE_MSBUILD_SERVER=0
    export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
    sdk=
    if has dotnet && words=$(cd "$root" && dotnet --version 2>&1); then sdk=${words##*$'\n'}; fi
    if [ "${sdk%%.*}" -ge 10 ] 2>/dev/null; then return; fi
    if has dotnet && [ -z "$sdk" ]; then die "dotnet does not start; it says: $words"; fi
    local script="curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0"
    local how=$script
    if has apt-get && grep -qs '^ID=ubuntu' /etc/os-release; then how="sudo apt-get install -y dotnet-sdk-10.0"
    elif has dnf; then how="sudo dnf install -y dotnet-sdk-10.0"
    elif has brew; then how="brew install --cask dotnet-sdk"
    fi
    die "the .NET SDK 10 or later is needed${sdk:+ (there is $sdk)}; install it with: $how"
}

need_linker() {
    if [ "$(uname -s)" = Darwin ]; then
        has clang || die "clang is needed to link; install it with: xcode-select --install"
        return
    fi
    # A static binary takes the archive libc.a, which some systems keep in a package of its own.
    if ! has gcc || [ "$(gcc -print-file-name=libc.a)" = libc.a ]; then
        die "gcc and the static libc are needed to link; install them with:" \
            "$(install_with "gcc libc6-dev" "gcc glibc-static" "gcc" "gcc musl-dev" "gcc")"
    fi
}

machine() {
    local cpu
    case $(uname -m) in
        x86_64 | amd64) cpu=x64 ;;
        aarch64 | arm64) cpu=arm64 ;;
        *) die "there is no native compiler for $(uname -m); x64 and arm64 are the ones that exist" ;;
    esac
    case $(uname -s) in
        Linux) if ls /lib/ld-musl-* >/dev/null 2>&1 && ! has /lib64/ld-linux-x86-64.so.2 && ! has /lib/ld-linux-aarch64.so.1
            then rid=linux-musl-$cpu; else rid=linux-$cpu; fi ;;
        Darwin) rid=osx-$cpu ;;
        *) die "on Windows use build.ps1; $(uname -s) is not a system that .NET builds for" ;;
    esac
}

# Installs the absent counterparts where that may be done unasked, and otherwise says how; the tests that need one fail by name.
need_counterparts() {
    local tool package absent=
    while read -r tool package; do
        [ -n "$tool" ] || continue
        if has dpkg-query; then
            dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || absent="$absent $package"
        else
            has "$tool" || absent="$absent $package"
        fi
    done <<<"$counterparts"
    [ -n "$absent" ] || return 0
    if has apt-get && [ "$(id -u)" = 0 ]; then
        say "installing what the tests talk to:$absent"
        # shellcheck disable=SC2086 # a list of names without spaces in them
        if DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 &&
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $absent >&2; then return; fi
        say "that did not work"
    fi
    say "some tests will fail for want of:$absent; install them with:" \
        "$(install_with "${absent# }" "nmap-ncat telnet socat tmux strace util-linux iproute unicode-ucd" \
            "netcat nmap telnet socat tmux" "netcat-openbsd nmap-ncat busybox-extras socat tmux strace util-linux iproute2 unicode-character-database" \
            "openbsd-netcat nmap inetutils socat tmux strace util-linux iproute2 unicode-character-database")"
}

# What the Windows program is tested with. It is large (100 MB to fetch, 700 on the disk), so nobody is asked to install it.
need_wine() {
    if has wine; then return; fi
    has apt-get && [ "$(id -u)" = 0 ] || return 1
    say "installing wine, which plays Windows"
    DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends wine >&2
}

# ---- One at a time ----

# Two terminals that say `run` in a fresh clone must not build over each other.
lock() {
    local holder said=
    mkdir -p "$made"
    [ -w "$made" ] || die "$made cannot be written"
    until (set -o noclobber && echo $$ >"$made/lock") 2>/dev/null; do
        holder=$(cat "$made/lock" 2>/dev/null || true)
        if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then rm -f "$made/lock"; continue; fi
        [ -n "$said" ] || say "waiting for the other build (process $holder)"
        said=1
        sleep 0.2
    done
    trap unlock EXIT
}

unlock() { rm -f "$made/lock"; }

# ---- Publishing ----

# quietly LOG COMMAND...: what it says is worth reading when it fails.
quietly() {
    local log=$1
    shift
    if "$@" >"$log" 2>&1; then return; fi
    cat "$log" >&2
    say "all of this is in $log"
    return 1
}

# Sets tfm; remember is empty when the packs' source gave no answer and net9.0 is a guess for this time only.
choose_framework() {
    local words
    remember=1
    tfm=$(sed -n "s/^$rid $sdk //p" "$made/framework" 2>/dev/null || true)
    if [ -n "$tfm" ]; then return; fi
    say "asking whether the native packs of net10.0 can be had for $rid"
    if words=$(dotnet restore "$root/chat.csproj" -r "$rid" -p:ChatTfm=net10.0 -p:PublishAot=true 2>&1); then
        tfm=net10.0
    elif ! grep -q 'NU130[0-9]' <<<"$words" && grep -q 'NU110[123]' <<<"$words"; then
        tfm=net9.0
    else
        tfm=net9.0
        remember=
        say "no answer, so net9.0 for this time; it was: $(grep -m 1 'error' <<<"$words" || echo "$words")"
    fi
}

# publish NAME [PROPERTY...]: makes artifacts/publish/$rid/NAME.
publish() {
    local name=$1 log=$made/publish-$rid.log stamp=$made/publish-$rid.stamp
    shift
    # A changed property of the link alone does not link again, so a changed project starts from nothing.
    # (What find says of a stamp that is not there counts as well.)
    if [ -n "$(find "$root/chat.csproj" "$root/Directory.Build.props" -newer "$stamp" 2>&1)" ]; then
        rm -rf "$made/obj/chat/$tfm-$rid"
    fi
    touch "$stamp.begun"
    say "publishing for $rid with $tfm"
    quietly "$log" dotnet publish "$root/chat.csproj" -c Release -r "$rid" -p:ChatTfm="$tfm" "$@" \
        -o "$made/publish/$rid" -m:1 -nodeReuse:false || die "publishing failed"
    [ -s "$made/publish/$rid/$name" ] || die "publishing made no $name; see $log"
    mv -f "$stamp.begun" "$stamp"
}

# put FROM TO: by renaming, so that a chat that is running keeps its file and the next one gets the new.
put() {
    mkdir -p "$(dirname "$2")"
    cp "$1" "$2.new"
    mv -f "$2.new" "$2"
    say "$2, $(($(wc -c <"$2") / 1024)) KiB"
}

publish_here() {
    need_dotnet
    need_linker
    choose_framework
    publish chat
    put "$made/publish/$rid/chat" "$binary"
    if [ -n "$remember" ]; then echo "$rid $sdk $tfm" >"$made/framework"; fi
}

# Native code for Windows can be linked on Windows alone (build.ps1 does); this carries the runtime along, trimmed.
publish_for_windows() {
    local rid=win-x64 tfm=net10.0
    publish chat.exe --self-contained -p:PublishSingleFile=true -p:PublishTrimmed=true -p:EnableCompressionInSingleFile=true
    [ "$(head -c 2 "$made/publish/$rid/chat.exe")" = MZ ] || die "what was made is no Windows program"
    put "$made/publish/$rid/chat.exe" "$root/out/windows/chat.exe"
}

stale() {
    local stamp=$made/publish-$rid.stamp
    [ -x "$binary" ] && [ -f "$stamp" ] || return 0
    # Folders count too: theirs is the date of a file that went away.
    [ -n "$(cd "$root" && find Program.cs Protocol Server Client chat.csproj Directory.Build.props -newer "$stamp" 2>/dev/null)" ]
}

# ---- The verbs ----

run() {
    machine
    if stale; then
        lock
        # Whoever held the lock may have built it.
        if stale; then (cd "$root" && publish_here); fi
        unlock
        trap - EXIT
    fi
    say "$binary $*"
    exec "$binary" "$@"
}

# Ends with the count on stdout, whatever happened before: a run that broke off counts as one failure.
tests() {
    local results=$made/test
    counted=
    machine
    lock
    trap 'unlock; [ -n "$counted" ] || echo "0 passed, 1 failed"' EXIT
    cd "$root"
    need_dotnet
    need_linker
    need_counterparts
    say "checking the format"
    dotnet format chat.slnx --verify-no-changes >&2 || die "the format differs; put it right with: dotnet format chat.slnx"
    for framework in net9.0 net10.0; do
        say "compiling for $framework, every warning an error"
        quietly "$made/build-$framework.log" dotnet build chat.slnx -p:ChatTfm=$framework -m:1 -nodeReuse:false -warnaserror ||
            die "it does not compile for $framework"
    done
    publish_here
    # An old one would be tested for the new one.
    rm -f out/windows/chat.exe
    if [ "$rid" != linux-x64 ] || ! need_wine; then say "there is no wine here, so the program for Windows is not tested"
    elif ! (publish_for_windows); then
        grep -q 'NU110[123]' "$made/publish-win-x64.log" || die "it does not publish for Windows"
        say "what it is made from cannot be had, so the program for Windows is not tested"
    fi
    say "testing"
    rm -rf "$results"
    local status=0 fresh=()
    # A shell that put us in the background has SIGINT ignored for us, nohup SIGHUP, and what is ignored stays so in every program started
    # from here. The tests send these signals, so they begin with the system's defaults.
    if env --default-signal=INT true 2>/dev/null; then fresh=(env --default-signal=INT,QUIT,HUP); fi
    ${fresh[@]+"${fresh[@]}"} dotnet test tests/chat.tests.csproj --no-build -p:ChatTfm=net10.0 --results-directory "$results" --logger "trx;LogFileName=tests.trx" \
        --blame-hang --blame-hang-timeout 4m --blame-hang-dump-type none ${1+"$@"} >&2 || status=$?
    count "$results/tests.trx" $status
}

# The tally is the answer. What a run of minutes does to the machine is no affair of the other tests, so it runs alone.
chaos() {
    local tally=$made/chaos.txt
    machine
    lock
    trap unlock EXIT
    cd "$root"
    need_dotnet
    need_linker
    need_counterparts
    publish_here
    quietly "$made/build-net10.0.log" dotnet build tests/chat.tests.csproj -p:ChatTfm=net10.0 -m:1 -nodeReuse:false || die "the tests do not compile"
    say "chaos, ${1-10000} lines"
    rm -f "$tally"
    local status=0
    CHAT_CHAOS_LINES=${1-10000} CHAT_CHAOS_TALLY=$tally dotnet test tests/chat.tests.csproj --no-build -p:ChatTfm=net10.0 \
        --filter 'FullyQualifiedName~Chat.Tests.Chaos' >&2 || status=$?
    [ -s "$tally" ] || die "it broke off before anything was counted"
    cat "$tally"
    return $status
}

# What is taken is what the tests look for, so they take it.
pictures() {
    machine
    [ "$(uname -s)" = Linux ] || die "the pictures are taken of the binary for Linux; they are taken on Linux alone"
    lock
    trap unlock EXIT
    cd "$root"
    need_dotnet
    need_counterparts
    if stale; then need_linker; publish_here; fi
    quietly "$made/build-net10.0.log" dotnet build tests/chat.tests.csproj -p:ChatTfm=net10.0 -m:1 -nodeReuse:false || die "the tests do not compile"
    say "taking the pictures"
    CHAT_PICTURES=take quietly "$made/pictures.log" dotnet test tests/chat.tests.csproj --no-build -p:ChatTfm=net10.0 \
        --filter 'FullyQualifiedName~Chat.Tests.Pictures' || die "they were not all taken"
    say "they are in tests/Pictures"
}

# Installs the servers to compare with where that may be done unasked; those that are absent are not measured.
need_peers() {
    local absent= peer
    for peer in ngircd ncat inspircd nats-server; do
        has $peer || has /usr/sbin/$peer || absent="$absent $peer"
    done
    [ -n "$absent" ] || return 0
    # shellcheck disable=SC2086 # a list of names without spaces in them
    if has apt-get && [ "$(id -u)" = 0 ] && say "installing what to compare with:$absent" &&
        DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $absent >&2; then return; fi
    say "not measured for want of a program:$absent; install with:" \
        "$(install_with "${absent# }" "ngircd nmap-ncat inspircd nats-server" "ngircd nmap inspircd nats-server" \
            "ngircd nmap-ncat inspircd nats-server" "ngircd nmap inspircd nats-server")"
}

bench() {
    machine
    [ "$(uname -s)" = Linux ] || die "the bench reads /proc and waits with epoll; it runs on Linux alone"
    lock
    trap unlock EXIT
    cd "$root"
    need_dotnet
    if [ "${1-}" = peers ]; then need_peers; fi
    if stale; then need_linker; publish_here; fi
    quietly "$made/build-bench.log" dotnet build tests/Bench/bench.csproj -c Release -p:ChatTfm=net10.0 -m:1 -nodeReuse:false || die "the bench does not compile"
    dotnet "$made/bin/bench/Release/net10.0/bench.dll" "$binary" "$root/out/bench" ${1+"$@"}
}

# One source of the count: what the runner itself wrote down. Exits 0 only if something ran and all of it passed.
count() {
    local line passed failed skipped
    line=$(sed -n 's/.*<Counters \([^>]*\)>.*/\1/p' "$1" 2>/dev/null | head -n 1)
    [ -n "$line" ] || die "the tests broke off before anything was counted"
    passed=$(counter passed)
    failed=$(($(counter failed) + $(counter error) + $(counter timeout) + $(counter aborted)))
    skipped=$(($(counter total) - $(counter executed)))
    if [ "$skipped" -gt 0 ]; then say "$skipped skipped"; fi
    if [ "$failed" = 0 ] && [ "$2" != 0 ]; then say "the tests broke off, which counts as a failure"; failed=1
    elif [ "$failed" = 0 ] && [ "$passed" = 0 ]; then say "no test ran, which counts as a failure"; failed=1
    fi
    counted=1
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}

counter() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<" $line"; }

windows() {
    lock
    need_dotnet
    cd "$root"
    publish_for_windows
}

clean() {
    lock
    say "removing out/ and artifacts/"
    rm -rf "$root/out" "$made"
}

verb=${1-}
[ $# -eq 0 ] || shift
case $verb in
    "") machine; lock; cd "$root"; publish_here ;;
    run) run "$@" ;;
    test) tests "$@" ;;
    chaos) chaos "$@" ;;
    bench) bench "$@" ;;
    pictures) pictures ;;
    windows) windows ;;
    clean) clean ;;
    help | -h | --help) usage ;;
    *) say "there is no verb $verb"; usage >&2; exit 2 ;;
esac
