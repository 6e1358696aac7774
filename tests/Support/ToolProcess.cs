using Xunit.Sdk;

namespace Chat.Tests.Support;

/// <summary>
/// Starts the programs of the system that tests hold ours against: `nc`, `telnet`, `tmux`... A missing one fails the test with the command that
/// installs it; a test that passes because its tool is absent shows nothing.
/// </summary>
internal static class ToolProcess
{
    /// <summary>Debian's packages where they are not called as the program is.</summary>
    private static readonly Dictionary<string, string> Packages = new(StringComparer.Ordinal)
    {
        ["nc"] = "netcat-openbsd",
        ["setsid"] = "util-linux",
        ["stty"] = "coreutils",
        ["cat"] = "coreutils",
        ["mkfifo"] = "coreutils",
        ["sh"] = "dash",
        ["ip"] = "iproute2",
    };

    public static RunningProgram Start(string tool, params IEnumerable<string> args) => new(Find(tool), args);

    public static RunningProgram StartWith(
        IReadOnlyDictionary<string, string?> env,
        string tool,
        params IEnumerable<string> args
    ) => new(Find(tool), args, env);

    /// <summary>Where the program is: itself when it is a path, else the first of its name on PATH.</summary>
    public static string Find(string tool)
    {
        if (tool.Contains(Path.DirectorySeparatorChar))
            return tool;
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(
            Path.PathSeparator,
            StringSplitOptions.RemoveEmptyEntries
        );
        return folders.Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists)
            ?? throw new XunitException(
                $"{tool} is not installed: apt-get install {Packages.GetValueOrDefault(tool, tool)}"
            );
    }
}
