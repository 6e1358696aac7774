using System.Net;
using System.Text;
using Chat.Server;
using Chat.Tests.Support;

namespace Chat.Tests.Server.Web;

/// <summary>The frames of WebSocket (RFC 6455) between a browser and the room.</summary>
public sealed class WebSocketTests : IDisposable
{
    private const int Final = 0x80;

    private readonly SteppedServer _server = new(
        Readiness.Epoll,
        SteppedServer.Unbounded with
        {
            LogBytes = SteppedServer.RoomyLog,
        },
        hasPage: true
    );

    public void Dispose() => _server.Dispose();

    [Fact]
    public void A_browser_is_a_rich_member_among_the_others()
    {
        Peer bob = _server.Join("bob");
        RichPeer alice = Join(_server.ConnectWeb(out _), "alice");
        alice.Send("say 1 hello from a page");
        _server.Say(bob, "hello from nc");

        bob.WaitForLine(static line => line == "<alice> hello from a page");
        Assert.Contains("say bob 0 hello from nc", alice.News());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Frames_may_be_cut_into_fragments_and_into_segments(int size)
    {
        Peer bob = _server.Join("bob");
        Peer peer = _server.ConnectWeb(out WebSocketFrames frames);
        byte[] lines = Encoding.UTF8.GetBytes(
            RichPeer.HelloLine("alice", 1, 1, "- 0") + "\nsay 1 größer 日本 👩‍👩‍👧\nsay 2 second\n"
        );
        List<byte> sent = [];
        for (int at = 0; at < lines.Length; at += size)
        {
            byte[] fragment = lines[at..Math.Min(at + size, lines.Length)];
            int opcode = at == 0 ? WebSocketFrames.Text : WebSocketFrames.Continuation;
            sent.AddRange(WebSocketFrames.Frame(opcode | (at + size >= lines.Length ? Final : 0), fragment));
            sent.AddRange(WebSocketFrames.Frame(Final | WebSocketFrames.Ping, $"{at}"));
        }
        foreach (byte[] segment in sent.Chunk(size))
        {
            peer.SendBytes(segment);
            _server.Pass();
        }

        bob.WaitForLine(static line => line == "<alice> größer 日本 👩‍👩‍👧");
        bob.WaitForLine(static line => line == "<alice> second");
        peer.WaitFor(() => frames.Controls.Count > 0, "a pong");
        Assert.Null(frames.CloseCode);
    }

    [Fact]
    public void The_answer_to_a_ping_has_its_payload()
    {
        Peer peer = _server.ConnectWeb(out WebSocketFrames frames);
        string payload = new('p', 125);
        peer.SendBytes(WebSocketFrames.Frame(Final | WebSocketFrames.Ping, payload));

        peer.WaitFor(() => frames.Controls.Count == 1, "the pong");

        Assert.Equal(WebSocketFrames.Pong, frames.Controls[0].Opcode);
        Assert.Equal(payload, Encoding.ASCII.GetString(frames.Controls[0].Payload));
    }

    public static TheoryData<string, byte[], int> Broken =>
        new()
        {
            { "no mask", WebSocketFrames.Frame(Final | WebSocketFrames.Binary, "x"u8, mask: []), 1002 },
            { "a reserved bit", WebSocketFrames.Frame(Final | 0x40 | WebSocketFrames.Binary, "x"u8), 1002 },
            { "an unknown opcode", WebSocketFrames.Frame(Final | 3, "x"u8), 1002 },
            { "an unknown control opcode", WebSocketFrames.Frame(Final | 11, "x"u8), 1002 },
            { "a ping in two fragments", WebSocketFrames.Frame(WebSocketFrames.Ping, "x"u8), 1002 },
            { "a long ping", WebSocketFrames.Frame(Final | WebSocketFrames.Ping, new byte[126]), 1002 },
            { "a continuation of nothing", WebSocketFrames.Frame(Final, "x"u8), 1002 },
            {
                "a message inside a message",
                [
                    .. WebSocketFrames.Frame(WebSocketFrames.Binary, "x"u8),
                    .. WebSocketFrames.Frame(Final | WebSocketFrames.Binary, "y"u8),
                ],
                1002
            },
            {
                "a length of too many bytes",
                WebSocketFrames.Frame(Final | WebSocketFrames.Binary, "x"u8, null, 2),
                1002
            },
            { "a length of eight bytes", WebSocketFrames.Frame(Final | WebSocketFrames.Binary, "x"u8, null, 8), 1002 },
            {
                "a negative length",
                [Final | WebSocketFrames.Binary, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4],
                1002
            },
            { "a frame of 2 MiB", [Final | WebSocketFrames.Binary, 0xFF, 0, 0, 0, 0, 0, 0x20, 0, 0, 1, 2, 3, 4], 1009 },
            { "a byte that is no UTF-8", WebSocketFrames.Frame(Final | WebSocketFrames.Text, [0xFF]), 1007 },
            { "half a character", WebSocketFrames.Frame(Final | WebSocketFrames.Text, [0xE2, 0x82]), 1007 },
            { "a surrogate", WebSocketFrames.Frame(Final | WebSocketFrames.Text, [0xED, 0xA0, 0x80]), 1007 },
            { "too long an encoding", WebSocketFrames.Frame(Final | WebSocketFrames.Text, [0xC0, 0xAF]), 1007 },
            { "beyond Unicode", WebSocketFrames.Frame(Final | WebSocketFrames.Text, [0xF4, 0x90, 0x80, 0x80]), 1007 },
            {
                "a character cut by a binary frame",
                [.. WebSocketFrames.Frame(WebSocketFrames.Text, [0xE2]), .. WebSocketFrames.Frame(Final, [0x28, 0xA1])],
                1007
            },
            { "a close of one byte", WebSocketFrames.Frame(Final | WebSocketFrames.Close, [3]), 1002 },
            { "a close with a reserved code", WebSocketFrames.Frame(Final | WebSocketFrames.Close, [3, 0xEE]), 1002 },
            { "a close with code 0", WebSocketFrames.Frame(Final | WebSocketFrames.Close, [0, 0]), 1002 },
            {
                "a close with a reason that is no UTF-8",
                WebSocketFrames.Frame(Final | WebSocketFrames.Close, [3, 0xE8, 0xFF]),
                1007
            },
            { "a close without a code", WebSocketFrames.Frame(Final | WebSocketFrames.Close, []), 1000 },
            { "a page that goes away", WebSocketFrames.Frame(Final | WebSocketFrames.Close, [3, 0xE9]), 1001 },
            { "an own code", WebSocketFrames.Frame(Final | WebSocketFrames.Close, [0x0F, 0xA0, (byte)'x']), 4000 },
        };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_frame_that_breaks_the_RFC_or_closes_gets_a_close_frame(string name, byte[] sent, int code)
    {
        Peer bob = _server.Join("bob");
        RichPeer alice = Join(_server.ConnectWeb(out WebSocketFrames frames), "alice");
        _server.Skip(bob);
        byte[] behind = WebSocketFrames.Frame(Final | WebSocketFrames.Text, "say 9 behind the end\n");
        alice.Peer.SendBytes([.. sent, .. behind]);

        alice.Peer.WaitForEnd();

        Assert.True(frames.CloseCode == code, $"{name}: {frames.CloseCode}");
        Assert.Empty(_server.News(bob));
    }

    [Fact]
    public void The_line_before_a_close_frame_in_the_same_segment_is_said()
    {
        Peer bob = _server.Join("bob");
        RichPeer alice = Join(_server.ConnectWeb(out WebSocketFrames frames), "alice");
        alice.Peer.SendBytes([
            .. WebSocketFrames.Frame(Final | WebSocketFrames.Text, "say 1 last words\n"),
            .. WebSocketFrames.Frame(Final | WebSocketFrames.Close, [3, 0xE9]),
        ]);

        bob.WaitForLine(static line => line == "<alice> last words");
        alice.Peer.WaitForEnd();
        Assert.Equal(1001, frames.CloseCode);
    }

    // A browser that reads nothing, and a member that talks to it.
    private (RichPeer Alice, RichPeer Bob) JoinSlow(out WebSocketFrames frames)
    {
        RichPeer bob = _server.JoinRich("bob", 2);
        RichPeer alice = Join(_server.ConnectWeb(out frames, receiveBufferBytes: 32 * 1024), "alice");
        alice.Peer.StopReading();
        return (alice, bob);
    }

    [Fact]
    public void A_slow_browser_gets_every_line_and_each_answer_between_two_frames()
    {
        string[] lines = SteppedServer.MoreThanSocketsHold;
        (RichPeer alice, RichPeer bob) = JoinSlow(out WebSocketFrames frames);
        for (int i = 0; i < lines.Length; i++)
        {
            bob.Send($"say {i + 1} {lines[i]}");
            if (i % 100 == 0)
                alice.Peer.SendBytes(WebSocketFrames.Frame(Final | WebSocketFrames.Ping, $"{i}"));
        }
        Assert.Empty(frames.Controls);
        alice.Peer.ReadAgain();
        alice.Peer.WaitForLine(line => line.EndsWith(lines[^1], StringComparison.Ordinal));

        Assert.Equal(
            lines,
            alice.Peer.Lines.Where(static line => line.Contains(" say bob ", StringComparison.Ordinal)).Select(Said)
        );
        Assert.NotEmpty(frames.Controls);
        Assert.All(frames.Controls, static frame => Assert.Equal(WebSocketFrames.Pong, frame.Opcode));
    }

    [Theory]
    [InlineData("hello there\n")]
    [InlineData("say 1 hi\n")]
    [InlineData("\n\nGET / HTTP/1.1\n")]
    public void A_browser_that_does_not_begin_with_a_hello_is_turned_away(string line)
    {
        Peer bob = _server.Join("bob");
        _server.Skip(bob);
        Peer peer = _server.ConnectWeb(out WebSocketFrames frames);
        peer.SendText(line);

        peer.WaitForLine(static text => text.StartsWith("-- this hello cannot be read", StringComparison.Ordinal));
        peer.WaitForEnd();
        Assert.Equal(1000, frames.CloseCode);
        Assert.Empty(_server.News(bob));
    }

    [Fact]
    public void A_page_that_sleeps_stays_because_its_browser_answers_pings()
    {
        RichPeer alice = Join(_server.ConnectWeb(out WebSocketFrames frames), "alice");
        RichPeer carol = Join(_server.ConnectWeb(out WebSocketFrames silent), "carol", 3);
        for (int second = 0; second < 60; second++)
        {
            _server.Advance(TimeSpan.FromSeconds(1));
            alice.Peer.Pump();
            int asked = frames.Controls.Count;
            frames.Controls.Clear();
            for (; asked > 0; asked--)
                alice.Peer.SendBytes(WebSocketFrames.Frame(Final | WebSocketFrames.Pong, ""));
        }

        Assert.False(alice.Peer.Ended);
        carol.Peer.WaitForEnd();
        Assert.NotEmpty(silent.Controls);
        Assert.Contains(_server.Log.Lines, static line => line.Contains("connection lost", StringComparison.Ordinal));
    }

    [Fact]
    public void A_browser_resumes_where_its_connection_broke()
    {
        RichPeer bob = _server.JoinRich("bob", 2);
        RichPeer alice = Join(_server.ConnectWeb(out _), "alice");
        alice.Send("say 1 before");
        _ = alice.News();
        _server.Reset(alice.Peer);
        bob.Send("say 1 while you were away");

        RichPeer again = Join(_server.ConnectWeb(out _), "alice", 1, alice.Place);
        again.Send("say 1 before", "say 2 after");

        Assert.Equal(["say bob 1.1 while you were away", "say alice 2.2 after"], again.News());
        Assert.Equal(1, again.Taken);
    }

    [Fact]
    public void The_end_of_the_server_closes_the_frames()
    {
        RichPeer alice = Join(_server.ConnectWeb(out WebSocketFrames frames), "alice");
        _server.Server.Stop();
        alice.Peer.WaitForEnd();

        Assert.Equal(1000, frames.CloseCode);
        Assert.Contains(alice.Peer.Lines, static line => line.Contains("shutting down", StringComparison.Ordinal));
    }

    [Fact]
    public void Frames_without_text_have_a_bound_that_answers_to_pings_never_reach()
    {
        RichPeer alice = Join(_server.ConnectWeb(out WebSocketFrames frames), "alice");
        byte[] pong = WebSocketFrames.Frame(Final | WebSocketFrames.Pong, "p");
        byte[] many = [.. Enumerable.Repeat(pong, ServerLimits.EmptyFrames - 1).SelectMany(static frame => frame)];
        alice.Peer.SendBytes(many);
        alice.Send("say 1 hello");
        alice.Peer.SendBytes(many);
        _server.Settle();
        Assert.Null(frames.CloseCode);

        alice.Peer.SendBytes(many);
        alice.Peer.WaitForEnd();
        Assert.Equal(1008, frames.CloseCode);
    }

    [Fact]
    public void The_close_frame_waits_for_a_socket_that_is_full()
    {
        string[] lines = SteppedServer.MoreThanSocketsHold;
        (RichPeer alice, RichPeer bob) = JoinSlow(out WebSocketFrames frames);
        for (int i = 0; i < lines.Length; i++)
            bob.Send($"say {i + 1} {lines[i]}");
        alice.Peer.SendText("bye\n");
        _server.Settle();
        alice.Peer.ReadAgain();
        alice.Peer.WaitForEnd();

        Assert.Equal(1000, frames.CloseCode);
        Assert.EndsWith(lines[^1], alice.Peer.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Ten_thousand_changed_handshakes_and_frames_say_nothing_and_end_orderly()
    {
        Peer bob = _server.Join("bob");
        _server.Skip(bob);
        Random random = new(20261129);
        byte[] handshake = Encoding.ASCII.GetBytes(WebSocketFrames.Handshake("box"));
        byte[] hello = WebSocketFrames.Frame(
            Final | WebSocketFrames.Text,
            RichPeer.HelloLine("mallory", 6, 1, "- 0") + "\n"
        );
        for (int round = 0; round < 10_000; round++)
        {
            byte[] sent = [.. handshake, .. hello];
            int changes = random.Next(1, 4);
            for (; changes > 0; changes--)
                sent[random.Next("GET /".Length, sent.Length)] = (byte)random.Next(256);
            using Peer peer = _server.ConnectSilently(IPAddress.Parse("127.0.0.5"));
            peer.SendBytes(
                sent.AsSpan(0, random.Next(4) == 0 ? random.Next("GET /".Length, sent.Length) : sent.Length)
            );
            _server.Pass();
            peer.HalfClose();
            _server.Pass();
        }

        _server.Settle();
        Assert.DoesNotContain(_server.News(bob), static line => line.Contains("> ", StringComparison.Ordinal));
        Assert.DoesNotContain(
            _server.Log.Lines,
            static line => line.Contains("Exception", StringComparison.OrdinalIgnoreCase)
        );
    }

    private RichPeer Join(Peer peer, string name, int person = 1, string place = "- 20") =>
        RichPeer.Hello(_server, peer, name, person, seat: 1, place);

    private static string Said(string line) => line.Split(' ', 6)[5];
}
