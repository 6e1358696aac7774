using System.Security.Cryptography;
using Chat.Client.Terminals.Unix;

namespace Chat.Client.Terminals;

/// <summary>Random bytes from the system that cannot be guessed.</summary>
internal static unsafe class Entropy
{
    /// <summary>Fills 16 bytes.</summary>
    /// <returns>False when the system has none to give.</returns>
    public static bool TryFill(Span<byte> bytes)
    {
        // getentropy asks the kernel; the runtime opens /dev/urandom, which an empty root folder does not have.
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
            // An identifier has fixed bits at some places, so a second one, in the other direction, covers them.
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
