using Chat.Protocol;
using Chat.Protocol.Text;
using Chat.Server.Rooms;
using Microsoft.Win32.SafeHandles;

namespace Chat.Server.History;

/// <summary>
/// The history on disk: a regular file, locked while open, and readable only by its owner, because it contains
/// private whispers.
/// </summary>
internal static class HistoryFile
{
    private const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// Reads bytes of a file at a place, on any thread. Fewer are there when another program has cut the file.
    /// </summary>
    /// <returns>The number of bytes read.</returns>
    public static int Read(SafeFileHandle file, long position, Span<byte> bytes)
    {
        int length = 0;
        for (int read = -1; length < bytes.Length && read != 0; length += read)
            read = RandomAccess.Read(file, bytes[length..], position + length);
        return length;
    }

    /// <summary>Opens or creates the file for this process alone.</summary>
    /// <exception cref="StartupException">The path is not a regular file.</exception>
    public static FileStream Open(string file)
    {
        string shown = SafeText.Clean(file);
        if (Directory.Exists(file))
            throw new StartupException($"{shown} is a directory; name a file in it with --history");
        // A user with write access to the directory could otherwise redirect the output by a link.
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

    /// <summary>Writes the head of a history: all that stands before its log.</summary>
    /// <exception cref="StartupException">The written head cannot be read back: the path is a device that
    /// discards it.</exception>
    public static void Begin(FileStream stream, HistoryHeader header, UserDirectory people)
    {
        using MemoryStream head = new();
        header.WriteTo(head);
        SeatRecords.Write(head, people, header.Start);
        head.Write("\n"u8);
        if (stream.Length > 0)
            stream.SetLength(0);
        RandomAccess.Write(stream.SafeFileHandle, head.GetBuffer().AsSpan(0, (int)head.Length), fileOffset: 0);
        if (stream.Length != head.Length)
            throw new StartupException($"{SafeText.Clean(stream.Name)} keeps nothing; name a file with --history");
    }

    /// <summary>Whether a file is empty or ends inside its head, as a full disk leaves a new file.</summary>
    public static bool IsUnfinished(FileStream stream)
    {
        Span<byte> bytes = stackalloc byte[ProtocolLimits.HeadBytes];
        ReadOnlySpan<byte> content = bytes[..RandomAccess.Read(stream.SafeFileHandle, bytes, fileOffset: 0)];
        return stream.Length == content.Length && HistoryHeader.IsUnfinished(content);
    }

    /// <summary>
    /// Whether a path still leads to the open file. A file put in its place differs in length or modification
    /// time, at the latest after the next write.
    /// </summary>
    /// <remarks>
    /// The runtime provides no inode numbers. A copy with the same length and time is noticed at the next
    /// write, and until then it has all the content. On Windows no other program can move or write a file that
    /// is open here.
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

    /// <summary>
    /// Whether two paths lead to the same existing file, also through links. The lock through one path refuses
    /// the other.
    /// </summary>
    public static bool IsSame(string history, string log)
    {
        try
        {
            // Opened for reading and writing, so that the open does not block if the path is a pipe.
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
            // Opening the history later reports the error.
            return false;
        }
    }

    /// <summary>A free name beside the file: FILE.WORD, FILE.WORD2, ...</summary>
    /// <exception cref="StartupException">All of the <see cref="ServerLimits.KeptHistories"/> names are
    /// taken.</exception>
    public static string FreeNameBeside(string file, string word)
    {
        for (int number = 1; number <= ServerLimits.KeptHistories; number++)
        {
            string name = number == 1 ? $"{file}.{word}" : $"{file}.{word}{number}";
            if (!Path.Exists(name))
                return name;
        }
        throw new StartupException(
            $"{ServerLimits.KeptHistories} files like {SafeText.Clean(file)}.{word} are kept already; remove "
                + "some of them"
        );
    }

    /// <summary>Removes an unfinished file. If that fails, the next one overwrites it.</summary>
    public static void Remove(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error))
        {
            // The earlier error is reported.
        }
    }

    /// <summary>Removes the permissions of all users except the owner.</summary>
    public static void MakePrivate(FileStream stream)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(stream.SafeFileHandle, OwnerAlone);
    }

    /// <summary>Flushes written data to the disk. May take long; callable on any thread, at any time.</summary>
    public static void Sync(FileStream stream)
    {
        try
        {
            RandomAccess.FlushToDisk(stream.SafeFileHandle);
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error) || error is ObjectDisposedException)
        {
            // The next write meets the same error and reports it, unless the file was replaced by then.
        }
    }
}
