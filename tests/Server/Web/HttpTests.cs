using System.IO.Compression;
using System.Net;
using System.Text;
using Chat.Server;
using Chat.Tests.Support;

namespace Chat.Tests.Server.Web;

/// <summary>HTTP on the port of the room: answers, refusals, and lines that only look like a request.</summary>
public sealed class HttpTests : IDisposable
{
    private readonly SteppedServer _server = new(
        Readiness.Epoll,
        new ServerOptions { WebHosts = ["chat.example.org"] },
        hasPage: true
    );

    public void Dispose() => _server.Dispose();

    [Fact]
    public void The_page_is_at_the_root_and_its_tag_saves_sending_it_again()
    {
        string page = Ask($"GET / HTTP/1.1\r\nHost: {_server.EndPoint}\r\n\r\n");
        string tag = Field(page, "ETag");

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", page);
        Assert.Equal("text/html; charset=utf-8", Field(page, "Content-Type"));
        Assert.Equal("nosniff", Field(page, "X-Content-Type-Options"));
        Assert.Equal("no-referrer", Field(page, "Referrer-Policy"));
        Assert.Contains("default-src 'none'", Field(page, "Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", Field(page, "Content-Security-Policy"), StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", Field(page, "Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Equal(Encoding.UTF8.GetByteCount(Body(page)), int.Parse(Field(page, "Content-Length"), null));
        Assert.NotEmpty(Body(page));

        string again = Ask($"GET / HTTP/1.1\r\nHost: {_server.EndPoint}\r\nIf-None-Match: \"x\", {tag}\r\n\r\n");
        string head = Ask($"HEAD / HTTP/1.1\r\nHost: {_server.EndPoint}\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 304 Not Modified\r\n", again);
        Assert.Empty(Body(again));
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head);
        Assert.Equal(Field(page, "Content-Length"), Field(head, "Content-Length"));
        Assert.Empty(Body(head));
    }

    [Fact]
    public void Scripts_and_styles_come_compressed_and_are_the_files_of_the_page()
    {
        foreach (string path in Directory.GetFiles(Path.Combine(Checkout.Root, "Server/Web/Page")))
        {
            using Peer peer = _server.ConnectSilently();
            peer.SendText($"GET /{Path.GetFileName(path)} HTTP/1.1\r\nHost: {_server.EndPoint}\r\n\r\n");
            peer.WaitForEnd();
            byte[] body = peer.Bytes.AsSpan(peer.Bytes.AsSpan().IndexOf("\r\n\r\n"u8) + 4).ToArray();
            bool isCode = Path.GetExtension(path) is ".js" or ".css";

            Assert.Equal(isCode, peer.Text.Contains("\r\nContent-Encoding: gzip\r\n", StringComparison.Ordinal));
            using GZipStream gzip = new(new MemoryStream(body), CompressionMode.Decompress);
            using MemoryStream plain = new();
            if (isCode)
                gzip.CopyTo(plain);
            else
                plain.Write(body);
            Assert.Equal(File.ReadAllBytes(path), plain.ToArray());
        }
    }

    [Theory]
    [InlineData("GET /nothing HTTP/1.1\r\nHost: box\r\n\r\n", "404 Not Found")]
    [InlineData("GET /../etc/passwd HTTP/1.1\r\nHost: box\r\n\r\n", "404 Not Found")]
    [InlineData("GET /chat HTTP/1.1\r\nHost: box\r\n\r\n", "426 Upgrade Required")]
    [InlineData("POST / HTTP/1.1\r\nHost: box\r\nContent-Length: 0\r\n\r\n", "405 Method Not Allowed")]
    [InlineData("OPTIONS * HTTP/1.1\r\nHost: box\r\n\r\n", "405 Method Not Allowed")]
    [InlineData("GET / HTTP/1.1\r\nHost: box\r\nContent-Length: 5\r\n\r\nhello", "400 Bad Request")]
    [InlineData("GET / HTTP/1.1\r\nHost: box\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400 Bad Request")]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "400 Bad Request")]
    [InlineData("GET / HTTP/1.1\r\nHost: box\r\nHost: evil\r\n\r\n", "400 Bad Request")]
    [InlineData("GET / HTTP/1.1\r\nHost : box\r\n\r\n", "400 Bad Request")]
    [InlineData("GET / HTTP/1.1\r\nHost: box\r\n folded\r\n\r\n", "400 Bad Request")]
    [InlineData("GET / HTTP/1.1\r\nHost: box\r\nX: a\0b\r\n\r\n", "400 Bad Request")]
    [InlineData("GET / HTTP/2.0\r\nHost: box\r\n\r\n", "400 Bad Request")]
    [InlineData("GET /\r\n", "400 Bad Request")]
    [InlineData("GET / HTTP/1.1\nHost: box\n\n", "400 Bad Request")]
    [InlineData("GET /\t HTTP/1.1\r\nHost: box\r\n\r\n", "400 Bad Request")]
    public void Every_other_request_gets_a_plain_sentence(string request, string status)
    {
        Peer alice = _server.Join("alice");
        _server.Skip(alice);
        string answer = Ask(request);

        Assert.StartsWith($"HTTP/1.1 {status}\r\n", answer);
        Assert.Equal("close", Field(answer, "Connection"));
        Assert.Equal("text/plain; charset=utf-8", Field(answer, "Content-Type"));
        Assert.EndsWith("\n", Body(answer));
        Assert.Empty(_server.News(alice));
    }

    [Fact]
    public void A_request_of_more_than_its_limit_is_refused_whether_it_ends_or_not()
    {
        string field = $"X: {new string('a', ServerLimits.RequestHeadBytes)}";

        Assert.StartsWith("HTTP/1.1 431 ", Ask($"GET / HTTP/1.1\r\nHost: box\r\n{field}\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 431 ", Ask($"GET / HTTP/1.1\r\nHost: box\r\n{field}"));
    }

    [Theory]
    [InlineData("192.168.1.65:8082", true)]
    [InlineData("[fd00::1]:8082", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("localhost:8082", true)]
    [InlineData("BOX:8082", true)]
    [InlineData("box.local", true)]
    [InlineData("chat.example.org:80", true)]
    [InlineData("CHAT.example.ORG", true)]
    [InlineData("evil.example.org", false)]
    [InlineData("192.168.1.65.evil.org:8082", false)]
    [InlineData("evil.org:8082:8082", false)]
    [InlineData("local", true)]
    [InlineData("evil.org.local.", false)]
    [InlineData("box/evil.org", false)]
    [InlineData("a@box", false)]
    [InlineData("", false)]
    public void Only_names_that_another_site_cannot_have_are_served(string host, bool isServed)
    {
        string answer = Ask($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");

        Assert.StartsWith(isServed ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 400 Bad Request\r\n", answer);
    }

    [Theory]
    [InlineData("Origin: http://evil.example.org")]
    [InlineData("Origin: null")]
    [InlineData("X: no origin")]
    [InlineData("Origin: http://box.evil.org")]
    [InlineData("Origin: http://box:8083")]
    [InlineData("Origin: ftp://box")]
    public void The_page_of_another_site_may_not_join(string origin)
    {
        string answer = Ask(WebSocketFrames.Handshake("box").Replace("Origin: http://box", origin, default));

        Assert.StartsWith("HTTP/1.1 403 Forbidden\r\n", answer);
    }

    [Theory]
    [InlineData("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8", "426")]
    [InlineData("Sec-WebSocket-Version: 13\r\n", "", "426")]
    [InlineData("Upgrade: websocket", "Upgrade: h2c", "426")]
    [InlineData("keep-alive, Upgrade", "keep-alive", "426")]
    [InlineData("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ==", "400")]
    [InlineData("dGhlIHNhbXBsZSBub25jZQ==", "not base 64", "400")]
    [InlineData("GET", "HEAD", "400")]
    public void A_handshake_that_breaks_the_RFC_is_refused(string part, string instead, string status)
    {
        string answer = Ask(WebSocketFrames.Handshake("box").Replace(part, instead, default));

        Assert.StartsWith($"HTTP/1.1 {status} ", answer);
    }

    [Fact]
    public void The_handshake_has_the_answer_of_the_RFC()
    {
        Peer peer = _server.ConnectSilently();
        peer.SendText(WebSocketFrames.Handshake("box"));

        peer.WaitForLine(static line => line == "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r");
    }

    [Theory]
    [InlineData("GET well soon", "<alice> GET well soon")]
    [InlineData("GE", "<alice> GE")]
    [InlineData("POST it to me", "<alice> POST it to me")]
    [InlineData("HEAD up", "<alice> HEAD up")]
    public void Words_that_begin_as_a_method_are_said(string words, string said)
    {
        Peer bob = _server.Join("bob");
        Peer alice = _server.ConnectSilently();
        alice.SendText($"{words}\n/nick alice\n");

        bob.WaitForLine(line => line == said.Replace("alice", "guest", default));
        Assert.Equal("Welcome to this chatroom! [chat/1]", alice.ReceiveLine());
    }

    [Fact]
    public void The_greeting_waits_for_the_first_bytes_and_no_longer()
    {
        Peer silent = _server.ConnectSilently();
        _server.Settle();
        silent.Pump();
        Assert.Empty(silent.Bytes);
        Assert.Equal(TimeSpan.FromMilliseconds(ServerLimits.GreetingMilliseconds), _server.LastWait);

        Peer speaking = _server.ConnectSilently();
        speaking.SendText("hi\n");
        Assert.Equal("Welcome to this chatroom! [chat/1]", speaking.ReceiveLine());

        _server.Clock.Advance(TimeSpan.FromMilliseconds(ServerLimits.GreetingMilliseconds));
        Assert.Equal("Welcome to this chatroom! [chat/1]", silent.ReceiveLine());
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200 OK")]
    [InlineData("hello alice {0} {0} - 0\n", "welcome alice ")]
    public void Input_that_no_pass_has_read_yet_is_no_silence(string input, string answer)
    {
        bool isHello = input.StartsWith("hello", StringComparison.Ordinal);
        using SteppedServer server = new(
            Readiness.Epoll,
            SteppedServer.Unbounded with
            {
                PassBytes = 1,
            },
            hasPage: true
        );
        Peer bob = server.Join("bob");
        server.Skip(bob);
        // A browser speaks first, and a rich client behind the greeting.
        Peer alice = isHello ? server.Connect() : server.ConnectSilently();
        server.Settle();
        bob.SendText("these words spend what a pass may read\n");
        alice.SendText(input.Replace("{0}", new string('a', 32), StringComparison.Ordinal));
        server.Clock.Advance(
            TimeSpan.FromMilliseconds(isHello ? ServerLimits.HelloMilliseconds : ServerLimits.GreetingMilliseconds)
        );

        alice.WaitForLine(line => line.StartsWith(answer, StringComparison.Ordinal), answer);
        Assert.Equal(isHello ? ["-- alice joined"] : [], server.News(bob));
    }

    [Fact]
    public void Input_that_never_ends_does_not_hold_up_those_behind_it()
    {
        using SteppedServer server = new(Readiness.Epoll, hasPage: true);
        Peer busy = server.ConnectSilently();
        busy.SendText(new string('\n', 64 * 1024));
        Peer silent = server.ConnectSilently();
        server.Advance(TimeSpan.FromSeconds(1));

        silent.WaitForLine(static line => line.StartsWith("-- you are guest", StringComparison.Ordinal));
        server.Settle();
        Assert.NotEqual(TimeSpan.Zero, server.LastWait);
    }

    [Fact]
    public void A_request_may_come_byte_by_byte()
    {
        Peer peer = _server.ConnectSilently();
        foreach (char c in $"GET / HTTP/1.1\r\nHost: {_server.EndPoint}\r\n\r\n")
        {
            peer.SendText($"{c}");
            _server.Advance(TimeSpan.FromMilliseconds(30));
        }

        Assert.Equal("HTTP/1.1 200 OK\r", peer.ReceiveLine());
    }

    [Fact]
    public void The_beginning_of_a_request_that_does_not_go_on_is_text()
    {
        Peer bob = _server.Join("bob");
        Peer alice = _server.ConnectSilently();
        alice.SendText("PO");
        _server.Advance(TimeSpan.FromMilliseconds(ServerLimits.HelloMilliseconds));
        alice.SendText("ST it\n");
        Peer carol = _server.ConnectSilently();
        carol.SendText("PU");
        carol.HalfClose();

        bob.WaitForLine(static line => line.EndsWith("> POST it", StringComparison.Ordinal));
        bob.WaitForLine(static line => line.EndsWith("> PU", StringComparison.Ordinal));
    }

    [Fact]
    public void A_request_that_does_not_end_holds_a_connection_for_five_seconds()
    {
        Peer request = _server.ConnectSilently();
        request.SendText("GET / HTTP/1.1\r\nHost: ");
        Peer silent = _server.ConnectWeb(out _);
        _server.Advance(TimeSpan.FromMilliseconds(ServerLimits.RequestMilliseconds - 100));
        request.Pump();
        silent.Pump();
        Assert.False(request.Ended || silent.Ended);

        _server.Advance(TimeSpan.FromMilliseconds(200));

        request.WaitForEnd();
        silent.WaitForEnd();
        Assert.Equal(0, _server.Server.Connections);
    }

    [Fact]
    public void A_silent_connection_beside_a_request_is_greeted_when_it_speaks_or_later()
    {
        Peer bob = _server.Join("bob");
        _server.Skip(bob);
        _ = Ask($"GET / HTTP/1.1\r\nHost: {_server.EndPoint}\r\n\r\n");
        Peer spare = _server.ConnectSilently();
        Peer another = _server.ConnectSilently();
        Peer busy = _server.ConnectSilently();
        Peer elsewhere = _server.ConnectSilently(IPAddress.Parse("127.0.0.9"));
        _server.Advance(TimeSpan.FromSeconds(2));
        elsewhere.WaitForLine(static line => line.StartsWith("-- you are guest;", StringComparison.Ordinal));
        spare.Pump();
        Assert.Empty(spare.Bytes);
        busy.SendText($"GET / HTTP/1.1\r\nHost: {_server.EndPoint}\r\n\r\n");
        Assert.Equal("HTTP/1.1 200 OK\r", busy.ReceiveLine());
        another.SendText("here I am\n");
        another.WaitForLine(static line => line.StartsWith("-- you are guest2;", StringComparison.Ordinal));

        _server.Advance(TimeSpan.FromMilliseconds(ServerLimits.SpareHelloMilliseconds));
        spare.WaitForLine(static line => line.StartsWith("-- you are guest3;", StringComparison.Ordinal));
        _server.Advance(TimeSpan.FromMilliseconds(ServerLimits.SpareMilliseconds));
        Assert.Equal(
            ["-- guest joined", "-- guest2 joined", "<guest2> here I am", "-- guest3 joined"],
            _server.News(bob)
        );
    }

    [Fact]
    public void A_room_without_a_page_greets_at_once_and_refuses_HTTP()
    {
        using SteppedServer server = new(Readiness.Epoll, hasPage: false);
        Peer silent = server.ConnectSilently();
        Peer request = server.ConnectSilently();
        request.SendText(WebSocketFrames.Handshake("box"));

        Assert.Equal("Welcome to this chatroom! [chat/1]", silent.ReceiveLine());
        request.WaitForLine(static line => line.StartsWith("-- no web server here", StringComparison.Ordinal));
    }

    [Fact]
    public void Bytes_behind_a_handshake_are_refused()
    {
        string handshake = WebSocketFrames.Handshake("box");

        Assert.StartsWith("HTTP/1.1 400 ", Ask($"{handshake}x"));
    }

    [Fact]
    public void The_hello_time_begins_with_the_greeting()
    {
        Peer bob = _server.Join("bob");
        _server.Skip(bob);
        Peer slow = _server.ConnectSilently();
        _server.Settle();
        _server.Advance(TimeSpan.FromMilliseconds(ServerLimits.GreetingMilliseconds));
        _server.Advance(TimeSpan.FromMilliseconds(ServerLimits.HelloMilliseconds - 50));
        slow.SendText(RichPeer.HelloLine("slow", 1, 1, "- 0") + "\n");
        _server.Settle();

        Assert.Equal(["-- slow joined"], _server.News(bob));
    }

    private string Ask(string request)
    {
        using Peer peer = _server.ConnectSilently();
        peer.SendText(request);
        peer.WaitForEnd();
        Assert.Equal(System.Net.Sockets.SocketError.Success, peer.Error);
        return peer.Text;
    }

    private static string Field(string answer, string name) =>
        answer.Split("\r\n").Single(line => line.StartsWith($"{name}: ", StringComparison.Ordinal))[
            (name.Length + 2)..
        ];

    private static string Body(string answer) => answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
}
