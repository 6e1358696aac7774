using System.Text;
using Chat.Protocol;

namespace Chat.Client;

/// <summary>
/// Where a person's own files are: what may be lost without harm (data) and what they chose (config), by the XDG base directory rules and, on Windows,
/// in the application data. Folders are made when the first file is written, for their owner alone.
/// </summary>
/// <param name="variable">The value of an environment variable, null when it is not set.</param>
/// <param name="isWindows">Which rules.</param>
internal sealed class PersonalFolders(Func<string, string?> variable, bool isWindows)
{
    /// <summary>Null when nobody knows where the person's home is.</summary>
    public string? Data => isWindows ? Under("LOCALAPPDATA") : Under("XDG_DATA_HOME") ?? Under("HOME", ".local", "share");

    /// <summary>Null when nobody knows where the person's home is.</summary>
    public string? Config => isWindows ? Under("APPDATA") : Under("XDG_CONFIG_HOME") ?? Under("HOME", ".config");

    /// <summary>Opens a file of one's own, nobody else's, and makes it and its folder when they are not there.</summary>
    /// <exception cref="IOException">It cannot be had, or another client is writing to it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static FileStream Open(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new FileStream(path, ForOwner(FileMode.OpenOrCreate, FileAccess.ReadWrite));
    }

    /// <summary>Reads lines, cleaned, from where a file stands on. Not more bytes than that: a device has no end.</summary>
    public static List<string> ReadLines(FileStream file, int mostBytes)
    {
        var bytes = new byte[mostBytes];
        var count = file.ReadAtLeast(bytes, mostBytes, throwOnEndOfStream: false);
        List<string> lines = [.. Encoding.UTF8.GetString(bytes, 0, count).Split('\n').Select(SafeText.Clean)];
        // Behind the last line's end is nothing.
        if (lines[^1].Length == 0)
            lines.RemoveAt(lines.Count - 1);
        return lines;
    }

    /// <summary>Options of a file that only its owner reads, and that one process at a time writes.</summary>
    public static FileStreamOptions ForOwner(FileMode mode, FileAccess access)
    {
        FileStreamOptions options = new() { Mode = mode, Access = access, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }

    // XDG: a path that is not absolute is to be ignored.
    private string? Under(string name, params ReadOnlySpan<string> folders) =>
        variable(name) is { Length: > 0 } home && Path.IsPathRooted(home) ? Path.Combine([home, .. folders, "chat"]) : null;
}
