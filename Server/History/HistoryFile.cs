using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Server.History;

/// <summary>
/// A history's file as the system has it: a regular file, nobody else's while it is open, readable by its owner alone. What is said in a room
/// is as private as the people in it take it to be, and whispers stand there, too.
/// </summary>
internal static class HistoryFile
{
    private const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Opens or makes the file, for this process alone.</summary>
    /// <exception cref="StartupException">It is something else than a file.</exception>
    public static FileStream Open(string file)
    {
        string shown = SafeText.Clean(file);
        if (Directory.Exists(file))
            throw new StartupException($"{shown} is a directory; name a file in it with --history");
        // Whoever may write into the directory could otherwise have us write somewhere else.
        if (new FileInfo(file).LinkTarget is not null)
            throw new StartupException($"{shown} is a symbolic link; name the file itself with --history");
        FileStreamOptions options = new()
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerAlone;
        FileStream stream = new(file, options);
        if (stream.CanSeek)
            return stream;
        stream.Dispose();
        throw new StartupException($"{shown} is a pipe or a device; name a file with --history");
    }

    /// <summary>Writes the head of a history: what it is, of which log, when that was begun, and from which offset on.</summary>
    /// <exception cref="StartupException">What was written is not there: no file, but a device that swallows.</exception>
    public static void Begin(
        FileStream stream,
        string mark,
        string epoch,
        long begun,
        long start = 0,
        Action<Stream, long>? remembered = null
    )
    {
        using MemoryStream head = new();
        head.Write(System.Text.Encoding.ASCII.GetBytes($"{mark} {epoch} {begun} {start}\n"));
        remembered?.Invoke(head, start);
        head.Write("\n"u8);
        if (stream.Length > 0)
            stream.SetLength(0);
        RandomAccess.Write(stream.SafeFileHandle, head.GetBuffer().AsSpan(0, (int)head.Length), fileOffset: 0);
        if (stream.Length != head.Length)
            throw new StartupException($"{SafeText.Clean(stream.Name)} keeps nothing; name a file with --history");
    }

    /// <summary>Whether a file is empty, or ends in the midst of the first line and the empty one after it, as a full disk leaves one that is begun.</summary>
    public static bool HasNoHead(FileStream stream, string mark)
    {
        Span<byte> bytes = stackalloc byte[ProtocolLimits.HeadBytes];
        ReadOnlySpan<byte> content = bytes[..RandomAccess.Read(stream.SafeFileHandle, bytes, fileOffset: 0)];
        int same = content.CommonPrefixLength(System.Text.Encoding.ASCII.GetBytes(mark + " "));
        return stream.Length == content.Length
            && (same == content.Length || same > mark.Length)
            && content.IndexOf((byte)'\n') is int end
            && (end < 0 || end == content.Length - 1);
    }

    /// <summary>
    /// Whether a path still leads to the open file. A file that was put in its place differs in length or time of change,
    /// at the latest after the next write.
    /// </summary>
    /// <remarks>
    /// The runtime tells no inode numbers. A copy of the same length and time goes unnoticed until something is written,
    /// and until then nothing is missing from it. On Windows no other program can move or write a file that is open here.
    /// </remarks>
    public static bool IsInPlace(FileStream stream, string path)
    {
        FileInfo there = new(path);
        if (OperatingSystem.IsWindows())
            return there.Exists;
        return there.Exists
            && there.LinkTarget is null
            && there.Length == stream.Length
            && there.LastWriteTimeUtc == File.GetLastWriteTimeUtc(stream.SafeFileHandle);
    }

    /// <summary>Whether two paths lead to one file that is there, also through links. The lock of one refuses the other.</summary>
    public static bool IsSame(string history, string log)
    {
        try
        {
            // For both, so that opening does not wait for a writer where there is a pipe.
            using FileStream held = new(history, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            try
            {
                using FileStream other = new(log, FileMode.Open, FileAccess.Read, FileShare.Read);
                return false;
            }
            catch (IOException error) when (FileErrors.IsLocked(error))
            {
                return true;
            }
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error))
        {
            // Opening the history says what is wrong with it.
            return false;
        }
    }

    /// <summary>A name beside the file that is free: FILE.WORD, FILE.WORD2, ...</summary>
    /// <exception cref="StartupException">As many as <see cref="ServerLimits.KeptHistories"/> are taken.</exception>
    public static string Aside(string file, string word)
    {
        for (int number = 1; number <= ServerLimits.KeptHistories; number++)
        {
            string name = number == 1 ? $"{file}.{word}" : $"{file}.{word}{number}";
            if (!Path.Exists(name))
                return name;
        }
        throw new StartupException(
            $"{ServerLimits.KeptHistories} files like {SafeText.Clean(file)}.{word} are kept already; remove some of them"
        );
    }

    /// <summary>Removes a file that was begun and not finished. Where that is refused, the next one is written over it.</summary>
    public static void Remove(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error))
        {
            // The trouble that came before it is reported.
        }
    }

    /// <summary>Takes from everybody but its owner what they may do with it.</summary>
    public static void MakePrivate(FileStream stream)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(stream.SafeFileHandle, OwnerAlone);
    }

    /// <summary>Has the system put on the disk what was written. May take long; may be called on any thread, at any time.</summary>
    public static void Sync(FileStream stream)
    {
        try
        {
            RandomAccess.FlushToDisk(stream.SafeFileHandle);
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error) || error is ObjectDisposedException)
        {
            // The next write meets the same trouble and says so, or there is another file by now.
        }
    }
}
