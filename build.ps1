# Builds, runs and tests chat on Windows; build.sh does the same on Linux and macOS. MSBuild does the work:
# `dotnet publish chat.csproj -c Release -o out` and `dotnet test` need no script.
#   powershell -ExecutionPolicy Bypass -File build.ps1 run server 127.0.0.1 8082
# Runs on PowerShell 5.1 and later: what dotnet prints passes through cmd, because 5.1 takes a line on stderr for an error.
$ErrorActionPreference = 'Stop'
$usage = @'
usage: ./build.ps1 [VERB]

  (none)           publish the binary for this machine to out\chat.exe
  run ARGS...      publish if a source file changed, then run out\chat.exe ARGS...
  test [fast] ...  check the format, compile, publish, run every test; fast: compile, run those that
                   start no process; more arguments go to dotnet test
  chaos [LINES]    Linux alone: ./build.sh chaos
  bench ...        Linux alone: ./build.sh bench
  pictures         Linux alone: ./build.sh pictures
  windows          publish out\windows\chat.exe, with the runtime inside: needs no C++ tools
  clean            remove out\ and artifacts\
'@
$binary = Join-Path $PSScriptRoot 'out\chat.exe'
$trx = Join-Path $PSScriptRoot 'artifacts\test\tests.trx'

function Say($words) { [Console]::Error.WriteLine("build: $words") }

function Invoke-Dotnet($arguments) {
    Say "dotnet $arguments"
    cmd /c "cd /d ""$PSScriptRoot"" && dotnet $arguments 1>&2"
    if ($LASTEXITCODE -ne 0) { throw "dotnet $arguments failed. It needs: winget install Microsoft.DotNet.SDK.10 Microsoft.VisualStudio.2022.BuildTools" }
}

function Publish-Chat {
    $begun = Get-Date
    # Windows lets a program that runs be renamed but not replaced.
    Get-ChildItem "$binary.old-*" -ErrorAction SilentlyContinue | Remove-Item -Force -ErrorAction SilentlyContinue
    if (Test-Path $binary) { Move-Item $binary "$binary.old-$($begun.Ticks)" }
    Invoke-Dotnet 'publish chat.csproj -c Release -o out -v quiet'
    (Get-Item $binary).LastWriteTime = $begun
}

function Test-Stale {
    if (-not (Test-Path $binary)) { return $true }
    $published = (Get-Item $binary).LastWriteTime
    $sources = 'Client', 'Protocol', 'Server', '*.cs', '*.csproj', '*.props' | ForEach-Object { Join-Path $PSScriptRoot $_ }
    return [bool](Get-Item $sources | ForEach-Object { $_; if ($_.PSIsContainer) { Get-ChildItem $_.FullName -Recurse } } | Where-Object { $_.LastWriteTime -gt $published })
}

function Invoke-Tests($more) {
    if (Test-Path $trx) { Remove-Item $trx }
    try {
        if ($more.Count -gt 0 -and $more[0] -eq 'fast') { $more[0] = '-p:Fast=true' }
        else {
            Invoke-Dotnet 'tool restore'
            Invoke-Dotnet 'csharpier check .'
            Publish-Chat
        }
        Invoke-Dotnet 'build chat.slnx -m:1 -v quiet -clp:NoSummary'
        Invoke-Dotnet "test tests/chat.tests.csproj --no-build $more"
    }
    catch { Say $_; $script:status = 1 }
    if (Test-Path $trx) {
        $counters = ([xml](Get-Content $trx -Raw -Encoding UTF8)).TestRun.ResultSummary.Counters
        Write-Host "$($counters.passed) passed, $($counters.failed) failed, $($counters.notExecuted) skipped"
    }
    else { Write-Host '0 passed, 1 failed' }
}

$verb = [string]($args | Select-Object -First 1)
$rest = @($args | Select-Object -Skip 1)
$status = 0
switch ($verb) {
    '' { Publish-Chat }
    'run' {
        if (Test-Stale) { Publish-Chat }
        if ($MyInvocation.ExpectingInput) { $input | & $binary @rest } else { & $binary @rest }
        $status = $LASTEXITCODE
    }
    'test' { Invoke-Tests $rest }
    'windows' { Invoke-Dotnet 'publish chat.csproj -c Release -r win-x64 -p:PublishSingleFile=true -o out\windows -v quiet' }
    'clean' { "$PSScriptRoot\out", "$PSScriptRoot\artifacts" | Where-Object { Test-Path $_ } | Remove-Item -Recurse -Force }
    { $_ -in 'chaos', 'bench', 'pictures' } { Say "$verb runs on Linux alone, with ./build.sh $verb"; $status = 1 }
    { $_ -in 'help', '-h', '--help' } { Write-Host $usage }
    default { Say "there is no verb $verb"; [Console]::Error.WriteLine($usage); $status = 2 }
}
exit $status
