using System.Text;
using Chat.Client;
using Chat.Client.Display;
using Chat.Client.Editing;
using Chat.Protocol;

namespace Chat.Tests.Client.Editing;

public class LineEditorTests
{
    /// <summary>
    /// The typed keys, the resulting line with '|' for the caret, and the caret's cell in a wide row.
    /// </summary>
    public static TheoryData<string, string, int> Typed =>
        new()
        {
            { "hello", "hello|", 5 },
            { "hello<left><left>X", "helX|lo", 4 },
            { "hello^aX^eY", "XhelloY|", 7 },
            { "hello<home>X<end>Y", "XhelloY|", 7 },
            { "ab^b^bX^fY", "XaY|b", 3 },
            { "ab<left><backspace>", "|b", 0 },
            { "ab<home><delete>", "|b", 0 },
            { "ab^a^d", "|b", 0 },
            { "one two three!bX", "one two X|three", 9 },
            { "one two!b!bX!fY", "XoneY| two", 5 },
            { "one two<c-left><c-left>X<c-right>Y", "XoneY| two", 5 },
            { "one, two!b!bX", "X|one, two", 1 },
            { "one two-three^w", "one |", 4 },
            { "one two  ^w", "one |", 4 },
            { "one two^w^w^y", "one two|", 7 },
            { "one two^a!d!d^y", "one two|", 7 },
            { "one two^ux^y", "xone two|", 8 },
            { "one two!b^k^a^y", "two|one ", 3 },
            { "one^kx^y", "onex|", 4 },
            { "one two!<backspace>", "one |", 4 },
            { "ab^t", "ba|", 2 },
            { "abc<left>^t", "acb|", 3 },
            { "abc^a^t", "|abc", 0 },
            { "a^t", "a|", 1 },
            { "漢字<left>", "漢|字", 2 },
            { "e\u0301x<left><left>", "|e\u0301x", 0 },
            { "e\u0301<backspace>", "|", 0 },
            { "👩\u200d👩\u200d👧<left>", "|👩\u200d👩\u200d👧", 0 },
            { "x👩\u200d👩\u200d👧<backspace>", "x|", 1 },
            { "🇩🇪🇫🇷<left>", "🇩🇪|🇫🇷", 2 },
            { "👍🏽<home><delete>", "|", 0 },
            { "aeX<left><left><home>\u0301", "\u0301|aeX", 0 },
            { "ax<left>\u0301", "a\u0301|x", 1 },
            { "e\u0301a^t", "ae\u0301|", 2 },
            { "naïve_word 漢字!b!bX", "X|naïve_word 漢字", 1 },
        };

    [Theory]
    [MemberData(nameof(Typed))]
    public void Keys_edit_the_line(string keys, string line, int cell)
    {
        var editor = new LineEditor(1000);
        Type(editor, keys);
        Assert.Equal(line, editor.Text.Insert(editor.Caret, "|"));
        Assert.Equal(cell, editor.View(60).CaretCell);
    }

    /// <summary>
    /// The typed keys; the resulting draft with '|' for the caret, and with '/' between rows; the caret's row and cell.
    /// </summary>
    public static TheoryData<string, string, int, int> TypedRows =>
        new()
        {
            { "one^jtwo", "one/two|", 1, 3 },
            { "one!<enter>two", "one/two|", 1, 3 },
            { "one<s-enter>two", "one/two|", 1, 3 },
            { "ab^jcd<left><left><left>^jX", "ab/X|/cd", 1, 1 },
            { "^j^j", "//|", 2, 0 },
            { "one^jtwo<left><up>X", "onX|e/two", 0, 3 },
            { "longer^jab^jlonger<up><up>X<down>Y", "longerX/abY|/longer", 1, 3 },
            { "longer^jab^jlonger<left><up><up>X", "longeX|r/ab/longer", 0, 6 },
            { "longer^jab^jlonger<up><up><down><down>X", "longer/ab/longerX|", 2, 7 },
            { "longer^jab^jlonger^p^p^n^nX", "longer/ab/longerX|", 2, 7 },
            { "longer^jab^jlonger<up><left><up>X", "lX|onger/ab/longer", 0, 2 },
            { "漢字漢^jabc<up>X", "漢X|字漢/abc", 0, 3 },
            { "abcd^j漢字漢字<left><up>X", "abcdX|/漢字漢字", 0, 5 },
            { "e\u0301e\u0301^jxx<up>X", "e\u0301e\u0301X|/xx", 0, 3 },
            { "👩\u200d👩\u200d👧x^j1<up>X", "X|👩\u200d👩\u200d👧x/1", 0, 1 },
            { "one^jtwo<home>X<end>Y", "one/XtwoY|", 1, 5 },
            { "one^jtwo^aX^eY", "one/XtwoY|", 1, 5 },
            { "one^jtwo<left>^u", "one/|o", 1, 0 },
            { "one^jtwo^a^u", "one/|two", 1, 0 },
            { "one^jtwo<up>^a^kX", "X|/two", 0, 1 },
            { "one^jtwo<up>^u^y^y", "oneone|/two", 0, 6 },
            { "one^jtwo^u^y^y", "one/twotwo|", 1, 6 },
            { "one^jtwo^a<backspace>", "one|two", 0, 3 },
            { "one^jtwo<up><delete>", "one|two", 0, 3 },
            { "one^jtwo<up>^d", "one|two", 0, 3 },
            { "one^jtwo^a<left>X", "oneX|/two", 0, 4 },
            { "one^jtwo<up><right>X", "one/X|two", 1, 1 },
            { "one^jtwo^w^w", "|", 0, 0 },
            { "one two^jthree!b!bX", "one X|two/three", 0, 5 },
            { "ab^jcd^a^t", "ab/|cd", 1, 0 },
            { "ab^jc^t", "ab/c|", 1, 1 },
            { "ab^jcd^t", "ab/dc|", 1, 2 },
            { "ab^jcd^j^t", "ab/cd/|", 2, 0 },
            { "one^jtwo^_", "one/|", 1, 0 },
            { "one^jtwo^_^_", "one|", 0, 3 },
            { "one^jtwo^a<backspace>^_", "one/|two", 1, 0 },
            { "one^jtwo^c^_", "one/two|", 1, 3 },
        };

    [Theory]
    [MemberData(nameof(TypedRows))]
    public void Keys_edit_a_draft_of_several_rows(string keys, string draft, int row, int cell)
    {
        var editor = new LineEditor(1000);
        Type(editor, keys);
        Assert.Equal(draft, editor.Text.Insert(editor.Caret, "|").Replace('\n', '/'));
        LineView view = editor.View(60, 8);
        Assert.Equal((row, cell), (view.CaretRow, view.CaretCell));
    }

    [Fact]
    public void A_tab_reaches_to_the_next_multiple_of_four_cells()
    {
        var editor = new LineEditor(1000);
        editor.Insert("\tif\tx\n漢\ty");
        Assert.Equal(new LineView("    if  x\n漢  y", 5) { CaretRow = 1 }, editor.View(60, 8));
        Type(editor, "<up>");
        Assert.Equal(5, editor.View(60, 8).CaretCell);
        Type(editor, "<left><left>");
        Assert.Equal(0, editor.View(60, 8).CaretCell);
    }

    [Fact]
    public void A_draft_with_more_rows_than_are_shown_scrolls_with_the_cursor()
    {
        var editor = new LineEditor(1000);
        editor.Insert("a\nb\nc\nd\ne");
        LineView end = new("c\nd\ne", 1) { CaretRow = 2, HasMoreAbove = true };
        Assert.Equal(end, editor.View(20, 3));
        Type(editor, "<up><up>");
        Assert.Equal(end with { CaretRow = 0 }, editor.View(20, 3));
        Type(editor, "<up>");
        Assert.Equal(new LineView("b\nc\nd", 1) { HasMoreAbove = true, HasMoreBelow = true }, editor.View(20, 3));
        Type(editor, "<up>");
        Assert.Equal(new LineView("a\nb\nc", 1) { HasMoreBelow = true }, editor.View(20, 3));
        Assert.Equal("a", editor.View(20).Text);
        Assert.Equal("a\nb\nc\nd\ne", editor.View(20, 8).Text);
    }

    [Fact]
    public void Only_the_row_of_the_cursor_scrolls_sideways()
    {
        var editor = new LineEditor(1000);
        editor.Insert("abcdefghijkl\nmnopqrstuvwx\n漢字漢字漢字");
        Type(editor, "<up>");
        Assert.Equal("abcdefghi>\n<qrstuvwx\n漢字漢字>", editor.View(10, 8).Text);
        Type(editor, "<home>");
        Assert.Equal("abcdefghijkl\nmnop>\n漢字>", editor.View(20, 8, 5).Text);
    }

    [Fact]
    public void A_draft_of_several_rows_may_have_the_bytes_and_rows_of_a_message()
    {
        var editor = new LineEditor(10);
        Type(editor, "0123456789");
        Assert.Equal(Edit.Refused, editor.Press(Key.FromCharacter('x')));
        Type(editor, "^j");
        Assert.Equal(ProtocolLimits.SnippetBytes - 11, editor.BytesLeft);
        Assert.Equal(Edit.Refused, editor.Insert(new string('x', editor.BytesLeft + 1)));
        Assert.Equal(Edit.Done, editor.Insert(new string('x', editor.BytesLeft)));
        Assert.Equal(0, editor.BytesLeft);
        Assert.Equal(Edit.Refused, editor.Press(Key.WithCtrl('j')));

        editor = new LineEditor(10);
        Assert.Equal(Edit.Done, editor.Insert(new string('\n', ProtocolLimits.SnippetLines - 1)));
        Assert.Equal(Edit.Refused, editor.Press(Key.WithCtrl('j')));
        Assert.Equal(Edit.Done, editor.Press(Key.FromCharacter('x')));
    }

    [Fact]
    public void Rows_joined_over_the_bound_of_a_line_stay_and_take_no_more_text()
    {
        var editor = new LineEditor(10);
        Type(editor, "01234567^j89abcdef<home><backspace>");
        Assert.Equal("0123456789abcdef", editor.Text);
        Assert.Equal(0, editor.BytesLeft);
        Assert.Equal(Edit.Refused, editor.Press(Key.FromCharacter('x')));
        Assert.Equal(Edit.Done, editor.Press(Key.WithCtrl('j')));
    }

    [Fact]
    public void Up_recalls_a_message_of_several_rows_whole_and_moves_on_from_its_first_row()
    {
        var editor = new LineEditor(1000);
        List<string> kept = [];
        editor.Remembered = kept.Add;
        Type(editor, "older");
        editor.TakeLine();
        Type(editor, "^j  one^j^jtwo^j");
        Assert.Equal("  one\n\ntwo", editor.TakeLine());
        Assert.Equal(["older", "  one\n\ntwo"], kept);
        Type(editor, "dr^jaft<up><up>");
        Assert.Equal("  one\n\ntwo", editor.Text);
        Type(editor, "<up><up><up>");
        Assert.Equal("older", editor.Text);
        Type(editor, "<down>");
        Assert.Equal("  one\n\ntwo|", editor.Text.Insert(editor.Caret, "|"));
        Type(editor, "<down>");
        Assert.Equal("dr\naft", editor.Text);
        Type(editor, "^rTWO");
        Assert.Equal("  one\n\n|two", editor.Text.Insert(editor.Caret, "|"));
    }

    [Fact]
    public void Undo_and_the_history_hold_a_bounded_number_of_characters()
    {
        var editor = new LineEditor(1000);
        for (int i = 0; i < 40; i++)
        {
            editor.Insert($"{i}\n{new string('x', 60_000)}");
            editor.TakeLine();
        }
        Assert.InRange(editor.History.Sum(static line => line.Length), 900_000, ClientLimits.DraftCharacters);
        editor.Insert("\n" + new string('x', 60_000));
        for (int i = 0; i < 40; i++)
            Type(editor, "x<left>");
        int undone = 0;
        while (editor.Press(Key.WithCtrl('_')) == Edit.Done)
            undone++;
        Assert.InRange(undone, 10, 18);
    }

    [Fact]
    public void Enter_submits_and_taking_the_line_leaves_an_empty_one()
    {
        var editor = new LineEditor(1000);
        Type(editor, "hello");
        Assert.Equal(Edit.Submitted, editor.Press(new Key(KeyKind.Enter)));
        Assert.Equal("hello", editor.TakeLine());
        Assert.Equal("", editor.Text);
        Assert.Equal(0, editor.Caret);
    }

    [Fact]
    public void Ctrl_D_leaves_on_an_empty_line_only()
    {
        var editor = new LineEditor(1000);
        Assert.Equal(Edit.Leave, editor.Press(Key.WithCtrl('d')));
        Type(editor, "x");
        Assert.Equal(Edit.Refused, editor.Press(Key.WithCtrl('d')));
    }

    [Fact]
    public void Ctrl_C_clears_a_line_with_text_and_leaves_on_an_empty_one()
    {
        var editor = new LineEditor(1000);
        Type(editor, "hello");
        Assert.Equal(Edit.Done, editor.Press(Key.WithCtrl('c')));
        Assert.Equal("", editor.Text);
        Assert.Equal(Edit.Leave, editor.Press(Key.WithCtrl('c')));
        editor.Press(Key.WithCtrl('_'));
        Assert.Equal("hello", editor.Text);
    }

    [Fact]
    public void The_editor_ignores_keys_of_its_owner()
    {
        var editor = new LineEditor(1000);
        Type(editor, "x");
        foreach (
            Key key in (Key[])
                [
                    Key.WithCtrl('l'),
                    Key.WithCtrl('z'),
                    new(KeyKind.Tab),
                    new(KeyKind.Escape),
                    new(KeyKind.PageUp),
                    Key.WithAlt('q'),
                ]
        )
            Assert.Equal(Edit.Ignored, editor.Press(key));
        Assert.Equal("x", editor.Text);
    }

    [Fact]
    public void Up_and_down_walk_the_history_and_bring_the_draft_back()
    {
        var editor = new LineEditor(1000);
        foreach (string line in (string[])["one", "two", "two", "", " secret"])
        {
            Type(editor, line);
            editor.TakeLine();
        }
        Assert.Equal(["one", "two"], editor.History);

        Type(editor, "draft<up>");
        Assert.Equal("two", editor.Text);
        Type(editor, "!<up>");
        Assert.Equal("one", editor.Text);
        Assert.Equal(Edit.Refused, editor.Press(new Key(KeyKind.Up)));
        Type(editor, "<down>");
        Assert.Equal("two!", editor.Text);
        Type(editor, "<down>");
        Assert.Equal("draft|", editor.Text.Insert(editor.Caret, "|"));
        Assert.Equal(Edit.Refused, editor.Press(new Key(KeyKind.Down)));

        Type(editor, "<up><up>");
        editor.TakeLine();
        // The unsent draft is an entry, too.
        Assert.Equal(["one", "two", "draft", "one"], editor.History);
        Type(editor, "<up><up>");
        Assert.Equal("draft", editor.Text);
    }

    [Theory]
    [InlineData("abc<up><down>d", "abcd")]
    [InlineData("abc<up><down>", "abc")]
    public void A_resumed_and_sent_draft_is_one_entry(string keys, string line)
    {
        var editor = new LineEditor(1000);
        List<string> kept = [];
        editor.Remembered = kept.Add;
        editor.Restore(["one"]);
        Type(editor, keys);
        Assert.Equal(line, editor.TakeLine());
        Assert.Equal(["one", line], editor.History);
        Assert.Equal([line], kept);
    }

    [Fact]
    public void Undo_returns_from_a_history_entry_to_the_draft_and_keeps_the_entry()
    {
        var editor = new LineEditor(1000);
        editor.Restore(["one", "two"]);
        Type(editor, "draft<up>");
        Assert.Equal("two", editor.Text);
        editor.Press(Key.WithCtrl('_'));
        Assert.Equal("draft", editor.Text);
        Assert.Equal(Edit.Refused, editor.Press(new Key(KeyKind.Down)));
        Type(editor, "<up>");
        Assert.Equal("two", editor.Text);
        Type(editor, "<down>");
        Assert.Equal("draft", editor.Text);
    }

    [Fact]
    public void The_history_is_bounded()
    {
        var editor = new LineEditor(1000);
        for (int i = 0; i < ClientLimits.InputHistoryLines + 7; i++)
            editor.Remember($"line {i}");
        Assert.Equal(ClientLimits.InputHistoryLines, editor.History.Count);
        Assert.Equal("line 7", editor.History[0]);
    }

    [Fact]
    public void Text_beyond_the_limit_is_refused_whole()
    {
        var editor = new LineEditor(5);
        Type(editor, "abc");
        Assert.Equal(Edit.Refused, editor.Insert("漢"));
        Assert.Equal("abc", editor.Text);
        Assert.Equal(2, editor.BytesLeft);
        Assert.Equal(Edit.Done, editor.Insert("é"));
        Assert.Equal(Edit.Refused, editor.Press(Key.FromCharacter('x')));
        editor.MaxBytes = 3;
        Assert.Equal("abcé", editor.Text);
        Assert.Equal(0, editor.BytesLeft);
    }

    [Theory]
    [InlineData("abcdefghij", 10, "<cdefghij", 9)]
    [InlineData("abcdefghi", 10, "abcdefghi", 9)]
    [InlineData("abcdefghij<home>", 10, "abcdefghij", 0)]
    [InlineData("abcdefghijk<home>", 10, "abcdefghi>", 0)]
    [InlineData(
        "abcdefghijklmnopqrst<left><left><left><left><left><left><left><left><left><left>",
        10,
        "<ijklmnop>",
        3
    )]
    [InlineData("漢漢漢漢漢", 10, "<漢漢漢漢", 9)]
    [InlineData("漢漢漢漢漢<home>", 10, "漢漢漢漢漢", 0)]
    [InlineData("漢漢漢漢漢漢<home>", 10, "漢漢漢漢>", 0)]
    [InlineData("abcdefgh", 3, "", 0)]
    public void A_long_line_shows_the_stretch_around_the_caret(string keys, int columns, string shown, int cell)
    {
        var editor = new LineEditor(1000);
        foreach (Key key in Parse(keys))
        {
            editor.Press(key);
            editor.View(columns);
        }
        Assert.Equal(new LineView(shown, cell), editor.View(columns));
    }

    [Fact]
    public void The_line_fills_its_row_in_a_wider_window_and_after_deleting()
    {
        var editor = new LineEditor(1000);
        Type(editor, string.Concat(Enumerable.Range(0, 96).Select(static i => (char)('a' + (i % 26)))));
        foreach (int columns in (int[])[93, 23, 43, 53, 73, 93])
        {
            LineView view = editor.View(columns);
            Assert.Equal(columns - 1, view.Text.Length);
            Assert.EndsWith(editor.Text[^20..], view.Text, StringComparison.Ordinal);
        }
        Assert.Equal(editor.Text, editor.View(97).Text);
        for (editor.View(20); editor.Text.Length > 20; editor.Press(new Key(KeyKind.Backspace)))
            Assert.Equal(19, editor.View(20).Text.Length);
    }

    [Fact]
    public void Random_keys_keep_the_caret_on_a_border_the_limit_and_the_width()
    {
        string[] pieces =
        [
            "a",
            "Z",
            " ",
            "漢",
            "e\u0301",
            "\u0301",
            "👩",
            "\u200d",
            "🇩",
            "🇪",
            "👍🏽",
            "한",
            "א",
            "क्षि",
            "\ufe0f",
            "1",
        ];
        string[] keys =
        [
            "<left>",
            "<right>",
            "<home>",
            "<end>",
            "<up>",
            "<down>",
            "<backspace>",
            "<delete>",
            "<c-left>",
            "<c-right>",
            "^a",
            "^b",
            "^d",
            "^e",
            "^f",
            "^j",
            "^k",
            "^n",
            "^p",
            "^t",
            "^u",
            "^w",
            "^y",
            "!b",
            "!d",
            "!f",
            "!<backspace>",
        ];
        var random = new Random(42);
        for (int session = 0; session < 150; session++)
        {
            int limit = random.Next(8, 300);
            var editor = new LineEditor(limit);
            int longest = 0;
            for (int step = 0; step < 200; step++)
            {
                Type(editor, random.Next(3) == 0 ? keys[random.Next(keys.Length)] : pieces[random.Next(pieces.Length)]);
                longest = editor.Text.Contains('\n')
                    ? Math.Max(longest, Encoding.UTF8.GetByteCount(editor.Text))
                    : longest;
                if (random.Next(40) == 0)
                    editor.TakeLine();

                if (!editor.Text.Contains('\n'))
                    Assert.True(Encoding.UTF8.GetByteCount(editor.Text) <= Math.Max(limit, longest));
                Assert.Contains(editor.Caret, Borders(editor.Text));
                (int columns, int rows) = (random.Next(3, 40), random.Next(1, 9));
                LineView view = editor.View(columns, rows);
                string[] shown = view.Text.Split('\n');
                Assert.InRange(shown.Length, 1, rows);
                Assert.InRange(view.CaretRow, 0, shown.Length - 1);
                Assert.All(shown, row => Assert.InRange(CellWidth.Measure(row), 0, columns));
                Assert.InRange(view.CaretCell, 0, columns - 1);
                Assert.Equal(view, editor.View(columns, rows));
            }
        }
    }

    private static IEnumerable<int> Borders(string text) =>
        System.Globalization.StringInfo.ParseCombiningCharacters(text).Append(text.Length).Append(0);

    private static void Type(LineEditor editor, string keys)
    {
        foreach (Key key in Parse(keys))
            editor.Press(key);
    }

    /// <summary>
    /// Characters are themselves; "^x" is Ctrl, "!x" Alt before a letter, and names stand in angle brackets.
    /// </summary>
    internal static IEnumerable<Key> Parse(string keys)
    {
        bool alt = false;
        for (int i = 0; i < keys.Length; )
        {
            if (keys[i] == '<' && keys.IndexOf('>', i) is var end and > 0)
            {
                string name = keys[(i + 1)..end];
                bool ctrl = name.StartsWith("c-", StringComparison.Ordinal);
                bool shift = name.StartsWith("s-", StringComparison.Ordinal);
                yield return new Key(
                    Enum.Parse<KeyKind>(ctrl || shift ? name[2..] : name, ignoreCase: true),
                    Ctrl: ctrl,
                    Alt: alt,
                    Shift: shift
                );
                (i, alt) = (end + 1, false);
            }
            else if (keys[i] == '^' && i + 1 < keys.Length)
            {
                yield return Key.WithCtrl(keys[i + 1]);
                i += 2;
            }
            else if (
                keys[i] == '!'
                && i + 1 < keys.Length
                && keys[i + 1] == '<'
                && (
                    keys.IndexOf("backspace", i, StringComparison.Ordinal) == i + 2
                    || keys.IndexOf("enter", i, StringComparison.Ordinal) == i + 2
                )
            )
            {
                (i, alt) = (i + 1, true);
            }
            else if (keys[i] == '!' && i + 1 < keys.Length && keys[i + 1] is 'b' or 'd' or 'f')
            {
                yield return Key.WithAlt(keys[i + 1]);
                i += 2;
            }
            else
            {
                Rune.DecodeFromUtf16(keys.AsSpan(i), out Rune rune, out int used);
                yield return new Key(KeyKind.Character, rune);
                i += used;
            }
        }
    }
}
