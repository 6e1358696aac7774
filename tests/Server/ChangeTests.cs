using System.Globalization;
using System.Text;
using Chat.Protocol;
using Chat.Server.History;
using Chat.Tests.Server.History;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>Corrections, withdrawals and answers: lines of the log about an earlier message.</summary>
public sealed class ChangeTests : IDisposable
{
    private readonly HistoryFolder _folder = new();
    private readonly SteppedServer _server = new(Readiness.Epoll, SteppedServer.Unbounded);
    private readonly Peer _carol;
    private readonly RichPeer _alice,
        _bob;

    public ChangeTests()
    {
        _carol = _server.Join("carol");
        (_alice, _bob) = (_server.JoinRich("alice", person: 1), _server.JoinRich("bob", person: 2));
        Skip();
    }

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_correction_names_its_message_and_plain_tools_read_the_new_text()
    {
        long at = Say(_alice, "say 1 teh build is red");

        _alice.Send($@"edit 2 {at} the build\n\tis \\red\e");

        Assert.Equal([$@"edit alice 1.2 {at} the build\n\tis \\red\e"], _bob.News());
        Assert.Equal(["* alice corrects: the build", @"* alice corrects: 	is \red\e"], _server.News(_carol));
    }

    [Fact]
    public void A_withdrawal_names_its_message()
    {
        long at = Say(_alice, "snippet 1 a\\nb");

        _alice.Send($"delete 2 {at}", $"delete 2 {at}");

        Assert.Equal([$"delete alice 1.2 {at}"], _bob.News());
        Assert.Equal(["* alice withdraws a message"], _server.News(_carol));
    }

    [Fact]
    public void A_withdrawn_message_is_gone_and_a_corrected_one_is_quoted_with_its_new_text()
    {
        long at = Say(_alice, "say 1 hello");
        _alice.Send($"edit 2 {at} good\\tbye\\nnow");
        Skip();

        _bob.Send($"re 1 {at} yes");
        Assert.Equal([$"re bob 2.1 {at} (to alice: \"good bye...\") yes"], _bob.News());

        _alice.Send($"delete 3 {at}", $"delete 4 {at}", $"edit 5 {at} again");
        _bob.Send($"re 2 {at} yes");
        const string Gone = "there is no such message in the log of the room any more";
        Assert.Equal([$"err 4 {Gone}", $"err 5 {Gone}"], _alice.News()[^2..]);
        Assert.Equal($"err 2 {Gone}", _bob.News()[^1]);
    }

    [Fact]
    public void The_largest_text_can_be_a_correction()
    {
        long at = Say(_alice, "say 1 hello");
        string escaped = string.Concat(Enumerable.Repeat(@"\\", ProtocolLimits.SnippetBytes));

        _alice.Send($"edit 2 {at} {escaped}");

        Assert.Equal([$"edit alice 1.2 {at} {escaped}"], _alice.News());
    }

    [Theory]
    [InlineData("say 1 shall we?", "shall we?")]
    [InlineData("me 1 waves", "waves")]
    [InlineData("say 1 say \"yes\") or no", "say 'yes') or no")]
    [InlineData(@"snippet 1 if ok:\n\tgo()", "if ok:...")]
    [InlineData(@"snippet 1 \ta\\b\nc", @" a\b...")]
    [InlineData(
        "say 1 0123456789012345678901234567890123456789 and more",
        "0123456789012345678901234567890123456789..."
    )]
    public void An_answer_quotes_the_first_words(string said, string quoted)
    {
        long at = Say(_bob, said);

        _alice.Send($"re 1 {at} yes");

        Assert.Equal([$"re alice 1.1 {at} (to bob: \"{quoted}\") yes"], _bob.News());
        Assert.Equal([$"<alice> (to bob: \"{quoted}\") yes"], _server.News(_carol));
    }

    [Fact]
    public void An_answer_to_an_answer_quotes_its_words_alone()
    {
        long at = Say(_bob, "say 1 shall we?");
        long answer = Say(_alice, $"re 1 {at} yes");

        _bob.Send($"re 2 {answer} good");

        Assert.Equal([$"re bob 2.2 {answer} (to alice: \"yes\") good"], _alice.News());
    }

    [Fact]
    public void A_member_without_a_token_changes_its_message_after_a_rename()
    {
        RichPeer guest = _server.JoinRich("erin", person: 0);
        long at = Say(guest, "say 1 teh");

        guest.Send("nick 2 erin2", $"edit 3 {at} the");

        Assert.Equal($"edit erin2 3.3 {at} the", guest.News()[^1]);
    }

    [Fact]
    public void A_change_costs_the_same_however_many_the_log_holds()
    {
        using SteppedServer server = new(
            Readiness.Epoll,
            SteppedServer.Unbounded with
            {
                LogBytes = SteppedServer.RoomyLog,
            }
        );
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.News();
        int id = 0;
        long first = alice.Offset,
            few = 0,
            many = 0;
        alice.Send($"say {++id} x", $"edit {++id} {first} y");
        for (int i = 0; i < 3; i++)
            few = AllocatedByEdit();
        for (int batch = 0; batch < 21; batch++)
        {
            int from = alice.Peer.Lines.Count;
            alice.Send([.. Enumerable.Range(0, 50).Select(_ => $"say {++id} x")]);
            alice.News();
            alice.Send([.. alice.Peer.Lines.Skip(from).Select(line => $"edit {++id} {line.Split(' ')[0]} y")]);
            alice.News();
        }
        for (int i = 0; i < 3; i++)
            many = AllocatedByEdit();

        Assert.InRange(many, 0, few);

        long AllocatedByEdit()
        {
            long before = server.AllocatedInPasses;
            alice.Send($"edit {++id} {first} z");
            alice.News();
            return server.AllocatedInPasses - before;
        }
    }

    [Fact]
    public void Only_its_author_changes_a_message_and_only_for_ten_minutes()
    {
        long at = Say(_alice, "say 1 mine"),
            whisper = Say(_alice, "tell 2 bob psst"),
            join = 0;

        _bob.Send($"edit 1 {at} not mine", $"delete 2 {at}");
        Assert.Equal(["err 1 that message is not yours", "err 2 that message is not yours"], _bob.News());

        _alice.Send(
            $"edit 3 {whisper} x",
            $"delete 4 {join}",
            $"re 5 {at + 1} x",
            "edit 6 x y",
            "delete 7",
            "edit 8 5"
        );
        const string Gone = "there is no such message in the log of the room any more";
        Assert.Equal(
            [
                $"err 3 {Gone}",
                $"err 4 {Gone}",
                $"err 5 {Gone}",
                "err 6 the offset of the message is missing",
                "err 7 the offset of the message is missing",
                "err 8 the message is empty",
            ],
            _alice.News()
        );

        for (int minute = 0; minute < 10; minute++)
        {
            _server.Clock.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromMilliseconds(1));
            _alice.Send("ping 0");
        }
        _alice.Send($"edit 9 {at} in time");
        Assert.Equal([$"edit alice 1.9 {at} in time"], _alice.News());
        _server.Clock.Advance(TimeSpan.FromMilliseconds(20));
        _alice.Send($"edit 10 {at} too late");
        Assert.Equal(["err 10 a message can be changed for 10 minutes"], _alice.News());
    }

    [Fact]
    public void A_longer_answer_than_a_line_is_refused_and_the_longest_fits_the_history()
    {
        string name = string.Concat(Enumerable.Repeat("𐌰", ProtocolLimits.NameLength));
        const int Most = Quotation.TextBytes;
        using (SteppedServer server = _folder.Start())
        {
            RichPeer alice = server.JoinRich(name, person: 1);
            alice.News();
            alice.Send($"say 1 {new string('x', 4000)}");
            long at = OffsetOf(alice, "xxx");
            alice.Send($"re 2 {at} {new string('y', Most + 1)}", $"re 3 {at} {new string('y', Most)}");
            Assert.Contains($"err 2 an answer has at most {Most} bytes, and this one has {Most + 1}", alice.News());
        }

        using SteppedServer again = _folder.Start();
        Assert.Equal(3, again.JoinRich(name, person: 1).Taken);
        Assert.DoesNotContain(again.Log.Lines, static line => line.Contains("damaged", StringComparison.Ordinal));
    }

    [Fact]
    public void A_restarted_server_repeats_changes_and_takes_new_ones()
    {
        long at;
        using (SteppedServer server = _folder.Start())
        {
            RichPeer alice = server.JoinRich("alice", person: 1);
            alice.Send("say 1 one");
            at = OffsetOf(alice, "one");
            alice.Send($@"edit 2 {at} two\nrows", $"re 3 {at} three", "say 4 four", $"delete 5 {at}");
        }

        using SteppedServer again = _folder.Start();
        Peer nc = again.Join();
        RichPeer back = again.JoinRich("alice", person: 1);

        Assert.Equal(
            [
                "say alice 1.1 one",
                $@"edit alice 1.2 {at} two\nrows",
                $"re alice 1.3 {at} (to alice: \"two...\") three",
                "say alice 1.4 four",
                $"delete alice 1.5 {at}",
            ],
            back.News().Where(static line => line.Contains(" alice 1.", StringComparison.Ordinal)).Skip(1).Take(5)
        );
        Assert.Contains("* alice corrects: rows", nc.Lines);
        back.Send($"edit 6 {at} again");
        Assert.Equal(["err 6 there is no such message in the log of the room any more"], back.News());
        long later = OffsetOf(back, "say alice 1.4 four");
        back.Send($"edit 7 {later} five");
        Assert.Equal([$"edit alice 1.7 {later} five"], back.News());
    }

    [Fact]
    public void Lines_about_no_earlier_message_are_left_out_of_a_repaired_file_and_offsets_follow()
    {
        const string Header = "chat-history 1 0123456789abcdef 1767323045000 1000\n\n";
        string first = "1000 0 say bob 0 hi\n",
            second = $"{1000 + first.Length} 0 edit bob 0 1000 hello\n",
            third = $"{1000 + first.Length + second.Length} 0 edit bob 0 5000 later\n";
        File.WriteAllText(_folder.File, Header + first + second + third);

        using RoomHistory history = _folder.Open();

        string log = Encoding.UTF8.GetString(history.State.Log.Read(0, history.State.Log.Tail));
        Assert.Equal("0 0 say bob 0 hi\n17 0 edit bob 0 0 hello\n", log);
    }

    private long Say(RichPeer peer, string request)
    {
        peer.Send(request);
        long offset = OffsetOf(peer, request.Split(' ', 3)[2].Split(' ')[^1]);
        Skip();
        return offset;
    }

    private static long OffsetOf(RichPeer peer, string text)
    {
        peer.News();
        return long.Parse(
            peer
                .Peer.Lines.Last(line => char.IsAsciiDigit(line[0]) && line.Contains(text, StringComparison.Ordinal))
                .Split(' ')[0],
            CultureInfo.InvariantCulture
        );
    }

    private void Skip()
    {
        _server.Skip(_carol);
        _alice.News();
        _bob.News();
    }
}
