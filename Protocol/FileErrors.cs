using Chat.Protocol.Text;

namespace Chat.Protocol;

/// <summary>Describes the errors of opening, reading and writing files.</summary>
internal static class FileErrors
{
    // The bits of IOException.HResult: an error number on Unix, an HRESULT on Windows.
    private const int Windows = unchecked((int)0x80070000);
    private const int IoError = 5,
        TryAgain = 11,
        NoSpace = 28,
        ReadOnlyDisk = 30,
        TryAgainOnMac = 35,
        LoopOnMac = 62;
    private const int TooManyFilesOfAll = 23,
        TooManyFiles = 24,
        IsDirectory = 21,
        IsNoDirectory = 20;
    private const int Exists = 17,
        Loop = 40,
        QuotaOnMac = 69,
        Quota = 122;

    /// <summary>Whether the file system caused the error, and not a fault of this program.</summary>
    public static bool IsTheSystems(Exception error) =>
        error
            is IOException
                or UnauthorizedAccessException
                or ArgumentException
                or NotSupportedException
                or StartupException;

    /// <summary>Whether another program holds the file's lock, perhaps only for a moment.</summary>
    public static bool IsLocked(Exception error) =>
        error is IOException { HResult: TryAgain or TryAgainOnMac or Windows + 32 or Windows + 33 };

    /// <summary>The reason, in words that fit behind a colon.</summary>
    /// <param name="error">The exception from opening, reading or writing the file.</param>
    /// <param name="user">The program that may hold the lock: "another ... keeps it".</param>
    public static string Words(Exception error, string user = "program") =>
        error switch
        {
            StartupException or EndOfStreamException => SafeText.Clean(error.Message),
            _ when IsLocked(error) => $"another {user} keeps it",
            DirectoryNotFoundException => "its folder is not there",
            FileNotFoundException => "it is not there",
            PathTooLongException => "the name is too long",
            UnauthorizedAccessException { InnerException: IOException inner } when inner.HResult == ReadOnlyDisk =>
                "the disk is read-only",
            UnauthorizedAccessException => "permission denied",
            IOException io when HasNumber(io) => OfNumber(io.HResult),
            ArgumentException or NotSupportedException => "that is no name of a file",
            _ => SafeText.Clean(error.Message),
        };

    // The other HRESULTs are .NET's own, and the exception's message says more.
    private static bool HasNumber(IOException error) => error.HResult > 0 || (error.HResult & ~0xFFFF) == Windows;

    private static string OfNumber(int number) =>
        number switch
        {
            NoSpace or Windows + 39 or Windows + 112 => "no space left on the disk",
            Quota or QuotaOnMac or Windows + 1295 => "the disk quota is used up",
            ReadOnlyDisk or Windows + 19 => "the disk is read-only",
            TooManyFiles or TooManyFilesOfAll or Windows + 4 => "too many files are open",
            Exists or Windows + 80 or Windows + 183 => "something else is in its place",
            IsDirectory => "it is a directory",
            IsNoDirectory => "a part of the path is no directory",
            Loop or LoopOnMac => "its symbolic links lead in a circle",
            IoError => "the disk fails",
            _ => $"the system refuses it (error {number & 0xFFFF})",
        };
}
