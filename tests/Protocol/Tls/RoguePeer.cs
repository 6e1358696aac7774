using Chat.Protocol.Tls;
using Org.BouncyCastle.Tls;

namespace Chat.Tests.Protocol.Tls;

/// <summary>A client in memory that makes a handshake and then sends any record, also wrong ones.</summary>
internal sealed class RoguePeer : IDisposable
{
    private readonly byte[] _payload = new byte[64 * 1024];
    private RecordProtection _incoming,
        _outgoing;

    public RoguePeer(RoomKey key)
    {
        Server = TlsConnection.Accept(key);
        HandshakeClient client = new(static _ => true);
        TlsClientProtocol protocol = new();
        protocol.Connect(client);
        while (client.Secrets is null || protocol.GetAvailableOutputBytes() > 0)
        {
            byte[] output = new byte[protocol.GetAvailableOutputBytes()];
            protocol.ReadOutput(output, 0, output.Length);
            Server.Decrypt(output, _payload, uptime: 0);
            byte[] answer = Server.Output.ToArray();
            Server.Sent(answer.Length);
            protocol.OfferInput(answer, 0, answer.Length);
        }
        _outgoing.SetKeys(client.Secrets.Client);
        _incoming.SetKeys(client.Secrets.Server);
    }

    public TlsConnection Server { get; }

    /// <summary>Protects the records of this client.</summary>
    public ref RecordProtection Protection => ref _outgoing;

    /// <summary>The records that the server has sent since the last call: their type, and their bytes.</summary>
    public List<(short Type, string Bytes)> Received
    {
        get
        {
            List<(short, string)> records = [];
            ReadOnlySpan<byte> rest = Server.Output.ToArray();
            Server.Sent(rest.Length);
            while (!rest.IsEmpty)
            {
                int length = RecordProtection.HeaderBytes + (rest[3] << 8) + rest[4];
                ReadOnlySpan<byte> payload = _incoming.Open(rest[..length], out short type);
                records.Add((type, Convert.ToHexStringLower(payload)));
                if (type == ContentType.handshake)
                    _incoming.Update();
                rest = rest[length..];
            }
            return records;
        }
    }

    /// <summary>Sends a record of this type, and returns the payload that the server decrypts.</summary>
    public byte[] Send(short type, byte[] bytes, long uptime = 0) =>
        SendRaw(Protection.Seal(type, bytes).ToArray(), uptime);

    /// <summary>Sends these bytes as they are.</summary>
    public byte[] SendRaw(byte[] bytes, long uptime = 0) =>
        _payload[..Server.Decrypt(bytes, _payload, uptime)].ToArray();

    public void Dispose() => Server.Dispose();
}
