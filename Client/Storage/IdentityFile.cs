using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Chat.Protocol;
using Chat.Protocol.Names;
using Chat.Protocol.Text;
using Chat.Protocol.Tls;
using Chat.Protocol.Wire;

namespace Chat.Client.Storage;

/// <summary>
/// The identity of a person: a random secret in a private file, created at the first run. It is never sent. Each server
/// of ours receives a token made of it and reserves the name for its owner. Any client with the secret counts as that
/// person.
/// </summary>
internal static class IdentityFile
{
    private const string FileName = "person.key";

    // Version 0.1.0 sent this secret as it is, so it is no secret any more.
    private const string FormerFileName = "identity";

    /// <summary>Returns a random secret, never 0.</summary>
    /// <exception cref="StartupException">The system has no random source. Each client needs one for its
    /// seat.</exception>
    public static UInt128 NewSecret()
    {
        Span<byte> bytes = stackalloc byte[16];
        SystemRandom.Fill(bytes);
        UInt128 secret = BinaryPrimitives.ReadUInt128LittleEndian(bytes);
        return secret == 0 ? 1 : secret;
    }

    /// <summary>Reads the secret in this folder, or creates it.</summary>
    /// <param name="folder">The folder; null if it is unknown.</param>
    /// <param name="error">The reason, in words, if the secret is for this run only; otherwise null.</param>
    public static UInt128 Load(string? folder, out string? error)
    {
        error = null;
        if (folder is null)
        {
            error = "there is no home folder for the identity file; this run has a temporary one";
            return NewSecret();
        }
        string path = Path.Combine(folder, FileName);
        try
        {
            return TryParse(SecretFile.Load(path, Create), out UInt128 secret)
                ? secret
                : throw new IOException("it has other content");
        }
        catch (Exception e) when (FileErrors.IsTheSystems(e))
        {
            error =
                $"{SafeText.Clean(path)} cannot be used as your identity; this run has a temporary one: "
                + $"{FileErrors.Words(e, "client")}";
            return NewSecret();
        }
    }

    /// <summary>Reads the token that version 0.1.0 sent; null if this person did not use it.</summary>
    /// <param name="folder">The folder; null if it is unknown.</param>
    public static UInt128? LoadFormer(string? folder)
    {
        try
        {
            string path = Path.Combine(folder ?? "", FormerFileName);
            if (folder is null || !File.Exists(path))
                return null;
            using FileStream file = UserPaths.OpenToRead(path);
            string? line = UserPaths.ReadLines(file, ProtocolLimits.HeadBytes).FirstOrDefault();
            return line is not null && TryParse(line, out UInt128 token) ? token : null;
        }
        catch (Exception e) when (FileErrors.IsTheSystems(e))
        {
            return null;
        }
    }

    /// <summary>
    /// Checks a chosen name. Returns null if the name can be made to fit, otherwise the error in words.
    /// </summary>
    /// <remarks>A chosen name must keep all its letters and digits: without one it would be another name.</remarks>
    public static string? RefusalOfChosen(string name)
    {
        string? fitting = Nickname.Fitting(name);
        bool isSame = fitting is not null && Essence(fitting) == Essence(name);
        return isSame ? null : Nickname.Refusal(name) ?? "a name is made of letters, digits, _ and -";
    }

    /// <summary>The notice that a name was changed to fit, with the reason; null if it is unchanged.</summary>
    public static string? WordOnLoss(string? asked, string? name) =>
        name is null || asked is null || name == asked ? null : $"you are {name}: {Nickname.Refusal(asked)}";

    /// <summary>The default name: the login name, made to fit; null if no part of it fits.</summary>
    public static string? NameOfLogin(Func<string, string?> variable)
    {
        return Login(variable) is string login ? Nickname.Fitting(login) : null;
    }

    /// <summary>The login name from the environment; null without one.</summary>
    public static string? Login(Func<string, string?> variable) =>
        variable("USER") ?? variable("USERNAME") ?? variable("LOGNAME");

    private static string Essence(string name) => string.Concat(name.EnumerateRunes().Where(Rune.IsLetterOrDigit));

    /// <summary>Makes the text of a file with a new secret.</summary>
    public static string Create() => NewSecret().ToString("x32", CultureInfo.InvariantCulture) + "\n";

    /// <summary>Reads the text of a file; false if it is no secret.</summary>
    public static bool TryParse(string text, out UInt128 secret) =>
        RichWire.TrySecret(Encoding.UTF8.GetBytes(text.TrimEnd('\r', '\n')), out secret);
}
