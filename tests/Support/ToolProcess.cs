using Xunit.Sdk;

namespace Chat.Tests.Support;

/// <summary>
/// Starts the system's programs that tests compare ours with: `nc`, `telnet`, `tmux`... A missing one fails the
/// test with the command that installs it; a test that passes without its tool proves nothing.
/// </summary>
internal static class ToolProcess
{
    /// <summary>Debian's packages whose name differs from the program's.</summary>
    private static readonly Dictionary<string, string> Packages = new(StringComparer.Ordinal)
    {
        ["nc"] = "netcat-openbsd",
        ["setsid"] = "util-linux",
        ["stty"] = "coreutils",
        ["cat"] = "coreutils",
        ["mkfifo"] = "coreutils",
        ["sh"] = "dash",
        ["ip"] = "iproute2",
        ["avahi-browse"] = "avahi-utils",
        ["avahi-publish"] = "avahi-utils",
        ["avahi-resolve"] = "avahi-utils",
    };

    public static RunningProgram Start(string tool, params IEnumerable<string> args) => new(Find(tool), args);

    public static RunningProgram StartWith(
        IReadOnlyDictionary<string, string?> env,
        string tool,
        params IEnumerable<string> args
    ) => new(Find(tool), args, env);

    /// <summary>The path of the program: itself if it is a path, else the first of its name on PATH.</summary>
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
