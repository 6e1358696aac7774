using System.Net.Sockets;
using Chat.Protocol.Tls;
using Chat.Server;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>The memory that TLS costs. It runs alone, because other tests allocate memory, too.</summary>
[Collection(nameof(SteadyStateTests))]
public sealed class TlsMemoryTests
{
    private static readonly ServerOptions Options = SteppedServer.Unbounded with
    {
        RoomKey = new RoomKey(new byte[RoomKey.Bytes]),
    };

    [Fact]
    public void Lines_inside_TLS_allocate_nothing()
    {
        const int Lines = 500;
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer alice = server.JoinTls("alice"),
            bob = server.JoinTls("bob");
        byte[] line = "a line of ordinary length, as people write them\n"u8.ToArray();
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = server.AllocatedInPasses;
            for (int i = 0; i < Lines; i++)
            {
                alice.SendBytes(line);
                server.Pass();
                alice.Pump();
                bob.Pump();
            }
            server.Settle();
            least = Math.Min(least, server.AllocatedInPasses - before);
        }
        Assert.Equal(0, least);
    }

    [Fact]
    public void An_idle_member_inside_TLS_keeps_little_more_than_one_in_the_clear()
    {
        const int Members = 200,
            MostBytes = 400;
        using SteppedServer server = new(Readiness.Epoll, Options);
        Func<Socket> inTheClear = () => Call(server),
            insideTls = () =>
            {
                Socket socket = Call(server);
                Shake(server, socket);
                return socket;
            };
        // The tables of the server grow to their size.
        Kept(inTheClear);
        Kept(insideTls);
        Assert.InRange(Kept(insideTls) - Kept(inTheClear), 1, MostBytes);

        long Kept(Func<Socket> connect)
        {
            long before = GC.GetTotalMemory(forceFullCollection: true);
            Socket[] members = [.. Enumerable.Range(0, Members).Select(_ => connect())];
            server.Advance(TimeSpan.FromSeconds(1));
            long kept = GC.GetTotalMemory(forceFullCollection: true) - before;
            foreach (Socket member in members)
                member.Dispose();
            server.Settle();
            Assert.Equal(0, server.Server.Connections);
            return kept / Members;
        }
    }

    private static Socket Call(SteppedServer server)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(server.EndPoint);
        return socket;
    }

    // A handshake whose client keeps nothing.
    private static void Shake(SteppedServer server, Socket socket)
    {
        byte[] received = new byte[16 * 1024],
            payload = new byte[16 * 1024 + TlsConnection.ExtraPayloadBytes];
        using TlsConnection tls = TlsConnection.Connect(static _ => true);
        while (!tls.IsEstablished || tls.HasOutput)
        {
            tls.Sent(socket.Send(tls.Output));
            server.Settle();
            if (socket.Available > 0)
                tls.Decrypt(received.AsSpan(0, socket.Receive(received)), payload, uptime: 0);
        }
        server.Settle();
    }
}
