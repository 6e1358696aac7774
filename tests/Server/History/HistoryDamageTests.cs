using System.Text;
using Chat.Protocol;
using Chat.Protocol.Text;
using Chat.Server;
using Chat.Server.History;
using Chat.Server.Log;
using Chat.Server.Rooms;
using Chat.Tests.Support;

namespace Chat.Tests.Server.History;

/// <summary>
/// A history that an editor, a disk or another program damaged: every readable line stays, and the log reports
/// the rest.
/// </summary>
public sealed class HistoryDamageTests : IDisposable
{
    private const string Head = "chat-history 1 0123456789abcdef 1767323045000 0";

    private static readonly string[] Told =
    [
        "-- 192.0.2.1 joined",
        "-- 192.0.2.1 is now alice",
        "-- 192.0.2.2 joined",
        "-- 192.0.2.2 is now bob",
        "<alice> is anybody here?",
        "<bob> yes",
        "<alice> all right",
        "<bob> see you there",
    ];

    // A file as a server writes it: a header, and lines that start with their offsets.
    private static readonly string[] Lines = Numbered(
        "0 join 192.0.2.1 0",
        "50 rename 192.0.2.1 0 alice",
        "900 join 192.0.2.2 0",
        "950 rename 192.0.2.2 0 bob",
        "2000 say alice 0 is anybody here?",
        "3000 say bob 0 yes",
        "4000 say alice 0 all right",
        "9000 say bob 0 see you there"
    );

    private readonly HistoryFolder _folder = new();
    private readonly SteppedServer.LogLines _log = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_undamaged_history_stays_byte_for_byte()
    {
        Assert.Equal(Told, Read(Text(Lines)));
        Assert.Empty(_log.Lines);
        Assert.Equal(Text(Lines), File.ReadAllText(_folder.File));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(7)]
    public void A_removed_line_loses_no_other_line(int removed)
    {
        string[] left = [.. Lines.Where((_, i) => i != removed)];

        Assert.Equal(Told.Where((_, i) => i != removed), Read(Text(left)));
        // Without the last line the file is valid.
        if (removed < 7)
            AssertMended(line: removed + 3, kept: 7, dropped: 0, Text(left));
    }

    [Fact]
    public void A_line_of_another_length_loses_no_other_line()
    {
        string[] changed = [.. Lines];
        changed[4] = changed[4].Replace("anybody", "anyone", StringComparison.Ordinal);

        Assert.Equal(
            Told.Select(static line => line.Replace("anybody", "anyone", StringComparison.Ordinal)),
            Read(Text(changed))
        );
        AssertMended(line: 8, kept: 8, dropped: 0, Text(changed));
    }

    [Fact]
    public void Lines_in_another_order_are_all_shown()
    {
        string[] swapped = [.. Lines];
        (swapped[4], swapped[5]) = (swapped[5], swapped[4]);

        Assert.Equal(Told.Order(StringComparer.Ordinal), Read(Text(swapped)).Order(StringComparer.Ordinal));
        AssertMended(line: 7, kept: 8, dropped: 0, Text(swapped));
    }

    [Fact]
    public void A_duplicate_line_is_shown_once()
    {
        string text = Text([.. Lines[..5], Lines[4], .. Lines[5..]]);

        Assert.Equal(Told, Read(text));
        AssertMended(line: 8, kept: 8, dropped: 1, text);
    }

    [Fact]
    public void An_editors_line_ends_and_byte_order_mark_are_taken_away()
    {
        string text = "\uFEFF" + Text(Lines).Replace("\n", "\r\n", StringComparison.Ordinal);

        Assert.Equal(Told, Read(text));
        AssertMended(line: 1, kept: 8, dropped: 0, text);
    }

    [Fact]
    public void Zeros_of_a_lost_block_damage_only_the_lines_they_touch()
    {
        string whole = Text(Lines);
        int at = whole.IndexOf("anybody", StringComparison.Ordinal);
        string text = whole[..at] + new string('\0', 30) + whole[(at + 30)..];

        Assert.Equal([.. Told[..4], .. Told[6..]], Read(text));
        AssertMended(line: 7, kept: 6, dropped: 1, text);
    }

    [Fact]
    public void A_missing_empty_line_after_the_header_loses_no_other_line()
    {
        string text = Text(Lines).Replace("\n\n", "\n", StringComparison.Ordinal);

        Assert.Equal(Told, Read(text));
        AssertMended(line: 2, kept: 8, dropped: 0, text);
    }

    [Fact]
    public void A_history_without_its_first_half_keeps_the_second()
    {
        Assert.Equal(Told[4..], Read(Text(Lines[4..])));
        AssertMended(line: 3, kept: 4, dropped: 0, Text(Lines[4..]));
    }

    [Fact]
    public void Text_and_names_are_cleaned_like_those_from_the_network()
    {
        string[] unclean = [.. Lines];
        unclean[4] = "105 2000 say alice 0 the password is \e[2J\u009b1\0\a";
        unclean[5] = "146 3000 say b\eo\u202Eb 0 yes";
        byte[] written = new byte[ProtocolLimits.RelayedLineBytes];
        byte[] typed = Encoding.UTF8.GetBytes("the password is \e[2J\u009b1\0\a");
        string clean = Encoding.UTF8.GetString(written.AsSpan(0, SafeText.Clean(typed, written)));

        string[] told = Read(Text(unclean));

        Assert.Equal($"<alice> {clean}", told[4]);
        Assert.Equal("<bob> yes", told[5]);
        AssertMended(line: 7, kept: 8, dropped: 0, Text(unclean));
    }

    [Fact]
    public void A_whisper_without_its_pair_line_is_shown_to_no_member()
    {
        using (SteppedServer server = _folder.Start())
        {
            RichPeer alice = server.JoinRich("alice", person: 1),
                bob = server.JoinRich("bob", person: 2),
                carol = server.JoinRich("carol", person: 3);
            alice.Send("tell 1 bob first secret");
            server.Settle();
            server.Advance(TimeSpan.FromMilliseconds(5));
            carol.Send("tell 1 alice second secret");
            bob.News();
        }
        // The first whisper and the pair of the second are removed.
        List<string> lines = [.. File.ReadAllLines(_folder.File)];
        lines.RemoveAll(static line => line.Contains("first secret", StringComparison.Ordinal));
        lines.RemoveAt(lines.FindIndex(static line => line.Contains("second secret", StringComparison.Ordinal)) - 1);
        File.WriteAllText(_folder.File, string.Join('\n', lines) + "\n");

        using SteppedServer again = _folder.Start();
        Assert.DoesNotContain(
            again.JoinRich("bob", person: 2).News(),
            static line => line.Contains("secret", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("9000000000000000000")]
    [InlineData("100000000000000")]
    public void The_server_does_not_continue_from_numbers_that_only_damage_can_write(string number)
    {
        string[] damaged = [.. Lines, $"1 9001 say bob {number}.{number} hello", $"2 {number} say bob 0 hello"];

        Assert.Equal(Told, Read(Text(damaged)));
        AssertMended(line: 11, kept: 8, dropped: 2, Text(damaged));
    }

    [Theory]
    [InlineData("100000000000000")]
    [InlineData("9223372036854775807")]
    public void A_request_with_a_number_that_a_history_cannot_hold_is_refused(string number)
    {
        using (SteppedServer server = _folder.Start())
        {
            RichPeer mallory = server.JoinRich("mallory", person: 1);
            mallory.Send($"say {number} attack", "say 99999999999999 hello");
            Assert.Contains(
                mallory.News(),
                line => line.Contains("the number of a request is below", StringComparison.Ordinal)
            );
        }
        using (_folder.Open(_log))
            Assert.Empty(_log.Lines);
        string text = File.ReadAllText(_folder.File);
        Assert.Contains("hello", text, StringComparison.Ordinal);
        Assert.DoesNotContain("attack", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_history_is_left_unchanged_when_the_most_are_kept_already()
    {
        for (int i = 1; i <= ServerLimits.KeptHistories; i++)
            File.WriteAllText(_folder[$"history.damaged{(i == 1 ? "" : $"{i}")}"], "");
        string damaged = Text([.. Lines.Where(static (_, at) => at != 3)]);
        File.WriteAllText(_folder.File, damaged);

        StartupException refusal = Assert.Throws<StartupException>(() => _folder.Open(_log));

        Assert.EndsWith(
            "history.damaged are kept already; remove some of them",
            refusal.Message,
            StringComparison.Ordinal
        );
        Assert.Equal(damaged, File.ReadAllText(_folder.File));
    }

    [Fact]
    public void Random_bytes_of_plain_and_rich_members_are_read_back_without_damage()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            using HistoryFolder folder = new();
            SteppedServer.LogLines log = new();
            string[] told;
            using (SteppedServer server = folder.Start())
            {
                SayAnything(server, new Random(seed));
                told = server.JoinRich("reader", person: 9, place: "- 9999").News();
            }
            byte[] written = folder.Bytes;
            using (folder.Open(log))
                Assert.True(log.Lines.Count == 0, $"seed {seed}: {string.Join('\n', log.Lines)}");
            Assert.Equal(written, folder.Bytes);
            using (SteppedServer server = folder.Start())
            {
                string[] again = server.JoinRich("reader", person: 9, place: "- 9999").News();
                Assert.Equal(told, again[..told.Length]);
            }
        }
    }

    // Forty lines of three members: commands and requests before texts of every kind of byte, some longer than a line.
    private static void SayAnything(SteppedServer server, Random random)
    {
        RichPeer alice = server.JoinRich("alice", person: 1),
            bob = server.JoinRich("bob", person: 2);
        Peer guest = server.Join();
        string[] verbs = ["say", "me", "tell", "nick"],
            commands = ["", "", "/me ", "/nick ", "/msg alice ", "//", "/msg "];
        for (int i = 1; i <= 40; i++)
        {
            byte[] text = AnyText(random);
            if (i % 3 == 0)
            {
                guest.SendBytes([
                    .. Encoding.UTF8.GetBytes(commands[random.Next(commands.Length)]),
                    .. text,
                    (byte)'\n',
                ]);
                continue;
            }
            string verb = verbs[random.Next(verbs.Length)];
            string to = verb == "tell" ? (i % 2 == 0 ? "bob " : "alice ") : "";
            Peer sender = (i % 2 == 0 ? alice : bob).Peer;
            sender.SendBytes([.. Encoding.UTF8.GetBytes($"{verb} {i} {to}"), .. text, (byte)'\n']);
        }
        server.Settle();
    }

    private static byte[] AnyText(Random random)
    {
        using MemoryStream text = new();
        int length = random.Next(10) == 0 ? random.Next(ProtocolLimits.LineBytes * 2) : random.Next(1, 80);
        Span<byte> utf8 = stackalloc byte[4];
        while (text.Length < length)
        {
            switch (random.Next(8))
            {
                case 0:
                    text.WriteByte((byte)random.Next(256));
                    break;
                case 1:
                    text.WriteByte((byte)random.Next(0x20));
                    break;
                case 2 or 3:
                    text.WriteByte((byte)random.Next(0x20, 0x7F));
                    break;
                case 4:
                    // Marks, joiners, bidi controls, variation selectors and general punctuation.
                    text.Write(utf8[..new Rune(0x2000 + random.Next(0x100)).EncodeToUtf8(utf8)]);
                    break;
                default:
                    if (Rune.TryCreate(random.Next(0x11_0000), out Rune rune))
                        text.Write(utf8[..rune.EncodeToUtf8(utf8)]);
                    break;
            }
        }
        return [.. text.ToArray().Select(static b => b == '\n' ? (byte)' ' : b)];
    }

    [Theory]
    [InlineData("9000 topic - 0 new plans")]
    [InlineData("9000 topic * 0 new plans")]
    [InlineData("9000 topic alice 0 new plans")]
    [InlineData("9000 topic - 3.7")]
    public void A_line_kind_of_a_newer_server_is_not_damage(string line)
    {
        string[] lines = [.. Lines, $"{Text(Lines).Length - Head.Length - 2} {line}"];

        Assert.Equal(Told, Read(Text(lines)));
        Assert.Empty(_log.Lines);
        Assert.Equal(Text(lines), File.ReadAllText(_folder.File));
    }

    // Each word has the length of the longest line. The offset of the last line grows from one digit to three.
    [Theory]
    [InlineData("1 2 ", "topic", " - 0 text")]
    [InlineData("1 2 topic - 0 ", "text", "")]
    [InlineData("1 2 topic ", "name", " 0 text")]
    [InlineData("1 ", "0", "9000 say bob 0 text")]
    [InlineData("", "0", "1 9000 say bob 0 text")]
    [InlineData("1 9000 say bob ", "0", "1.1 text")]
    [InlineData("1 9000 say bob 1.", "0", "1 text")]
    [InlineData("1 9000 say ", "bob", " 0 text")]
    [InlineData("1 9000 say bob 0 ", "\e", "")]
    [InlineData("1 9000 rename alice 0 ", "name", "")]
    public void A_word_as_long_as_a_line_loses_no_other_line(string start, string longWord, string end)
    {
        int length = ProtocolLimits.RelayedLineBytes - 1 - start.Length - end.Length;
        string word = string.Concat(Enumerable.Repeat(longWord, length / longWord.Length + 1))[..length];

        string[] told = Read(Text([.. Lines, start + word + end]));

        Assert.Equal(Told, told[..Told.Length]);
        Assert.Contains(
            _log.Lines,
            static line => line.Contains("is damaged from line 11 on", StringComparison.Ordinal)
        );
        _log.Lines.Clear();
        using (_folder.Open(_log))
            Assert.Empty(_log.Lines);
    }

    [LinuxFact]
    public void A_start_that_cannot_repair_the_file_leaves_it_unchanged_and_creates_no_other()
    {
        File.WriteAllText(_folder.File, Text(Lines[1..]));
        // The longest name that a file may have leaves no name for the damaged file.
        string file = _folder[new string('h', 250)];
        File.Move(_folder.File, file);

        StartupException error = Assert.Throws<StartupException>(() =>
            RoomHistory.Open(file, ServerLimits.SmallestLogBytes, long.MaxValue, default, _log)
        );

        Assert.StartsWith($"cannot keep the history in {file}: ", error.Message, StringComparison.Ordinal);
        Assert.Equal([file], Directory.GetFiles(_folder[""]));
        Assert.Equal(Text(Lines[1..]), File.ReadAllText(file));
    }

    [Fact]
    public void Guests_of_version_0_1_keep_their_addresses_in_a_damaged_history()
    {
        string[] names = ["192.0.2.1", "192.0.2.1#2", "fe80::1%eth0", "::1#12", "2001:db8::7"];
        string[] lines = Numbered([
            .. names.Select(static name => $"0 join {name} 0"),
            .. names.Select(static name => $"5 say {name} 0 hello"),
            .. names.Select(static name => $"9 leave {name} 0"),
        ]);
        string[] told =
        [
            .. names.Select(static name => $"-- {name} joined"),
            .. names.Select(static name => $"<{name}> hello"),
            .. names.Select(static name => $"-- {name} left"),
        ];

        Assert.Equal(told, Read(Text(lines)));
        Assert.Empty(_log.Lines);
        Assert.Equal(told[1..], Read(Text(lines[1..])));
        AssertMended(line: 3, kept: 14, dropped: 0, Text(lines[1..]));
    }

    [Fact]
    public void After_any_damage_a_server_starts_or_refuses_and_keeps_every_whole_line()
    {
        string whole = Text(Lines);
        for (int seed = 0; seed < 2000; seed++)
        {
            Random random = new(seed);
            byte[] bytes = Encoding.UTF8.GetBytes(whole);
            // Damage starts behind the header, whose loss is refused.
            int at = random.Next(Head.Length + 2, bytes.Length),
                length = random.Next(0, Math.Min(40, bytes.Length - at));
            byte[] put = new byte[random.Next(0, 40)];
            random.NextBytes(put);
            byte[] damaged = [.. bytes[..at], .. put, .. bytes[(at + length)..]];
            File.WriteAllBytes(_folder.File, damaged);

            string[] told = Told;
            using (RoomHistory history = _folder.Open())
                told = Conversation(history);

            int before = whole[..at].Count(static c => c == '\n') - 2,
                behind = whole[(at + length)..].Count(static c => c == '\n') - 1;
            Assert.Equal(Told[..before], told[..before]);
            // The inserted bytes may repeat those before them, so the test looks for lines and does not count
            // them.
            Assert.Equal(behind > 0 ? Told[^behind..] : [], behind > 0 && damaged[^1] == '\n' ? told[^behind..] : []);
            Assert.All(told, static line => Assert.Equal(line, SafeText.Clean(line)));
            foreach (string file in Directory.GetFiles(_folder[""], "history*"))
                File.Delete(file);
        }
    }

    private static string[] Numbered(params string[] lines)
    {
        int offset = 0;
        for (int i = 0; i < lines.Length; i++)
        {
            lines[i] = $"{offset} {lines[i]}";
            offset += lines[i].Length + 1;
        }
        return lines;
    }

    private static string Text(IEnumerable<string> lines) =>
        $"{Head}\n\n{string.Concat(lines.Select(static line => line + "\n"))}";

    private string[] Read(string text)
    {
        File.WriteAllText(_folder.File, text);
        using RoomHistory history = _folder.Open(_log);
        return Conversation(history);
    }

    private static string[] Conversation(RoomHistory history)
    {
        RoomLog plain = new ConversationLog(ServerLimits.SmallestLogBytes, history.State).Plain;
        return Encoding.UTF8.GetString(plain.Copy(0, plain.Tail, new byte[ServerLimits.SmallestLogBytes])).Split('\n')[
            ..^1
        ];
    }

    private void AssertMended(int line, int kept, int dropped, string text)
    {
        string aside = _folder.File + ".damaged";
        Assert.Equal(
            [
                $"{_folder.File} is damaged from line {line} on: {kept} lines of the conversation were kept and renumbered, {dropped} could not be read; the file as it was is kept as {aside}",
            ],
            _log.Lines
        );
        Assert.Equal(
            text,
            File.ReadAllText(aside, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false))
                .Insert(0, text[0] == '\uFEFF' ? "\uFEFF" : "")
        );
        Assert.DoesNotContain("0123456789abcdef", File.ReadLines(_folder.File).First(), StringComparison.Ordinal);
        _log.Lines.Clear();
        byte[] mended = _folder.Bytes;
        using (_folder.Open(_log))
            Assert.Empty(_log.Lines);
        Assert.Equal(mended, _folder.Bytes);
    }
}
