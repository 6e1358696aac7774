# Builds, runs and tests chat on Windows; build.sh does the same on Linux and macOS, and the verbs are the same.
#
#   powershell -ExecutionPolicy Bypass -File build.ps1 run server 127.0.0.1 8082
#
# Everything that is made lies in two folders: out\ holds what one wants, artifacts\ the rest. The framework is net10.0 where
# its native packs can be had for this machine, and net9.0 elsewhere; the answer is kept in artifacts\, but that nobody
# answered is not an answer. Runs on the PowerShell 5.1 of Windows as on 7: what programs write goes through cmd into a
# file, because 5.1 takes a line on stderr for an error of its own.

$ErrorActionPreference = 'Stop'
$root = $PSScriptRoot
$made = Join-Path $root 'artifacts'
$binary = Join-Path $root 'out\chat.exe'
$utf8 = New-Object System.Text.UTF8Encoding $false

$usage = @'
usage: ./build.ps1 [VERB]

  (none)         publish the binary for this machine to out\chat.exe
  run ARGS...    publish if something changed, then run out\chat.exe with these arguments
                 for instance: ./build.ps1 run server 127.0.0.1 8082
  test ARGS...   check the format, compile for net9.0 and net10.0, publish, run every test;
                 arguments go to `dotnet test`, for instance --filter BinaryTests
  chaos [LINES]  twenty clients on a bad network, a server that is killed every few seconds: nothing lost, nothing twice,
                 one order; prints the tally, of 10000 lines if not told otherwise
  bench [peers]  measure what a message costs the server: on Linux alone, where it is ./build.sh bench
  pictures       take the pictures of the README anew: on Linux alone, where it is ./build.sh pictures
  windows        publish out\windows\chat.exe for Windows on x64, without a native linker
  clean          remove everything that was made
'@

function Say($words) { [Console]::Error.WriteLine("build: $words") }

# Ends the script; test counts itself as failed on the way out.
function Stop-With($words) { throw [System.OperationCanceledException]::new($words) }

# ---- What this machine has ----

function Need-Dotnet {
    # Where the installer puts it when it may not write elsewhere; nobody should have to set PATH first.
    $own = Join-Path $env:LOCALAPPDATA 'Microsoft\dotnet'
    if (-not (Get-Command dotnet -ErrorAction SilentlyContinue) -and (Test-Path (Join-Path $own 'dotnet.exe'))) {
        $env:PATH = "$own;$env:PATH"
        $env:DOTNET_ROOT = $own
    }
    $env:MSBUILDDISABLENODEREUSE = '1'
    $env:UseSharedCompilation = 'false'
    $env:DOTNET_CLI_USE_MSBUILD_SERVER = '0'
    $env:DOTNET_NOLOGO = '1'
    $env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'
    $script:sdk = ''
    if (Get-Command dotnet -ErrorAction SilentlyContinue) { $script:sdk = [string](cmd /c 'dotnet --version 2>nul') }
    if ($script:sdk -match '^(\d+)\.' -and [int]$Matches[1] -ge 10) { return }
    Stop-With "the .NET SDK 10 or later is needed; install it with: winget install Microsoft.DotNet.SDK.10"
}

function Need-Linker {
    $where = Join-Path ${env:ProgramFiles(x86)} 'Microsoft Visual Studio\Installer\vswhere.exe'
    $tools = if ($script:rid -eq 'win-arm64') { 'Microsoft.VisualStudio.Component.VC.Tools.ARM64' } else { 'Microsoft.VisualStudio.Component.VC.Tools.x86.x64' }
    if ((Test-Path $where) -and (& $where -latest -prerelease -products * -requires $tools -property installationPath)) { return }
    Stop-With ('the C++ tools are needed to link; install them with: winget install Microsoft.VisualStudio.2022.BuildTools ' +
        "--override ""--wait --passive --add Microsoft.VisualStudio.Workload.VCTools --add $tools --includeRecommended""")
}

function Find-Machine {
    if ($env:OS -ne 'Windows_NT') { Stop-With 'this is the script for Windows; here it is ./build.sh' }
    $cpu = if ($env:PROCESSOR_ARCHITEW6432) { $env:PROCESSOR_ARCHITEW6432 } else { $env:PROCESSOR_ARCHITECTURE }
    switch ($cpu) {
        'AMD64' { $script:rid = 'win-x64' }
        'ARM64' { $script:rid = 'win-arm64' }
        default { Stop-With "there is no native compiler for $cpu; x64 and ARM64 are the ones that exist" }
    }
}

# ---- One at a time ----

# Two windows that say `run` in a fresh clone must not build over each other. The system lets go of it when the process ends.
function Enter-Lock {
    New-Item -ItemType Directory -Force $made | Out-Null
    $said = $false
    while ($true) {
        try {
            $script:lock = [IO.File]::Open((Join-Path $made 'lock'), 'OpenOrCreate', 'ReadWrite', 'None')
            return
        }
        catch [IO.IOException] {
            if (-not $said) { Say 'waiting for the other build' }
            $said = $true
            Start-Sleep -Milliseconds 200
        }
    }
}

function Exit-Lock {
    if ($script:lock) { $script:lock.Dispose() }
    $script:lock = $null
}

# ---- Publishing ----

# Runs dotnet with its words in a file; returns whether it went well.
function Invoke-Quietly($log, $arguments) {
    $quoted = $arguments | ForEach-Object { if ($_ -match '\s') { """$_""" } else { $_ } }
    cmd /c "dotnet $($quoted -join ' ') > ""$log"" 2>&1"
    return $LASTEXITCODE -eq 0
}

# Sets tfm; remember is false when the packs' source gave no answer and net9.0 is a guess for this time only.
function Select-Framework {
    $script:remember = $true
    $kept = Join-Path $made 'framework'
    if ((Test-Path $kept) -and ([string](Get-Content $kept -TotalCount 1)) -match "^$([regex]::Escape("$script:rid $script:sdk")) (\S+)$") {
        $script:tfm = $Matches[1]
        return
    }
    Say "asking whether the native packs of net10.0 can be had for $script:rid"
    $log = Join-Path $made 'framework.log'
    if (Invoke-Quietly $log @('restore', (Join-Path $root 'chat.csproj'), '-r', $script:rid, '-p:ChatTfm=net10.0', '-p:PublishAot=true')) {
        $script:tfm = 'net10.0'
        return
    }
    $script:tfm = 'net9.0'
    $words = [string](Get-Content $log -Raw)
    if ($words -match 'NU130\d' -or $words -notmatch 'NU110[123]') {
        $script:remember = $false
        Say "no answer, so net9.0 for this time; the words are in $log"
    }
}

# Makes artifacts\publish\$name\chat.exe; the name keeps the native binary and the one that carries the runtime apart.
function Publish-Chat($name, $properties) {
    $log = Join-Path $made "publish-$name.log"
    $stamp = Join-Path $made "publish-$name.stamp"
    $folder = Join-Path $made "publish\$name"
    # A changed property of the link alone does not link again, so a changed project starts from nothing.
    if (Test-Newer @('chat.csproj', 'Directory.Build.props') $stamp) {
        $old = Join-Path $made "obj\chat\$script:tfm-$script:rid"
        if (Test-Path $old) { Remove-Item -Recurse -Force $old }
    }
    $begun = Get-Date
    Say "publishing for $script:rid with $script:tfm"
    $arguments = @('publish', (Join-Path $root 'chat.csproj'), '-c', 'Release', '-r', $script:rid, "-p:ChatTfm=$script:tfm") + $properties +
        @('-o', $folder, '-m:1', '-nodeReuse:false')
    if (-not (Invoke-Quietly $log $arguments)) {
        Get-Content $log | ForEach-Object { [Console]::Error.WriteLine($_) }
        Stop-With "publishing failed; the whole of it is in $log"
    }
    if (-not (Test-Path (Join-Path $folder 'chat.exe'))) { Stop-With "publishing made no chat.exe; see $log" }
    Set-Content $stamp $script:tfm
    (Get-Item $stamp).LastWriteTime = $begun
}

# A chat that is running keeps its file under another name, for Windows lets it be renamed but not replaced.
function Move-Into-Place($name, $to) {
    New-Item -ItemType Directory -Force (Split-Path $to) | Out-Null
    Get-ChildItem "$to.old-*" | Remove-Item -Force -ErrorAction SilentlyContinue
    if (Test-Path $to) { Move-Item $to "$to.old-$([DateTime]::Now.Ticks)" }
    Get-ChildItem "$to.old-*" | Remove-Item -Force -ErrorAction SilentlyContinue
    Copy-Item (Join-Path $made "publish\$name\chat.exe") $to
    Say "$to, $([Math]::Floor((Get-Item $to).Length / 1024)) KiB"
}

function Publish-Here {
    Need-Dotnet
    Need-Linker
    Select-Framework
    Publish-Chat 'native' @()
    Move-Into-Place 'native' $binary
    if ($script:remember) { [IO.File]::WriteAllText((Join-Path $made 'framework'), "$script:rid $script:sdk $script:tfm`n", $utf8) }
}

function Test-Newer($names, $stamp) {
    if (-not (Test-Path $stamp)) { return $true }
    $made = (Get-Item $stamp).LastWriteTime
    foreach ($name in $names) {
        $path = Join-Path $root $name
        if (-not (Test-Path $path)) { continue }
        # Folders count too: theirs is the date of a file that went away.
        $items = @(Get-Item $path) + @(Get-ChildItem $path -Recurse -ErrorAction SilentlyContinue)
        if ($items | Where-Object { $_.LastWriteTime -gt $made }) { return $true }
    }
    return $false
}

function Test-Stale {
    $sources = 'Program.cs', 'Protocol', 'Server', 'Client', 'chat.csproj', 'Directory.Build.props'
    return -not (Test-Path $binary) -or (Test-Newer $sources (Join-Path $made "publish-native.stamp"))
}

# ---- The verbs ----

function Invoke-Test($more) {
    Find-Machine
    Enter-Lock
    Need-Dotnet
    Need-Linker
    Say 'checking the format'
    & dotnet format chat.slnx --verify-no-changes | Out-Host
    if ($LASTEXITCODE -ne 0) { Stop-With 'the format differs; put it right with: dotnet format chat.slnx' }
    foreach ($framework in 'net9.0', 'net10.0') {
        Say "compiling for $framework, every warning an error"
        & dotnet build chat.slnx "-p:ChatTfm=$framework" -m:1 -nodeReuse:false -warnaserror -v:quiet | Out-Host
        if ($LASTEXITCODE -ne 0) { Stop-With "it does not compile for $framework" }
    }
    Publish-Here
    Say 'testing'
    $results = Join-Path $made 'test'
    if (Test-Path $results) { Remove-Item -Recurse -Force $results }
    & dotnet test tests/chat.tests.csproj --no-build -p:ChatTfm=net10.0 --results-directory $results --logger 'trx;LogFileName=tests.trx' `
        --blame-hang --blame-hang-timeout 4m --blame-hang-dump-type none @more | Out-Host
    return Write-Count (Join-Path $results 'tests.trx') $LASTEXITCODE
}

# The tally is the answer.
function Invoke-Chaos($lines) {
    Find-Machine
    Enter-Lock
    Need-Dotnet
    Need-Linker
    Publish-Here
    & dotnet build tests/chat.tests.csproj -p:ChatTfm=net10.0 -m:1 -nodeReuse:false -v:quiet | Out-Host
    if ($LASTEXITCODE -ne 0) { Stop-With 'the tests do not compile' }
    Say "chaos, $lines lines"
    $env:CHAT_CHAOS_LINES = $lines
    $env:CHAT_CHAOS_TALLY = Join-Path $made 'chaos.txt'
    if (Test-Path $env:CHAT_CHAOS_TALLY) { Remove-Item $env:CHAT_CHAOS_TALLY }
    & dotnet test tests/chat.tests.csproj --no-build -p:ChatTfm=net10.0 --filter 'FullyQualifiedName~Chat.Tests.Chaos' | Out-Host
    $status = $LASTEXITCODE
    if (-not (Test-Path $env:CHAT_CHAOS_TALLY)) { Stop-With 'it broke off before anything was counted' }
    Write-Host (Get-Content $env:CHAT_CHAOS_TALLY -Raw -Encoding UTF8)
    return $status
}

# One source of the count: what the runner itself wrote down. Returns 0 only if something ran and all of it passed.
function Write-Count($trx, $status) {
    if (-not (Test-Path $trx)) { Stop-With 'the tests broke off before anything was counted' }
    $counters = ([xml](Get-Content $trx -Raw -Encoding UTF8)).TestRun.ResultSummary.Counters
    $passed = [int]$counters.passed
    $failed = [int]$counters.failed + [int]$counters.error + [int]$counters.timeout + [int]$counters.aborted
    $skipped = [int]$counters.total - [int]$counters.executed
    if ($skipped -gt 0) { Say "$skipped skipped" }
    if ($failed -eq 0 -and $status -ne 0) { Say 'the tests broke off, which counts as a failure'; $failed = 1 }
    elseif ($failed -eq 0 -and $passed -eq 0) { Say 'no test ran, which counts as a failure'; $failed = 1 }
    Write-Host "$passed passed, $failed failed"
    return [int]($failed -ne 0)
}

$verb = if ($args.Count -gt 0) { [string]$args[0] } else { '' }
$rest = @($args | Select-Object -Skip 1)
$status = 0
if ($verb -ne 'run') { Push-Location $root }
try {
    switch ($verb) {
        '' { Find-Machine; Enter-Lock; Publish-Here }
        'run' {
            Find-Machine
            if (Test-Stale) {
                Enter-Lock
                # Whoever held the lock may have built it.
                if (Test-Stale) { Publish-Here }
                Exit-Lock
            }
            Say "$binary $rest"
            if ($MyInvocation.ExpectingInput) { $input | & $binary @rest } else { & $binary @rest }
            $status = $LASTEXITCODE
        }
        'test' { $status = Invoke-Test $rest }
        'chaos' { $status = Invoke-Chaos $(if ($rest.Count -gt 0) { [string]$rest[0] } else { '10000' }) }
        'bench' { Stop-With 'the bench reads /proc and waits with epoll; it runs on Linux alone, with ./build.sh bench' }
        'pictures' { Stop-With 'the pictures are taken in terminals of tmux; they are taken on Linux alone, with ./build.sh pictures' }
        'windows' {
            Enter-Lock
            $rid = 'win-x64'
            $tfm = 'net10.0'
            Need-Dotnet
            Publish-Chat 'windows' @('--self-contained', '-p:PublishSingleFile=true', '-p:PublishTrimmed=true', '-p:EnableCompressionInSingleFile=true')
            Move-Into-Place 'windows' (Join-Path $root 'out\windows\chat.exe')
        }
        'clean' {
            Say 'removing out\ and artifacts\'
            foreach ($folder in (Join-Path $root 'out'), $made) { if (Test-Path $folder) { Remove-Item -Recurse -Force $folder } }
        }
        { $_ -in 'help', '-h', '--help' } { Write-Host $usage }
        default {
            Say "there is no verb $verb"
            [Console]::Error.WriteLine($usage)
            $status = 2
        }
    }
}
catch [System.OperationCanceledException] {
    Say $_.Exception.Message
    if ($verb -eq 'test') { Write-Host '0 passed, 1 failed' }
    $status = 1
}
finally {
    Exit-Lock
    if ($verb -ne 'run') { Pop-Location }
}
exit $status
