using System.Text;
using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Server;
using Chat.Server.Rooms;

namespace Chat.Tests.Server.Rooms;

/// <summary>Plain input without sockets: each command, each error, and the lines that other members see.</summary>
public sealed class PlainCommandsTests
{
    private readonly Room _room = NewRoom(64 * 1024);
    private readonly PlainCommands _commands;
    private readonly Member _alice,
        _bob,
        _carol;

    public PlainCommandsTests()
    {
        _commands = new PlainCommands(_room);
        (_alice, _bob, _carol) = (Enter("alice"), Enter("bob"), Enter("carol"));
        foreach (Member member in (Member[])[_alice, _bob, _carol])
            Take(member);
    }

    [Fact]
    public void A_line_reaches_the_others_and_not_its_sender()
    {
        Say(_alice, "hello");
        Assert.Equal(["<alice> hello"], Take(_bob));
        Assert.Equal(["<alice> hello"], Take(_carol));
        Assert.Empty(Take(_alice));
    }

    [Theory]
    [InlineData("//shrug", "<alice> /shrug")]
    [InlineData("///shrug", "<alice> //shrug")]
    [InlineData("//", "<alice> /")]
    [InlineData(" /who", "<alice>  /who")]
    [InlineData("/me waves", "* alice waves")]
    [InlineData("/ME  waves  ", "* alice waves")]
    public void An_action_and_an_escaped_slash_reach_the_others(string said, string seen)
    {
        Say(_alice, said);
        Assert.Equal([seen], Take(_bob));
        Assert.Empty(Take(_alice));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("   \t ")]
    public void An_empty_line_says_nothing(string said)
    {
        Say(_alice, said);
        Assert.Empty(Take(_bob));
        Assert.Empty(Take(_alice));
    }

    [Theory]
    [InlineData("/nick", "/nick NAME")]
    [InlineData("/me", "/me TEXT")]
    [InlineData("/me   ", "/me TEXT")]
    [InlineData("/msg", "/msg NAME TEXT")]
    [InlineData("/msg bob", "/msg NAME TEXT")]
    [InlineData("/tell bob  ", "/msg NAME TEXT")]
    [InlineData("/w", "/msg NAME TEXT")]
    [InlineData("/reply", "/reply TEXT")]
    [InlineData("/r", "/reply TEXT")]
    [InlineData("/history x", "/history [N]")]
    [InlineData("/history 0", "/history [N]")]
    [InlineData("/history -1", "/history [N]")]
    [InlineData("/history 99999999999", "/history [N]")]
    public void A_wrong_command_is_answered_with_its_usage(string said, string usage)
    {
        Say(_alice, said);
        Assert.Equal([$"-- usage: {usage}"], Take(_alice));
        Assert.Empty(Take(_bob));
    }

    [Theory]
    [InlineData("/", "-- there is no command /;")]
    [InlineData(
        "/shrug",
        "-- there is no command /shrug; /help lists them. To say a line that begins with a slash, double it: //shrug"
    )]
    [InlineData(
        "/hlep",
        "-- there is no command /hlep; did you mean /help? To say a line that begins with a slash, double it: //hlep"
    )]
    [InlineData("/nik zoe", "-- there is no command /nik; did you mean /nick?")]
    [InlineData("/hist", "-- there is no command /hist; did you mean /history?")]
    [InlineData("/join #room", "-- one server is one room; there is nothing to join")]
    [InlineData("/TOPIC x", "-- /topic is for hosts; @ marks them in /who")]
    [InlineData("/away", "-- there is no away mark;")]
    [InlineData("/op bob", "-- /op is for hosts;")]
    [InlineData("/whois bob", "-- /who shows when each person joined")]
    [InlineData("/usr/bin is full", "-- there is no command /usr/bin;")]
    [InlineData("/msg nobody hello", "-- there is no nobody here; /who lists the people here")]
    [InlineData("/msg alice hello", "-- that is you")]
    [InlineData("/reply hello", "-- there is no whisper to answer yet;")]
    [InlineData("/nick alice", "-- you are alice already")]
    [InlineData("/nick bob", "-- bob is taken. bob2 is free. (You are still alice.)")]
    [InlineData("/nick B0B", "-- B0B looks like bob, who is here. B0B2 is free. (You are still alice.)")]
    [InlineData("/nick alice-of-the-long-name", ". (You are still alice.)")]
    public void A_refused_command_is_explained_to_its_sender_alone(string said, string answer)
    {
        Say(_alice, said);
        Assert.Contains(answer, Assert.Single(Take(_alice)), StringComparison.Ordinal);
        Assert.Empty(Take(_bob));
        Assert.Equal("alice", _alice.Name);
    }

    [Theory]
    [InlineData("/nick ")]
    [InlineData("/msg ")]
    [InlineData("/")]
    public void A_word_of_any_length_fits_an_answer(string command)
    {
        Say(_alice, command + new string('é', 2000) + " text");
        Assert.InRange(Encoding.UTF8.GetByteCount(Assert.Single(Take(_alice))), 10, 500);
        Assert.Empty(Take(_bob));
    }

    [Fact]
    public void A_rename_is_announced_and_frees_the_old_name()
    {
        Say(_alice, "/nick dora");
        Assert.Equal(["-- alice is now dora"], Take(_alice));
        Assert.Equal(["-- alice is now dora"], Take(_bob));
        Say(_bob, "/nick alice");
        Assert.Equal(["-- bob is now alice"], Take(_alice));
    }

    [Theory]
    [InlineData("/msg bob psst")]
    [InlineData("/tell bob psst")]
    [InlineData("/W  bob   psst ")]
    public void A_whisper_reaches_its_recipient_alone(string said)
    {
        Say(_alice, said);
        Assert.Equal(["<alice -> bob> psst"], Take(_bob));
        Assert.Empty(Take(_carol));
        Assert.Empty(Take(_alice));
    }

    [Fact]
    public void A_reply_goes_to_the_last_whisperer_under_its_present_name()
    {
        Say(_alice, "/msg bob one");
        Say(_carol, "/msg bob two");
        Say(_carol, "/nick zoe");
        Take(_alice);
        Say(_bob, "/r three");
        Assert.Equal(["-- carol is now zoe", "<bob -> zoe> three"], Take(_carol));
        Assert.Empty(Take(_alice));
    }

    [Fact]
    public void A_reply_to_a_person_that_left_does_not_reach_another_person_with_that_name()
    {
        Say(_alice, "/msg bob one");
        _room.HangUp(_alice, Now);
        Member other = Enter("alice");
        Take(other);
        Take(_bob);
        Say(_bob, "/reply two");
        Assert.Equal(["-- alice is not here any more"], Take(_bob));
        Assert.Empty(Take(other));
    }

    [Fact]
    public void History_repeats_the_last_lines_with_own_lines_and_whispers()
    {
        Say(_alice, "one");
        Say(_bob, "/msg carol secret");
        Say(_bob, "/msg alice psst");
        Say(_alice, "two");
        Take(_alice);
        Say(_alice, "/history 3");
        Assert.Equal(["-- the last 3 lines again:", "<alice> one", "<bob -> alice> psst", "<alice> two"], Take(_alice));
        Say(_alice, "/history 1");
        Assert.Equal(["-- the last line again:", "<alice> two"], Take(_alice));
        Say(_alice, "/history 2147483647");
        Assert.Equal("<alice> two", Take(_alice)[^1]);
        Assert.Empty(Take(_alice));
    }

    [Theory]
    [InlineData("/history 99999")]
    [InlineData("/history")]
    public void History_announces_the_number_of_lines_that_follow(string typed)
    {
        Say(_bob, "/msg carol secret");
        Take(_alice);
        Say(_alice, typed);
        string[] told = Take(_alice);
        Assert.Equal($"-- the last {told.Length - 1} lines again:", told[0]);
        Assert.True(told.Length > 2);
    }

    [Fact]
    public void History_without_a_number_gives_the_backlog()
    {
        for (int i = 0; i < 50; i++)
            Say(_alice, $"line {i}");
        Take(_bob);
        Say(_bob, "/history");
        Assert.Equal(
            [
                $"-- the last {ProtocolLimits.BacklogLines} lines again:",
                .. Enumerable.Range(30, 20).Select(static i => $"<alice> line {i}"),
            ],
            Take(_bob)
        );
    }

    [Fact]
    public void The_command_who_takes_no_argument()
    {
        Say(_alice, "/who bob");
        Assert.Equal(["-- usage: /who"], Take(_alice));
    }

    [Fact]
    public void The_command_who_lists_all_members_in_order()
    {
        Say(_bob, "/nick Zoe");
        Take(_alice);
        foreach (string said in (string[])["/who", "/names", "/users", "/LIST"])
        {
            Say(_alice, said);
            Assert.Equal(
                [
                    "-- 3 here:",
                    "-- alice (you), here 0 s, idle 0 s, plain connection",
                    "-- carol, here 0 s, idle 0 s, plain connection",
                    "-- Zoe, here 0 s, idle 0 s, plain connection",
                ],
                Take(_alice)
            );
        }
    }

    [Fact]
    public void The_command_who_prints_presence_and_idle_times()
    {
        ClockReading later = new(7_500_000, 7_500_000);
        Member dave = _room.JoinPlain(later);
        dave.Person.Client = ClientKind.Telnet;
        _room.Say(_alice, "hi"u8, new ClockReading(7_440_000, 7_440_000));
        Take(_alice);
        Assert.True(_commands.Handle(_alice, "/who"u8, later));
        string[] lines = Take(_alice);
        Assert.Contains("-- alice (you), here 2 h 5 min, idle 1 min, plain connection", lines);
        Assert.Contains($"-- {dave.Name}, here 0 s, idle 0 s, telnet", lines);
    }

    [Fact]
    public void The_command_who_in_a_large_room_lists_only_names()
    {
        for (int i = 0; i <= ProtocolLimits.PeopleTold; i++)
            Enter($"p{"abcdefghjkmnpqrstuvwxyz"[i]}");
        Take(_alice);
        Say(_alice, "/who");
        Assert.StartsWith(
            $"-- {_room.Count} here: alice, bob, carol, pa, pb,",
            Assert.Single(Take(_alice)),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_command_who_in_a_full_room_answers_in_short_lines_within_the_answer_limit()
    {
        Room room = NewRoom(1024 * 1024);
        Member reader = room.JoinPlain(Now);
        for (int i = 0; i < 5000; i++)
            room.JoinPlain(Now);
        TakeBytes(reader);
        new PlainCommands(room).Handle(reader, "/who"u8, Now);
        byte[] answer = TakeBytes(reader);
        Assert.InRange(answer.Length, ServerLimits.AnswerBytes / 2, ServerLimits.AnswerBytes);
        string[] lines = Lines(answer);
        Assert.All(lines, static line => Assert.InRange(line.Length, 1, ServerLimits.WhoLineLength + 100));
        Assert.StartsWith("-- 5001 here: guest, guest10, ", lines[0], StringComparison.Ordinal);
        Assert.All(lines, static line => Assert.Matches("^-- ([0-9]|guest|and )", line));
        int told = lines.Sum(static line => line.Split("guest").Length - 1);
        Assert.EndsWith($"and {5001 - told} more", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Help_lists_every_command_and_each_of_them_exists()
    {
        Say(_alice, "/help");
        string[] help = Take(_alice);
        Assert.Equal(
            ["/nick", "/me", "/msg", "/reply", "/who", "/history", "/topic", "/help", "/quit", "//TEXT"],
            help.Select(static l => l.Split(' ')[1])
        );
        foreach (string command in help.SkipLast(1).Select(static l => l.Split(' ')[1]))
        {
            Say(_alice, command);
            Assert.DoesNotContain(Take(_alice), static line => line.Contains("no command", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Quit_leaves_and_nothing_else_does()
    {
        Assert.False(_commands.Handle(_alice, "/quit"u8, Now));
        Assert.False(_commands.Handle(_alice, "/QUIT for today"u8, Now));
        Assert.False(_commands.Handle(_alice, "/exit"u8, Now));
        Assert.True(_commands.Handle(_alice, "/quitter"u8, Now));
        Assert.True(_commands.Handle(_alice, "quit"u8, Now));
    }

    [Fact]
    public void The_longest_line_under_the_longest_names_fits()
    {
        Say(_alice, "/nick " + new string('a', ProtocolLimits.NameLength));
        Say(_bob, "/nick " + new string('b', ProtocolLimits.NameLength));
        Take(_bob);
        string text = new('x', ProtocolLimits.TextBytes);
        Say(_alice, text);
        Assert.Equal($"<{_alice.Name}> {text}", Assert.Single(Take(_bob)));
        string whisper = $"/msg {_bob.Name} ";
        Say(_alice, whisper + text[whisper.Length..]);
        Assert.Equal($"<{_alice.Name} -> {_bob.Name}> {text[whisper.Length..]}", Assert.Single(Take(_bob)));
    }

    [Fact]
    public void No_line_of_a_member_poses_as_another_line_or_drives_a_terminal()
    {
        Say(_alice, "\e[2J\r-- the server says\u0085<bob> I am bob\0");
        string line = Assert.Single(Take(_bob));
        Assert.StartsWith("<alice> ^[[2J^M", line, StringComparison.Ordinal);
        Assert.DoesNotContain(line, char.IsControl);
    }

    private static ClockReading Now => new(0, 0);

    private static Room NewRoom(int logBytes) =>
        new(logBytes, ServerLimits.GraceMilliseconds, RoomState.Empty(logBytes, Now), Now);

    private Member Enter(string name)
    {
        Member member = _room.JoinPlain(Now);
        Assert.Null(_room.Rename(member, name, Now));
        return member;
    }

    private void Say(Member member, string line) =>
        Assert.True(_commands.Handle(member, Encoding.UTF8.GetBytes(line), Now) || line == "/quit");

    private static string[] Take(Member member) => Lines(TakeBytes(member));

    private static string[] Lines(byte[] bytes)
    {
        Assert.True(bytes.Length == 0 || bytes[^1] == '\n');
        return Encoding.UTF8.GetString(bytes).Split('\n')[..^1];
    }

    private static byte[] TakeBytes(Member member)
    {
        List<byte> all = [];
        while (member.Feed.Next() is { IsEmpty: false } stretch)
        {
            all.AddRange(stretch);
            member.Feed.Advance(stretch.Length);
        }
        return [.. all];
    }
}
