using System.Net;
using System.Net.Sockets;
using System.Text;
using Chat.Protocol;
using Chat.Protocol.Text;
using Chat.Protocol.Tls;

namespace Chat.Client.Networking;

/// <summary>The next step of a connection that is not welcome yet.</summary>
internal enum EntryStep
{
    /// <summary>More bytes decide.</summary>
    Wait,

    /// <summary>Go on: the hello was sent, or the server is not ours, or its proof is awaited.</summary>
    GoOn,

    /// <summary>Close the connection, and begin another one to the same address, with TLS.</summary>
    CallAgain,

    /// <summary>The secret is needed, for the first time or because the last one was wrong.</summary>
    AskSecret,

    /// <summary>Send no bytes; <see cref="RoomEntry.Refusal"/> has the reason.</summary>
    Refuse,

    /// <summary>The server does not let this address in; <see cref="RoomEntry.Refusal"/> has its words.</summary>
    TurnedAway,
}

/// <summary>
/// The steps of a connection from its first byte to its hello: the encryption, the key of the room, and the proofs of
/// its secret.
/// </summary>
/// <param name="trust">Decides about the encryption and the key.</param>
/// <param name="hello">Makes the hello, once the server may read it.</param>
/// <param name="isOwnRoom">The room runs in this process, so its secret may be sent in the clear.</param>
internal sealed class RoomEntry(RoomTrust trust, Func<LinkConnection, byte[]> hello, bool isOwnRoom = false)
{
    private readonly SecretProof _secret = new() { Text = trust.Secret };

    private string? _turnedAway;

    /// <summary>Why the server is not talked to; null if it is.</summary>
    public string? Refusal => trust.Refusal ?? _turnedAway;

    /// <summary>Begins a connection, with the first bytes of TLS if the room is known to speak it.</summary>
    /// <param name="socket">Connected and non-blocking; the connection owns it.</param>
    /// <param name="clock">The time.</param>
    /// <param name="typed">The server, as the person types it.</param>
    /// <param name="at">The address that the socket is connected to.</param>
    /// <param name="announced">The key that the room announces in the network, in Base64; null for none.</param>
    public LinkConnection Open(
        Socket socket,
        TimeProvider clock,
        HostPort typed,
        IPEndPoint at,
        string? announced = null
    )
    {
        _turnedAway = null;
        LinkConnection connection = new(socket, clock, trust.Begin(typed, at, announced));
        connection.Flush();
        return connection;
    }

    /// <summary>
    /// Handles bytes in the clear that answer the first bytes of TLS. Any machine on the way may have said them, so
    /// they decide nothing but an end.
    /// </summary>
    public EntryStep HandleClearAnswer(LinkConnection connection, ReadOnlySpan<byte> bytes)
    {
        connection.AddToGreeting(bytes);
        ReadOnlySpan<byte> line = connection.Greeting;
        int end = line.IndexOf((byte)'\n');
        if (end < 0 && !bytes.IsEmpty && line.Length <= ProtocolLimits.LineBytes)
            return EntryStep.Wait;
        if (ServerKind.TryReadRefusal(line, out ReadOnlySpan<byte> words, out _))
        {
            _turnedAway = SafeText.Clean(Encoding.UTF8.GetString(words));
            return EntryStep.TurnedAway;
        }
        return trust.HandleClearAnswer(end < 0 ? "" : SafeText.Clean(Encoding.UTF8.GetString(line[..end])));
    }

    /// <summary>
    /// Handles the whole greeting, or the silence, of a server. To a server of ours it sends the hello, or the proof
    /// before it.
    /// </summary>
    public EntryStep HandleGreeting(LinkConnection connection, bool isOurs)
    {
        EntryStep step = connection.IsEncrypted
            ? EntryStep.GoOn
            : trust.HandleClear(ServerKind.OffersTls(connection.Greeting));
        if (step != EntryStep.GoOn || !isOurs)
            return step;
        connection.IsHelloSent = true;
        if (!ServerKind.AsksSecret(connection.Greeting))
        {
            if (!trust.AllowsNoProof())
                return EntryStep.Refuse;
            connection.Send(hello(connection));
            return EntryStep.GoOn;
        }
        if (!connection.IsEncrypted && !isOwnRoom)
        {
            trust.RefuseInClear();
            return EntryStep.Refuse;
        }
        if (_secret.Text is null)
        {
            connection.IsSecretAwaited = trust.HasAsked = true;
            return EntryStep.AskSecret;
        }
        SendSecret(connection);
        return EntryStep.GoOn;
    }

    /// <summary>Takes the secret that the person has typed, for this connection or for the next one.</summary>
    public void GiveSecret(string text, LinkConnection? connection)
    {
        _secret.Text = RoomSecret.Normalize(text);
        if (connection is { IsSecretAwaited: true })
            SendSecret(connection);
    }

    /// <summary>Handles a line that comes while the proof of the server is awaited.</summary>
    /// <returns>Wait if the line is a notice, which decides nothing.</returns>
    public EntryStep HandleProof(LinkConnection connection, ReadOnlySpan<byte> line)
    {
        ProofAnswer answer = _secret.Judge(line, connection.Exported!);
        connection.IsProofAwaited = answer == ProofAnswer.Notice;
        switch (answer)
        {
            case ProofAnswer.Notice:
                return EntryStep.Wait;
            case ProofAnswer.Right:
                trust.HandleProof();
                connection.Send(hello(connection));
                return EntryStep.GoOn;
            case ProofAnswer.Wrong:
                _secret.Text = null;
                connection.IsSecretAwaited = true;
                return EntryStep.AskSecret;
            default:
                trust.RefuseWithoutProof();
                return EntryStep.Refuse;
        }
    }

    private void SendSecret(LinkConnection connection)
    {
        connection.IsSecretAwaited = false;
        connection.IsProofAwaited = connection.IsEncrypted;
        // In the room of this process the secret needs no proof.
        connection.Send(
            connection.IsEncrypted
                ? _secret.Request(trust.PublicKey!, connection.Exported!)
                : [.. Encoding.UTF8.GetBytes($"{_secret.Text}\n"), .. hello(connection)]
        );
    }
}
