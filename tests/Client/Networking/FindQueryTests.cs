using System.Text;
using Chat.Client;
using Chat.Client.Commands;
using Chat.Client.Networking;

namespace Chat.Tests.Client.Networking;

/// <summary>The client's search of the history, at every kind of server and over breaks.</summary>
public sealed class FindQueryTests
{
    private const string Probe = "ping 9223372036854775805\n";
    private const string Pong = "pong 9223372036854775805";

    private readonly FindQuery _find = new();
    private readonly Queue<ChatEvent> _events = [];
    private readonly RichSession _room;

    public FindQueryTests()
    {
        _room = new RichSession(new UnacknowledgedQueue(), new RosterQuery(), _find);
        Welcome("00112233aabbccdd");
    }

    [Fact]
    public void A_page_is_one_event_with_the_oldest_line_first_and_the_next_page_continues()
    {
        Ask("tea");
        Assert.Equal("find 0 0 tea\n" + Probe, Request());
        Hear("finding 0", Pong, "found 0 900 7 say bob 1.2 more tea", "found 0 50 5 tell cy 0 alice te\e[1mA");
        Assert.Empty(_events);
        Hear(@"found 0 20 4 snippet alice 2.1 a\n\ttea", "find 0 20");

        ChatEvent page = Assert.Single(_events);
        Assert.Equal((EventKind.Found, "tea", true, false), (page.Kind, page.Text, page.HasMore, page.IsContinued));
        Assert.Equal(
            [
                "Say 20 1004 alice > a\n\ttea True",
                "Whisper 50 1005 cy alice> te^[[1mA False",
                "Say 900 1007 bob > more tea False",
            ],
            page.Found.Select(static line =>
                $"{line.Kind} {line.Offset} {line.UnixMilliseconds} {line.Name} {line.To}> {line.Text} {line.Mine}"
            )
        );
        Assert.All(page.Found, static line => Assert.True(line.IsHistory));

        _events.Clear();
        Ask("");
        Assert.Equal("find 0 20 tea\n", Request());
        Hear("finding 0", "find 0 -");
        Assert.Equal((0, false, true), (Only().Found.Count, Only().HasMore, Only().IsContinued));

        _events.Clear();
        Ask("");
        Assert.Equal((EventKind.Error, "no older line has: tea"), (Only().Kind, Only().Text));
        Assert.False(_find.IsAwaited);
    }

    [Fact]
    public void The_page_of_a_replaced_search_is_not_taken_for_the_answer()
    {
        Ask("one");
        Request();
        Ask("two");
        Request();
        Hear("finding 0", Pong, "found 0 1 1 say bob 0 one", "find 0 -", "found 0 1 1 say bob 0 one", "finding 0");
        Assert.Empty(_events);
        Hear("found 0 2 2 say bob 0 two", Pong, "find 0 -");
        Assert.Equal(("two", "two"), (Only().Text, Assert.Single(Only().Found).Text));
    }

    [Fact]
    public void Each_search_of_a_program_is_answered_in_turn()
    {
        AskAs(1, "one");
        AskAs(2, "two");
        AskAs(3, "");
        Assert.Equal("find 0 0 one\n" + Probe, Request());
        Hear("finding 0", Pong, "found 0 1 1 say bob 0 one", "find 0 -");
        Assert.Equal(("one", 1), (Only().Text, Only().Origin.Line));

        _events.Clear();
        Assert.Equal("find 0 0 two\n", Request());
        Hear("finding 0", "found 0 2 2 say bob 0 two", "find 0 2");
        Assert.Equal(("two", 2), (Only().Text, Only().Origin.Line));

        _events.Clear();
        Assert.Equal("find 0 2 two\n", Request());
        Hear("finding 0", "find 0 -");
        Assert.Equal(("two", true, 3), (Only().Text, Only().IsContinued, Only().Origin.Line));
        Assert.Equal(0, _find.Count);
    }

    [Fact]
    public void After_a_break_the_next_search_of_a_program_begins()
    {
        AskAs(1, "one");
        Request();
        AskAs(2, "two");
        Welcome("00112233aabbccdd");
        Assert.Equal(
            ("the connection broke during the search; /find TEXT searches again", 1),
            (Only().Text, Only().Origin.Line)
        );
        Assert.Equal("find 0 0 two\n" + Probe, Request());
    }

    [Fact]
    public void The_searches_of_a_program_that_wait_are_bounded()
    {
        for (int line = 1; line <= ClientLimits.SearchesWaiting + 2; line++)
            AskAs(line, "tea");
        Assert.Equal(
            ("100 searches wait already; await an answer first", ClientLimits.SearchesWaiting + 2),
            (Only().Text, Only().Origin.Line)
        );
    }

    [Fact]
    public void A_server_that_ignores_the_request_is_reported_as_such()
    {
        Ask("tea");
        Request();
        Hear(Pong);
        Assert.Equal((true, "tea"), (Only().IsUnsupported, Only().Text));
        Assert.False(_find.IsAwaited);
    }

    [Fact]
    public void A_break_ends_a_search_that_was_sent_and_keeps_one_that_was_not()
    {
        Ask("tea");
        Welcome("00112233aabbccdd");
        Assert.Empty(_events);
        Request();
        Hear("finding 0", Pong, "found 0 30 1 say bob 0 tea", "find 0 30");
        _events.Clear();
        Ask("");
        Request();
        Hear("finding 0");
        Welcome("00112233aabbccdd");
        Assert.StartsWith("the connection broke during the search", Only().Text, StringComparison.Ordinal);

        Ask("");
        Assert.Equal("find 0 30 tea\n" + Probe, Request());
        Hear("finding 0", Pong, "find 0 30");
        _events.Clear();
        Welcome("ffffffffffffffff");
        Ask("");
        Assert.Contains(_events, static e => e.Text == "no older line has: tea");
    }

    [Theory]
    [InlineData("find 0 30")]
    [InlineData("find 0 -")]
    [InlineData("found 0 1 1 say bob 0 x")]
    [InlineData("finding 0")]
    [InlineData(Pong)]
    public void An_answer_without_a_request_changes_nothing(string line)
    {
        Hear(line);
        Assert.Empty(_events);
        Ask("");
        Assert.Equal("there is no search to continue; /find TEXT begins one", Only().Text);
    }

    [Theory]
    [InlineData("find 0")]
    [InlineData("find 0 x")]
    [InlineData("found 0")]
    [InlineData("found 0 1 1 say")]
    public void A_malformed_answer_is_shown_unchanged(string line)
    {
        Ask("tea");
        Request();
        Hear("finding 0", line);
        Assert.Equal((EventKind.Line, line), (Only().Kind, Only().Text));
    }

    [Fact]
    public void A_hostile_server_cannot_fill_the_memory()
    {
        Ask("tea");
        Request();
        Hear("finding 0", Pong);
        for (int i = 0; i < 1000; i++)
            Hear("found 0 1 1 say bob 0 tea", "found 0 1 1 dance bob 0 tea", "found 0 1 1 join bob 0");
        Hear("find 0 -");
        Assert.Equal(20, Only().Found.Count);
    }

    [Fact]
    public void A_text_that_the_server_would_refuse_is_not_sent()
    {
        Ask(new string('ü', 129));
        Assert.Equal("a text to find has at most 256 bytes, and this one has 258", Only().Text);
        Assert.False(_find.HasRequest);
    }

    private ChatEvent Only() => Assert.Single(_events);

    private void AskAs(int line, string text) => _find.Ask(text, new InputOrigin(line), _events);

    private void Ask(string text) => _find.Ask(text, default, _events);

    private string Request() => Encoding.UTF8.GetString(_find.TakeRequest() ?? []);

    private void Welcome(string epoch) =>
        Assert.True(_room.TryWelcome(Encoding.UTF8.GetBytes($"welcome alice {epoch} 1000 1 0 0 0"), _events));

    private void Hear(params string[] lines)
    {
        foreach (string line in lines)
            _room.HandleLine(Encoding.UTF8.GetBytes(line), _events);
    }
}
