using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Chat.Protocol.Tls;

/// <summary>The key of a room: an Ed25519 pair (RFC 8032), and the certificate that follows from it.</summary>
internal sealed class RoomKey
{
    /// <summary>Bytes of the secret seed, and of the public key.</summary>
    public const int Bytes = 32;

    /// <summary>Bytes of a signature.</summary>
    public const int SignatureBytes = 64;

    private const string PemLabel = "PRIVATE KEY";

    // RFC 8410, 7: version 0, id-Ed25519, and the seed as an OCTET STRING within an OCTET STRING.
    private static readonly byte[] Pkcs8Head = [0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 4, 34, 4, Bytes];

    private readonly byte[] _seed;

    /// <param name="seed">32 secret bytes.</param>
    public RoomKey(ReadOnlySpan<byte> seed)
    {
        _seed = seed.ToArray();
        PublicKey = new byte[Bytes];
        Ed25519.GeneratePublicKey(_seed, PublicKey);
        Certificate = RoomCertificate.Create(PublicKey, Sign);
    }

    /// <summary>The public key.</summary>
    public byte[] PublicKey { get; }

    /// <summary>The certificate, in DER.</summary>
    public byte[] Certificate { get; }

    /// <summary>Makes a new key.</summary>
    public static RoomKey Create()
    {
        Span<byte> seed = stackalloc byte[Bytes];
        SystemRandom.Fill(seed);
        return new RoomKey(seed);
    }

    /// <summary>Reads a private key in PKCS#8 (RFC 5208), as PEM; null if it is none of Ed25519.</summary>
    public static RoomKey? Parse(string pem)
    {
        if (!PemEncoding.TryFind(pem, out PemFields fields) || !pem.AsSpan()[fields.Label].SequenceEqual(PemLabel))
            return null;
        byte[] pkcs8 = Convert.FromBase64String(pem[fields.Base64Data]);
        return pkcs8.Length == Pkcs8Head.Length + Bytes && pkcs8.AsSpan().StartsWith(Pkcs8Head)
            ? new RoomKey(pkcs8.AsSpan(Pkcs8Head.Length))
            : null;
    }

    /// <summary>The private key, in the form of <see cref="Parse"/>.</summary>
    public string ToPem() => $"{PemEncoding.WriteString(PemLabel, [.. Pkcs8Head, .. _seed])}\n";

    /// <summary>Brings a public key in Base64 to its one form; null for a text that is none.</summary>
    public static string? CanonicalPublic(string text)
    {
        Span<byte> key = stackalloc byte[Bytes];
        return Convert.TryFromBase64String(text, key, out int length) && length == Bytes
            ? Convert.ToBase64String(key)
            : null;
    }

    /// <summary>Signs a message.</summary>
    public byte[] Sign(byte[] message)
    {
        byte[] signature = new byte[SignatureBytes];
        // The overload with a byte[] in this place takes it for a context and signs for Ed25519ctx.
        Ed25519.Sign(_seed, PublicKey.AsSpan(), message, signature);
        return signature;
    }

    /// <summary>Checks the signature of a message.</summary>
    public static bool Verify(byte[] publicKey, byte[] message, byte[] signature) =>
        signature.Length == SignatureBytes && Ed25519.Verify(signature, publicKey, message);
}
