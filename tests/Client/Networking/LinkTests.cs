using System.Net.Sockets;
using System.Text;
using Chat.Client;
using Chat.Client.Networking;
using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Tests.EndToEnd;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Networking;

/// <summary>
/// The link, stepped by hand on a stopped clock, against a server that says exactly what a test says.
/// </summary>
public sealed class LinkTests : IDisposable
{
    private readonly TestClock _clock = new();
    private readonly Listener _listener = new();
    private readonly List<string> _shown = [];
    private string _lostBy = "";
    private Link? _link;
    private Socket? _server;

    public void Dispose()
    {
        _link?.Dispose();
        _server?.Dispose();
        _listener.Dispose();
    }

    [Fact]
    public void The_link_sends_nothing_before_the_greeting_or_the_timeout()
    {
        (Link? link, Socket? server) = Connected();
        link.Say("hello?");

        Pass(ClientLimits.MarkMilliseconds - 1);
        Assert.Equal(LinkState.Greeting, link.State);
        Assert.Equal(0, server.Available);
        Pass(1);

        Assert.Same(ServerKind.Plain, link.Server);
        Assert.Equal("hello?\n", Received("hello?\n".Length));
    }

    [Fact]
    public void A_mark_in_two_parts_is_recognized_and_the_hello_is_the_first_line()
    {
        (Link? link, Socket? server) = Connected();
        link.Say("hello");

        server.Send(PlainWire.Greeting[..^5]);
        Pass(ClientLimits.MarkMilliseconds - 1);
        Assert.Equal(LinkState.Greeting, link.State);
        Assert.Equal(0, server.Available);
        server.Send(PlainWire.Greeting[^5..]);

        Assert.Equal("hello - ", Received("hello - ".Length));
        Assert.Same(ServerKind.Ours, link.Server);
        Assert.Equal(["Welcome to this chatroom!"], _shown);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(24)]
    [InlineData(26)]
    [InlineData(34)]
    public void A_script_sends_no_plain_text_while_the_mark_may_still_arrive(int begun)
    {
        (Link? link, Socket? server) = Connected(isScript: true);
        link.Say("hello");
        server.Send(PlainWire.Greeting[..begun]);

        Pass(30_000);
        Assert.Equal(LinkState.Greeting, link.State);
        Assert.Equal(0, server.Available);
        server.Send(PlainWire.Greeting[begun..]);

        Assert.Equal("hello - ", Received("hello - ".Length));
        Assert.Same(ServerKind.Ours, link.Server);
    }

    [Fact]
    public void A_mark_after_plain_lines_is_reported()
    {
        (Link? link, Socket? server) = Connected();
        link.Say("hello");
        Until(() => link.State == LinkState.Joined, stepMilliseconds: ClientLimits.MarkMilliseconds);
        Assert.Equal("hello\n", Received("hello\n".Length));
        Assert.False(link.IsMarkMissed);

        server.Send(PlainWire.Greeting[..9]);
        server.Send(PlainWire.Greeting[9..]);

        Until(() => link.IsMarkMissed);
        Assert.Equal(LinkState.Joined, link.State);
    }

    [Fact]
    public void A_script_waits_for_the_rest_of_a_late_greeting()
    {
        (Link? link, Socket? server) = Connected(isScript: true);
        link.Say("hello");
        Pass(30_000);

        server.Send("Welcome to this chatroom!"u8);
        Pass(ClientLimits.MarkMilliseconds - 1);
        Assert.Equal(0, server.Available);
        server.Send(" [chat/1]\n"u8);

        Assert.Equal("hello - ", Received("hello - ".Length));
    }

    [Fact]
    public void A_mark_after_the_first_plain_line_makes_its_delivery_uncertain()
    {
        (Link? link, Socket? server) = Connected(isScript: true);
        server.Send("Welcome to this chatroom!"u8);
        Pass(ClientLimits.MarkMilliseconds);
        link.Say("hello");
        Assert.Equal("hello\n", Received("hello\n".Length));
        Assert.False(link.IsMarkMissed);

        server.Send(" [chat/1]\n"u8);
        Until(() => link.IsMarkMissed);
    }

    [Fact]
    public void A_script_with_plain_sends_to_a_server_after_a_long_silence()
    {
        (Link? link, Socket? server) = Connected(plain: true, isScript: true);
        link.Say("hello");

        Pass(ClientLimits.SilentMarkMilliseconds - 1);
        Assert.Equal(0, server.Available);
        Pass(1);

        Assert.Equal("hello\n", Received("hello\n".Length));
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "an SSH server")]
    [InlineData("SSH-2.0-dropbear", "an SSH server")]
    [InlineData("220 mail.example.org ESMTP Postfix\r\n", "a mail or FTP server")]
    [InlineData("220-FileZilla Server\r\n220 ready\r\n", "a mail or FTP server")]
    [InlineData("421 Too many connections\r\n", "a mail or FTP server")]
    [InlineData("554 no SMTP service here\r\n", "a mail or FTP server")]
    [InlineData("+OK Dovecot ready.\r\n", "a mailbox server")]
    [InlineData("* OK [CAPABILITY IMAP4rev1] ready\r\n", "a mailbox server")]
    [InlineData("-DENIED Redis is running in protected mode\r\n", "a mailbox or Redis server")]
    [InlineData("HTTP/1.0 408 Request Timeout\r\n\r\n", "a web server")]
    [InlineData("RFB 003.008\n", "a VNC server")]
    [InlineData("@RSYNCD: 31.0\n", "an rsync server")]
    [InlineData("INFO {\"server_id\":\"x\"}\r\n", "a NATS server")]
    [InlineData(":irc.example.org NOTICE * :*** Looking up your hostname...\r\n", "an IRC server")]
    [InlineData("NOTICE AUTH :*** Looking up your hostname\r\n", "an IRC server")]
    [InlineData("J\0\0\0\n8.0.36\0", "a server that does not speak text")]
    public void A_script_sends_nothing_to_a_service_that_relays_no_lines(string greeting, string service)
    {
        (Link? link, Socket? server) = Connected(isScript: true);
        link.Say("hello");

        server.Send(Encoding.Latin1.GetBytes(greeting));
        Settle();
        Pass(ClientLimits.MarkMilliseconds);

        Assert.Equal(LinkState.Ended, link.State);
        Assert.StartsWith(
            $"127.0.0.1 {_listener.Port} is {service}, not a chat room; no line was sent to it",
            link.Ending,
            StringComparison.Ordinal
        );
        Assert.Equal(0, server.Available);
    }

    [Theory]
    [InlineData(":) hello\n")]
    [InlineData("220volt: is this on?\n")]
    [InlineData("OK, type your name\n")]
    [InlineData("<announce> 127.0.0.1 is connected as <user5>.\n")]
    [InlineData("Welcome to Simple Chat!\n")]
    public void A_script_sends_to_a_server_with_a_text_greeting(string greeting)
    {
        (Link? link, Socket? server) = Connected(isScript: true);
        link.Say("hello");

        server.Send(Encoding.UTF8.GetBytes(greeting));

        Assert.Equal("hello\n", Received("hello\n".Length));
    }

    [Fact]
    public void With_plain_a_mark_is_text()
    {
        (Link? link, Socket? server) = Connected(plain: true);

        server.Send(PlainWire.Greeting);
        Pass(ClientLimits.MarkMilliseconds);
        Until(() => _shown.Count > 0);

        Assert.Same(ServerKind.Plain, link.Server);
        Assert.Equal(["Welcome to this chatroom! [chat/1]"], _shown);
    }

    [Fact]
    public void A_foreign_server_gets_one_line_at_a_time()
    {
        (Link? link, Socket? server) = Connected();
        server.Send("Welcome to Simple Chat!\n"u8);
        Until(() => link.State == LinkState.Joined);
        link.Say("one");
        link.Say("two");

        Assert.Equal("one\n", Received("one\n".Length));
        Pass(ClientLimits.ForeignGapMilliseconds - 1);
        Assert.Equal(0, server.Available);
        Pass(1);
        Assert.Equal("two\n", Received("two\n".Length));
    }

    [Fact]
    public void An_unfinished_line_of_a_foreign_server_is_shown_after_a_moment_and_continues_on_another_line()
    {
        (Link? link, Socket? server) = Connected();
        server.Send("Welcome to this chatroom!"u8);
        Pass(ClientLimits.MarkMilliseconds);
        Until(() => _shown.Count == 1);
        Assert.Same(ServerKind.Original, link.Server);

        server.Send("<10.0.0.7> half"u8);
        // The text is received before the clock moves: the delay counts from there.
        Pass(ClientLimits.UnfinishedMilliseconds - 1);
        Assert.Single(_shown);
        Until(() => _shown.Count == 2, stepMilliseconds: 1);
        server.Send(" a line\n"u8);
        Until(() => _shown.Count == 3);

        Assert.Equal(["Welcome to this chatroom!", "<10.0.0.7> half", " a line"], _shown);
    }

    [Fact]
    public void A_foreign_server_that_is_silent_has_taken_everything()
    {
        (Link? link, Socket? server) = Connected();
        server.Send("<announce> welcome\n"u8);
        link.Say("last words");
        link.Finish();
        Assert.Equal("last words\n", Received("last words\n".Length));

        Until(() => link.State == LinkState.Ended, stepMilliseconds: 10);

        Assert.Null(link.Ending);
    }

    [Fact]
    public void Text_of_a_foreign_server_before_a_reset_is_shown_and_the_reconnect_is_gentle()
    {
        (Link? link, Socket? server) = Connected();
        server.Send("Welcome to Simple Chat!\neve> first\neve> unfinis"u8);
        Until(() => _shown.Count == 2);
        server.Close(timeout: 0);

        Until(() => link.State == LinkState.Waiting);

        Assert.Equal(
            ["Welcome to Simple Chat!", "eve> first", "eve> unfinis", "this server keeps no history; reconnecting"],
            _shown
        );
        Assert.InRange(
            link.RetryMilliseconds,
            ClientLimits.ForeignRetryMilliseconds,
            ClientLimits.RetryMostMilliseconds
        );
        link.Say("meanwhile");
        Pass(link.RetryMilliseconds);
        Until(() => link.State == LinkState.Greeting);
        _server = _listener.Accept();
        _server.Send("Welcome to Simple Chat!\n"u8);
        Assert.Equal("meanwhile\n", Received("meanwhile\n".Length));
    }

    [Fact]
    public void A_reset_by_the_server_is_the_reported_reason_of_the_loss()
    {
        (Link? link, Socket? server) = Connected();
        server.Close(timeout: 0);

        Until(() => link.State == LinkState.Waiting);

        Assert.Equal("the server reset the connection before it sent any data", _lostBy);
    }

    [Fact]
    public void Received_lines_are_cleaned_before_display()
    {
        (Link _, Socket? server) = Connected();

        server.Send("welcome\n<eve> \e[2J\u009b\u202E\n"u8);
        Until(() => _shown.Count == 2);

        Assert.Equal(@"<eve> ^[[2J\x9b", _shown[1]);
    }

    [Fact]
    public void Too_many_waiting_bytes_stop_the_input()
    {
        (Link? link, Socket _) = Connected(plain: true);
        while (link.TakesLines)
            link.Say(new string('x', 1000));

        _server!.Send(PlainWire.Greeting);
        Pass(ClientLimits.MarkMilliseconds);
        Until(() => link.TakesLines, stepMilliseconds: ClientLimits.ForeignGapMilliseconds);
    }

    private (Link Link, Socket Server) Connected(bool plain = false, bool isScript = false)
    {
        HostPort to = new("127.0.0.1", _listener.EndPoint.Port);
        _link = new Link(new LinkOptions(to) { Plain = plain, IsScript = isScript }, _clock);
        Until(() => _link.State == LinkState.Greeting);
        _server = _listener.Accept();
        return (_link, _server);
    }

    /// <summary>Moves the clock when the link is idle.</summary>
    private void Pass(int milliseconds)
    {
        Settle();
        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        Settle();
    }

    // Sent bytes arrive on the loopback at once. Several turns pass the link through all states.
    private void Settle()
    {
        for (int turn = 0; turn < 5; turn++)
            Turn();
    }

    private void Turn()
    {
        _link!.Turn();
        while (_link.TryTake(out ChatEvent? happened))
        {
            if (happened.Kind != EventKind.Link)
                _shown.Add(happened.Text);
            else if (happened.State == LinkState.Lost)
                _lostBy = happened.Text;
        }
    }

    private void Until(Func<bool> condition, int stepMilliseconds = 0) =>
        Eventually.Is(
            () =>
            {
                Turn();
                _clock.Advance(TimeSpan.FromMilliseconds(stepMilliseconds));
                return condition();
            },
            "the link to get there",
            seen: () => $"{_link!.State}, {_link.Server?.Name}, {_link.Ending}: {string.Join('\n', _shown)}"
        );

    private string Received(int bytes)
    {
        Until(() => _server!.Available >= bytes);
        byte[] buffer = new byte[bytes];
        _server!.Receive(buffer);
        return Encoding.UTF8.GetString(buffer);
    }
}
