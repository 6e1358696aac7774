using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client.Storage;

/// <summary>
/// The file with the key of the host: 32 hexadecimal digits, readable only by its owner. The server creates it, and a
/// copy of it on another computer makes <c>chat client</c> there a host.
/// </summary>
internal static class HostKeyFile
{
    /// <summary>Reads the key.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isCreated">Whether to create the file if it is absent.</param>
    /// <exception cref="StartupException">The file cannot be used.</exception>
    public static UInt128 Load(string path, bool isCreated)
    {
        string shown = SafeText.Clean(path);
        if (!isCreated && !File.Exists(path))
            throw new StartupException(
                $"there is no host key in {shown}; chat server --host-key FILE creates one, to be copied here"
            );
        return SecretFile.Load<UInt128>(
            path,
            "host key",
            "32 hexadecimal digits",
            IdentityFile.Create,
            IdentityFile.TryParse
        );
    }
}
