using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Chat.Client.Terminals;
using Chat.Protocol;
using Chat.Protocol.Names;
using Chat.Protocol.Text;
using Chat.Protocol.Wire;

namespace Chat.Client.Storage;

/// <summary>
/// The identity of a person: a random secret, created at the first run and kept in a private file. Every server of ours
/// receives it and keeps the name for its owner. A client that has the secret is that person.
/// </summary>
internal static class IdentityFile
{
    private const string FileName = "identity";

    /// <summary>A secret that cannot be guessed.</summary>
    /// <exception cref="StartupException">The system has no random numbers to give. No client can do without: a seat is
    /// one.</exception>
    public static UInt128 NewSecret()
    {
        Span<byte> bytes = stackalloc byte[16];
        if (!Entropy.TryFill(bytes))
            throw new StartupException(
                "this system gives no random numbers: neither the kernel nor /dev/urandom; run it where one of them does"
            );
        UInt128 secret = BinaryPrimitives.ReadUInt128LittleEndian(bytes);
        return secret == 0 ? 1 : secret;
    }

    /// <summary>The secret kept in this folder, made if there is none.</summary>
    /// <param name="folder">Null when it is unknown.</param>
    /// <param name="trouble">Why it is one for this run only, in words; null when it is kept.</param>
    public static UInt128 Load(string? folder, out string? trouble)
    {
        trouble = null;
        if (folder is null)
        {
            trouble = "there is no home to keep an identity in; this run has one of its own";
            return NewSecret();
        }
        string path = Path.Combine(folder, FileName);
        try
        {
            return LoadFrom(path) ?? throw new IOException("there is something else in it");
        }
        catch (Exception e) when (FileErrors.IsTheSystems(e))
        {
            trouble =
                $"{SafeText.Clean(path)} cannot be used as your identity, and this run has one of its own: {FileErrors.Words(e, "client")}";
            return NewSecret();
        }
    }

    /// <summary>
    /// Why nothing of a name that was asked for can be had, in words; null when the name or a part of it can.
    /// </summary>
    /// <remarks>A chosen name loses no letter and no digit: cut short it would be another name.</remarks>
    public static string? RefusalOfChosen(string name)
    {
        string? fitting = Nickname.Fitting(name);
        bool isSame = fitting is not null && Essence(fitting) == Essence(name);
        return isSame ? null : Nickname.Refusal(name) ?? "a name is made of letters, digits, _ and -";
    }

    /// <summary>Tells a person whose name lost something, and why; null when it did not.</summary>
    public static string? WordOnLoss(string? asked, string? name) =>
        name is null || asked is null || name == asked ? null : $"you are {name}: {Nickname.Refusal(asked)}";

    /// <summary>
    /// What a person who says nothing else is called: the name they log in by, made to fit; null when nothing of it
    /// does.
    /// </summary>
    public static string? NameOfLogin(Func<string, string?> variable)
    {
        return Login(variable) is string login ? Nickname.Fitting(login) : null;
    }

    /// <summary>The name a person logged in by, as the system has it.</summary>
    public static string? Login(Func<string, string?> variable) =>
        variable("USER") ?? variable("USERNAME") ?? variable("LOGNAME");

    private static string Essence(string name) => string.Concat(name.EnumerateRunes().Where(Rune.IsLetterOrDigit));

    // Null when there is something else in the file. Two first runs at once must end with one secret: whoever has the
    // file to itself and finds it empty writes it, the other waits and reads. (Renaming without replacing is no way:
    // the runtime looks first, and then replaces.)
    private static UInt128? LoadFrom(string path)
    {
        long until = Environment.TickCount64 + ClientLimits.IdentityMilliseconds;
        while (true)
        {
            try
            {
                using FileStream file = Held(path);
                if (file is { CanSeek: true, Length: 0 })
                    return Written(file);
                Span<byte> bytes = stackalloc byte[64];
                int length = file.CanSeek ? file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) : 0;
                return RichWire.TrySecret(bytes[..length].TrimEnd("\r\n"u8), out UInt128 secret) ? secret : null;
            }
            catch (IOException) when (File.Exists(path) && Environment.TickCount64 < until)
            {
                Thread.Sleep(1);
            }
        }
    }

    // To itself, or, where it is only to be read, as it is.
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

    private static UInt128 Written(FileStream file)
    {
        UInt128 secret = NewSecret();
        file.Write(Encoding.ASCII.GetBytes(secret.ToString("x32", CultureInfo.InvariantCulture) + "\n"));
        file.Flush(flushToDisk: true);
        return secret;
    }
}
