using System.Text;
using Chat.Protocol.Tls;

namespace Chat.Tests.Protocol.Tls;

/// <summary>Two ends of TLS in memory.</summary>
public sealed class TlsConnectionTests
{
    private static readonly RoomKey Key = new(new byte[RoomKey.Bytes]);

    private byte[]? _seen;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void Both_ends_agree_and_exchange_payload(int piece)
    {
        using TlsConnection server = TlsConnection.Accept(Key),
            client = Connect();
        Shake(client, server, piece);

        Assert.True(client.IsEstablished && server.IsEstablished, $"{client.Failure} {server.Failure}");
        Assert.Equal(Key.PublicKey, _seen);
        Assert.Equal(client.Exported, server.Exported);
        string text = string.Concat(Enumerable.Range(0, 3000).Select(static i => $"{i} "));
        Assert.Equal(text, Carry(client, server, text, piece));
        Assert.Equal(text, Carry(server, client, text, piece));
        Assert.Equal("", Carry(server, client, "", piece));
    }

    [Fact]
    public void A_room_without_trust_gets_nothing_but_an_alert()
    {
        using TlsConnection server = TlsConnection.Accept(Key),
            client = TlsConnection.Connect(static _ => false);
        Shake(client, server, 100_000);
        Assert.Equal("certificate_unknown", client.Failure);
        Assert.Contains("certificate_unknown", server.Failure, StringComparison.Ordinal);
        Assert.False(client.IsEstablished || server.IsEstablished);
    }

    [Fact]
    public void Without_keys_nothing_is_encrypted()
    {
        using TlsConnection server = TlsConnection.Accept(Key),
            client = Connect();
        Assert.Throws<InvalidOperationException>(() => client.Seal("early"u8).Length);
        Shake(client, server, 100_000);
        Assert.NotEqual(0, client.Seal("in time"u8).Length);
        client.Dispose();
        Assert.Throws<InvalidOperationException>(() => client.Seal("late"u8).Length);
    }

    private TlsConnection Connect() =>
        TlsConnection.Connect(key =>
        {
            _seen = key;
            return true;
        });

    private static void Shake(TlsConnection client, TlsConnection server, int piece)
    {
        while (client.HasOutput || server.HasOutput)
        {
            Assert.Equal("", Move(client, server, piece));
            Assert.Equal("", Move(server, client, piece));
        }
    }

    private static string Carry(TlsConnection from, TlsConnection to, string text, int piece)
    {
        from.Keep(from.Seal(Encoding.UTF8.GetBytes(text)));
        return Move(from, to, piece);
    }

    // Moves the output of one end to the other, in pieces of this size.
    private static string Move(TlsConnection from, TlsConnection to, int piece)
    {
        byte[] payload = new byte[100_000 + TlsConnection.ExtraPayloadBytes];
        StringBuilder text = new();
        while (from.HasOutput)
        {
            int length = Math.Min(piece, from.Output.Length);
            int decrypted = to.Decrypt(from.Output[..length], payload, uptime: 0);
            text.Append(Encoding.UTF8.GetString(payload, 0, decrypted));
            from.Sent(length);
        }
        return text.ToString();
    }
}
