using System.Diagnostics.CodeAnalysis;
using System.Text;
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
    /// <param name="path">The file.</param>
    /// <param name="create">Makes the text of a new secret, quickly: others wait for it.</param>
    /// <returns>The text of the file, at most 4 KiB of it.</returns>
    // Two first runs at once must agree on one secret. The run that locks the empty
    // file writes it; the other waits and reads. A rename is no alternative: without overwrite, the runtime checks
    // first and then replaces, which races.
    public static string Load(string path, Func<string> create)
    {
        long until = Environment.TickCount64 + ClientLimits.IdentityMilliseconds;
        while (true)
        {
            try
            {
                using FileStream file = Held(path);
                if (file is { CanSeek: true, Length: 0 })
                    return Written(file, create());
                byte[] bytes = new byte[MostBytes];
                int length = file.CanSeek ? file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) : 0;
                return Encoding.UTF8.GetString(bytes.AsSpan(0, length));
            }
            catch (IOException) when (File.Exists(path) && Environment.TickCount64 < until)
            {
                Thread.Sleep(1);
            }
        }
    }

    /// <summary>Reads the secret for a purpose, or explains the error.</summary>
    /// <param name="path">The file, as it was given.</param>
    /// <param name="what">Its name in an error, such as "host key".</param>
    /// <param name="form">The content it should have, such as "32 hexadecimal digits".</param>
    /// <param name="create">Makes the text of a new secret.</param>
    /// <param name="parse">Reads the text.</param>
    /// <exception cref="StartupException">The file cannot be used.</exception>
    public static T Load<T>(string path, string what, string form, Func<string> create, Parser<T> parse)
    {
        string shown = SafeText.Clean(path);
        try
        {
            string text = Load(Path.GetFullPath(path), create);
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & OfOthers) != UnixFileMode.None)
                throw new StartupException(
                    $"others may read the {what} in {shown}; chmod 600 {shown} keeps it private"
                );
            return parse(text, out T? secret)
                ? secret
                : throw new StartupException($"{shown} is no {what}: it has other content than {form}");
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error) && error is not StartupException)
        {
            throw new StartupException($"cannot use the {what} in {shown}: {FileErrors.Words(error, "server")}");
        }
    }

    // Opens the file locked, or without write permission read-only and unlocked.
    private static FileStream Held(string path)
    {
        try
        {
            return UserPaths.Open(path);
        }
        catch (UnauthorizedAccessException) when (File.Exists(path))
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
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
