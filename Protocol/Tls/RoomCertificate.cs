using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace Chat.Protocol.Tls;

/// <summary>
/// The certificate of a room: X.509 in one fixed form, of which only serial number, public key and signature differ.
/// </summary>
/// <remarks>
/// A client compares all other bytes and reads the key from its place, so it parses no ASN.1 of strangers. The
/// certificate is valid from 2025 to 9999, because a client may have no right clock, and trust rests on the key alone.
/// </remarks>
internal sealed class RoomCertificate : TlsCertificate
{
    private const int SerialBytes = 16;

    // OID 1.3.101.112, id-Ed25519 (RFC 8410).
    private const string SignatureAlgorithmOid = "1.3.101.112";

    private static readonly byte[] Algorithm = [0x30, 5, 6, 3, 0x2B, 0x65, 0x70];
    private static readonly byte[] Zeros = Encode(
        new byte[SerialBytes],
        new byte[RoomKey.Bytes],
        new byte[RoomKey.SignatureBytes]
    );
    private static readonly byte[] Ones = Encode(
        Filled(SerialBytes),
        Filled(RoomKey.Bytes),
        Filled(RoomKey.SignatureBytes)
    );

    // The key stands behind its algorithm and the head of a BIT STRING of 33 bytes.
    private static readonly int KeyAt = Zeros.AsSpan().IndexOf((ReadOnlySpan<byte>)[.. Algorithm, 3, 33, 0]) + 10;

    private readonly byte[] _der;

    /// <exception cref="TlsFatalAlert">The bytes are no certificate of this form.</exception>
    public RoomCertificate(byte[] der)
    {
        if (!HasForm(der))
            throw new TlsFatalAlert(AlertDescription.unsupported_certificate);
        _der = der;
        PublicKey = der.AsSpan(KeyAt, RoomKey.Bytes).ToArray();
    }

    /// <summary>The public key in it.</summary>
    public byte[] PublicKey { get; }

    public BigInteger SerialNumber => throw new NotSupportedException();

    public string SigAlgOid => SignatureAlgorithmOid;

    /// <summary>Makes the certificate of a key. The same key has the same certificate each time.</summary>
    /// <param name="publicKey">The public key.</param>
    /// <param name="sign">Signs with the private key.</param>
    public static byte[] Create(byte[] publicKey, Func<byte[], byte[]> sign)
    {
        Sha256Digest digest = new();
        digest.BlockUpdate(publicKey);
        byte[] hash = new byte[digest.GetDigestSize()];
        digest.DoFinal(hash);
        byte[] serial = hash[..SerialBytes];
        return Encode(serial, publicKey, sign(ToBeSigned(serial, publicKey)));
    }

    public byte[] GetEncoded() => _der;

    public TlsEncryptor CreateEncryptor(int tlsCertificateRole) => throw NotOffered();

    public TlsVerifier CreateVerifier(short signatureAlgorithm) => throw NotOffered();

    public Tls13Verifier CreateVerifier(int signatureScheme) =>
        signatureScheme == SignatureScheme.ed25519 ? new Verifier(PublicKey) : throw NotOffered();

    public byte[]? GetExtension(DerObjectIdentifier extensionOid) => null;

    public Asn1Encodable? GetSigAlgParams() => null;

    public short GetLegacySignatureAlgorithm() => -1;

    public bool SupportsSignatureAlgorithm(short signatureAlgorithm) =>
        signatureAlgorithm == SignatureAlgorithm.ed25519;

    public bool SupportsSignatureAlgorithmCA(short signatureAlgorithm) =>
        signatureAlgorithm == SignatureAlgorithm.ed25519;

    public TlsCertificate CheckUsageInRole(int tlsCertificateRole) => this;

    private static bool HasForm(ReadOnlySpan<byte> der)
    {
        if (der.Length != Zeros.Length)
            return false;
        for (int i = 0; i < der.Length; i++)
        {
            if (Zeros[i] == Ones[i] && der[i] != Zeros[i])
                return false;
        }
        return true;
    }

    private static byte[] Encode(byte[] serial, byte[] publicKey, byte[] signature) =>
        Element(0x30, ToBeSigned(serial, publicKey), Algorithm, Element(3, [0], signature));

    // RFC 5280, 4.1: version 3, serial, algorithm, issuer, validity, subject, key. The serial's first byte is 0x40, so
    // it is positive and its length does not vary.
    private static byte[] ToBeSigned(byte[] serial, byte[] publicKey)
    {
        byte[] name = Element(0x30, Element(0x31, Element(0x30, [6, 3, 0x55, 4, 3], Element(12, "chat room"u8))));
        byte[] validity = Element(0x30, Element(23, "250101000000Z"u8), Element(24, "99991231235959Z"u8));
        return Element(
            0x30,
            Element(0xA0, [2, 1, 2]),
            Element(2, [0x40], serial[1..]),
            Algorithm,
            name,
            validity,
            name,
            Element(0x30, Algorithm, Element(3, [0], publicKey))
        );
    }

    // A DER element of at most 65,535 bytes.
    private static byte[] Element(byte tag, params ReadOnlySpan<byte[]> parts)
    {
        byte[] content = Concat(parts);
        byte[] head = content.Length switch
        {
            < 0x80 => [tag, (byte)content.Length],
            < 0x100 => [tag, 0x81, (byte)content.Length],
            _ => [tag, 0x82, (byte)(content.Length >> 8), (byte)content.Length],
        };
        return [.. head, .. content];
    }

    private static byte[] Element(byte tag, ReadOnlySpan<byte> content) => Element(tag, content.ToArray());

    private static byte[] Concat(ReadOnlySpan<byte[]> parts)
    {
        List<byte> all = [];
        foreach (byte[] part in parts)
            all.AddRange(part);
        return [.. all];
    }

    private static byte[] Filled(int count)
    {
        byte[] bytes = new byte[count];
        bytes.AsSpan().Fill(1);
        return bytes;
    }

    // The handshake offers Ed25519 alone, so no peer reaches this.
    private static TlsFatalAlert NotOffered() => new(AlertDescription.internal_error);

    private sealed class Verifier(byte[] publicKey) : Tls13Verifier
    {
        public Stream Stream { get; } = new MemoryStream();

        public bool VerifySignature(byte[] signature) =>
            RoomKey.Verify(publicKey, ((MemoryStream)Stream).ToArray(), signature);
    }
}
