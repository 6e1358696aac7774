using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace Chat.Protocol.Tls;

/// <summary>The secrets that a handshake leaves behind.</summary>
/// <param name="Client">The traffic secret of the client's records.</param>
/// <param name="Server">The traffic secret of the server's records.</param>
/// <param name="Exported">The exporter's bytes, equal at both ends of one connection alone (RFC 8446, 7.5).</param>
internal sealed record HandshakeSecrets(byte[] Client, byte[] Server, byte[] Exported);

/// <summary>The version, the suite and the algorithms that both ends of a handshake offer.</summary>
internal static class Handshake
{
    /// <summary>The protocol in ALPN (RFC 7301). A web browser offers others, and is refused.</summary>
    public const string Protocol = "chat/1";

    /// <summary>The label of the exporter.</summary>
    public const string ExporterLabel = "EXPORTER-chat/1";

    public static ProtocolVersion[] Versions => ProtocolVersion.TLSv13.Only();

    public static int[] CipherSuites => [CipherSuite.TLS_CHACHA20_POLY1305_SHA256];

    public static int[] Groups => [NamedGroup.x25519];

    public static IList<ProtocolName> Protocols => [ProtocolName.AsUtf8Encoding(Protocol)];

    public static HandshakeSecrets SecretsOf(TlsContext context) =>
        new(
            ((TlsProvider.Secret)context.SecurityParameters.TrafficSecretClient).ToArray(),
            ((TlsProvider.Secret)context.SecurityParameters.TrafficSecretServer).ToArray(),
            context.ExportKeyingMaterial(ExporterLabel, [], Hkdf.KeyBytes)
        );
}

/// <summary>The server's half of a handshake.</summary>
internal sealed class HandshakeServer(RoomKey key) : DefaultTlsServer(TlsProvider.Instance)
{
    /// <summary>A ClientHello was accepted. The answer to it was most of the work.</summary>
    public bool HasAcceptedHello { get; private set; }

    /// <summary>Null until the handshake is complete.</summary>
    public HandshakeSecrets? Secrets { get; private set; }

    public override bool RequiresCloseNotify() => false;

    public override int GetMaxHandshakeMessageSize() => ProtocolLimits.HandshakeMessageBytes;

    public override int[] GetSupportedGroups() => Handshake.Groups;

    // The library asks for them behind a ClientHello that it does not answer with another request.
    public override TlsCredentials GetCredentials()
    {
        HasAcceptedHello = true;
        return new DefaultTlsCredentialedSigner(
            new TlsCryptoParameters(m_context),
            new Signer(key),
            new Certificate(
                TlsUtilities.EmptyBytes,
                [new CertificateEntry(new RoomCertificate(key.Certificate), extensions: null)]
            ),
            SignatureAndHashAlgorithm.ed25519
        );
    }

    // The base class also parses extensions of TLS 1.2. Without it, their parsers stay out of the program.
    public override void ProcessClientExtensions(IDictionary<int, byte[]> clientExtensions)
    {
        m_clientProtocolNames = TlsExtensionsUtilities.GetAlpnExtensionClient(clientExtensions);
        if (m_clientProtocolNames is { Count: > 0 })
            m_selectedProtocolName = SelectProtocolName();
        m_maxFragmentLengthOffered = -1;
    }

    public override TlsKeyExchangeFactory GetKeyExchangeFactory() => new NoKeyExchange();

    public override void NotifyHandshakeComplete() => Secrets = Handshake.SecretsOf(m_context);

    protected override ProtocolVersion[] GetSupportedVersions() => Handshake.Versions;

    protected override int[] GetSupportedCipherSuites() => Handshake.CipherSuites;

    protected override IList<ProtocolName> GetProtocolNames() => Handshake.Protocols;

    private sealed class Signer(RoomKey key) : TlsSigner, TlsStreamSigner
    {
        public Stream Stream { get; } = new MemoryStream();

        // The library asks for a stream first.
        public byte[] GenerateRawSignature(SignatureAndHashAlgorithm algorithm, byte[] hash) =>
            throw new TlsFatalAlert(AlertDescription.internal_error);

        public TlsStreamSigner GetStreamSigner(SignatureAndHashAlgorithm algorithm) => this;

        // The library has disposed the stream by now; its bytes remain.
        public byte[] GetSignature() => key.Sign(((MemoryStream)Stream).ToArray());
    }
}

/// <summary>The client's half of a handshake.</summary>
/// <param name="isTrusted">Whether the room with this public key may be talked to.</param>
internal sealed class HandshakeClient(Predicate<byte[]> isTrusted)
    : DefaultTlsClient(TlsProvider.Instance),
        TlsAuthentication
{
    /// <summary>Null until the handshake is complete.</summary>
    public HandshakeSecrets? Secrets { get; private set; }

    public override bool RequiresCloseNotify() => false;

    public override int GetMaxHandshakeMessageSize() => ProtocolLimits.HandshakeMessageBytes;

    public override IList<int> GetEarlyKeyShareGroups() => Handshake.Groups;

    public override TlsKeyExchangeFactory GetKeyExchangeFactory() => new NoKeyExchange();

    // Neither is in TLS 1.3; the library's defaults bring tables of groups with them.
    public override TlsDHGroupVerifier GetDHGroupVerifier() => throw new TlsFatalAlert(AlertDescription.internal_error);

    public override TlsSrpConfigVerifier GetSrpConfigVerifier() =>
        throw new TlsFatalAlert(AlertDescription.internal_error);

    public override TlsAuthentication GetAuthentication() => this;

    public TlsCredentials? GetClientCredentials(CertificateRequest certificateRequest) => null;

    // The form of the certificate fixes its algorithms.
    public override bool ShouldCheckSigAlgOfPeerCerts() => false;

    public void NotifyServerCertificate(TlsServerCertificate serverCertificate)
    {
        if (serverCertificate.Certificate.Length != 1)
            throw new TlsFatalAlert(AlertDescription.bad_certificate);
        if (!isTrusted(((RoomCertificate)serverCertificate.Certificate.GetCertificateAt(0)).PublicKey))
            throw new TlsFatalAlert(AlertDescription.certificate_unknown);
    }

    public override void NotifyHandshakeComplete() => Secrets = Handshake.SecretsOf(m_context);

    protected override ProtocolVersion[] GetSupportedVersions() => Handshake.Versions;

    protected override int[] GetSupportedCipherSuites() => Handshake.CipherSuites;

    protected override IList<int> GetSupportedGroups(IList<int> namedGroupRoles) => Handshake.Groups;

    protected override IList<SignatureAndHashAlgorithm> GetSupportedSignatureAlgorithms() =>
        [SignatureAndHashAlgorithm.ed25519];

    protected override IList<ProtocolName> GetProtocolNames() => Handshake.Protocols;

    protected override CertificateStatusRequest? GetCertificateStatusRequest() => null;
}

/// <summary>No key exchange of TLS 1.2: the library's code for them stays out of the program.</summary>
internal sealed class NoKeyExchange : AbstractTlsKeyExchangeFactory;

/// <summary>The client's protocol. It refuses a request for a certificate, because a room sends none.</summary>
internal sealed class ClientProtocol : TlsClientProtocol
{
    protected override void ReceiveCertificateRequest(MemoryStream buf) =>
        throw new TlsFatalAlert(AlertDescription.unexpected_message);

    protected override void Receive13CertificateRequest(MemoryStream buf, bool postHandshakeAuth) =>
        throw new TlsFatalAlert(AlertDescription.unexpected_message);
}
