using System.Text;
using Chat.Client;
using Chat.Client.Views;
using Chat.Protocol.Wire;

namespace Chat.Tests.Client.Views;

public sealed class JsonLinesTests
{
    private static readonly ChatEvent Said = new(EventKind.Say)
    {
        Offset = 12,
        UnixMilliseconds = 1_795_334_400_123,
        Name = "zoë",
        Text = "\"<漢字>\" & 🎉",
        Mine = false,
    };

    [Fact]
    public void Every_kind_of_event_has_its_shape()
    {
        (ChatEvent Event, string Line)[] shapes =
        [
            (
                Said,
                """{"type":"say","offset":12,"time":"2026-11-22T08:00:00.123Z","name":"zoë","text":"\"<漢字>\" & \uD83C\uDF89","mine":false}"""
            ),
            (
                new(EventKind.Me)
                {
                    Offset = 1,
                    Name = "alice",
                    Text = "waves",
                    Mine = true,
                },
                """{"type":"me","offset":1,"name":"alice","text":"waves","mine":true}"""
            ),
            (
                new(EventKind.Whisper)
                {
                    Offset = 1,
                    Name = "alice",
                    To = "bob",
                    Text = "psst",
                },
                """{"type":"whisper","offset":1,"name":"alice","to":"bob","text":"psst","mine":false}"""
            ),
            (
                new(EventKind.Join) { Offset = 1, Name = "bob" },
                """{"type":"join","offset":1,"name":"bob","mine":false}"""
            ),
            (
                new(EventKind.Leave)
                {
                    Offset = 1,
                    Name = "bob",
                    Text = "connection lost",
                },
                """{"type":"leave","offset":1,"name":"bob","text":"connection lost","mine":false}"""
            ),
            (
                new(EventKind.Rename)
                {
                    Offset = 1,
                    Name = "bob",
                    Text = "robert",
                },
                """{"type":"rename","offset":1,"name":"bob","text":"robert","mine":false}"""
            ),
            (
                new(EventKind.Edit)
                {
                    Offset = 1,
                    Name = "bob",
                    Target = 0,
                    Text = "a\n\tb",
                },
                """{"type":"edit","offset":1,"name":"bob","target":0,"text":"a\n\tb","mine":false}"""
            ),
            (
                new(EventKind.Delete)
                {
                    Offset = 1,
                    Name = "bob",
                    Target = 0,
                },
                """{"type":"delete","offset":1,"name":"bob","target":0,"mine":false}"""
            ),
            (new(EventKind.Notice) { Offset = 1, Text = "words" }, """{"type":"notice","offset":1,"text":"words"}"""),
            (new(EventKind.Gap) { Bytes = 1234 }, """{"type":"gap","bytes":1234}"""),
            (new(EventKind.Gap), """{"type":"gap"}"""),
            (new(EventKind.Link) { State = LinkState.Connecting }, """{"type":"link","state":"connecting"}"""),
            (
                new(EventKind.Link)
                {
                    State = LinkState.Joined,
                    Security = new(new("copper-orbit"), IsKnown: true, IsExposed: false),
                },
                """{"type":"link","state":"joined","encrypted":true,"key":"copper-orbit","known":true}"""
            ),
            (
                new(EventKind.Link) { State = LinkState.Joined, Security = LinkSecurity.Local },
                """{"type":"link","state":"joined","encrypted":false}"""
            ),
            (
                new(EventKind.Link) { State = LinkState.Waiting, RetryMilliseconds = 1500 },
                """{"type":"link","state":"waiting","retry_ms":1500}"""
            ),
            (
                new(EventKind.Link) { State = LinkState.Lost, Text = "why" },
                """{"type":"link","state":"lost","text":"why"}"""
            ),
            (new(EventKind.Error) { Text = "no" }, """{"type":"error","text":"no"}"""),
            (
                new(EventKind.Error) { Text = "no", Origin = new(7, "\"a1\"") },
                """{"type":"error","text":"no","line":7,"id":"a1"}"""
            ),
            (
                Said with
                {
                    Text = "x",
                    Mine = true,
                    Origin = new(7, "12"),
                },
                """{"type":"say","offset":12,"time":"2026-11-22T08:00:00.123Z","name":"zoë","text":"x","mine":true,"id":12}"""
            ),
            (
                new(EventKind.Join)
                {
                    Offset = 1,
                    Name = "bob",
                    IsHistory = true,
                },
                """{"type":"join","offset":1,"name":"bob","mine":false,"history":true}"""
            ),
            (
                new(EventKind.Present)
                {
                    Total = 2,
                    People = [new("bob", 3, 1_795_334_400_123, 61_999, ClientKind.Telnet), new("zoë", Mine: true)],
                },
                """{"type":"present","total":2,"people":[{"name":"bob","number":3,"since":"2026-11-22T08:00:00.123Z","idle_s":61,"client":"telnet","me":false},{"name":"zoë","client":"unknown","me":true}]}"""
            ),
            (
                new(EventKind.Found)
                {
                    Text = "x",
                    Found = [Said with { Text = "an x", IsHistory = true }],
                    HasMore = true,
                    Origin = new(7, "12"),
                },
                """{"type":"found","text":"x","lines":[{"type":"say","offset":12,"time":"2026-11-22T08:00:00.123Z","name":"zoë","text":"an x","mine":false,"history":true}],"more":true,"id":12}"""
            ),
            (new(EventKind.Present), """{"type":"present","total":0,"people":[]}"""),
            (new(EventKind.Info) { Text = "1 here: bob" }, """{"type":"info","text":"1 here: bob"}"""),
            (new(EventKind.Line) { Text = "as it came" }, """{"type":"line","text":"as it came"}"""),
        ];
        JsonLines lines = new();

        Assert.Equal(Enum.GetValues<EventKind>(), shapes.Select(shape => shape.Event.Kind).Distinct().Order());
        Assert.All(
            shapes,
            shape => Assert.Equal(shape.Line + "\n", Encoding.UTF8.GetString(lines.Format(shape.Event)))
        );
    }

    [Theory]
    [InlineData(-1L)]
    [InlineData(253_402_300_800_000L)]
    [InlineData(long.MaxValue)]
    public void A_time_outside_the_calendar_is_omitted(long time) =>
        Assert.DoesNotContain(
            "time",
            Encoding.UTF8.GetString(new JsonLines().Format(Said with { UnixMilliseconds = time })),
            StringComparison.Ordinal
        );
}
