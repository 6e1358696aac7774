using Org.BouncyCastle.Crypto.Generators;

namespace Chat.Protocol.Tls;

/// <summary>The key derivation function scrypt (RFC 7914), at one cost, which makes each guess expensive.</summary>
internal static class Scrypt
{
    // 32 MiB and 80 ms.
    private const int Cost = 1 << 15,
        BlockSize = 8,
        Parallelization = 1;

    /// <summary>Derives bytes. It takes 80 ms.</summary>
    /// <param name="secret">The secret or the key.</param>
    /// <param name="salt">Keeps uses apart.</param>
    /// <param name="bytes">Bytes of the result.</param>
    public static byte[] Derive(byte[] secret, byte[] salt, int bytes)
    {
        byte[] derived = SCrypt.Generate(secret, salt, Cost, BlockSize, Parallelization, bytes);
        // Otherwise the process would keep the 32 MiB for long.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return derived;
    }
}
