# Builds, runs and tests chat on Windows; build.sh does the same on Linux and macOS. MSBuild does the work, and
# `dotnet publish chat.csproj -c Release -o out` and `dotnet test chat.slnx` do it without this script.
#   powershell -ExecutionPolicy Bypass -File build.ps1 run server 127.0.0.1 8082
# Runs on PowerShell 5.1 and later: what dotnet prints passes through cmd, because 5.1 takes a line on stderr for an error.
$ErrorActionPreference = 'Stop'
$root = $PSScriptRoot
$made = Join-Path $root 'artifacts'
$binary = Join-Path $root 'out\chat.exe'
$stamp = Join-Path $made 'published'

$usage = @'
usage: ./build.ps1 [VERB]

  (none)           publish the binary for this machine to out\chat.exe
  run ARGS...      publish if a source file changed, then run out\chat.exe ARGS...
  test [fast] ...  check the format, compile, publish, run every test; fast: the tests that start
                   no process; more arguments go to dotnet test
  chaos [LINES]    Linux alone: ./build.sh chaos
  bench ...        Linux alone: ./build.sh bench
  pictures         Linux alone: ./build.sh pictures
  windows          publish out\windows\chat.exe, with the runtime inside: needs no C++ tools
  clean            remove out\ and artifacts\
'@

function Say($words) { [Console]::Error.WriteLine("build: $words") }

# Runs dotnet in the repository; its words are shown when it fails.
function Invoke-Dotnet($name, $arguments) {
    New-Item -ItemType Directory -Force $made | Out-Null
    $log = Join-Path $made "$name.log"
    cmd /c "cd /d ""$root"" && dotnet $arguments > ""$log"" 2>&1"
    if ($LASTEXITCODE -ne 0) {
        Get-Content $log | ForEach-Object { [Console]::Error.WriteLine($_) }
        throw "dotnet $arguments failed. The .NET SDK 10 and the C++ build tools are needed: winget install Microsoft.DotNet.SDK.10 Microsoft.VisualStudio.2022.BuildTools"
    }
}

function Publish-Chat {
    Say "publishing $binary"
    $begun = Get-Date
    # Windows lets a program that runs be renamed but not replaced.
    Get-ChildItem "$binary.old-*" -ErrorAction SilentlyContinue | Remove-Item -Force -ErrorAction SilentlyContinue
    if (Test-Path $binary) { Move-Item $binary "$binary.old-$([DateTime]::Now.Ticks)" }
    Invoke-Dotnet 'publish' 'publish chat.csproj -c Release -o out'
    New-Item -ItemType File -Force $stamp | Out-Null
    (Get-Item $stamp).LastWriteTime = $begun
}

function Test-Stale {
    if (-not ((Test-Path $binary) -and (Test-Path $stamp))) { return $true }
    $sources = 'Program.cs', 'Protocol', 'Server', 'Client', 'chat.csproj', 'Directory.Build.props' | ForEach-Object { Join-Path $root $_ }
    $published = (Get-Item $stamp).LastWriteTime
    return [bool](Get-ChildItem $sources -Recurse | Where-Object { $_.LastWriteTime -gt $published })
}

# Prints the runner's own counters; a run that broke off counts as a failure.
function Invoke-Tests($more) {
    $results = Join-Path $made 'test'
    $trx = Join-Path $results 'tests.trx'
    if (Test-Path $results) { Remove-Item -Recurse -Force $results }
    $filter = ''
    if ($more.Count -gt 0 -and $more[0] -eq 'fast') {
        $more = @($more | Select-Object -Skip 1)
        $filter = '--filter "FullyQualifiedName!~EndToEnd&FullyQualifiedName!~Resilience&FullyQualifiedName!~Pictures&FullyQualifiedName!~InTmux&FullyQualifiedName!~SupportTests"'
    }
    else {
        Say 'checking the format'
        Invoke-Dotnet 'format' 'tool restore'
        Invoke-Dotnet 'format' 'csharpier check .'
        Publish-Chat
    }
    Say 'compiling, every warning an error'
    Invoke-Dotnet 'build' 'build chat.slnx -m:1'
    Say 'testing'
    cmd /c "cd /d ""$root"" && dotnet test tests/chat.tests.csproj --no-build $filter $more" | Out-Host
    $status = $LASTEXITCODE
    if (-not (Test-Path $trx)) { Write-Host '0 passed, 1 failed'; return 1 }
    $counters = ([xml](Get-Content $trx -Raw -Encoding UTF8)).TestRun.ResultSummary.Counters
    $failed = [int]$counters.failed + [int]$counters.error + [int]$counters.timeout + [int]$counters.aborted
    if ($failed -eq 0 -and ($status -ne 0 -or [int]$counters.passed -eq 0)) { $failed = 1 }
    Write-Host "$($counters.passed) passed, $failed failed, $([int]$counters.total - [int]$counters.executed) skipped"
    return [int]($failed -ne 0)
}

$verb = if ($args.Count -gt 0) { [string]$args[0] } else { '' }
$rest = @($args | Select-Object -Skip 1)
$status = 0
switch ($verb) {
    '' { Publish-Chat }
    'run' {
        if (Test-Stale) { Publish-Chat }
        if ($MyInvocation.ExpectingInput) { $input | & $binary @rest } else { & $binary @rest }
        $status = $LASTEXITCODE
    }
    'test' { $status = Invoke-Tests $rest }
    'windows' {
        Invoke-Dotnet 'windows' 'publish chat.csproj -c Release -r win-x64 --self-contained -p:PublishSingleFile=true -p:PublishTrimmed=true -p:EnableCompressionInSingleFile=true -o out\windows'
    }
    'clean' { foreach ($folder in (Join-Path $root 'out'), $made) { if (Test-Path $folder) { Remove-Item -Recurse -Force $folder } } }
    { $_ -in 'chaos', 'bench', 'pictures' } { Say "$verb runs on Linux alone, with ./build.sh $verb"; $status = 1 }
    { $_ -in 'help', '-h', '--help' } { Write-Host $usage }
    default { Say "there is no verb $verb"; [Console]::Error.WriteLine($usage); $status = 2 }
}
exit $status
