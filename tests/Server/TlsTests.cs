using System.Net;
using System.Net.Sockets;
using System.Text;
using Chat.Protocol;
using Chat.Protocol.Tls;
using Chat.Server;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>Members inside TLS, and connections that break its rules.</summary>
public sealed class TlsTests
{
    private const string LateTls = "-- TLS begins at once or not at all: call again";

    private static readonly ServerOptions Options = SteppedServer.Unbounded with
    {
        RoomKey = new RoomKey(new byte[RoomKey.Bytes]),
        LogBytes = SteppedServer.RoomyLog,
    };

    // A record of payload that was made without the keys.
    private static readonly byte[] ForgedRecord = [23, 3, 3, 0, 40, .. new byte[40]];

    private static readonly byte[] AlertInTheClear = [21, 3, 3, 0, 2, 2, 80];

    // ---- Members ----

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void Plain_and_rich_members_inside_TLS_and_in_the_clear_are_in_one_room(Readiness readiness)
    {
        using SteppedServer server = new(readiness, Options);
        Peer alice = server.Join("alice"),
            bob = server.JoinTls("bob");
        RichPeer carol = RichPeer.Hello(server, server.ConnectTls(), "carol", person: 3, seat: 1, "- 20");
        server.Skip(alice, bob);

        alice.SendText("in the clear\n");
        bob.WaitForLine(static line => line == "<alice> in the clear");
        bob.SendText("inside\n");
        alice.WaitForLine(static line => line == "<bob> inside");
        carol.Send("say 1 " + new string('x', 4000));
        bob.WaitForLine(static line => line == $"<carol> {new string('x', 4000)}");
        Assert.Contains(carol.News(), static line => line.EndsWith("say bob 0 inside", StringComparison.Ordinal));
    }

    [Fact]
    public void A_silent_member_inside_TLS_joins_after_the_hello_time()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer peer = server.ConnectTls();
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.HelloMilliseconds - 1));
        Assert.Equal(["Welcome to this chatroom! [chat/1]"], peer.Lines);
        server.Advance(TimeSpan.FromMilliseconds(1));
        peer.WaitForLine(static line => line.StartsWith("-- you are guest", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_greeting_in_the_clear_names_TLS_and_leaves_time_for_a_ClientHello(bool hasPage)
    {
        using SteppedServer server = new(Readiness.Epoll, Options, hasPage: hasPage);
        Peer peer = server.ConnectSilently();
        server.Settle();
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.GreetingMilliseconds - 1));
        peer.Pump();
        Assert.Empty(peer.Bytes);
        server.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("Welcome to this chatroom! [chat/1] [tls]", peer.ReceiveLine());
        Peer hasty = server.ConnectSilently();
        hasty.SendText("hello\n");
        Assert.Equal("Welcome to this chatroom! [chat/1] [tls]", hasty.ReceiveLine());
    }

    [Fact]
    public void A_rich_member_resumes_inside_TLS_and_in_the_clear()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer alice = server.Join("alice");
        RichPeer bob = RichPeer.Hello(server, server.ConnectTls(), "bob", person: 2, seat: 1, "- 20");
        bob.News();
        server.Reset(bob.Peer);
        server.Say(alice, "meanwhile");
        bob = RichPeer.Hello(server, server.ConnectTls(), "bob", person: 2, seat: 1, bob.Place);
        Assert.Contains("say alice 0 meanwhile", bob.News());
        server.Close(bob.Peer);
        server.Say(alice, "later");
        bob = server.JoinRich("bob", person: 2, place: bob.Place);
        Assert.Contains("say alice 0 later", bob.News());
        Assert.DoesNotContain(server.News(alice), static line => line.Contains("bob left", StringComparison.Ordinal));
    }

    [Fact]
    public void The_end_of_the_server_is_said_inside_TLS()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer peer = server.ConnectSilently();
        TlsConnection tls = peer.UseTls();
        peer.SendText("hello\n");
        peer.WaitForLine(static line => line.StartsWith("-- you are ", StringComparison.Ordinal));
        server.Server.Stop();
        peer.WaitForEnd();
        Assert.StartsWith("-- ", peer.Lines[^1], StringComparison.Ordinal);
        Assert.True(tls is { HasEnded: true, Failure: null });
        Assert.Equal(SocketError.Success, peer.Error);
    }

    // ---- Ends ----

    [Fact]
    public void The_last_line_counts_without_its_end_if_TLS_ends_in_order()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer alice = server.Join("alice"),
            bob = server.JoinTls("bob"),
            carol = server.JoinTls("carol");
        server.Skip(alice);
        bob.SendText("may be cut");
        bob.HalfClose();
        Assert.Equal(["-- bob left"], server.News(alice));
        carol.SendText("is whole");
        carol.FinishTls();
        Assert.Equal(["<carol> is whole", "-- carol left"], server.News(alice));
        bob.WaitForEnd();
        carol.WaitForEnd();
    }

    [Fact]
    public void A_forged_record_ends_the_connection_behind_its_alert_and_no_byte_of_it_counts()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer alice = server.Join("alice"),
            bob = server.ConnectSilently();
        TlsConnection tls = bob.UseTls();
        bob.SendText("/nick bob\n");
        RichPeer carol = RichPeer.Hello(server, server.ConnectTls(), "carol", person: 3, seat: 1, "- 20");
        server.Skip(alice);
        bob.SendText("before\nhalf");
        bob.SendRaw(ForgedRecord);
        bob.WaitForEnd();
        Assert.Equal("the peer ended the encryption: bad_record_mac", tls.Failure);
        Assert.Equal(["<bob> before", "-- bob left (connection failed (bad_record_mac))"], server.News(alice));

        carol.Peer.SendText("say 1 before\nsay 2 ha");
        carol.Peer.SendRaw(ForgedRecord);
        carol.Peer.WaitForEnd();
        Assert.Equal(["<carol> before"], server.News(alice));
        carol = RichPeer.Hello(server, server.ConnectTls(), "carol", person: 3, seat: 1, carol.Place);
        Assert.Equal(1, carol.Taken);
    }

    [Fact]
    public void An_alert_and_an_end_without_one_leave_nothing_behind()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer alice = server.Join("alice");
        // Behind the handshake an alert in the clear is a forged record.
        Peer bob = server.JoinTls("bob"),
            carol = server.JoinTls("carol");
        server.Skip(alice);
        bob.SendRaw(AlertInTheClear);
        bob.HalfClose();
        Assert.Equal(["-- bob left (connection failed (unexpected_message))"], server.News(alice));
        server.Reset(carol);
        Assert.Equal(["-- carol left (connection reset)"], server.News(alice));

        // In the handshake it is one.
        Peer early = server.ConnectSilently();
        early.SendRaw([.. ClientHello(), .. AlertInTheClear]);
        early.HalfClose();
        early.WaitForEnd();
        Assert.Empty(server.News(alice));
    }

    [Fact]
    public void Records_without_payload_are_bounded()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer peer = server.ConnectSilently();
        TlsConnection tls = peer.UseTls();
        for (int i = 0; i < ProtocolLimits.EmptyRecords; i++)
            peer.SendRaw(tls.Seal([]));
        peer.SendText("a line\n");
        peer.WaitForLine(static line => line.StartsWith("-- you are ", StringComparison.Ordinal));
        for (int i = 0; i <= ProtocolLimits.EmptyRecords; i++)
            peer.SendRaw(tls.Seal([]));
        peer.WaitForEnd();
        Assert.Equal("the peer ended the encryption: unexpected_message", tls.Failure);
    }

    // ---- Handshakes ----

    [Fact]
    public void A_ClientHello_may_come_byte_by_byte()
    {
        using SteppedServer server = new(Readiness.Epoll, Options, hasPage: true);
        using Socket socket = Call(server);
        using TlsConnection tls = TlsConnection.Connect(static _ => true);
        byte[] hello = tls.Output.ToArray();
        tls.Sent(hello.Length);
        foreach (byte one in hello)
        {
            socket.Send([one]);
            server.Settle();
            server.Clock.Advance(TimeSpan.FromMilliseconds(4000.0 / hello.Length));
        }
        byte[] buffer = new byte[64 * 1024];
        string text = "";
        while (text.Length == 0)
        {
            server.Settle();
            int received = socket.Receive(buffer.AsSpan(0, 40_000));
            text += Encoding.UTF8.GetString(buffer, 0, tls.Decrypt(buffer.AsSpan(0, received).ToArray(), buffer, 0));
            foreach (byte one in tls.Output.ToArray())
            {
                socket.Send([one]);
                server.Settle();
            }
            tls.Sent(tls.Output.Length);
        }
        Assert.Equal("Welcome to this chatroom! [chat/1]\n", text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(100)]
    public void A_ClientHello_that_does_not_end_is_closed_and_is_no_member(int bytes)
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer alice = server.Join("alice");
        Peer peer = server.ConnectSilently();
        peer.SendRaw(ClientHello().AsSpan(0, bytes));
        server.Settle();
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.HandshakeMilliseconds - 1));
        Assert.False(peer.Ended);
        alice.SendText("/who\n");
        alice.WaitForLine(static line => line == "-- 1 here:");
        server.Advance(TimeSpan.FromMilliseconds(1));
        peer.WaitForEnd();
        Assert.Empty(peer.Bytes);
    }

    [Fact]
    public void A_handshake_that_does_not_end_is_closed()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer peer = server.ConnectSilently();
        peer.SendRaw(ClientHello());
        peer.WaitFor(() => peer.Bytes.Length > 0, "the server's half");
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.HandshakeMilliseconds));
        peer.WaitForEnd();
    }

    [Theory]
    [InlineData("\x16\x03 and then text\n")]
    [InlineData("\x16\x03")]
    [InlineData("\x16\x03\x01\x02\x00\x02\n")]
    public void The_beginning_of_TLS_and_then_text_gets_a_line_that_says_what_to_do(string bytes)
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer peer = server.ConnectSilently();
        peer.SendRaw(Encoding.Latin1.GetBytes(bytes));
        server.Settle();
        peer.HalfClose();
        peer.WaitForEnd();
        Assert.Equal(["Welcome to this chatroom! [chat/1] [tls]", LateTls], peer.Lines);
    }

    [Fact]
    public void A_ClientHello_behind_the_greeting_is_too_late()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer peer = server.Connect();
        peer.SendRaw(ClientHello());
        peer.WaitForEnd();
        Assert.Equal(LateTls, peer.Lines[^1]);

        Peer inside = server.ConnectTls();
        inside.SendBytes(ClientHello());
        inside.WaitForEnd();
        Assert.Equal(LateTls, inside.Lines[^1]);
    }

    [Fact]
    public void Without_a_key_TLS_is_foreign()
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer peer = server.Connect();
        peer.SendRaw(ClientHello());
        peer.WaitForEnd();
        Assert.StartsWith("-- no TLS here", peer.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_handshake_get_an_alert_and_a_line_in_the_log()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer garbage = server.ConnectSilently();
        garbage.SendRaw([.. ClientHello(), .. "garbage behind the ClientHello"u8]);
        garbage.WaitForEnd();
        // A record with an alert, behind the server's half of the handshake or in place of it.
        Assert.NotEmpty(garbage.Bytes);
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.LogEveryMilliseconds));

        Peer empty = server.ConnectSilently();
        empty.SendRaw([22, 3, 1, 0, 4, 1, 0, 0, 0]);
        empty.WaitForEnd();
        Assert.True(empty.Bytes is [21, ..], string.Join('\n', server.Log.Lines));

        Peer large = server.ConnectSilently();
        large.SendRaw([22, 3, 1, 0x3F, 0xFF, 1, .. new byte[100]]);
        large.WaitForEnd();
        Assert.Equal([21, 3, 3, 0, 2, 2, 22], large.Bytes);

        string[] log =
        [
            .. server.Log.Lines.Where(static line => line.StartsWith("rejected", StringComparison.Ordinal)),
        ];
        Assert.Equal(2, log.Length);
        Assert.All(
            log,
            static line => Assert.Contains("spoke TLS that could not be understood (", line, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void HTTP_inside_TLS_is_turned_away()
    {
        using SteppedServer server = new(Readiness.Epoll, Options, hasPage: true);
        Peer peer = server.ConnectTls();
        peer.SendText("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        peer.WaitForEnd();
        Assert.StartsWith("-- no web server here", peer.Lines[^1], StringComparison.Ordinal);
    }

    [SkippableAddress]
    public void A_flood_of_ClientHellos_from_one_address_does_not_stop_the_talk()
    {
        using SteppedServer server = new(Readiness.Epoll, Options with { ClientsPerAddress = 10_000 }, IPAddress.Any);
        IPAddress outside = SkippableAddressAttribute.Own!;
        IPEndPoint inside = new(IPAddress.Loopback, server.EndPoint.Port);
        using Peer alice = Peer.Connect(inside, server.Pass),
            bob = Peer.Connect(inside, server.Pass);
        alice.SendText("/nick alice\n");
        bob.SendText("/nick bob\n");
        alice.WaitForLine(static line => line.EndsWith("is now bob", StringComparison.Ordinal));
        byte[] hello = ClientHello();
        int begun = 0;
        for (int round = 0; round < 40; round++)
        {
            Socket[] flood = [.. Enumerable.Range(0, 100).Select(_ => Call(inside, from: outside))];
            foreach (Socket socket in flood)
                socket.Send(hello);
            server.Settle();
            alice.SendText($"line {round}\n");
            bob.WaitForLine(line => line == $"<alice> line {round}");
            server.Settle();
            begun += flood.Count(static socket =>
                socket.Poll(TimeSpan.Zero, SelectMode.SelectRead) && IsAnswered(socket)
            );
            Array.ForEach(flood, static socket => socket.Dispose());
            server.Settle();
        }
        Assert.Equal(ServerLimits.HandshakesAtOnce, begun);
        Assert.Contains(
            server.Log.Lines,
            static line => line.Contains("too many TLS handshakes from one address", StringComparison.Ordinal)
        );

        // Time passes, and the address may call again.
        server.Advance(TimeSpan.FromMilliseconds(2 * ServerLimits.HandshakeMilliseconds));
        using Peer carol = Peer.Connect(inside, server.Pass, from: outside);
        carol.UseTls();
        Assert.Equal("Welcome to this chatroom! [chat/1]", carol.ReceiveLine());
    }

    [Theory]
    [InlineData("whole")]
    [InlineData("in two records")]
    [InlineData("behind a retry request")]
    public void A_hundred_handshakes_at_once_all_come_in_and_a_pass_does_the_work_of_eight(string hellos)
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        byte[] hello = ClientHello(),
            early = [];
        if (hellos == "in two records")
            (early, hello) = (RecordOf(hello[5..100]), RecordOf(hello[100..]));
        else if (hellos == "behind a retry request")
            early = WithoutKey(hello);
        Socket[] all = [.. Enumerable.Range(0, 100).Select(_ => Call(server))];
        Array.ForEach(all, socket => socket.Send(early));
        server.Settle();
        byte[] received = new byte[4096];
        foreach (Socket socket in all)
        {
            bool isRequested = socket.Available > 0 && socket.Receive(received) > 0;
            Assert.Equal(hellos == "behind a retry request", isRequested);
        }
        Array.ForEach(all, socket => socket.Send(hello));
        int answered = 0;
        for (int passes = 1; answered < all.Length; passes++)
        {
            server.Pass();
            answered = all.Count(static socket => socket.Available > 0);
            Assert.InRange(answered, 0, passes * ServerLimits.HandshakesPerPass);
            Assert.InRange(passes, 0, 10_000);
        }
        Array.ForEach(all, static socket => socket.Dispose());

        static byte[] RecordOf(byte[] bytes) => [22, 3, 1, (byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];

        // The key share is of a group that the server does not have.
        static byte[] WithoutKey(byte[] hello)
        {
            byte[] changed = [.. hello];
            int at = hello.AsSpan().IndexOf((ReadOnlySpan<byte>)[0, 0x33, 0, 38, 0, 36, 0, 0x1D, 0, 32]);
            changed[at + 7] = 0x17;
            return changed;
        }
    }

    [Fact]
    public void A_ClientHello_in_many_pieces_has_the_time_of_one_handshake()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        using Socket socket = Call(server);
        byte[] hello = ClientHello();
        int sent = 0;
        for (int step = 0; step < 10; step++)
        {
            if (server.Server.Connections == 0 && step > 0)
                break;
            socket.Send([22, 3, 1, 0, 1, hello[5 + sent++]]);
            server.Settle();
            server.Advance(TimeSpan.FromMilliseconds(ServerLimits.HandshakeMilliseconds / 4));
        }
        Assert.InRange(sent, 4, 5);
    }

    // ---- Slow readers ----

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_stalled_reader_inside_TLS_is_closed_and_a_late_one_gets_every_line_once(Readiness readiness)
    {
        using SteppedServer server = new(readiness, Options);
        Peer alice = server.Join("alice"),
            late = server.JoinTls("late", receiveBufferBytes: 32 * 1024),
            stalled = server.JoinTls("stalled", receiveBufferBytes: 32 * 1024);
        server.Skip(alice);
        late.StopReading();
        stalled.StopReading();
        server.Say(alice, SteppedServer.MoreThanSocketsHold);
        late.ReadAgain();
        late.WaitForLine(static line => line.EndsWith(SteppedServer.MoreThanSocketsHold[^1], StringComparison.Ordinal));
        string[] heard = [.. late.Lines.Where(static line => line.StartsWith("<alice> ", StringComparison.Ordinal))];
        Assert.Equal(SteppedServer.MoreThanSocketsHold.Select(static line => $"<alice> {line}"), heard);
        server.Skip(alice);
        server.Advance(
            TimeSpan.FromMilliseconds(2 * ServerLimits.StalledMilliseconds + 2 * ServerLimits.TickMilliseconds)
        );
        Assert.Equal(["-- stalled left (took nothing for 30 s)"], server.News(alice));
    }

    private static byte[] ClientHello()
    {
        using TlsConnection tls = TlsConnection.Connect(static _ => true);
        return tls.Output.ToArray();
    }

    private static Socket Call(SteppedServer server) => Call(server.EndPoint);

    private static Socket Call(EndPoint to, IPAddress? from = null)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = 20_000,
        };
        if (from is not null)
            socket.Bind(new IPEndPoint(from, 0));
        socket.Connect(to);
        return socket;
    }

    private static bool IsAnswered(Socket socket)
    {
        byte[] first = new byte[1];
        return socket.Receive(first, SocketFlags.None, out _) == 1;
    }
}
