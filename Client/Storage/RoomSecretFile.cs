using System.Diagnostics.CodeAnalysis;
using Chat.Protocol;
using Chat.Protocol.Text;
using Chat.Protocol.Tls;

namespace Chat.Client.Storage;

/// <summary>
/// The file with the secret of a room, readable only by its owner. The server creates it, and a copy of it, or the
/// words in it, let a client in.
/// </summary>
internal static class RoomSecretFile
{
    /// <summary>Reads the secret, or creates it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isCreated">The secret is new.</param>
    /// <exception cref="StartupException">The file cannot be used.</exception>
    public static string LoadOrCreate(string path, out bool isCreated)
    {
        bool isNew = false;
        string secret = Load(
            path,
            () =>
            {
                isNew = true;
                return RoomKeyWords.Create() + "\n";
            },
            RoomSecret.TryParse
        );
        isCreated = isNew;
        return secret;
    }

    /// <summary>Reads the secret of an existing file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="StartupException">The file cannot be used.</exception>
    public static string Load(string path) =>
        Load(
            path,
            create: null,
            (string text, [NotNullWhen(true)] out string? secret) =>
                !string.IsNullOrWhiteSpace(text)
                    ? RoomSecret.TryParse(text, out secret)
                    : throw new StartupException(
                        $"there is no secret in {SafeText.Clean(path)}; copy the file of chat server --secret-file, "
                            + "or write the secret into it"
                    )
        );

    private static string Load(string path, Func<string>? create, SecretFile.Parser<string> parse) =>
        SecretFile.Load(path, "secret", RoomSecret.Form, create, parse);
}
