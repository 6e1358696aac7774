using System.Globalization;
using System.Text;
using Chat.Client;
using Chat.Client.Editing;
using Chat.Client.Views;
using Chat.Tests.Client.Views;

namespace Chat.Tests.Client.Editing;

/// <summary>Typed and pasted input, read by read, on a clock that the test moves.</summary>
public sealed class KeyReaderTests
{
    private const string Begin = "\e[200~",
        End = "\e[201~";

    private readonly KeyReader _reader = new();
    private long _now;

    /// <summary>
    /// The text that reads in quick succession put into the line. '|' separates reads, and brackets mark pasted
    /// text.
    /// </summary>
    public static TheoryData<string, string> Reads =>
        new()
        {
            { "hello\r", "hello⏎" },
            { "hello\r\r", "hello⏎⏎" },
            { "\r\r", "⏎⏎" },
            { "hello|\r|world|\r", "hello⏎world⏎" },
            { "hello\r|world\r", "hello⏎world⏎" },
            { "\e[A\r\e[A\r", "Up⏎Up⏎" },
            { "hello\r\u0003", "hello⏎^c" },
            { "a\tb", "aTabb" },
            { "\u0015hello\r", "^uhello⏎" },
            { "one\rtwo\rthree\r", "[one⏎two⏎three⏎]" },
            { "one\ntwo", "[one⏎two]" },
            { "\rhello", "[⏎hello]" },
            { "one\rtwo|three\r|/quit\r", "[one⏎twothree⏎/quit⏎]" },
            { "one\r\ttwo\u0015\e[A", "[one⏎\ttwo]" },
            { "one\n\ttwo\n\nthree", "[one⏎\ttwo⏎⏎three]" },
            { "one\r\n\r\ntwo\r\n", "[one⏎⏎two⏎]" },
            { "hello\r\n", "hello⏎" },
            { "hello\n", "hello^j" },
            { "a|\n|b|\e\r|c|\e[13;2u|d\r", "a^jb⏎c⏎d⏎" },
            { "a\e\rb\e[27;2;13~c", "a⏎b⏎c" },
            { "one\rtwo\u0003", "[one⏎two]" },
            { "one\rtwo\u0003|x\r", "[one⏎two]x⏎" },
            { $"one\rtwo|{Begin}three{End}", "[one⏎two][three]" },
            { $"{Begin}one\rtwo\r{End}", "[one⏎two⏎]" },
            { $"{Begin}one{End}\r", "[one]⏎" },
            { $"{Begin}one{End}\rtwo\r", "[one]⏎two⏎" },
            { $"{Begin}one{End}|\rtwo\r", "[one]⏎two⏎" },
            { $"{Begin}one{End}|x|two\rthree\r", "[one]x[two⏎three⏎]" },
            { $"{Begin}one{End}\u0003", "[one]^c" },
            { $"{Begin}one{End}\r/nick two\r{End}", "[one][⏎/nick two⏎]" },
            { $"{Begin}one{End}\r{End}", "[one][⏎]" },
            { $"{Begin}one{End}{End}\r", "[one]⏎" },
            { $"one\r{End}x", "[one⏎]x" },
            { $"x{End}\r", "x⏎" },
            { $"{Begin}one|\u0003|x", "[one]x" },
            { $"{Begin}one\u0003two|{End}", "[onetwo]" },
        };

    [Theory]
    [MemberData(nameof(Reads))]
    public void Typed_and_pasted_text_are_distinguished(string reads, string keys)
    {
        string heard = string.Concat(
            reads.Split('|').Select(read => Keys(_reader.Decode(Encoding.UTF8.GetBytes(read), _now)))
        );
        Assert.Equal(keys, heard + Silence(2000));
    }

    [Theory]
    [InlineData("\r", "⏎")]
    [InlineData("\u0003", "^c")]
    [InlineData("!", "!")]
    [InlineData("\e[A", "Up")]
    [InlineData("\u001a", "^z")]
    [InlineData("\rtwo\r", "⏎two⏎")]
    public void A_key_after_the_end_mark_is_a_key_however_the_bytes_are_split(string key, string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes($"{Begin}see you at noon{End}{key}");
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            var reader = new KeyReader();
            Assert.Equal(
                $"[see you at noon]{name}",
                Keys(reader.Decode(bytes.AsSpan(0, cut), 0)) + Keys(reader.Decode(bytes.AsSpan(cut), 0))
            );
        }
    }

    [Fact]
    public void Two_seconds_of_silence_end_a_paste_without_its_end_mark()
    {
        Assert.Equal("[http://example.org/x", Type($"{Begin}http://example.org/x"));
        Assert.Equal("", Silence(ClientLimits.PasteSilenceMilliseconds - 1));
        Assert.Equal("]", Silence(2000 - ClientLimits.PasteSilenceMilliseconds + 1));
        Assert.Equal("x⏎", Type("x") + Type("\r"));
    }

    [Fact]
    public void Lines_that_follow_a_burst_after_a_moment_are_typed()
    {
        Assert.Equal("[one⏎two", Type("one\rtwo"));
        Assert.Equal("]", Silence(ClientLimits.PasteBurstMilliseconds));
        Assert.Equal("n", Type("n"));
        Assert.Null(_reader.Deadline);
    }

    [Fact]
    public void A_lone_escape_is_a_key_after_a_moment_and_a_burst_holds_none()
    {
        Assert.Equal("", Type("\e"));
        Assert.Equal("Escape", Silence(ClientLimits.LoneEscapeMilliseconds));
        Assert.Equal("[one⏎two", Type("one\rtwo\e"));
        Assert.Equal("]", Silence(2000));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void A_start_mark_that_the_network_cuts_for_less_than_a_second_is_a_mark(int cut)
    {
        Assert.Equal("", Type(Begin[..cut]) + Silence(ClientLimits.PasteSilenceMilliseconds - 1));
        Assert.Equal("[one⏎]⏎", Type(Begin[cut..] + "one\r" + End + "\r"));
    }

    [Theory]
    [InlineData("\e[2")]
    [InlineData("\e[1;5")]
    [InlineData("\e[<0;1")]
    public void An_endless_control_sequence_is_dropped_after_a_second(string begun)
    {
        Assert.Equal("", Type(begun) + Silence(1000));
        Assert.Equal("x⏎", Type("x\r"));
    }

    [Fact]
    public void After_any_bytes_and_two_seconds_of_silence_every_key_has_its_usual_effect()
    {
        Random random = new(41);
        for (int run = 0; run < 2000; run++)
        {
            byte[] bytes = Noise(random);
            for (int cut = 0; cut <= bytes.Length; cut++)
            {
                KeyReader reader = new();
                _ = reader.Decode(bytes.AsSpan(0, cut), 0);
                _ = reader.Decode(bytes.AsSpan(cut), 0);
                _ = Silence(reader, 0, 2000);
                string heard = string.Concat("hello\r\u0003".Select(key => Keys(reader.Decode([(byte)key], 2000))));
                Assert.True(heard == "hello⏎^c", $"run {run}, cut at {cut}, {Convert.ToHexString(bytes)}: {heard}");
            }
        }
    }

    [Fact]
    public void After_any_bytes_and_two_seconds_of_silence_a_person_can_talk_and_leave()
    {
        Random random = new(43);
        for (int run = 0; run < 1500; run++)
        {
            KeyReader reader = new();
            TerminalView view = new(new TerminalViewOptions(), ViewSession.Noon);
            view.Status(new LinkStatus(LinkState.Joined, "alice", []));
            long now = 0;
            byte[] noise = Noise(random);
            for (Span<byte> rest = noise.AsSpan(); !rest.IsEmpty; )
            {
                int count = random.Next(1, rest.Length + 1);
                Press(view, reader.Decode(rest[..count], now));
                rest = rest[count..];
                Press(view, Silence(reader, now, now += random.Next(4) * 40));
            }

            Press(view, Silence(reader, now, now += 2000));
            // Ctrl-C ends a question, then clears the line.
            for (int i = 0; i < 3 && Press(view, reader.Decode("\u0003"u8, now)) != "Leave"; i++) { }

            Assert.Equal("", string.Concat("hello"u8.ToArray().Select(key => Press(view, reader.Decode([key], now)))));
            Assert.True(Press(view, reader.Decode("\r"u8, now)) == "hello", $"run {run}: {Convert.ToHexString(noise)}");
            Assert.Equal("Leave", Press(view, reader.Decode("\u0003"u8, now)));
        }
    }

    /// <summary>Terminal sequences, mutated and mixed.</summary>
    private static byte[] Noise(Random random)
    {
        string[] pieces =
        [
            Begin,
            End,
            Begin + "pasted\rtext",
            End + "\r",
            "\e",
            "\e[",
            "\eO",
            "\e]0;title",
            "\eP1$r0m",
            "\e_x",
            "\e\\",
            "\a",
            "\e[M !!",
            "\e[<0;1;1M",
            "\e[1;5:3C",
            "\e[104;1:3u",
            "\e[57441;2u",
            "\e[0;;28450:23383u",
            "\e[[A",
            "\e[3^",
            "one\rtwo\r",
            "\r",
            "\n",
            "\t",
            "\u0003",
            "\u0012",
            "\u001f",
            "y",
            "e",
            "/who",
            "漢",
            "👩\u200d👩\u200d👧",
            "\e[?1;2c",
            "\e[200",
            "\e[201",
            "x",
        ];
        List<byte> bytes = [];
        for (int count = random.Next(1, 6); count > 0; count--)
            bytes.AddRange(Encoding.UTF8.GetBytes(pieces[random.Next(pieces.Length)]));
        for (int count = random.Next(4); count > 0; count--)
        {
            int at = random.Next(bytes.Count);
            if (random.Next(3) == 0)
                bytes.RemoveRange(at, Math.Min(bytes.Count - at - 1, random.Next(3)));
            else if (random.Next(2) == 0)
                bytes[at] = (byte)random.Next(256);
            else
                bytes.Insert(at, (byte)random.Next(256));
        }

        return [.. bytes];
    }

    /// <summary>Presses the keys. Returns the sent lines and whether the client ends.</summary>
    private static string Press(TerminalView view, IEnumerable<ReadKey> keys)
    {
        StringBuilder done = new();
        foreach ((Key key, byte[]? bytes) in keys.ToList())
        {
            view.HandleInput(bytes);
            UserAction action = key.Kind == KeyKind.None ? UserAction.None : view.Press(key);
            done.AppendJoin(' ', action.Lines);
            if (action.Kind == UserActionKind.Leave)
                done.Append(CultureInfo.InvariantCulture, $"{action.Kind}");
        }

        return done.ToString();
    }

    private string Type(string read) => Keys(_reader.Decode(Encoding.UTF8.GetBytes(read), _now));

    private string Silence(long milliseconds) => Keys(Silence(_reader, _now, _now += milliseconds));

    private static List<ReadKey> Silence(KeyReader reader, long from, long to)
    {
        List<ReadKey> keys = [];
        while (reader.Deadline is long due && due <= to)
        {
            Assert.True(due >= from);
            keys.AddRange(reader.Flush());
        }

        return keys;
    }

    private static string Keys(IEnumerable<ReadKey> keys) =>
        string.Concat(
            keys.Select(read =>
                read.Key switch
                {
                    { Kind: KeyKind.None } => "",
                    { Kind: KeyKind.PasteBegin or KeyKind.BurstBegin } => "[",
                    { Kind: KeyKind.PasteEnd } => "]",
                    { Kind: KeyKind.Enter } => "⏎",
                    { Kind: KeyKind.Character, Rune.Value: '\n' } => "⏎",
                    { Kind: KeyKind.Character, Ctrl: true } key => $"^{key.Rune}",
                    { Kind: KeyKind.Character } key => key.Rune.ToString(),
                    var key => key.Kind.ToString(),
                }
            )
        );
}
