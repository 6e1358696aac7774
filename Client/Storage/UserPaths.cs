using System.Text;
using System.Text.Unicode;
using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client.Storage;

/// <summary>
/// The paths of a person's files: data that may be lost, and configuration. They follow the XDG base directory rules
/// and, on Windows, the application data folders. Folders are created with the first file, for their owner alone.
/// </summary>
/// <param name="variable">The value of an environment variable, null when it is not set.</param>
/// <param name="isWindows">Use the folders of Windows.</param>
internal sealed class UserPaths(Func<string, string?> variable, bool isWindows)
{
    /// <summary>Null when the home folder is unknown.</summary>
    public string? Data =>
        isWindows ? Under("LOCALAPPDATA") : Under("XDG_DATA_HOME") ?? Under("HOME", ".local", "share");

    /// <summary>Null when the home folder is unknown.</summary>
    public string? Config => isWindows ? Under("APPDATA") : Under("XDG_CONFIG_HOME") ?? Under("HOME", ".config");

    /// <summary>Opens a private file; creates it and its folder if absent.</summary>
    /// <exception cref="IOException">It cannot be had, or another client is writing to it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
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
        // Text that was not written is not kept for later.
        options.BufferSize = 0;
        return new FileStream(path, options);
    }

    /// <summary>Opens a private file for reading, even if it may not be written.</summary>
    /// <exception cref="IOException">It cannot be had.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static FileStream OpenToRead(string path)
    {
        // For both, so that opening does not wait when somebody has put a pipe there; what may only be read is no pipe
        // of somebody's mischief.
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
    /// Reads lines, cleaned, from where a file stands on. Not more bytes than that: a device has no end. A line that is
    /// no text, as a crash of the system or another program leaves it (zeros, bytes that are no UTF-8), is left out.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="mostBytes">How much of it.</param>
    /// <param name="isCut">Whether it stands in the middle of a line, which is left out too.</param>
    public static List<string> ReadLines(FileStream file, int mostBytes, bool isCut = false)
    {
        byte[] bytes = new byte[mostBytes];
        Span<byte> text = bytes.AsSpan(0, file.ReadAtLeast(bytes, mostBytes, throwOnEndOfStream: false));
        List<string> lines = [];
        foreach (Range range in text.Split((byte)'\n'))
        {
            Span<byte> line = text[range];
            // Behind the last line's end is nothing.
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
    /// Appends lines to a file, all of them or none. An editor or a crash may have left its last line without an end:
    /// that gets one first.
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
            // A full disk takes a part.
            file.SetLength(end);
            throw;
        }
    }

    /// <summary>Options of a file that only its owner reads, and that one process at a time writes.</summary>
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

    // XDG: a path that is not absolute is to be ignored.
    private string? Under(string name, params ReadOnlySpan<string> folders) =>
        variable(name) is { Length: > 0 } home && Path.IsPathRooted(home)
            ? Path.Combine([home, .. folders, "chat"])
            : null;
}
