using System.Text;
using Chat.Client;
using Chat.Client.Commands;
using Chat.Client.Editing;
using Chat.Protocol;

namespace Chat.Tests.Client.Editing;

/// <summary>Undo, search, completion and pastes, with keys as a terminal sends them.</summary>
public sealed class LineEditorDialogTests
{
    private const string Undo = "\x1f",
        Search = "\x12",
        Cancel = "\a",
        Enter = "\r",
        Paste = "\e[200~",
        End = "\e[201~",
        Left = "\e[D",
        BackTab = "\e[Z";

    /// <summary>The typed keys, and the resulting line with '|' for the caret.</summary>
    public static TheoryData<string, string> Undone =>
        new()
        {
            { "hello" + Undo, "|" },
            { "hello" + Undo + Undo, "|" },
            { "hello\x17world" + Undo, "|" },
            { "hello\x17world" + Undo + Undo, "hello|" },
            { "hello" + Left + "X" + Undo, "hell|o" },
            { "hello\x7f\x7f\x7f" + Undo, "hello|" },
            { "hello\x7f\x7fy" + Undo + Undo, "hello|" },
            { "one two\x17\x17" + Undo, "one |" },
            { "one two\x17\x17" + Undo + Undo, "one two|" },
            { "one" + Undo + "two" + Undo, "|" },
            { "ab\x14" + Undo, "ab|" },
            { "one" + Paste + " two" + End + Undo, "one|" },
            { "one" + Paste + " two" + End + "three" + Undo, "one two|" },
            { "漢字" + Left + "\x7f" + Undo, "漢|字" },
            { "@b\t\t" + Undo, "@b|" },
            { "hello\u0003", "|" },
            { "hello\u0003" + Undo, "hello|" },
            { "hel" + Left + "\u0003new" + Undo + Undo, "he|l" },
        };

    [Theory]
    [MemberData(nameof(Undone))]
    public void Undo_removes_one_run_of_typing(string keys, string line) => Assert.Equal(line, Shown(Editor(keys)));

    [Fact]
    public void Undo_is_bounded_and_ends_with_the_line()
    {
        LineEditor editor = Editor(string.Concat(Enumerable.Repeat("x\x01\x05", ClientLimits.UndoSteps + 20)));
        Type(editor, string.Concat(Enumerable.Repeat(Undo, ClientLimits.UndoSteps + 50)));
        Assert.Equal(20, editor.Text.Length);
        editor.TakeLine();
        Type(editor, Undo);
        Assert.Equal("", editor.Text);
    }

    [Theory]
    [InlineData(Search + "t", "|two three", "(search 't') ")]
    [InlineData(Search + "tw" + Search, "one |two", "(search 'tw') ")]
    [InlineData(Search + "tw" + Search + Search, "one |two", "(not found: tw) ")]
    [InlineData(Search + "tw" + Search + "\x13", "|two three", "(search 'tw') ")]
    [InlineData(Search + "twx", "|two three", "(not found: twx) ")]
    [InlineData(Search + "ON\x7f\x7f", "tw|o three", "(search '') ")]
    [InlineData("draft" + Search, "draft|", "(search '') ")]
    [InlineData("draft" + Search + "tw" + Cancel, "draft|", null)]
    [InlineData("draft" + Search + "tw\x03", "draft|", null)]
    [InlineData("draft\e[A\e[A\u0003", "|", null)]
    [InlineData("draft\e[A\e[A\u0003\e[A", "draft|", null)]
    [InlineData("draft\e[A\e[A\u0003\e[A\e[A", "two three|", null)]
    [InlineData("\e[A\e[A\u0003" + Undo + "\e[B\e[B", "|", null)]
    [InlineData("draft" + Search + "tw\x05!", "two three!|", null)]
    [InlineData("draft" + Search + "tw\x05!" + Undo + Undo, "draft|", null)]
    public void Search_finds_earlier_lines(string keys, string line, string? question)
    {
        var editor = new LineEditor(1000);
        editor.Restore(["one two", "two three"]);
        Type(editor, keys);
        Assert.Equal(line, Shown(editor));
        Assert.Equal(question, editor.SearchQuestion);
    }

    [Fact]
    public void Enter_sends_what_was_found()
    {
        var editor = new LineEditor(1000);
        editor.Restore(["one two", "two three"]);
        Assert.Equal(Edit.Submitted, Type(editor, Search + "one" + Enter));
        Assert.Equal("one two", editor.TakeLine());
        Assert.False(editor.IsAsking);
    }

    /// <summary>bob spoke last, anna before him; annika has only joined.</summary>
    [Theory]
    [InlineData("\t", "bob: |")]
    [InlineData("\t\t", "anna: |")]
    [InlineData("a\t", "anna: |")]
    [InlineData("A\t\t", "annika: |")]
    [InlineData("a\t\t\t", "a|")]
    [InlineData("a" + BackTab, "annika: |")]
    [InlineData("a" + BackTab + BackTab, "anna: |")]
    [InlineData("b\t\t", "bob: |")]
    [InlineData("b\t" + BackTab, "bob: |")]
    [InlineData("hi b\t\t\t", "hi bob |")]
    [InlineData("/bell w\t\t", "/bell whisper |")]
    [InlineData("/ms\t\t", "/msg bob |")]
    [InlineData("/clea\t\t", "/clear |")]
    [InlineData("hi a\t", "hi anna |")]
    [InlineData("hi @a\t", "hi @anna |")]
    [InlineData("a, b" + Left + "\t", "a, bob |b")]
    [InlineData("x\t", "x|")]
    [InlineData("a\tx\t", "anna: x|")]
    [InlineData("me\t", "me|")]
    [InlineData("/msg me\t", "/msg me|")]
    [InlineData("@me\t", "@me|")]
    [InlineData("/h\t", "/help |")]
    [InlineData("/h\t\t", "/history |")]
    [InlineData("/w\t", "/who |")]
    [InlineData("/m\t", "/me |")]
    [InlineData("/m\t\t\t", "/msg |")]
    [InlineData("/msg \t", "/msg bob |")]
    [InlineData("/w a\t", "/w anna |")]
    [InlineData("/msg bob a\t", "/msg bob anna |")]
    [InlineData("/bell w\t", "/bell whisper |")]
    [InlineData("/bell whisper o\t", "/bell whisper o|")]
    [InlineData("/who \t", "/who |")]
    [InlineData("/nosuch a\t", "/nosuch a|")]
    [InlineData("//msg a\t", "//msg anna |")]
    public void Tab_completes_names_commands_and_their_arguments(string keys, string line)
    {
        var completion = new Completion(
            SlashCommands.All,
            kind => kind == Argument.BellMode ? ["off", "mention", "whisper", "all"] : []
        );
        completion.Me = "meg";
        completion.Joined("meg");
        completion.Joined("annika");
        completion.Heard("anna");
        completion.Heard("bob");
        var editor = new LineEditor(1000) { Completion = completion };
        Type(editor, keys);
        Assert.Equal(line, Shown(editor));
    }

    /// <summary>The existing files, the typed text with '@' for their folder, and the completed line.</summary>
    [Theory]
    [InlineData("notes.txt", "/save @/n\t", "/save @/notes.txt|")]
    [InlineData("notes.txt", "/save -f @/N\t", "/save -f @/notes.txt|")]
    [InlineData("my notes.txt", "/save @/my n\t", "/save @/my notes.txt|")]
    [InlineData("b/ a", "/save @/\t", "/save @/a|")]
    [InlineData("b/ a", "/save @/\t\t", "/save @/b/|")]
    [InlineData("b/ a", "/save @/\t\t\t", "/save @/|")]
    [InlineData("files/ files/one files/two", "/save @/fi\t", "/save @/files/|")]
    [InlineData("files/ files/one files/two", "/save @/fi\t\t", "/save @/files/one|")]
    [InlineData("files/ files/one files/two", "/save @/fi\t\t\t\t", "/save @/files/|")]
    [InlineData("files/ files/deep/ files/deep/one", "/save @/f\t\t\t\t\t", "/save @/files/deep/one|")]
    [InlineData("files/", "/save @/fi\t\t\t", "/save @/files/|")]
    [InlineData("notes.txt", "/save @/n\t\t", "/save @/notes.txt|")]
    [InlineData(".hidden seen", "/save @/\t\t", "/save @/seen|")]
    [InlineData(".hidden seen", "/save @/.\t", "/save @/.hidden|")]
    [InlineData("e\u001b]0;x\a", "/save @/e\t", "/save @/e|")]
    [InlineData("e\nvil", "/save @/e\t", "/save @/e|")]
    [InlineData("e\u202Evil", "/save @/e\t", "/save @/e|")]
    [InlineData("", "/save @/none/\t", "/save @/none/|")]
    public void Tab_completes_the_names_of_files(string files, string keys, string line)
    {
        string folder = Directory.CreateTempSubdirectory("chat-files-").FullName;
        foreach (
            string file in files.Contains("my", StringComparison.Ordinal)
                ? [files]
                : files.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        )
        {
            if (file.EndsWith('/'))
                Directory.CreateDirectory(Path.Combine(folder, file));
            else
                File.WriteAllText(Path.Combine(folder, file), "");
        }

        LineEditor editor = Editor(keys.Replace("@", folder, StringComparison.Ordinal));
        Directory.Delete(folder, recursive: true);

        Assert.Equal(line.Replace("@", folder, StringComparison.Ordinal), Shown(editor));
    }

    [Fact]
    public void The_known_names_follow_joins_leaves_and_renames_and_are_bounded()
    {
        var completion = new Completion([], _ => []);
        foreach (string name in (string[])["ann", "bob", "ann"])
            completion.Heard(name);
        completion.Renamed("bob", "rob");
        completion.Renamed("unseen", "cy");
        Assert.Equal(["ann", "rob", "cy"], completion.Names);
        completion.Left("ann");
        Assert.Equal(["rob", "cy"], completion.Names);
        for (int i = 0; i < 2 * ClientLimits.KnownNames; i++)
            completion.Heard($"n{i}");
        Assert.Equal(ClientLimits.KnownNames, completion.Names.Count);
        Assert.Equal($"n{(2 * ClientLimits.KnownNames) - 1}", completion.Names[0]);
    }

    [Theory]
    [InlineData("say " + Paste + "one line" + End, "say one line|")]
    [InlineData("say " + Paste + "one line\n" + End, "say one line|")]
    [InlineData(Paste + "/quit\n" + End, "//quit|")]
    [InlineData("x\x01" + Paste + "/quit " + End, "//quit |x")]
    [InlineData("say " + Paste + "/quit" + End, "say /quit|")]
    [InlineData(Paste + "a\tb\r\n\r\n" + End, "a\tb|")]
    [InlineData(Paste + "a\u202eb\u0007" + End, "ab|")]
    [InlineData(Paste + "\n\n" + End, "|")]
    public void A_pasted_line_is_inserted_as_text(string keys, string line)
    {
        var editor = new LineEditor(1000);
        Assert.NotEqual(Edit.Submitted, Type(editor, keys));
        Assert.Equal(line, Shown(editor));
        Assert.False(editor.IsAsking);
    }

    [Theory]
    [InlineData("n", "dr|aft")]
    [InlineData("\r", "dr|aft")]
    [InlineData(Cancel, "dr|aft")]
    [InlineData("\x03", "dr|aft")]
    [InlineData("e", "drone\n/two\n\n\tthree|aft")]
    public void Many_pasted_lines_need_an_answer_and_no_keeps_the_draft(string answer, string line)
    {
        LineEditor editor = Editor("draft" + Left + Left + Left + Paste + "one\r\n/two\n\n\tthree" + End);
        Assert.Equal("send 4 lines as one message to everybody? y = yes, n = no, e = edit ", editor.PasteQuestion(80));
        Assert.Equal("dr|aft", Shown(editor));
        Assert.Equal(Edit.Done, Type(editor, answer));
        Assert.False(editor.IsAsking);
        Assert.Equal(line, Shown(editor));
    }

    [Theory]
    [InlineData("\u200d/nick x")]
    [InlineData("\u200c/nick x")]
    [InlineData("\ufe0f/nick x")]
    [InlineData("\u202e\u200d/nick x")]
    public void Removing_text_from_a_paste_makes_no_command(string pasted)
    {
        LineEditor editor = Editor(Paste + pasted + End);
        Assert.Equal("//nick x", editor.Text);
        editor = Editor(Paste + "hello\n" + pasted + End);
        Type(editor, "y");
        Assert.Equal("hello\n/nick x", editor.TakePaste());
    }

    [Theory]
    [InlineData("hello", "drhello|aft")]
    [InlineData("\e[D", "dr|aft")]
    public void A_letter_that_is_no_answer_is_typed(string keys, string line)
    {
        LineEditor editor = Editor("draft" + Left + Left + Left + Paste + "one\ntwo" + End);
        Assert.Equal(Edit.Done, Type(editor, keys));
        Assert.Equal(line, Shown(editor));
    }

    /// <summary>Text typed ahead over a stalled network.</summary>
    [Theory]
    [InlineData("hel", "lo\nwor", "ld", "helld|")]
    [InlineData("hel", "lo\nwor", "n", "hel|")]
    [InlineData("hel", "lo\nwor", "n\u0019", "hello\nwor|")]
    [InlineData("hel", "lo\nwor", "\u0003\u0019", "hello\nwor|")]
    [InlineData("hel", "lo\nwor", "e", "hello\nwor|")]
    [InlineData("abc", "\nhello", "", "abc hello|")]
    [InlineData("", "\nhello", "", "hello|")]
    public void Unmarked_pasted_lines_go_into_the_line_or_wait_for_Ctrl_Y(
        string draft,
        string lines,
        string answer,
        string line
    )
    {
        LineEditor editor = Editor(draft);
        editor.Press(new Key(KeyKind.BurstBegin));
        foreach (Rune rune in lines.EnumerateRunes())
            editor.Press(new Key(KeyKind.Character, rune, Pasted: true));
        editor.Press(new Key(KeyKind.PasteEnd));
        Type(editor, answer);
        Assert.Equal(line, Shown(editor));
    }

    [Fact]
    public void A_paste_after_unmarked_pasted_lines_loses_none_of_them()
    {
        LineEditor editor = Editor("");
        editor.Press(new Key(KeyKind.BurstBegin));
        foreach (Rune rune in "one\ntwo".EnumerateRunes())
            editor.Press(new Key(KeyKind.Character, rune, Pasted: true));
        editor.Press(new Key(KeyKind.PasteEnd));
        Type(editor, Paste + "three " + End + "\u0019");
        Assert.Equal("three one\ntwo|", Shown(editor));
    }

    [Theory]
    [InlineData("n\u0019", "draft one\n/two|")]
    [InlineData(Cancel + "\u0019", "draft one\n/two|")]
    [InlineData("\u0003\u0015\u0019", "draft |")]
    [InlineData("x\u0019", "draft xone\n/two|")]
    [InlineData(Paste + "three " + End + "\u0019", "draft three one\n/two|")]
    public void Pasted_lines_that_are_left_come_back_with_Ctrl_Y(string answer, string line)
    {
        LineEditor editor = Editor("draft " + Paste + "one\n/two" + End);
        Type(editor, answer);
        Assert.Equal(line, Shown(editor));
    }

    [Fact]
    public void Pasted_lines_that_come_back_with_Ctrl_Y_are_no_command()
    {
        LineEditor editor = Editor(Paste + "/quit\ntwo" + End);
        Type(editor, "n\u0019");
        Assert.Equal("//quit\ntwo|", Shown(editor));
    }

    [Fact]
    public void Ctrl_Y_asks_again_about_lines_that_were_taken_back()
    {
        string[] lines = Enumerable.Range(1, 61).Select(static i => $"{i} {new string('x', 40)}").ToArray();
        LineEditor editor = Editor("draft");
        editor.PutBack(lines);
        Type(editor, "n");
        Assert.Equal("draft|", Shown(editor));
        Type(editor, "\u0019");
        Assert.Equal(Edit.ReturnedSubmitted, Type(editor, "y"));
        Assert.Equal(lines, editor.TakeReturned());
    }

    [Fact]
    public void Yes_sends_all_lines_as_one_text()
    {
        LineEditor editor = Editor("draft" + Paste + "\n\none\n/quit\n\n\t/three\n" + End);
        Assert.Equal(Edit.PasteSubmitted, Type(editor, "Y"));
        Assert.Equal("one\n/quit\n\n\t/three", editor.TakePaste());
        Assert.False(editor.IsAsking);
        Assert.Equal("draft|", Shown(editor));
        Assert.Empty(editor.TakePaste());
    }

    [Fact]
    public void A_paste_over_the_bound_of_a_message_cannot_be_sent_and_the_question_says_so()
    {
        LineEditor editor = Editor(Paste + string.Concat(Enumerable.Repeat("0123456789 123456\n", 60_000)) + End);
        Assert.Equal("60000 lines are more than a message takes (500); n = leave it ", editor.PasteQuestion(80));
        Assert.Equal(Edit.Refused, Type(editor, "e"));
        Assert.Equal(Edit.Refused, Type(editor, "y"));
        Type(editor, "n\u0019");
        Assert.Equal("|", Shown(editor));
        Assert.False(editor.IsAsking);

        editor = Editor("head " + Paste + new string('x', 1024 * 1024) + End);
        Assert.Equal("1024 KiB are more than a message takes (64); n = leave it ", editor.PasteQuestion(80));
        Assert.Equal(Edit.Refused, Type(editor, "y"));
        Type(editor, "n");
        Assert.Equal("head |", Shown(editor));
        Assert.False(editor.IsAsking);
    }

    [Fact]
    public void A_pasted_row_that_does_not_fit_into_the_draft_needs_an_answer_and_is_not_lost()
    {
        string row = new('x', 996);
        LineEditor editor = Editor("head " + Paste + row + End);
        Assert.Equal(
            "send 1 line of 996 bytes as one message to everybody? y = yes, n = no ",
            editor.PasteQuestion(80)
        );
        Assert.Equal(Edit.Refused, Type(editor, "e"));
        Type(editor, "n");
        Assert.Equal("head |", Shown(editor));
        Type(editor, "\u0019");
        Assert.Equal(Edit.PasteSubmitted, Type(editor, "y"));
        Assert.Equal(row, editor.TakePaste());
        Assert.Equal("head |", Shown(editor));
    }

    [Fact]
    public void Random_bytes_never_send_but_by_enter_and_keep_the_line_in_its_bounds()
    {
        string[] pieces =
        [
            Paste,
            End,
            Search,
            Cancel,
            Undo,
            "\t",
            BackTab,
            "\t",
            "\e\r",
            "a",
            "漢",
            "\u202e",
            "e",
            "y",
            "\x7f",
            "\x17",
            "\x19",
            "\e[A",
            "\e[B",
            "\n",
            Left,
        ];
        var random = new Random(9);
        for (int run = 0; run < 200; run++)
        {
            var editor = new LineEditor(random.Next(10, 60))
            {
                Completion = new Completion(SlashCommands.All, _ => []),
            };
            editor.Completion.Heard("anna");
            editor.Restore(["earlier a", "later e"]);
            (bool pasting, KeyDecoder? decoder) = (false, new KeyDecoder());
            for (int step = 0; step < 100; step++)
            {
                string piece = pieces[random.Next(pieces.Length)];
                pasting = piece == Paste || (pasting && piece != End);
                Edit edit = Type(editor, piece, decoder);
                if (pasting)
                    Assert.NotEqual(Edit.Submitted, edit);
                if (edit == Edit.Submitted)
                    editor.TakeLine();
                if (edit == Edit.PasteSubmitted)
                    Assert.NotEmpty(editor.TakePaste());
                Assert.True(Encoding.UTF8.GetByteCount(editor.Text) <= ProtocolLimits.SnippetBytes);
                Assert.InRange(editor.View(30, 3).CaretCell, 0, 29);
            }
        }
    }

    private static string Shown(LineEditor editor) => editor.Text.Insert(editor.Caret, "|");

    private static LineEditor Editor(string keys)
    {
        var editor = new LineEditor(1000) { Completion = new Completion(SlashCommands.All, _ => []) };
        editor.Completion.Heard("bill");
        editor.Completion.Heard("bob");
        Type(editor, keys);
        return editor;
    }

    private static Edit Type(LineEditor editor, string keys, KeyDecoder? decoder = null)
    {
        decoder ??= new KeyDecoder();
        Edit edit = Edit.Ignored;
        foreach ((byte[] _, Key? key) in Typing.Of(decoder, keys))
        {
            if (key is Key pressed)
                edit = editor.Press(pressed);
        }
        return edit;
    }
}
