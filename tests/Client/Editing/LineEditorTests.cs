using System.Text;
using Chat.Client;
using Chat.Client.Display;
using Chat.Client.Editing;

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
            for (int step = 0; step < 200; step++)
            {
                Type(editor, random.Next(3) == 0 ? keys[random.Next(keys.Length)] : pieces[random.Next(pieces.Length)]);
                if (random.Next(40) == 0)
                    editor.TakeLine();

                Assert.True(Encoding.UTF8.GetByteCount(editor.Text) <= limit);
                Assert.Contains(editor.Caret, Borders(editor.Text));
                int columns = random.Next(3, 40);
                LineView view = editor.View(columns);
                Assert.InRange(CellWidth.Measure(view.Text), 0, columns);
                Assert.InRange(view.CaretCell, 0, columns - 1);
                Assert.Equal(view, editor.View(columns));
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
                yield return new Key(
                    Enum.Parse<KeyKind>(ctrl ? name[2..] : name, ignoreCase: true),
                    Ctrl: ctrl,
                    Alt: alt
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
                && keys.IndexOf("backspace", i, StringComparison.Ordinal) == i + 2
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
