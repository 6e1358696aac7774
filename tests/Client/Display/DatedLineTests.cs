using Chat.Client;
using Chat.Client.Display;
using Chat.Client.Networking;

namespace Chat.Tests.Client.Display;

/// <summary>The lines of an export as text.</summary>
public sealed class DatedLineTests
{
    [Theory]
    [InlineData("5 0 say bob 1.1 hello", "2026-01-02 03:04:05 <bob> hello")]
    [InlineData("5 1000 me bob 1.1 waves", "2026-01-02 03:04:06 * bob waves")]
    [InlineData("5 0 tell bob 1.1 alice psst", "2026-01-02 03:04:05 <bob -> alice> psst")]
    [InlineData("5 0 join bob 1.0", "2026-01-02 03:04:05 -- bob joined")]
    [InlineData("5 0 notice - 0 the server was started again", "2026-01-02 03:04:05 -- the server was started again")]
    [InlineData(
        """5 0 re bob 1.1 3 (to alice: "hello") yes""",
        """2026-01-02 03:04:05 <bob> (to alice: "hello") yes"""
    )]
    [InlineData("5 0 edit bob 1.1 3 hello all", "2026-01-02 03:04:05 * bob corrects: hello all")]
    [InlineData("5 0 delete bob 1.1 3", "2026-01-02 03:04:05 * bob withdraws a message")]
    [InlineData(
        @"5 0 snippet bob 1.1 if:\n\tgo\n\n2026-01-02 03:04:05 <alice> no",
        "2026-01-02 03:04:05 <bob>\n    if:\n    \tgo\n    \n    2026-01-02 03:04:05 <alice> no"
    )]
    [InlineData(@"5 0 edit bob 1.1 3 if:\n  stay", "2026-01-02 03:04:05 * bob corrects:\n    if:\n      stay")]
    public void A_line_begins_with_its_time_and_the_rows_of_a_snippet_stand_below(string logged, string expected)
    {
        RichSession session = new(new UnacknowledgedQueue(1), new RosterQuery());
        Queue<ChatEvent> events = [];
        Assert.True(session.TryWelcome("welcome alice 0123456789abcdef 1767323045000 0 0 99 0"u8, events));
        session.HandleLine(System.Text.Encoding.UTF8.GetBytes(logged), events);
        Assert.Null(TimeFormat.Read("%Y-%m-%d %H:%M:%S", out TimeFormat format));
        Assert.Equal(expected, new DatedLine(format, TimeZoneInfo.Utc).Format(events.Single()));
    }
}
