using System.Net.Sockets;
using System.Text;
using Chat.Client;
using Chat.Protocol;
using Chat.Tests.EndToEnd;
using Chat.Tests.Support;

namespace Chat.Tests.Client;

/// <summary>The link turned by hand, on a clock that stands still, against a server that says exactly what a test lets it say.</summary>
public sealed class LinkTests : IDisposable
{
    private readonly TestClock _clock = new();
    private readonly Listener _listener = new();
    private readonly List<string> _shown = [];
    private Link? _link;
    private Socket? _server;

    public void Dispose()
    {
        _link?.Dispose();
        _server?.Dispose();
        _listener.Dispose();
    }

    [Fact]
    public void It_never_speaks_before_the_server_has_or_had_its_time()
    {
        var (link, server) = Connected();
        link.Say("hello?");

        Pass(Limits.MarkMilliseconds - 1);
        Assert.Equal(LinkState.Greeting, link.State);
        Assert.Equal(0, server.Available);
        Pass(1);

        Assert.Same(Dialect.Plain, link.Dialect);
        Assert.Equal("hello?\n", Received("hello?\n".Length));
    }

    [Fact]
    public void The_mark_is_known_when_it_comes_in_two_parts()
    {
        var (link, server) = Connected();
        link.Say("hello");

        server.Send(PlainWire.Greeting[..^5]);
        Pass(Limits.MarkMilliseconds - 1);
        Assert.Equal(LinkState.Greeting, link.State);
        server.Send(PlainWire.Greeting[^5..]);

        Assert.Equal("hello\n", Received("hello\n".Length));
        Assert.Same(Dialect.Ours, link.Dialect);
        Assert.Equal(["Welcome to this chatroom!"], _shown);
    }

    [Fact]
    public void Plain_never_sees_a_mark()
    {
        var (link, server) = Connected(plain: true);

        server.Send(PlainWire.Greeting);
        Pass(Limits.MarkMilliseconds);
        Until(() => _shown.Count > 0);

        Assert.Same(Dialect.Plain, link.Dialect);
        Assert.Equal(["Welcome to this chatroom! [chat/1]"], _shown);
    }

    [Fact]
    public void A_foreign_server_gets_one_line_at_a_time()
    {
        var (link, server) = Connected();
        server.Send("Welcome to Simple Chat!\n"u8);
        Until(() => link.State == LinkState.Joined);
        link.Say("one");
        link.Say("two");

        Assert.Equal("one\n", Received("one\n".Length));
        Pass(Limits.ForeignGapMilliseconds - 1);
        Assert.Equal(0, server.Available);
        Pass(1);
        Assert.Equal("two\n", Received("two\n".Length));
    }

    [Fact]
    public void Ours_gets_all_of_them_at_once()
    {
        var (link, server) = Connected();
        link.Say("one");
        link.Say("two");

        server.Send(PlainWire.Greeting);

        Assert.Equal("one\ntwo\n", Received("one\ntwo\n".Length));
    }

    [Fact]
    public void What_a_foreign_server_leaves_open_is_shown_after_a_moment_and_goes_on_in_another_line()
    {
        var (link, server) = Connected();
        server.Send("Welcome to this chatroom!"u8);
        Pass(Limits.MarkMilliseconds);
        Until(() => _shown.Count == 1);
        Assert.Same(Dialect.Original, link.Dialect);

        server.Send("<10.0.0.7> half"u8);
        // Received before the clock goes on: the moment counts from then.
        Pass(Limits.UnfinishedMilliseconds - 1);
        Assert.Single(_shown);
        Until(() => _shown.Count == 2, stepMilliseconds: 1);
        server.Send(" a line\n"u8);
        Until(() => _shown.Count == 3);

        Assert.Equal(["Welcome to this chatroom!", "<10.0.0.7> half", " a line"], _shown);
    }

    [Fact]
    public void Ours_ends_it_by_its_own_end()
    {
        var (link, server) = Connected();
        server.Send(PlainWire.Greeting);
        link.Say("last words");
        link.Finish();
        Assert.Equal("last words\n", Received("last words\n".Length));
        Until(HasEnded);
        Assert.Equal(LinkState.Joined, link.State);

        server.Send("-- goodbye\n"u8);
        server.Shutdown(SocketShutdown.Send);
        Until(() => link.State == LinkState.Ended);

        Assert.Null(link.Ending);
        Assert.Equal("-- goodbye", _shown[^1]);
    }

    [Fact]
    public void Ours_that_does_not_take_everything_is_told_on()
    {
        var (link, server) = Connected();
        server.Send(PlainWire.Greeting);
        link.Say("last words");
        link.Finish();
        Assert.Equal("last words\n", Received("last words\n".Length));
        Until(HasEnded);

        Pass(Limits.FarewellMilliseconds - 1);
        Assert.Equal(LinkState.Joined, link.State);
        Pass(1);

        Assert.Equal(LinkState.Ended, link.State);
        Assert.Equal("the server has not taken everything in time", link.Ending);
    }

    [Fact]
    public void A_foreign_server_that_is_silent_has_taken_everything()
    {
        var (link, server) = Connected();
        server.Send("<announce> welcome\n"u8);
        link.Say("last words");
        link.Finish();
        Assert.Equal("last words\n", Received("last words\n".Length));

        Until(() => link.State == LinkState.Ended, stepMilliseconds: 10);

        Assert.Null(link.Ending);
    }

    [Fact]
    public void What_was_said_before_a_reset_is_shown_and_the_reset_told()
    {
        var (link, server) = Connected();
        server.Send([.. PlainWire.Greeting, .. "<eve> first\n<eve> unfinis"u8]);
        Until(() => _shown.Count == 2);
        server.LingerState = new LingerOption(enable: true, seconds: 0);
        server.Dispose();

        Until(() => link.State == LinkState.Ended);

        Assert.Equal("the connection to the server was lost", link.Ending);
        Assert.Equal(["Welcome to this chatroom!", "<eve> first", "<eve> unfinis"], _shown);
    }

    [Fact]
    public void What_arrives_is_safe_to_be_shown()
    {
        var (_, server) = Connected();

        server.Send([.. PlainWire.Greeting, .. Encoding.UTF8.GetBytes("<eve> \e[2J\u009b\u202E\n")]);
        Until(() => _shown.Count == 2);

        Assert.Equal(@"<eve> ^[[2J\x9b", _shown[1]);
    }

    [Fact]
    public void While_too_much_waits_no_more_is_taken()
    {
        var (link, _) = Connected();
        while (link.TakesLines)
            link.Say(new string('x', 1000));

        _server!.Send(PlainWire.Greeting);
        Until(() => link.TakesLines);
    }

    private (Link Link, Socket Server) Connected(bool plain = false)
    {
        _link = new Link(new HostPort("127.0.0.1", _listener.EndPoint.Port), plain, _clock);
        Until(() => _link.State == LinkState.Greeting);
        _server = _listener.Accept();
        return (_link, _server);
    }

    private bool HasEnded() => _server!.Poll(TimeSpan.Zero, SelectMode.SelectRead) && _server.Available == 0;

    /// <summary>Moves the clock after everything that can happen has happened.</summary>
    private void Pass(int milliseconds)
    {
        Settle();
        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        Settle();
    }

    // On the loopback what was sent is there at once; several turns take it through all states.
    private void Settle()
    {
        for (var turn = 0; turn < 5; turn++)
            Turn();
    }

    private void Turn()
    {
        _link!.Turn();
        while (_link.TryTake(out var line))
            _shown.Add(line);
    }

    private void Until(Func<bool> condition, int stepMilliseconds = 0) => Eventually.Is(
        () =>
        {
            Turn();
            _clock.Advance(TimeSpan.FromMilliseconds(stepMilliseconds));
            return condition();
        },
        "the link to get there",
        seen: () => $"{_link!.State}, {_link.Dialect?.Name}, {_link.Ending}: {string.Join('\n', _shown)}");

    private string Received(int bytes)
    {
        Until(() => _server!.Available >= bytes);
        var buffer = new byte[bytes];
        _server!.Receive(buffer);
        return Encoding.UTF8.GetString(buffer);
    }
}
