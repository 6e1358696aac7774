using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Security;

namespace Chat.Protocol.Tls;

/// <summary>Random bytes for keys and identities, from the system.</summary>
/// <remarks>The runtime's generator needs libssl on Linux, which the static binary does not have.</remarks>
internal static unsafe partial class SystemRandom
{
    // getentropy(3): at most 256 bytes a call.
    private const int MostBytes = 256;

    /// <summary>The generator for BouncyCastle.</summary>
    public static SecureRandom Generator { get; } = new Source();

    /// <summary>Fills the bytes.</summary>
    /// <exception cref="StartupException">The system has no random source.</exception>
    public static void Fill(Span<byte> bytes)
    {
        if (OperatingSystem.IsWindows())
            RandomNumberGenerator.Fill(bytes);
        else if (!TryGetEntropy(bytes))
            ReadDevice(bytes);
    }

    // Works in a bare chroot, which has no /dev/urandom.
    private static bool TryGetEntropy(Span<byte> bytes)
    {
        for (; bytes.Length > 0; bytes = bytes[Math.Min(bytes.Length, MostBytes)..])
        {
            fixed (byte* into = bytes)
            {
                if (getentropy(into, (nuint)Math.Min(bytes.Length, MostBytes)) != 0)
                    return false;
            }
        }
        return true;
    }

    // For a kernel without getrandom(2), or a sandbox that forbids it.
    private static void ReadDevice(Span<byte> bytes)
    {
        try
        {
            using FileStream device = new("/dev/urandom", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0);
            device.ReadExactly(bytes);
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error))
        {
            throw new StartupException(
                "this system gives no random numbers: neither the kernel nor /dev/urandom; run it where one of "
                    + "them does"
            );
        }
    }

    [LibraryImport("libc")]
    private static partial int getentropy(byte* into, nuint length);

    // SecureRandom's own constructors and static members seed from the runtime's generator, which ends the process
    // without libssl. This constructor and these overrides touch none of them.
    private sealed class Source() : SecureRandom((IRandomGenerator)null!)
    {
        public override byte[] GenerateSeed(int length)
        {
            byte[] seed = new byte[length];
            SystemRandom.Fill(seed);
            return seed;
        }

        public override void GenerateSeed(Span<byte> seed) => SystemRandom.Fill(seed);

        public override void SetSeed(byte[] seed) { }

        public override void SetSeed(Span<byte> seed) { }

        public override void SetSeed(long seed) { }

        public override void NextBytes(byte[] buf) => SystemRandom.Fill(buf);

        public override void NextBytes(byte[] buf, int off, int len) => SystemRandom.Fill(buf.AsSpan(off, len));

        public override void NextBytes(Span<byte> buffer) => SystemRandom.Fill(buffer);
    }
}
