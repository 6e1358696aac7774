using Chat.Protocol;
using Chat.Tests.Support;

namespace Chat.Tests.Server.Rooms;

/// <summary>Requests of a rich client: each number is taken once, and each answer names its request.</summary>
public sealed class RichRequestsTests : IDisposable
{
    private readonly SteppedServer _server = new(Readiness.Epoll, SteppedServer.Unbounded);
    private readonly RichPeer _alice,
        _bob;

    public RichRequestsTests()
    {
        (_alice, _bob) = (_server.JoinRich("alice", person: 1), _server.JoinRich("bob", person: 2));
        _alice.News();
        _bob.News();
    }

    public void Dispose() => _server.Dispose();

    [Fact]
    public void A_request_number_is_taken_once_and_a_lower_one_never()
    {
        _alice.Send("say 2 two", "say 2 two again", "say 1 one", "me 3 three", "tell 3 bob four", "nick 2 eve");

        Assert.Equal(["say alice 1.2 two", "me alice 1.3 three"], _alice.News());
        Assert.Equal(["say alice 1.2 two", "me alice 1.3 three"], _bob.News());
        Assert.Equal(3, _server.JoinRich("alice", person: 1).Taken);
    }

    [Fact]
    public void Each_seat_numbers_its_requests_independently()
    {
        _alice.Send("say 5 from one");
        RichPeer other = _server.JoinRich("alice", person: 1, seat: 2);
        Assert.Equal(0, other.Taken);
        other.Send("say 1 from the other");
        Assert.Equal(["say alice 1.5 from one", $"say alice {other.Seat}.1 from the other"], _bob.News());
    }

    [Theory]
    [InlineData("ping 9223372036854775807", "pong 9223372036854775807")]
    [InlineData("people 9223372036854775807 0", "people 9223372036854775807 - 2")]
    [InlineData("who 9223372036854775806", "info 9223372036854775806 ")]
    public void A_request_that_is_not_in_the_log_may_have_any_number(string request, string answer)
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        server.JoinRich("bob", person: 2);
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.News();
        alice.Send(request);
        Assert.StartsWith(answer, alice.News()[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tell 7 nobody psst", "err 7 there is no nobody here; /who lists the people here")]
    [InlineData("tell 7 alice psst", "err 7 that is you")]
    [InlineData("tell 7 bob", "err 7 the message is empty")]
    [InlineData("say 7", "err 7 the message is empty")]
    [InlineData("say 7   ", "err 7 the message is empty")]
    [InlineData("me 7 \u202e", "err 7 the message is empty")]
    [InlineData("nick 7 b0b", "err 7 b0b looks like bob, who is here. b0b2 is free. (You are still alice.)")]
    [InlineData("nick 7 alice", "err 7 you are alice already")]
    [InlineData("nick 7 server", "err 7 That name is reserved, and so is what looks like it. (You are still alice.)")]
    [InlineData("nick 7", "err 7 A name has at least one character. (You are still alice.)")]
    [InlineData("sing 7 la la", "err 7 this server knows no request called sing")]
    public void A_refused_request_is_answered_by_its_number_and_not_taken_again(string request, string answer)
    {
        _alice.Send(request, request);

        Assert.Equal([answer], _alice.News());
        Assert.Empty(_bob.News());
        Assert.Equal(7, _server.JoinRich("alice", person: 1).Taken);
    }

    [Theory]
    [InlineData("hello again")]
    [InlineData("say")]
    [InlineData("say -1 text")]
    [InlineData("")]
    [InlineData("say 99999999999999999999 text")]
    public void A_line_that_is_no_request_gets_an_error(string line)
    {
        _alice.Send(line);
        Assert.Equal(["err 0 a request is a word, a number, and what belongs to it"], _alice.News());
        Assert.Empty(_bob.News());
    }

    [Fact]
    public void Questions_are_answered_by_any_number_and_take_none()
    {
        _alice.Send("say 9 hello", "ping 4", "who 3", "history 2 1", "history 8 none", "history 8 0");

        string[] news = _alice.News();
        Assert.Equal(
            [
                "pong 4",
                "info 3 2 here: alice, bob",
                "info 2 the last lines again:",
                "err 8 history takes a number of lines",
                "err 8 history takes a number of lines",
            ],
            news.Where(static line => !line.StartsWith("say", StringComparison.Ordinal))
        );
        Assert.Equal(9, _server.JoinRich("alice", person: 1).Taken);
    }

    [Fact]
    public void Repeated_lines_are_the_same_lines_at_their_old_offsets()
    {
        _bob.Send("say 1 one", "say 2 two", "say 3 three");
        _alice.News();
        int before = _alice.Peer.Lines.Count;

        _alice.Send("history 5 2");
        _alice.News();

        Assert.Equal("info 5 the last lines again:", _alice.Peer.Lines[before]);
        Assert.Equal(_alice.Peer.Lines.Skip(before - 2).Take(2), _alice.Peer.Lines.Skip(before + 1));
    }

    [Fact]
    public void A_text_has_as_many_bytes_as_a_line_and_is_cut_on_a_whole_character()
    {
        _alice.Send(
            $"say 1 {new string('x', ProtocolLimits.TextBytes - 1)}ö",
            $"say 2 {new string('y', ProtocolLimits.TextBytes)}"
        );

        string[] news = _bob.News();
        Assert.Equal($"say alice 1.1 {new string('x', ProtocolLimits.TextBytes - 1)}", news[0]);
        Assert.Equal($"say alice 1.2 {new string('y', ProtocolLimits.TextBytes)}", news[1]);
    }

    [Fact]
    public void Half_a_request_is_not_a_request()
    {
        _alice.Peer.SendText("say 1 half of what I want");
        _alice.Peer.HalfClose();
        Assert.DoesNotContain(_bob.News(), static line => line.Contains("half", StringComparison.Ordinal));
    }

    [Fact]
    public void Rich_clients_and_plain_tools_read_each_other()
    {
        Peer plain = _server.Join("walter");
        _server.Skip(plain);
        _alice.News();
        _alice.Send("say 1 /who is not asked", "me 2 waves", "tell 3 walter psst", "nick 4 alicia");
        _server.Say(plain, "/me waves back", "hello");

        Assert.Equal(
            ["<alice> /who is not asked", "* alice waves", "<alice -> walter> psst", "-- alice is now alicia"],
            _server.News(plain)
        );
        Assert.Equal(
            ["me walter 0 waves back", "say walter 0 hello"],
            _alice.News().Where(static line => line.Contains(" walter 0 ", StringComparison.Ordinal))
        );
    }
}
