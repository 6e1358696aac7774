using System.Text;
using Chat.Client;
using Chat.Client.Display;
using Chat.Client.Views;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Display;

public sealed class EventFormatterTests
{
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.CreateCustomTimeZone(
        "test",
        TimeSpan.FromHours(1),
        "test",
        "test"
    );

    private readonly List<string> _printed = [];
    private readonly Palette _palette = new(Colours.Sixteen);

    public static TheoryData<string, string> Events =>
        new()
        {
            { "say bob|hello", "13:00 bob: hello" },
            { "me bob|waves", "13:00 * bob waves" },
            { "whisper bob alice|psst", "13:00 bob -> alice: psst" },
            { "rename bob|rob", "13:00 -- bob is now rob" },
            { "notice -|the room is full", "13:00 -- the room is full" },
            { "error -|no such name", "-- no such name" },
            { "info -|3 here: a, b, c", "-- 3 here: a, b, c" },
            { "line -|<bob> hi", "13:00 <bob> hi" },
            { "gap 512|", "13:00 -- 512 bytes of the conversation are gone" },
            { "gap -|", "13:00 -- a part of the conversation is gone" },
        };

    [Theory]
    [MemberData(nameof(Events))]
    public void Each_event_has_its_line(string happened, string line)
    {
        Made().Write(Event(happened), isMention: false, unixNow: 0);
        Assert.Equal([line], _printed);
    }

    [Fact]
    public void An_own_event_says_you()
    {
        EventFormatter formatter = Made();
        formatter.Write(Event("rename bob|rob") with { Mine = true }, isMention: false, unixNow: 0);
        Assert.Equal(["13:00 -- you are now rob"], _printed);
    }

    [Fact]
    public void A_gap_shows_the_time_of_the_line_before_it()
    {
        EventFormatter formatter = Made();
        formatter.Write(Event("say bob|hi") with { UnixMilliseconds = At(9, 30) }, isMention: false, unixNow: 0);
        formatter.Write(Event("gap 7|"), isMention: false, unixNow: 0);
        Assert.Equal("13:00 -- 7 bytes of the conversation are gone, after 10:30", _printed[^1]);
    }

    [Fact]
    public void A_lost_and_a_restored_link_each_have_a_line()
    {
        EventFormatter formatter = Made();
        foreach (
            LinkState state in (LinkState[])
                [
                    LinkState.Connecting,
                    LinkState.Greeting,
                    LinkState.Joined,
                    LinkState.Lost,
                    LinkState.Waiting,
                    LinkState.Joined,
                ]
        )
            formatter.Write(Event("link -|") with { State = state }, isMention: false, unixNow: 0);
        formatter.Write(Event("link -|silence") with { State = LinkState.Lost }, isMention: false, unixNow: 0);
        Assert.Equal(
            [
                "13:00 -- the connection was lost",
                "13:00 -- connected again",
                "13:00 -- the connection was lost: silence",
            ],
            _printed
        );

        formatter.Write(
            Event("link -|encrypted; news") with
            {
                State = LinkState.Joined,
            },
            isMention: false,
            unixNow: 0
        );
        Assert.Equal(["13:00 -- connected again", "13:00 -- encrypted; news"], _printed.TakeLast(2));
    }

    [Fact]
    public void A_day_that_begins_has_a_line_in_the_readers_own_time()
    {
        EventFormatter formatter = Made();
        formatter.BeginAt(At(12, 0));
        foreach ((int hour, int minute) in ((int, int)[])[(22, 58), (22, 59), (23, 0), (23, 1)])
            formatter.Write(
                Event("say bob|x") with
                {
                    UnixMilliseconds = At(hour, minute),
                },
                isMention: false,
                unixNow: 0
            );
        Assert.Equal(
            ["23:58 bob: x", "23:59 bob: x", "-- Tuesday, 24 November 2026", "00:00 bob: x", "00:01 bob: x"],
            _printed
        );
    }

    [Fact]
    public void An_event_without_a_time_gets_the_present_one_and_an_impossible_time_is_harmless()
    {
        EventFormatter formatter = Made();
        formatter.Write(Event("say bob|x") with { UnixMilliseconds = null }, isMention: false, unixNow: At(8, 15));
        Assert.Equal("09:15 bob: x", _printed[0]);
        formatter.Write(Event("say bob|x") with { UnixMilliseconds = long.MaxValue }, isMention: false, unixNow: 0);
        formatter.Write(Event("say bob|x") with { UnixMilliseconds = long.MinValue }, isMention: false, unixNow: 0);
        Assert.Equal(5, _printed.Count);
    }

    [Theory]
    [InlineData("say bob|hi", false, "\e[2m13:00 \e[0mB{bob}\e[0m: hi")]
    [InlineData("say bob|alice!", true, "\e[2m13:00 \e[0mB{bob}\e[0m\e[1;31m: alice!\e[0m")]
    [InlineData(
        "whisper bob alice|psst",
        false,
        "\e[2m13:00 \e[0mB{bob}\e[0m\e[35m -> \e[0m\e[1malice\e[0m\e[35m: psst\e[0m"
    )]
    [InlineData("notice -|words", false, "\e[2m13:00 \e[0m\e[2m-- words\e[0m")]
    [InlineData("error -|words", false, "\e[31m-- words\e[0m")]
    public void Names_mentions_and_whispers_stand_out_and_notices_do_not(string happened, bool isMention, string frame)
    {
        var screen = new Screen(_palette);
        new EventFormatter(_palette, Zone, TimeFormat.Usual, PrintOn(screen)).Write(
            Event(happened),
            isMention,
            unixNow: 0
        );
        string colour = Encoding.ASCII.GetString(_palette.Parameters(_palette.OfName("bob")));
        Assert.Equal(
            frame.Replace("B{bob}", $"\e[{colour}mbob", StringComparison.Ordinal) + "\r\n",
            Encoding.UTF8.GetString(screen.Frame)
        );
    }

    [Fact]
    public void No_padding_imitates_a_line_on_a_new_row()
    {
        var screen = new Screen(_palette) { Columns = 40 };
        var grid = new VtScreen(40, 40);
        var formatter = new EventFormatter(_palette, Zone, TimeFormat.Usual, PrintOn(screen));
        foreach (int padding in Enumerable.Range(0, 60))
            formatter.Write(
                Event($"say bob|x{new string(' ', padding)}13:00 eve: I quit {new string('y', padding)} -- bob left"),
                isMention: false,
                unixNow: 0
            );
        grid.Feed(screen.Frame);
        Assert.All(
            grid.ScrollbackAndScreen,
            row =>
                Assert.True(
                    row.Length == 0
                        || row.StartsWith("13:00 bob: x", StringComparison.Ordinal)
                        || row.StartsWith("           ", StringComparison.Ordinal)
                        || row.All(static c => c == 'y'),
                    row
                )
        );
    }

    [Fact]
    public void A_flood_of_lines_leaves_no_garbage()
    {
        var screen = new Screen(_palette);
        var formatter = new EventFormatter(_palette, Zone, TimeFormat.Usual, PrintOn(screen));
        var mention = new MentionMatcher("alice");
        ChatEvent said = Event("say bob|some words, not many of them, and a name or two");
        Flood(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Flood(1000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);

        void Flood(int lines)
        {
            for (int i = 0; i < lines; i++)
            {
                formatter.Write(said, mention.IsIn(said.Text), unixNow: 0);
                screen.Clear();
            }
        }
    }

    [Theory]
    [InlineData("%H:%M", "04:05")]
    [InlineData("%H:%M:%S", "04:05:06")]
    [InlineData("%I:%M %p", "04:05 AM")]
    [InlineData("%a %d %b %y %Y %m %j %%", "Fri 02 Jan 26 2026 01 002 %")]
    [InlineData("at\e[2J", "at^[[2J")]
    [InlineData("", "")]
    public void Times_follow_the_format_option(string format, string written)
    {
        Assert.Null(TimeFormat.Read(format, out TimeFormat? read));
        var line = new StyledText();
        read.Write(new DateTime(2026, 1, 2, 4, 5, 6), line);
        Assert.Equal(written, line.ToString());
    }

    [Theory]
    [InlineData("%")]
    [InlineData("%H%")]
    [InlineData("%Q")]
    [InlineData("%%%x")]
    public void An_invalid_format_is_refused_in_words(string format) =>
        Assert.StartsWith("a time is written with %H", TimeFormat.Read(format, out _), StringComparison.Ordinal);

    private static long At(int hour, int minute) =>
        new DateTimeOffset(2026, 11, 23, hour, minute, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    private EventFormatter Made() => new(_palette, Zone, TimeFormat.Usual, lines => _printed.AddRange(Texts(lines)));

    private static string[] Texts(ReadOnlySpan<StyledText> lines)
    {
        string[] texts = new string[lines.Length];
        for (int i = 0; i < lines.Length; i++)
            texts[i] = lines[i].ToString();
        return texts;
    }

    private static ChatEvent Event(string happened)
    {
        (string[]? head, string? text) = (
            happened[..happened.IndexOf('|', StringComparison.Ordinal)].Split(' '),
            happened[(happened.IndexOf('|', StringComparison.Ordinal) + 1)..]
        );
        return new ChatEvent(Enum.Parse<EventKind>(head[0], ignoreCase: true))
        {
            Name = head[1],
            To = head.Length > 2 ? head[2] : "",
            Text = text,
            UnixMilliseconds = At(12, 0),
            Bytes = long.TryParse(head[1], out long bytes) ? bytes : null,
        };
    }

    private static PrintLines PrintOn(Screen screen) =>
        lines =>
        {
            foreach (StyledText line in lines)
                screen.Print(line);
        };
}
