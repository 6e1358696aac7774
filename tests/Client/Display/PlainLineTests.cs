using Chat.Client;
using Chat.Client.Display;
using Chat.Protocol;

namespace Chat.Tests.Client.Display;

public sealed class PlainLineTests
{
    [Fact]
    public void Events_look_like_the_lines_of_a_plain_tool()
    {
        (ChatEvent Event, string? Line)[] lines =
        [
            (new(EventKind.Say) { Name = "alice", Text = "hi" }, "<alice> hi"),
            (new(EventKind.Say) { Name = "alice", Text = "a\n\n\tb" }, "<alice> a\n<alice> \n<alice> \tb"),
            (
                new(EventKind.Say)
                {
                    Name = "al",
                    Text = "yes",
                    Quoted = "to bo: \"a\"",
                },
                "<al> (to bo: \"a\") yes"
            ),
            (new(EventKind.Edit) { Name = "al", Text = "a\n\\b" }, "* al corrects: a\n* al corrects: \\b"),
            (new(EventKind.Delete) { Name = "al" }, "* al withdraws a message"),
            (new(EventKind.Me) { Name = "alice", Text = "waves" }, "* alice waves"),
            (
                new(EventKind.Whisper)
                {
                    Name = "alice",
                    To = "bob",
                    Text = "psst",
                },
                "<alice -> bob> psst"
            ),
            (new(EventKind.Join) { Name = "bob" }, "-- bob joined"),
            (new(EventKind.Leave) { Name = "bob" }, "-- bob left"),
            (new(EventKind.Leave) { Name = "bob", Text = "connection lost" }, "-- bob left (connection lost)"),
            (new(EventKind.Rename) { Name = "bob", Text = "robert" }, "-- bob is now robert"),
            (new(EventKind.Notice) { Text = "words" }, "-- words"),
            (new(EventKind.Error) { Text = "no" }, "-- no"),
            (new(EventKind.Info) { Text = "1 here: bob" }, "-- 1 here: bob"),
            (new(EventKind.Line) { Text = "as it came" }, "as it came"),
            (
                new(EventKind.Gap) { Bytes = 1234, UnixMilliseconds = 1_795_334_400_123 },
                "-- 1234 bytes of the conversation are gone, after 09:00:00"
            ),
            (new(EventKind.Gap) { Bytes = 1234 }, "-- 1234 bytes of the conversation are gone"),
            (new(EventKind.Gap) { UnixMilliseconds = long.MaxValue }, "-- a part of the conversation is gone"),
            (
                new(EventKind.Gap) { IsNewLog = true, UnixMilliseconds = 1000 },
                "-- the server restarted without the earlier conversation"
            ),
            (new(EventKind.Link) { State = LinkState.Lost, Text = "why" }, null),
        ];
        var zone = TimeZoneInfo.CreateCustomTimeZone("one", TimeSpan.FromHours(1), "one", "one");

        Assert.Equal(
            Enum.GetValues<EventKind>().Except([EventKind.Present, EventKind.Found]).Order(),
            lines.Select(line => line.Event.Kind).Distinct().Order()
        );
        Assert.All(lines, line => Assert.Equal(line.Line, PlainLine.Format(line.Event, zone)));
    }

    [Fact]
    public void The_longest_words_of_a_server_fit() =>
        Assert.EndsWith(
            "x",
            PlainLine.Format(
                new(EventKind.Whisper)
                {
                    Name = new('n', 128),
                    To = new('t', 128),
                    Text = new('x', ProtocolLimits.RelayedLineBytes),
                },
                TimeZoneInfo.Utc
            ),
            StringComparison.Ordinal
        );

    [Fact]
    public void The_link_reports_a_break_and_a_return_and_nothing_else()
    {
        Assert.Equal(
            "the connection was lost: why",
            EventText.ForLink(new(EventKind.Link) { State = LinkState.Lost, Text = "why" }, wasLost: false)
        );
        Assert.Equal(
            "connected again",
            EventText.ForLink(new(EventKind.Link) { State = LinkState.Joined }, wasLost: true)
        );
        Assert.Null(EventText.ForLink(new(EventKind.Link) { State = LinkState.Joined }, wasLost: false));
        Assert.Null(
            EventText.ForLink(new(EventKind.Link) { State = LinkState.Waiting, RetryMilliseconds = 500 }, wasLost: true)
        );
        Assert.Null(EventText.ForLink(new(EventKind.Link) { State = LinkState.Connecting }, wasLost: true));
    }
}
