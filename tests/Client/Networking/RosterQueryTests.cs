using System.Text;
using Chat.Client;
using Chat.Client.Networking;
using Chat.Protocol;
using Chat.Protocol.Wire;

namespace Chat.Tests.Client.Networking;

/// <summary>The roster query, over several pages, at every kind of server.</summary>
public sealed class RosterQueryTests
{
    private const string Probe = "ping 9223372036854775807\n";
    private const string Names = "9223372036854775807";

    private readonly RosterQuery _roster = new();
    private readonly Queue<ChatEvent> _events = [];
    private readonly RichSession _room;
    private long _offset;

    public RosterQueryTests()
    {
        _room = new RichSession(new UnacknowledgedQueue(), _roster);
        Welcome();
    }

    [Fact]
    public void One_event_has_the_people_of_all_pages_with_all_fields()
    {
        _roster.Ask(100, isAsked: true);
        Assert.Equal("people 0 0 100\n" + Probe, Request());
        Hear("person 0 1 alice 500 20 chat you", "person 0 4 bob -7 0 telnet", "people 0 4 3");
        Assert.Empty(_events);
        Assert.Equal("people 0 4 98\n", Request());
        Hear("person 0 9 cy 900 1 teleport later fields", "people 0 - 3", $"pong {Names}");

        ChatEvent present = Assert.Single(_events);
        Assert.Equal((EventKind.Present, 3L, true), (present.Kind, present.Total, present.IsAsked));
        Assert.Equal(
            [
                new PresentPerson("alice", 1, 1500, 20, ClientKind.Chat, Mine: true),
                new PresentPerson("bob", 4, 993, 0, ClientKind.Telnet),
                new PresentPerson("cy", 9, 1900, 1),
            ],
            present.People
        );
        Assert.False(_roster.IsAwaited);
        Assert.Null(_roster.TakeRequest());
    }

    [Fact]
    public void Joins_leaves_and_renames_between_two_pages_are_in_the_list()
    {
        _roster.Ask(100, isAsked: false);
        Request();
        Hear("person 0 2 ann 0 0 chat", "person 0 3 bob 0 0 chat", "people 0 3 9");
        Log("leave ann 0", "rename bob 0 robert", "join back 0", "join late 0", "leave late 0");
        Hear("person 0 7 zoe 0 0 chat", "people 0 - 4");

        Assert.Equal(["robert", "zoe", "back"], Assert.Single(_events, IsPresent).People.Select(person => person.Name));
    }

    [Fact]
    public void A_server_without_the_people_request_is_asked_for_names()
    {
        _roster.Ask(100, isAsked: true);
        Request();
        Hear($"pong {Names}");
        Assert.Equal($"who {Names}\n", Request());
        Hear($"info {Names} 4 here: alice, bob,", $"info {Names} cy and 1 more");

        ChatEvent present = Assert.Single(_events);
        Assert.Equal(4, present.Total);
        Assert.Equal(
            [new PresentPerson("alice", Mine: true), new PresentPerson("bob"), new PresentPerson("cy")],
            present.People
        );
    }

    [Fact]
    public void After_a_break_in_the_middle_the_list_is_requested_from_the_beginning()
    {
        _roster.Ask(100, isAsked: true);
        Request();
        Hear("person 0 1 old 0 0 chat", "people 0 1 3");
        Welcome();
        Assert.Equal("people 0 0 100\n" + Probe, Request());
        Hear("person 0 1 new 0 0 chat", "people 0 - 1");
        Assert.Equal("new", Assert.Single(Assert.Single(_events, IsPresent).People).Name);
    }

    [Fact]
    public void Questions_at_the_same_time_share_one_answer()
    {
        _roster.Ask(1, isAsked: false);
        Request();
        _roster.Ask(50, isAsked: true);
        Assert.True(_roster.IsAwaited);
        Hear("person 0 1 ann 0 0 chat", "people 0 1 2");
        Assert.Equal("people 0 1 49\n", Request());
        Hear("person 0 2 bob 0 0 chat", "people 0 - 2");
        Assert.True(Assert.Single(_events).IsAsked);
        Assert.False(_roster.HasRequest);
    }

    [Fact]
    public void A_request_after_a_counting_line_is_not_answered_with_an_older_list()
    {
        _roster.Ask(50, isAsked: false);
        Request();
        Hear("person 0 1 ann 0 0 chat", "people 0 1 2");
        Request();
        Log("notice * 0 30 joined; 32 here now");
        Assert.True(Assert.Single(_events).IsCount);
        _roster.Ask(50, isAsked: false);
        Hear("person 0 2 bob 0 0 chat", "people 0 - 2");
        Assert.Single(_events, IsPresent);
        Assert.Equal("people 0 0 50\n", Request());
    }

    [Fact]
    public void A_server_cannot_make_the_list_larger_than_requested()
    {
        _roster.Ask(3, isAsked: false);
        for (int number = 1; number < 1000; number++)
        {
            Hear($"person 0 {number} p{number} 0 0 chat");
            Log($"join j{number} 0");
        }
        Hear($"people 0 999 {long.MaxValue}");
        ChatEvent present = Assert.Single(_events, IsPresent);
        Assert.Equal((3, long.MaxValue), (present.People.Count, present.Total));
    }

    [Theory]
    [InlineData("people 0 5 9")]
    [InlineData("people 0 0 9")]
    [InlineData("people 0 9223372036854775807 9")]
    public void A_page_without_a_valid_successor_ends_the_list(string end)
    {
        _roster.Ask(100, isAsked: false);
        Request();
        Hear("person 0 7 ann 0 0 chat", "person 0 7 again 0 0 chat", "person 0 6 back 0 0 chat", end);
        Assert.Equal("ann", Assert.Single(Assert.Single(_events).People).Name);
        Assert.Null(_roster.TakeRequest());
    }

    [Theory]
    [InlineData("people 0 7 9")]
    [InlineData("person 0 8 ann 0 0 chat", "people 0 8 9")]
    public void A_page_without_a_new_person_ends_the_list(params string[] page)
    {
        _roster.Ask(100, isAsked: true);
        Request();
        Hear("person 0 7 ann 0 0 chat", "people 0 7 9");
        Assert.Equal("people 0 7 99\n", Request());
        Hear(page);

        Assert.Equal("ann", Assert.Single(Assert.Single(_events).People).Name);
        Assert.False(_roster.IsAwaited);
        Assert.Null(_roster.TakeRequest());
    }

    [Theory]
    [InlineData("person 0 1 ann 0 0 chat")]
    [InlineData("people 0 - 1")]
    [InlineData("people 0 7 1")]
    [InlineData($"pong {Names}")]
    [InlineData($"info {Names} 2 here: alice, bob")]
    public void An_answer_to_no_question_is_passed_over(string line)
    {
        Hear(line);
        Assert.Empty(_events);
        Assert.Null(_roster.TakeRequest());
    }

    [Theory]
    [InlineData("person 0 x ann 0 0 chat")]
    [InlineData("person 0 1")]
    [InlineData("person 0 1 ann 0 -1 chat")]
    [InlineData("people 0 x 1")]
    [InlineData("people 0 -")]
    public void A_malformed_answer_is_shown_unchanged(string line)
    {
        _roster.Ask(100, isAsked: false);
        Hear(line);
        Assert.Equal((EventKind.Line, line), (Assert.Single(_events).Kind, _events.Peek().Text));
    }

    [Fact]
    public void Names_in_the_roster_are_cleaned_and_bounded()
    {
        _roster.Ask(100, isAsked: false);
        Hear($"person 0 1 \e[31m{new string('x', 2000)} 0 0 chat", "people 0 - 1");
        string name = Assert.Single(Assert.Single(_events).People).Name;
        Assert.StartsWith("^[[31mxxx", name, StringComparison.Ordinal);
        Assert.InRange(name.Length, 1, ProtocolLimits.HeadBytes);
    }

    private static bool IsPresent(ChatEvent happened) => happened.Kind == EventKind.Present;

    private void Welcome() =>
        Assert.True(
            _room.TryWelcome(
                Encoding.UTF8.GetBytes($"welcome alice 00112233aabbccdd 1000 1 {_offset} {_offset} 0"),
                _events
            )
        );

    private string Request() => Encoding.ASCII.GetString(_roster.TakeRequest() ?? []);

    private void Log(params string[] lines)
    {
        foreach (string line in lines)
        {
            string logged = $"{_offset} 0 {line}";
            _offset += logged.Length + 1;
            Hear(logged);
        }
    }

    private void Hear(params string[] lines)
    {
        foreach (string line in lines)
            _room.HandleLine(Encoding.UTF8.GetBytes(line), _events);
    }
}
