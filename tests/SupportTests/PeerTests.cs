using System.Net;
using System.Net.Sockets;
using System.Text;
using Chat.Tests.Support;
using Xunit.Sdk;

namespace Chat.Tests.SupportTests;

public sealed class PeerTests : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public PeerTests()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
    }

    private EndPoint EndPoint => _listener.LocalEndPoint!;

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void Lines_come_whole_however_they_were_cut()
    {
        using var peer = Peer.Connect(EndPoint);
        using Socket other = _listener.Accept();
        other.Send("one\ntwé"u8[..7]);
        Assert.Equal("one", peer.ReceiveLine());
        peer.WaitFor(() => peer.Rest.Length > 0, "half a line");
        other.Send("twé\nthree"u8[3..]);
        Assert.Equal("twé", peer.ReceiveLine());
        other.Shutdown(SocketShutdown.Send);
        peer.WaitForEnd();
        Assert.Equal("three", peer.Rest);
        Assert.Equal(["one", "twé"], peer.Lines);
        Assert.Equal("one\ntwé\nthree", peer.Text);
    }

    [Fact]
    public void Looking_for_a_line_goes_on_behind_the_one_found_last()
    {
        using var peer = Peer.Connect(EndPoint);
        using Socket other = _listener.Accept();
        other.Send("a1\nb1\na2\n"u8);
        Assert.Equal("a1", peer.WaitForLine(line => line.StartsWith('a')));
        Assert.Equal("a2", peer.WaitForLine(line => line.StartsWith('a')));
    }

    [Fact]
    public void A_server_on_the_same_thread_gets_its_turns()
    {
        Socket? other = null;
        using var peer = Peer.Connect(EndPoint, Turn);
        Assert.Equal("turned", peer.ReceiveLine());
        other!.Dispose();
        peer.WaitForEnd();

        void Turn()
        {
            if (other is not null)
                return;
            other = _listener.Accept();
            other.Send("turned\n"u8);
        }
    }

    [Fact]
    public void More_than_the_kernel_holds_can_be_sent_to_a_server_on_the_same_thread()
    {
        Socket? other = null;
        int received = 0;
        byte[] buffer = new byte[64 * 1024];
        using var peer = Peer.Connect(EndPoint, Turn);
        other = _listener.Accept();
        other.Blocking = false;
        const int Sent = 32 * 1024 * 1024;
        peer.SendBytes(new byte[Sent]);
        peer.HalfClose();
        peer.WaitFor(() => received == Sent, "the rest to arrive");
        other.Dispose();

        void Turn() => received += other!.Receive(buffer, SocketFlags.None, out _);
    }

    [Fact]
    public void It_connects_from_the_address_asked_for()
    {
        using var peer = Peer.Connect(EndPoint, from: IPAddress.Parse("127.0.0.7"));
        using Socket other = _listener.Accept();
        Assert.Equal("127.0.0.7", ((IPEndPoint)other.RemoteEndPoint!).Address.ToString());
        Assert.Equal(peer.LocalEndPoint, other.RemoteEndPoint);
    }

    [Fact]
    public void A_peer_that_stops_reading_stops_the_sender()
    {
        using var peer = Peer.Connect(EndPoint, receiveBufferBytes: 4096);
        using Socket other = _listener.Accept();
        other.Blocking = false;
        other.SendBufferSize = 4096;
        peer.StopReading();
        int sent = 0;
        while (
            other.Send("0123456789abcde\n"u8, SocketFlags.None, out SocketError error) > 0
            && error == SocketError.Success
        )
            sent++;
        Assert.InRange(sent, 1, 1024 * 1024 / 16);
        peer.Pump();
        Assert.Empty(peer.Lines);
        peer.ReadAgain();
        peer.WaitFor(() => peer.Lines.Count >= sent, "what was held back");
    }

    [Fact]
    public void A_reset_is_a_reset_to_the_other_end()
    {
        using var peer = Peer.Connect(EndPoint);
        using Socket other = _listener.Accept();
        peer.Reset();
        other.Receive(new byte[1], SocketFlags.None, out SocketError error);
        Assert.Equal(SocketError.ConnectionReset, error);
    }

    [Fact]
    public void A_reset_by_the_other_end_is_told()
    {
        using var peer = Peer.Connect(EndPoint);
        Socket other = _listener.Accept();
        other.Close(timeout: 0);
        peer.WaitForEnd();
        Assert.Equal(SocketError.ConnectionReset, peer.Error);
    }

    [Fact]
    public void A_half_closed_peer_still_reads()
    {
        using var peer = Peer.Connect(EndPoint);
        using Socket other = _listener.Accept();
        peer.SendText("last words");
        peer.HalfClose();
        byte[] buffer = new byte[100];
        int count = 0;
        for (int more; (more = other.Receive(buffer.AsSpan(count))) > 0; )
            count += more;
        Assert.Equal("last words", Encoding.UTF8.GetString(buffer, 0, count));
        other.Send("heard\n"u8);
        Assert.Equal("heard", peer.ReceiveLine());
    }

    [Fact]
    public void A_wait_in_vain_tells_everything_seen()
    {
        using var peer = Peer.Connect(EndPoint);
        using Socket other = _listener.Accept();
        other.Send("hello\nhalf"u8);
        peer.WaitFor(() => peer.Rest is "half", "what was sent");
        XunitException late = Assert.Throws<XunitException>(() =>
            peer.WaitForLine(line => line is "bye", "a goodbye", TimeSpan.Zero)
        );
        Assert.Contains("a goodbye", late.Message, StringComparison.Ordinal);
        Assert.Contains("hello", late.Message, StringComparison.Ordinal);
        Assert.Contains("half", late.Message, StringComparison.Ordinal);
        other.Shutdown(SocketShutdown.Both);
        XunitException closed = Assert.Throws<XunitException>(() => peer.WaitForLine(line => line is "bye"));
        Assert.Contains("closed", closed.Message, StringComparison.Ordinal);
    }
}
