using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Macs;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC.Rfc7748;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace Chat.Protocol.Tls;

/// <summary>
/// The algorithms for BouncyCastle's TLS 1.3: X25519, Ed25519, ChaCha20-Poly1305 and SHA-256, and no others.
/// </summary>
/// <remarks>
/// BouncyCastle's own provider, <c>BcTlsCrypto</c>, cannot be used. It holds references to every algorithm of the
/// library (1.7 MB more), and its curves of the P-256 kind take random numbers from the runtime, which aborts without
/// libssl. Under <c>OptimizationPreference=Size</c> its AES is made of tables, which is slow and not constant in time.
/// </remarks>
internal sealed class TlsProvider : AbstractTlsCrypto
{
    /// <summary>Bytes of a digest, a key of the cipher and a key of X25519.</summary>
    public const int KeyBytes = 32;

    /// <summary>The provider; it has no state.</summary>
    public static TlsProvider Instance { get; } = new();

    private TlsProvider() { }

    public override SecureRandom SecureRandom => SystemRandom.Generator;

    public override bool HasAnyStreamVerifiers(IList<SignatureAndHashAlgorithm> signatureAndHashAlgorithms) => true;

    public override bool HasAnyStreamVerifiersLegacy(short[] clientCertificateTypes) => false;

    public override bool HasCryptoHashAlgorithm(int cryptoHashAlgorithm) =>
        cryptoHashAlgorithm == CryptoHashAlgorithm.sha256;

    public override bool HasCryptoSignatureAlgorithm(int cryptoSignatureAlgorithm) =>
        cryptoSignatureAlgorithm == CryptoSignatureAlgorithm.ed25519;

    public override bool HasDHAgreement() => false;

    public override bool HasECDHAgreement() => true;

    public override bool HasEncryptionAlgorithm(int encryptionAlgorithm) =>
        encryptionAlgorithm == EncryptionAlgorithm.CHACHA20_POLY1305;

    public override bool HasHkdfAlgorithm(int cryptoHashAlgorithm) => cryptoHashAlgorithm == CryptoHashAlgorithm.sha256;

    public override bool HasKemAgreement() => false;

    public override bool HasMacAlgorithm(int macAlgorithm) => macAlgorithm == MacAlgorithm.hmac_sha256;

    public override bool HasNamedGroup(int namedGroup) => namedGroup == NamedGroup.x25519;

    public override bool HasRsaEncryption() => false;

    public override bool HasSignatureAlgorithm(short signatureAlgorithm) =>
        signatureAlgorithm == SignatureAlgorithm.ed25519;

    public override bool HasSignatureAndHashAlgorithm(SignatureAndHashAlgorithm sigAndHashAlgorithm) =>
        SignatureScheme.From(sigAndHashAlgorithm) == SignatureScheme.ed25519;

    public override bool HasSignatureScheme(int signatureScheme) => signatureScheme == SignatureScheme.ed25519;

    public override bool HasSrpAuthentication() => false;

    public override TlsSecret CreateHybridSecret(TlsSecret s1, TlsSecret s2) => throw NotOffered();

    public override TlsSecret CreateSecret(byte[] data) => new Secret(data);

    public override TlsSecret GenerateRsaPreMasterSecret(ProtocolVersion version) => throw NotOffered();

    public override TlsCertificate CreateCertificate(short type, byte[] encoding) =>
        type == CertificateType.X509
            ? new RoomCertificate(encoding)
            : throw new TlsFatalAlert(AlertDescription.unsupported_certificate);

    // Only for the records of the handshake: later ones are those of RecordProtection.
    public override TlsCipher CreateCipher(
        TlsCryptoParameters cryptoParams,
        int encryptionAlgorithm,
        int macAlgorithm
    ) =>
        encryptionAlgorithm == EncryptionAlgorithm.CHACHA20_POLY1305
            ? new TlsAeadCipher(
                cryptoParams,
                new BcChaCha20Poly1305(isEncrypting: true),
                new BcChaCha20Poly1305(isEncrypting: false),
                KeyBytes,
                RecordProtection.TagBytes,
                TlsAeadCipher.AEAD_CHACHA20_POLY1305
            )
            : throw NotOffered();

    public override TlsDHDomain CreateDHDomain(TlsDHConfig dhConfig) => throw NotOffered();

    public override TlsECDomain CreateECDomain(TlsECConfig ecConfig) =>
        ecConfig.NamedGroup == NamedGroup.x25519 ? X25519Domain.Instance : throw NotOffered();

    public override TlsKemDomain CreateKemDomain(TlsKemConfig kemConfig) => throw NotOffered();

    public override TlsHash CreateHash(int cryptoHashAlgorithm) =>
        cryptoHashAlgorithm == CryptoHashAlgorithm.sha256 ? new Sha256(new Sha256Digest()) : throw NotOffered();

    public override TlsHmac CreateHmac(int macAlgorithm) =>
        macAlgorithm == MacAlgorithm.hmac_sha256 ? new HmacSha256() : throw NotOffered();

    public override TlsHmac CreateHmacForHash(int cryptoHashAlgorithm) =>
        cryptoHashAlgorithm == CryptoHashAlgorithm.sha256 ? new HmacSha256() : throw NotOffered();

    public override TlsNonceGenerator CreateNonceGenerator(byte[] additionalSeedMaterial) => Nonces.Instance;

    public override TlsNonceGenerator CreateNonceGenerator(ReadOnlySpan<byte> additionalSeedMaterial) =>
        Nonces.Instance;

    public override TlsSrp6Client CreateSrp6Client(TlsSrpConfig srpConfig) => throw NotOffered();

    public override TlsSrp6Server CreateSrp6Server(TlsSrpConfig srpConfig, BigInteger srpVerifier) =>
        throw NotOffered();

    public override TlsSrp6VerifierGenerator CreateSrp6VerifierGenerator(TlsSrpConfig srpConfig) => throw NotOffered();

    // RFC 8446, 7.1: the first secret is extracted from as many zeros as the hash has bytes.
    public override TlsSecret HkdfInit(int cryptoHashAlgorithm) => new Secret(new byte[KeyBytes]);

    // The handshake offers no such algorithm, so no peer reaches this.
    private static TlsFatalAlert NotOffered() => new(AlertDescription.internal_error);

    private sealed class Nonces : TlsNonceGenerator
    {
        public static readonly Nonces Instance = new();

        public byte[] GenerateNonce(int size)
        {
            byte[] nonce = new byte[size];
            SystemRandom.Fill(nonce);
            return nonce;
        }
    }

    private sealed class X25519Domain : TlsECDomain
    {
        public static readonly X25519Domain Instance = new();

        public TlsAgreement CreateECDH() => new X25519Agreement();
    }

    private sealed class X25519Agreement : TlsAgreement
    {
        private readonly byte[] _private = new byte[KeyBytes];
        private byte[] _peer = [];

        public byte[] GenerateEphemeral()
        {
            SystemRandom.Fill(_private);
            byte[] publicKey = new byte[KeyBytes];
            X25519.ScalarMultBase(_private, publicKey);
            return publicKey;
        }

        public void ReceivePeerValue(byte[] peerValue) =>
            _peer =
                peerValue.Length == KeyBytes ? peerValue : throw new TlsFatalAlert(AlertDescription.illegal_parameter);

        public TlsSecret CalculateSecret()
        {
            byte[] shared = new byte[KeyBytes];
            // RFC 7748, 6.1: a result of zeros means a public key of small order, which gives no secret.
            bool isSecret = X25519.CalculateAgreement(_private, 0, _peer, 0, shared, 0);
            Array.Clear(_private);
            return isSecret ? new Secret(shared) : throw new TlsFatalAlert(AlertDescription.illegal_parameter);
        }
    }

    private sealed class Sha256(Sha256Digest digest) : TlsHash
    {
        public void Update(byte[] input, int inOff, int length) => digest.BlockUpdate(input, inOff, length);

        public void Update(ReadOnlySpan<byte> input) => digest.BlockUpdate(input);

        public byte[] CalculateHash()
        {
            byte[] hash = new byte[KeyBytes];
            digest.DoFinal(hash, 0);
            return hash;
        }

        public TlsHash CloneHash() => new Sha256(new Sha256Digest(digest));

        public void Reset() => digest.Reset();
    }

    private sealed class HmacSha256 : TlsHmac
    {
        private readonly HMac _mac = new(new Sha256Digest());

        public int InternalBlockSize => 64;

        public int MacLength => KeyBytes;

        public void SetKey(byte[] key, int keyOff, int keyLen) => _mac.Init(new KeyParameter(key, keyOff, keyLen));

        public void SetKey(ReadOnlySpan<byte> key) => _mac.Init(new KeyParameter(key));

        public void Update(byte[] input, int inOff, int length) => _mac.BlockUpdate(input, inOff, length);

        public void Update(ReadOnlySpan<byte> input) => _mac.BlockUpdate(input);

        public byte[] CalculateMac()
        {
            byte[] result = new byte[KeyBytes];
            _mac.DoFinal(result, 0);
            return result;
        }

        public void CalculateMac(byte[] output, int outOff) => _mac.DoFinal(output, outOff);

        public void Reset() => _mac.Reset();
    }

    /// <summary>A secret of the key schedule.</summary>
    internal sealed class Secret(byte[] data) : AbstractTlsSecret(data)
    {
        protected override AbstractTlsCrypto Crypto => Instance;

        /// <summary>A copy of its bytes.</summary>
        public byte[] ToArray() => (byte[])m_data.Clone();

        public override TlsSecret DeriveUsingPrf(int prfAlgorithm, string label, byte[] seed, int length) =>
            DeriveUsingPrf(prfAlgorithm, label.AsSpan(), seed, length);

        public override TlsSecret DeriveUsingPrf(
            int prfAlgorithm,
            ReadOnlySpan<char> label,
            ReadOnlySpan<byte> seed,
            int length
        ) =>
            prfAlgorithm == PrfAlgorithm.tls13_hkdf_sha256
                ? TlsCryptoUtilities.HkdfExpandLabel(this, CryptoHashAlgorithm.sha256, label, seed, length)
                : throw NotOffered();

        public override TlsSecret HkdfExpand(int cryptoHashAlgorithm, byte[] info, int length) =>
            HkdfExpand(cryptoHashAlgorithm, info.AsSpan(), length);

        public override TlsSecret HkdfExpand(int cryptoHashAlgorithm, ReadOnlySpan<byte> info, int length)
        {
            byte[] expanded = new byte[length];
            Hkdf.Expand(m_data, info, expanded);
            return new Secret(expanded);
        }

        public override TlsSecret HkdfExtract(int cryptoHashAlgorithm, TlsSecret ikm) =>
            new Secret(Hkdf.Extract(Extract(), CopyData((AbstractTlsSecret)ikm)));
    }
}
