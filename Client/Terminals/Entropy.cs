using System.Security.Cryptography;
using Chat.Client.Terminals.Unix;

namespace Chat.Client.Terminals;

/// <summary>Cryptographically random bytes from the system.</summary>
internal static unsafe class Entropy
{
    /// <summary>Fills 16 bytes.</summary>
    /// <returns>False if the system has no random source.</returns>
    public static bool TryFill(Span<byte> bytes)
    {
        // getentropy works without /dev/urandom, which the runtime needs and a bare chroot does not have.
        if (!OperatingSystem.IsWindows())
        {
            fixed (byte* into = bytes)
            {
                if (Libc.getentropy(into, (nuint)bytes.Length) == 0)
                    return true;
            }
        }
        try
        {
            // A GUID has fixed bits at some positions, so XOR with a second, reversed one randomises them.
            Span<byte> second = stackalloc byte[16];
            _ = Guid.NewGuid().TryWriteBytes(bytes);
            _ = Guid.NewGuid().TryWriteBytes(second);
            for (int i = 0; i < bytes.Length; i++)
                bytes[i] ^= second[^(i + 1)];
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
