using System.Runtime.InteropServices;

namespace Chat.Tests.Support;

/// <summary>
/// Starts the program for Windows, out/windows/chat.exe, under wine, which implements the calls of Windows: sockets,
/// signals, consoles and more. A class fixture: all its tests share one Windows. Its folder of 700 MB is removed with
/// it, and the user's own wine stays unchanged.
/// </summary>
public sealed class Wine : IDisposable
{
    private const string Folder = "WINEPREFIX";

    private readonly Lazy<Dictionary<string, string?>> _prepared = new(Prepare);

    /// <summary>The reason that the tests cannot run here; null if they can.</summary>
    public static string? Absent =>
        !OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64
            ? "speaks of Windows, which is played by wine on Linux x64"
        : !(Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':')
            .Any(folder => File.Exists(Path.Combine(folder, "wine")))
            ? "speaks of Windows, and wine is not installed: apt-get install wine"
        : File.Exists(Program) ? null
        : $"speaks of Windows, and there is no {Program}: ./build.sh windows makes it";

    private static string Program => Path.Combine(Checkout.Root, "out", "windows", "chat.exe");

    internal RunningProgram Start(params IEnumerable<string> args) =>
        ToolProcess.StartWith(_prepared.Value, "wine", [Program, .. args]);

    /// <summary>
    /// Runs the program at a terminal, as a Windows console. At its end the terminal prints the exit code and
    /// whether its settings are unchanged.
    /// </summary>
    internal Tmux AtTerminal(params IEnumerable<string> args)
    {
        const string Script = """
            trap : INT
            before=$(stty -g)
            wine "$@"
            echo "ended with $?"
            [ "$before" = "$(stty -g)" ] && echo "the terminal is as it was"
            exec sleep 1000
            """;
        return new Tmux(80, 24, _prepared.Value, ["sh", "-c", Script, "sh", Program, .. args]);
    }

    public void Dispose()
    {
        if (!_prepared.IsValueCreated)
            return;
        foreach (string what in (ReadOnlySpan<string>)["-k", "-w"])
        {
            using RunningProgram server = ToolProcess.StartWith(_prepared.Value, "wineserver", what);
            server.WaitForExit();
        }
        Directory.Delete(_prepared.Value[Folder]!, recursive: true);
    }

    private static Dictionary<string, string?> Prepare()
    {
        Dictionary<string, string?> env = new(Home.New(), StringComparer.Ordinal)
        {
            [Folder] = Directory.CreateTempSubdirectory("chat-wine-").FullName,
            ["WINEDEBUG"] = "-all",
            // No download of .NET or of a browser, and no menu entries.
            ["WINEDLLOVERRIDES"] = "mscoree,mshtml,winemenubuilder.exe=",
            ["DISPLAY"] = null,
        };
        // Debian's wine ends its server with the last program. A program that starts at that moment fails with
        // "wine client error: recvmsg: Connection reset by peer" (1 start of 23, measured). The server and the
        // services stay, so their output is a file: a pipe would not end.
        const string Script = "(wineserver --persistent && wineboot --init) > $WINEPREFIX/boot.log 2>&1";
        using RunningProgram boot = ToolProcess.StartWith(env, "sh", "-c", Script);
        Assert.True(
            boot.WaitForExit(TimeSpan.FromMinutes(2)) == 0,
            File.ReadAllText(Path.Combine(env[Folder]!, "boot.log"))
        );
        return env;
    }
}
