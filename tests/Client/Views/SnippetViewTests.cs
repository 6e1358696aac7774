using Chat.Client.Views;

namespace Chat.Tests.Client.Views;

/// <summary>Messages of several rows and long messages on the screen, and /show, /numbers, /copy and /save.</summary>
public sealed class SnippetViewTests : IDisposable
{
    private readonly ViewSession _session = new(40, 40, new TerminalViewOptions { TakesOsc = true });
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"chat-{Guid.NewGuid():n}");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void The_author_has_a_row_and_each_row_of_the_text_a_mark()
    {
        _session.Say("bob", "if ok:\n\tgo()\n\n  ab\tc");

        Assert.Equal(["12:00 bob:", "│ if ok:", "│     go()", "│", "│   ab    c"], _session.Rows.Take(5));
    }

    [Fact]
    public void A_long_row_is_wrapped_and_no_row_can_pose_as_a_line()
    {
        _session.Say("bob", $"x\n{new string(' ', 34)}yy 12:00 alice: I agree\n12:00 alice: me too");

        string[] rows = [.. _session.Rows.TakeWhile(static row => !row.StartsWith("alice>", StringComparison.Ordinal))];
        Assert.Equal("12:00 bob:", rows[0]);
        Assert.All(rows[1..], static row => Assert.Matches("^(│|  )", row));
        Assert.Contains("│ 12:00 alice: me too", rows);
    }

    [Theory]
    [InlineData(20, 20, null)]
    [InlineData(21, 12, "  ... 9 more; /show 2")]
    [InlineData(200, 12, "  ... 188 more; /show 2")]
    public void A_text_of_more_than_twenty_rows_shows_twelve(int rows, int shown, string? more)
    {
        _session.Say("carol", "first");
        _session.Say("bob", string.Join('\n', Enumerable.Range(1, rows)));

        string[] printed = [.. _session.Rows.Skip(2).SkipLast(1)];
        Assert.Equal(Enumerable.Range(1, shown).Select(static i => $"│ {i}"), printed.Take(shown));
        Assert.Equal(more is null ? [] : [more], printed.Skip(shown));
    }

    [Fact]
    public void One_long_line_is_folded_too_and_show_prints_it_whole()
    {
        string text = string.Join(' ', Enumerable.Range(1000, 200));
        _session.Say("bob", text);

        string[] printed = [.. _session.Rows.SkipLast(1)];
        Assert.Equal(13, printed.Length);
        Assert.StartsWith("  ... ", printed[^1], StringComparison.Ordinal);
        Assert.EndsWith(" more; /show 1", printed[^1], StringComparison.Ordinal);

        _session.Type("/show\r");
        string whole = string.Join(' ', _session.Rows.Skip(13).SkipLast(1).Select(static row => row.Trim()));
        Assert.Equal($"12:00 bob: {text}", whole);
    }

    [Fact]
    public void The_number_of_hidden_rows_counts_wrapped_rows()
    {
        _session.Say("bob", string.Join('\n', Enumerable.Repeat(new string('x', 50), 15)));

        Assert.Equal("  ... 18 more; /show 1", _session.Rows.SkipLast(1).Last());
    }

    [Fact]
    public void Find_and_save_hold_the_hidden_rows_and_show_adds_none()
    {
        _session.Say("bob", string.Join('\n', Enumerable.Range(1, 50).Select(static i => $"row {i}")));
        _session.Type("/show 1\r");
        _session.MeetForeignServer();
        _session.Type("/find row 49\r");
        Assert.Contains("-- found 1:", _session.Rows);

        _session.Type($"/save {_file}\r");
        Assert.Equal(51, File.ReadAllLines(_file).Length);
    }

    [Fact]
    public void A_message_is_copied_and_saved_exactly_by_its_number()
    {
        const string Text = "if ok:\n\tgo()\n\n  # 漢字 👩‍👩‍👧";
        _session.Say("bob", Text);
        _session.Say("bob", "later");
        _session.Type("/copy 1\r");
        _session.Type($"/save 1 {_file}\r");

        Assert.Equal(Text, _session.Grid.Clipboard);
        Assert.Equal(Text + "\n", File.ReadAllText(_file));
        Assert.Contains(_session.Rows, row => row.StartsWith("-- message 1 is in", StringComparison.Ordinal));
        _session.Type($"/save 2 {_file}\r");
        Assert.Equal(Text + "\n", File.ReadAllText(_file));
        _session.Type($"/save -f 2 {_file}\r");
        Assert.Equal("later\n", File.ReadAllText(_file));
    }

    [Fact]
    public void Numbers_lists_the_last_messages_in_one_row_each()
    {
        for (int i = 1; i <= 23; i++)
            _session.Say("bob", i == 22 ? "a\n\tb " + new string('x', 80) : $"text {i}");
        int before = _session.Rows.Count;
        _session.Type("/numbers\r");

        string[] listed = [.. _session.Rows.Skip(before - 1).SkipLast(1)];
        Assert.Equal(20, listed.Length);
        Assert.Equal("--    4  bob: text 4", listed[0]);
        Assert.Equal("--   22  bob: a  b xxxxxxxxxxxxxxxxxxx…", listed[^2]);
    }

    [Fact]
    public void Without_a_message_there_is_nothing_to_show()
    {
        foreach (string command in (string[])["/show", "/copy", "/numbers", "/raw"])
            _session.Type($"{command}\r");

        Assert.Equal(4, _session.Rows.Count(static row => row == "-- no message has come yet"));
    }

    [Fact]
    public void Raw_prints_a_snippet_with_its_rows()
    {
        _session.Say("bob", "a:\n\tb");
        _session.Type("/raw\r");

        Assert.Equal(
            ["-- the last message, bare:", "a:", "    b", "-- end of the bare messages"],
            _session.Rows.Skip(3).SkipLast(1)
        );
    }
}
