using System.Net;
using System.Net.Sockets;
using Chat.Protocol.Discovery;
using Chat.Tests.Support;

namespace Chat.Tests.Protocol.Discovery;

/// <summary>The sockets of multicast DNS, on loopback. Groups need other interfaces: see AnnouncementTests.</summary>
public sealed class MulticastSocketsTests : IDisposable
{
    private readonly MulticastSockets _sockets = MulticastSockets.Open(isShared: false, out _)!;

    public void Dispose() => _sockets.Dispose();

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void A_packet_comes_with_its_interface_and_its_sender_who_gets_an_answer(string address)
    {
        using Socket asker = Asker(IPAddress.Parse(address), out Socket socket);
        IPEndPoint own = (IPEndPoint)asker.LocalEndPoint!;
        Assert.False(_sockets.TryReceive(socket, out _, out _));

        asker.Send("question"u8);
        ReadOnlySpan<byte> packet = default;
        int interfaceIndex = 0;
        Eventually.Is(() => socket.Poll(TimeSpan.Zero, SelectMode.SelectRead), "the packet");
        Assert.True(_sockets.TryReceive(socket, out packet, out interfaceIndex));
        Assert.Equal("question"u8, packet);
        // Linux gives loopback this number in every namespace.
        Assert.True(!OperatingSystem.IsLinux() || interfaceIndex == 1);
        Assert.Equal(own.Port, _sockets.SenderPort);
        Assert.Equal(own.Address.GetAddressBytes(), _sockets.SenderAddress);

        _sockets.SendTo(_sockets.Sender, "answer"u8);
        byte[] answer = new byte[100];
        Assert.Equal("answer"u8, answer.AsSpan(0, asker.Receive(answer)));
    }

    [Fact]
    public void Packets_make_no_garbage_and_an_empty_or_too_long_one_does_not_block_the_next()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("speaks of Linux");
        using Socket asker = Asker(IPAddress.Loopback, out Socket socket);
        byte[][] packets =
        [
            [],
            new byte[10_000],
            [1, 2, 3],
        ];
        long garbage = Receive();

        garbage = Math.Min(Receive(), Receive());

        Assert.Equal(0, garbage);

        long Receive()
        {
            for (int i = 0; i < 12; i++)
                asker.Send(packets[i % packets.Length]);
            long before = GC.GetAllocatedBytesForCurrentThread();
            int received = 0;
            while (_sockets.TryReceive(socket, out _, out _))
                received++;
            long after = GC.GetAllocatedBytesForCurrentThread();
            Assert.Equal(12, received);
            return after - before;
        }
    }

    [Fact]
    public void The_shared_port_is_shared()
    {
        using MulticastSockets? first = MulticastSockets.Open(isShared: true, out SocketError error),
            second = MulticastSockets.Open(isShared: true, out _);

        Assert.Equal(SocketError.Success, error);
        Assert.NotNull(first);
        Assert.NotNull(second);
        Assert.Equal(5353, ((IPEndPoint)second.IPv4!.LocalEndPoint!).Port);
    }

    // Linux delivers to loopback within the send.
    private Socket Asker(IPAddress address, out Socket socket)
    {
        socket = address.AddressFamily == AddressFamily.InterNetwork ? _sockets.IPv4! : _sockets.IPv6!;
        Socket asker = new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        asker.Connect(address, ((IPEndPoint)socket.LocalEndPoint!).Port);
        return asker;
    }
}
