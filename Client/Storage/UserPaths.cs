using System.Text;
using System.Text.Unicode;
using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client.Storage;

/// <summary>
/// The paths of a person's files: disposable data, and configuration. They follow the XDG base directory rules, or on
/// Windows the application data folders. A folder is created with its first file, private to its owner.
/// </summary>
/// <param name="variable">Returns the value of an environment variable; null if it is not set.</param>
/// <param name="isWindows">Whether to use the folders of Windows.</param>
internal sealed class UserPaths(Func<string, string?> variable, bool isWindows)
{
    /// <summary>The data folder; null if the home folder is unknown.</summary>
    public string? Data =>
        isWindows ? Under("LOCALAPPDATA") : Under("XDG_DATA_HOME") ?? Under("HOME", ".local", "share");

    /// <summary>The configuration folder; null if the home folder is unknown.</summary>
    public string? Config => isWindows ? Under("APPDATA") : Under("XDG_CONFIG_HOME") ?? Under("HOME", ".config");

    /// <summary>Opens a private file and locks it; creates it and its folder if absent.</summary>
    /// <exception cref="IOException">The file cannot be opened, or another client has locked it.</exception>
    /// <exception cref="UnauthorizedAccessException">The person has no write permission.</exception>
    public static FileStream Open(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(
                folder,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            );
        FileStreamOptions options = ForOwner(FileMode.OpenOrCreate, FileAccess.ReadWrite);
        // Without a buffer, a failed write leaves no text that a later one would add.
        options.BufferSize = 0;
        return new FileStream(path, options);
    }

    /// <summary>Opens a private file for reading, even without write permission.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The person has no read permission.</exception>
    public static FileStream OpenToRead(string path)
    {
        // Opening a pipe only for reading blocks until a writer comes; opening it for both does not. A path without
        // write permission is not such a trap.
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (Exception e) when (FileErrors.IsTheSystems(e))
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
    }

    /// <summary>
    /// Reads lines from the file's position and cleans them. A line with zeros or invalid UTF-8, as a system crash or
    /// another program leaves it, is skipped.
    /// </summary>
    /// <param name="file">The file; also a device, which may be endless.</param>
    /// <param name="mostBytes">The number of bytes to read at most.</param>
    /// <param name="isCut">Whether the position is in the middle of a line, which is then skipped.</param>
    public static List<string> ReadLines(FileStream file, int mostBytes, bool isCut = false)
    {
        byte[] bytes = new byte[mostBytes];
        Span<byte> text = bytes.AsSpan(0, file.ReadAtLeast(bytes, mostBytes, throwOnEndOfStream: false));
        List<string> lines = [];
        foreach (Range range in text.Split((byte)'\n'))
        {
            Span<byte> line = text[range];
            // No line follows the last line end.
            if (isCut || (line.IsEmpty && range.End.Value == text.Length))
            {
                isCut = false;
                continue;
            }

            if (line.EndsWith("\r"u8))
                line = line[..^1];
            if (!line.Contains((byte)0) && Utf8.IsValid(line))
                lines.Add(SafeText.Clean(Encoding.UTF8.GetString(line)));
        }

        return lines;
    }

    /// <summary>
    /// Appends lines to a file, all or none. If an editor or a crash left the last line without an end, adds that end
    /// first.
    /// </summary>
    public static void Append(FileStream file, IEnumerable<string> lines)
    {
        long end = file.Length;
        file.Seek(Math.Max(0, end - 1), SeekOrigin.Begin);
        bool isOpen = file.ReadByte() is not ('\n' or -1);
        file.Seek(0, SeekOrigin.End);
        try
        {
            file.Write(
                Encoding.UTF8.GetBytes((isOpen ? "\n" : "") + string.Concat(lines.Select(static line => line + "\n")))
            );
        }
        catch
        {
            // A full disk may have accepted a part.
            file.SetLength(end);
            throw;
        }
    }

    /// <summary>The options for a file that only its owner can read and one process at a time can open.</summary>
    public static FileStreamOptions ForOwner(FileMode mode, FileAccess access)
    {
        FileStreamOptions options = new()
        {
            Mode = mode,
            Access = access,
            Share = FileShare.None,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }

    // The XDG rules ignore a path that is not absolute.
    private string? Under(string name, params ReadOnlySpan<string> folders) =>
        variable(name) is { Length: > 0 } home && Path.IsPathRooted(home)
            ? Path.Combine([home, .. folders, "chat"])
            : null;
}
