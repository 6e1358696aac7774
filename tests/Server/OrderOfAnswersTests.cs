using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>Answers to commands and lines of the conversation keep the order of the input.</summary>
public sealed class OrderOfAnswersTests : IDisposable
{
    private readonly SteppedServer _server = new(Readiness.Epoll, SteppedServer.Unbounded);
    private readonly Peer _bob;

    public OrderOfAnswersTests()
    {
        _bob = _server.Join("bob");
        _server.Skip(_bob);
    }

    public void Dispose() => _server.Dispose();

    [Theory]
    [InlineData("/nick rob\n/quit\n", "-- bob is now rob", "-- goodbye")]
    [InlineData("/nick rob\n/nick bill\n/quit\n", "-- bob is now rob", "-- rob is now bill", "-- goodbye")]
    [InlineData("/me waves\n/nick rob\nhello\n/quit\n", "-- bob is now rob", "-- goodbye")]
    [InlineData("/msg alice psst\n/quit\n", "-- goodbye")]
    [InlineData(
        "/msg zoe psst\n/nick rob\n/quit\n",
        "-- there is no zoe here; /who lists the people here",
        "-- bob is now rob",
        "-- goodbye"
    )]
    [InlineData(
        "/nick rob\n/msg zoe psst\n/quit\n",
        "-- bob is now rob",
        "-- there is no zoe here; /who lists the people here",
        "-- goodbye"
    )]
    [InlineData("/nick rob\n/history 1\n/quit\n", "-- the last line again:", "-- bob is now rob", "-- goodbye")]
    public void A_goodbye_is_the_last_line(string typed, params string[] answers)
    {
        RichPeer alice = _server.JoinRich("alice", person: 1);
        _server.Skip(_bob);
        int read = _bob.Lines.Count;
        _bob.SendText(typed);
        _server.Settle();
        _bob.WaitForEnd();
        Assert.Equal(answers, _bob.Lines.Skip(read));
        GC.KeepAlive(alice);
    }

    [Fact]
    public void A_rename_followed_by_a_close_is_read_before_the_end()
    {
        int read = _bob.Lines.Count;
        _bob.SendText("/nick rob\n/msg zoe hi");
        _bob.HalfClose();
        _server.Settle();
        _bob.WaitForEnd();
        Assert.Equal(
            ["-- bob is now rob", "-- there is no zoe here; /who lists the people here"],
            _bob.Lines.Skip(read)
        );
    }

    [Fact]
    public void Lines_from_before_a_request_precede_its_answer()
    {
        RichPeer alice = _server.JoinRich("alice", person: 1);
        alice.News();
        _bob.SendText("one\ntwo\n");
        alice.Peer.SendText("who 1\nsay 1 mine\nping 2\nsay 2 more\nwho 3\n");
        string[] news = alice.News();
        Assert.Equal(
            ["say bob 0 one", "say bob 0 two"],
            news.Where(static line => line.StartsWith("say bob", StringComparison.Ordinal))
        );
        Assert.Equal(
            [
                "info 1 3 here: alice, bob, witness",
                "say alice 1.1 mine",
                "pong 2",
                "say alice 1.2 more",
                "info 3 3 here: alice, bob, witness",
            ],
            news.Where(static line => !line.StartsWith("say bob", StringComparison.Ordinal))
        );
    }

    [Fact]
    public void A_stopping_server_says_goodbye_after_all_lines()
    {
        int read = _bob.Lines.Count;
        _bob.SendText("/nick rob\n/msg zoe hi\n");
        _bob.Pump();
        _server.Pass();
        _server.Server.Stop();
        _server.Settle();
        _bob.WaitForEnd();
        Assert.Equal("-- the server is shutting down; goodbye", _bob.Lines[^1]);
        Assert.Equal("-- bob is now rob", _bob.Lines[read]);
    }
}
