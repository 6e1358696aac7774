using Chat.Client;
using Chat.Client.Display;
using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Tests.Client.Views;

namespace Chat.Tests.Client.Display;

/// <summary>The roster as a terminal and a pipe print it.</summary>
public sealed class RosterTextTests
{
    private readonly ViewSession _session = new(80, 40);

    [Fact]
    public void A_join_prints_the_roster_once()
    {
        _session.Show(new ChatEvent(EventKind.Link) { State = LinkState.Joined });
        Assert.Equal(ProtocolLimits.PeopleTold, _session.View.PeopleWanted);
        _session.View.PeopleWanted = 0;
        _session.Show(Here("bob", "carol", "alice"));
        _session.Show(Here("bob", "carol", "alice"));
        _session.Show(new ChatEvent(EventKind.Link) { State = LinkState.Lost });
        _session.Show(new ChatEvent(EventKind.Link) { State = LinkState.Joined });

        Assert.Equal(0, _session.View.PeopleWanted);
        Assert.Equal(
            "12:00 -- 3 here: bob, carol, alice (you)",
            Assert.Single(_session.Rows, static row => row.Contains("here", StringComparison.Ordinal))
        );
    }

    [Fact]
    public void A_newcomer_to_a_large_room_sees_the_number_of_the_others()
    {
        _session.Show(new ChatEvent(EventKind.Link) { State = LinkState.Joined });
        _session.Show(Here("bob", "carol") with { Total = 10_000 });
        Assert.Contains("12:00 -- 10000 here: bob, carol and 9998 more", _session.Rows);
    }

    [Fact]
    public void A_newcomer_to_an_empty_room_sees_that_it_is_empty()
    {
        _session.Show(new ChatEvent(EventKind.Link) { State = LinkState.Joined });
        _session.Show(Here("alice"));
        Assert.Contains("12:00 -- you are the only one here", _session.Rows);
    }

    [Fact]
    public void The_command_who_prints_one_line_for_each_person()
    {
        _session.Show(
            new ChatEvent(EventKind.Present)
            {
                IsAsked = true,
                Total = 3,
                People =
                [
                    new PresentPerson("alice", 1, ViewSession.Noon - 65_000, 5_000, ClientKind.Chat, Mine: true),
                    new PresentPerson("bob", 2, ViewSession.Noon - (25 * 3_600_000), 7_500_000, ClientKind.Telnet),
                    new PresentPerson("cy", 3, ViewSession.Noon, 180_000, ClientKind.Plain),
                ],
            }
        );
        Assert.Equal(
            [
                "-- 3 here:",
                "-- alice (you), since 11:58, idle 5 s, chat client",
                "-- bob, since 22 November, 11:00, idle 2 h 5 min, telnet",
                "-- cy, since 12:00, idle 3 min, plain connection",
            ],
            _session.Rows.SkipLast(1)
        );
    }

    [Fact]
    public void The_command_who_lists_many_people_by_name_with_the_last_speaker_first()
    {
        PresentPerson[] people =
        [
            .. Enumerable.Range(1, 200).Select(static i => new PresentPerson($"p{i}", i, 0, 1000 - i, ClientKind.Chat)),
        ];
        string line = Assert.Single(
            RosterText.Lines(new ChatEvent(EventKind.Present) { People = people, Total = 300 }, static _ => null)
        );
        Assert.StartsWith("300 here: p200, p199, p198,", line, StringComparison.Ordinal);
        Assert.EndsWith($", p101 and {300 - ClientLimits.PeopleNamed} more", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_without_other_fields_are_printed_in_one_line()
    {
        ChatEvent present = new(EventKind.Present)
        {
            IsAsked = true,
            People = [new("alice", Mine: true), new("bob")],
            Total = 2,
        };
        Assert.Equal("-- 2 here: alice (you), bob", PlainLine.Format(present, TimeZoneInfo.Utc));
    }

    [Fact]
    public void A_pipe_prints_the_roster_only_after_a_request()
    {
        ChatEvent present = Here("bob");
        Assert.Null(PlainLine.Format(present, TimeZoneInfo.Utc));
        Assert.Equal(
            "-- 1 here:\n-- bob, since 2026-11-23 12:00, idle 0 s, chat client",
            PlainLine.Format(present with { IsAsked = true }, TimeZoneInfo.Utc)
        );
    }

    /// <summary>An answer to the client's own question, with these people; alice is the reader.</summary>
    internal static ChatEvent Here(params string[] names) =>
        new(EventKind.Present)
        {
            People =
            [
                .. names.Select(
                    static (name, i) =>
                        new PresentPerson(name, i, ViewSession.Noon, 0, ClientKind.Chat, Mine: name == "alice")
                ),
            ],
            Total = names.Length,
        };
}
