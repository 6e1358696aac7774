using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;
using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client.Storage;

/// <summary>A file with one secret as text, created at its first use and readable only by its owner.</summary>
internal static class SecretFile
{
    /// <summary>Reads the text of a file; false if it is no such secret.</summary>
    public delegate bool Parser<T>(string text, [NotNullWhen(true)] out T? secret);

    // A private key in PEM has 119.
    private const int MostBytes = 4096;

    private const UnixFileMode OfOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Reads the secret, or creates it in an absent or empty file.</summary>
    /// <param name="path">The file. A pipe is refused: it could have no writer, and no option has named it.</param>
    /// <param name="create">Makes the text of a new secret, quickly: others wait for it.</param>
    /// <returns>The text of the file, at most 4 KiB of it.</returns>
    public static string Load(string path, Func<string> create) => Load(path, create, mayBePipe: false, out _);

    // Two first runs at once must agree on one secret. The run that locks the empty
    // file writes it; the other waits and reads. A rename is no alternative: without overwrite, the runtime checks
    // first and then replaces, which races.
    private static string Load(string path, Func<string>? create, bool mayBePipe, out bool isShared)
    {
        long until = Environment.TickCount64 + ClientLimits.IdentityMilliseconds;
        while (true)
        {
            try
            {
                // A pipe has no length, and a folder is refused behind this.
                bool isRead = Path.Exists(path) && (mayBePipe || new FileInfo(path) is not { Exists: true, Length: 0 });
                isShared = false;
                if (isRead && Read(path, out isShared) is string text)
                    return text;
                if (create is null)
                    return "";
                using FileStream file = UserPaths.Open(path);
                if (!file.CanSeek)
                    throw new EndOfStreamException("it is a pipe, or has no text");
                if (file.Length == 0)
                    return Written(file, create());
            }
            catch (IOException e) when (FileErrors.IsLocked(e) && Environment.TickCount64 < until)
            {
                Thread.Sleep(1);
            }
        }
    }

    // Null for an empty file. A pipe ends once all its writers have closed it, so it is not opened for writing.
    private static string? Read(string path, out bool isShared)
    {
        if (Directory.Exists(path))
            throw new IOException("it is a directory");
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        isShared =
            !OperatingSystem.IsWindows()
            // A pipe of a shell belongs to this process alone, although its mode on macOS says otherwise.
            && (file.CanSeek || !path.StartsWith("/dev/fd/", StringComparison.Ordinal))
            && (File.GetUnixFileMode(file.SafeFileHandle) & OfOthers) != UnixFileMode.None;
        byte[] bytes = new byte[MostBytes];
        ReadOnlySpan<byte> text = bytes.AsSpan(0, file.ReadAtLeast(bytes, MostBytes, throwOnEndOfStream: false));
        if (text.IsEmpty)
            return null;
        // An editor of Windows may put it there.
        if (text.StartsWith(Encoding.UTF8.Preamble))
            text = text[Encoding.UTF8.Preamble.Length..];
        return Utf8.IsValid(text)
            ? Encoding.UTF8.GetString(text)
            : throw new IOException("it is not UTF-8; save it as text in UTF-8");
    }

    /// <summary>Reads the secret for a purpose, or explains the error.</summary>
    /// <param name="path">The file, as it was given.</param>
    /// <param name="what">Its name in an error, such as "host key".</param>
    /// <param name="form">The content it should have, such as "32 hexadecimal digits".</param>
    /// <param name="create">Makes the text of a new secret; null to create none, which reads as an empty text.</param>
    /// <param name="parse">Reads the text.</param>
    /// <exception cref="StartupException">The file cannot be used.</exception>
    public static T Load<T>(string path, string what, string form, Func<string>? create, Parser<T> parse)
    {
        string shown = SafeText.Clean(path);
        try
        {
            string text = Load(Path.GetFullPath(path), create, mayBePipe: true, out bool isShared);
            if (isShared)
                throw new StartupException(
                    $"others may read the {what} in {shown}; "
                        // The mode of a device is that of the whole computer.
                        + (
                            path.StartsWith("/dev/", StringComparison.Ordinal)
                                ? "give a file of your own"
                                : $"chmod 600 {shown} keeps it private"
                        )
                );
            return parse(text, out T? secret)
                ? secret
                : throw new StartupException($"there is no {what} in {shown}: it must have {form}");
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error) && error is not StartupException)
        {
            throw new StartupException($"cannot use the {what} in {shown}: {FileErrors.Words(error, "server")}");
        }
    }

    private static string Written(FileStream file, string text)
    {
        try
        {
            file.Write(Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }
        catch
        {
            // A full disk may have accepted a part.
            file.SetLength(0);
            throw;
        }
        return text;
    }
}
