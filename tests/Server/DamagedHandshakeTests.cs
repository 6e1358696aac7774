using Chat.Protocol.Tls;
using Chat.Server;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>A client whose Finished message does not arrive as it was sent.</summary>
public sealed class DamagedHandshakeTests
{
    private static readonly ServerOptions Options = SteppedServer.Unbounded with
    {
        RoomKey = new RoomKey(new byte[RoomKey.Bytes]),
    };

    private const int ChangeCipherSpecBytes = 6;

    private static readonly byte[] Payload = [.. "/nick bob\n"u8, .. Enumerable.Repeat((byte)'x', 600)];

    private readonly byte[] _payload = new byte[64 * 1024];

    // The first record is a change_cipher_spec. It means nothing and any machine on the way can leave it out (RFC 8446,
    // D.4), so damage to it does not count.
    [Fact]
    public void Each_byte_of_the_Finished_of_a_client_counts()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer alice = server.Join("alice");
        int bytes = int.MaxValue;
        for (int flipped = ChangeCipherSpecBytes; flipped < bytes; flipped++)
        {
            Peer peer = server.ConnectSilently();
            using TlsConnection client = ShakeHands(peer);
            byte[] flight = client.Output.ToArray();
            bytes = flight.Length;
            client.Sent(bytes);
            flight[flipped] ^= 1;
            int answered = peer.Bytes.Length;

            // A record that seems longer takes its bytes from the payload.
            peer.SendRaw([.. flight, .. client.Seal(Payload)]);
            peer.WaitForEnd();

            // A record with an alert, in the clear or not, is shorter than any greeting.
            Assert.InRange(peer.Bytes.Length - answered, 5 + 2, 5 + 2 + 1 + 16);
            Assert.Equal(1, server.Server.People);
        }
        Assert.Equal(ChangeCipherSpecBytes + 5 + 4 + 32 + 1 + 16, bytes);

        // The same flight without damage makes a member.
        Peer last = server.ConnectSilently();
        using TlsConnection whole = ShakeHands(last);
        last.SendRaw([.. whole.Output, .. whole.Seal(Payload)]);
        alice.WaitForLine(static line => line.EndsWith("is now bob", StringComparison.Ordinal));
    }

    // The client's half of the handshake waits to be sent.
    private TlsConnection ShakeHands(Peer peer)
    {
        TlsConnection client = TlsConnection.Connect(static _ => true);
        peer.SendRaw(client.Output);
        client.Sent(client.Output.Length);
        int read = 0;
        peer.WaitFor(
            () =>
            {
                byte[] news = peer.Bytes[read..];
                read += news.Length;
                client.Decrypt(news, _payload, uptime: 0);
                return client.IsEstablished;
            },
            "the server's half of the handshake"
        );
        return client;
    }
}
