using System.Diagnostics.CodeAnalysis;
using Chat.Protocol;
using Chat.Protocol.Tls;

namespace Chat.Client.Storage;

/// <summary>
/// The file with the key of the rooms on this computer: PKCS#8 in PEM, readable only by its owner. Clients know a room
/// by its key, so the key stays the same over restarts and addresses.
/// </summary>
internal static class RoomKeyFile
{
    private const string FileName = "room.key";

    /// <summary>Reads the key in a file, or creates it.</summary>
    /// <exception cref="StartupException">The file cannot be used.</exception>
    public static RoomKey LoadFrom(string path) =>
        SecretFile.Load<RoomKey>(
            path,
            "room key",
            "a private Ed25519 key in PEM",
            static () => RoomKey.Create().ToPem(),
            static (string text, [NotNullWhen(true)] out RoomKey? key) => (key = RoomKey.Parse(text)) is not null
        );

    /// <summary>Reads the key in the configuration folder, or creates it.</summary>
    /// <param name="folder">The folder; null if it is unknown.</param>
    /// <param name="loss">The reason, in words, if the key is for this run only; otherwise null.</param>
    /// <exception cref="StartupException">The file has other content, or others may read it.</exception>
    public static RoomKey Load(string? folder, out string? loss)
    {
        loss = null;
        string? path = folder is null ? null : Path.Combine(folder, FileName);
        try
        {
            if (path is not null)
                return LoadFrom(path);
            loss = "there is no home folder for the key of the room";
        }
        catch (StartupException error) when (!IsThere(path!))
        {
            loss = error.Message;
        }
        loss += "; this run has a temporary one, and clients will take the next for another room";
        return RoomKey.Create();
    }

    /// <summary>Whether a server of this person has this public key. The file is not created.</summary>
    public static bool HasKey(string folder, ReadOnlySpan<byte> publicKey)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            return IsThere(path) && publicKey.SequenceEqual(LoadFrom(path).PublicKey);
        }
        catch (StartupException)
        {
            return false;
        }
    }

    // A file that is there and of no use is a mistake, which a new key would hide.
    private static bool IsThere(string path)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: > 0 };
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error))
        {
            return false;
        }
    }
}
