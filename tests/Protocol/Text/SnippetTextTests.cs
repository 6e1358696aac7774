using System.Text;
using Chat.Protocol;
using Chat.Protocol.Text;
using Chat.Protocol.Wire;

namespace Chat.Tests.Protocol.Text;

/// <summary>Texts of several rows: cleaning, the bounds, the escaped form and the rows of plain tools.</summary>
public sealed class SnippetTextTests
{
    [Theory]
    [InlineData("one\ntwo", "one\ntwo")]
    [InlineData("one\r\ntwo\rthree\r\n", "one\ntwo\nthree")]
    [InlineData("a\r\r\nb", "a\n\nb")]
    [InlineData("\n \n\t\none\n\n\n  two\n \n\n", "one\n\n\n  two")]
    [InlineData("\tif x:\n\t\treturn\ty", "\tif x:\n\t\treturn\ty")]
    [InlineData("  indented\n    more  ", "  indented\n    more  ")]
    [InlineData("a\e[2Jb\nc\u202ed\u0007", "a^[[2Jb\ncd^G")]
    [InlineData("a\u2028b\fc\u0085d", "a b^Lc\\x85d")]
    [InlineData("\u200b\none\n\u202e\u200d\n", "one")]
    [InlineData("漢\u200d\t\u200d字\n👩\u200d👩\u200d👧", "漢\t字\n👩\u200d👩\u200d👧")]
    [InlineData("one", "one")]
    [InlineData("\r\n \t\n", "")]
    [InlineData("", "")]
    public void Rows_tabs_and_indentation_stay_and_all_else_is_cleaned(string text, string clean)
    {
        Assert.Equal(clean, SnippetText.Clean(text));
        Assert.Equal(clean, SnippetText.Clean(clean));
    }

    [Fact]
    public void A_clean_text_has_clean_rows_and_stays_as_it_is()
    {
        string[] pieces =
        [
            "a",
            " ",
            "\t",
            "\n",
            "\r",
            "\e",
            "\u0301",
            "\u200d",
            "\u202e",
            "漢",
            "👩",
            "\ufe0f",
            "\ud83d",
        ];
        Random random = new(7);
        for (int run = 0; run < 5000; run++)
        {
            StringBuilder text = new();
            for (int count = random.Next(20); count > 0; count--)
                text.Append(pieces[random.Next(pieces.Length)]);
            string clean = SnippetText.Clean(text.ToString());
            Assert.Equal(clean, SnippetText.Clean(clean));
            string[] rows = clean.Split('\n');
            Assert.All(rows, row => Assert.Equal(SafeText.Clean(row), row.Replace('\t', ' ')));
            if (clean.Length > 0)
                Assert.False(string.IsNullOrWhiteSpace(rows[0]) || string.IsNullOrWhiteSpace(rows[^1]));
        }
    }

    [Fact]
    public void Lost_characters_of_all_rows_are_counted()
    {
        Assert.Equal("�\n�\tx�", SnippetText.Clean([0xFF, (byte)'\n', 0xFE, .. "\tx\uE0A0"u8], out int lost));

        Assert.Equal(3, lost);
    }

    [Fact]
    public void The_largest_message_is_taken_and_one_more_row_or_byte_is_not()
    {
        string rows = string.Join('\n', Enumerable.Repeat("x", ProtocolLimits.SnippetLines));
        string bytes = new string('\\', ProtocolLimits.SnippetBytes - 2) + "\nx";

        Assert.Null(SnippetText.Refusal(rows));
        Assert.Null(SnippetText.Refusal(bytes));
        Assert.Equal("a message has at most 500 lines, and this one has 501", SnippetText.Refusal(rows + "\n"));
        Assert.Equal("a message has at most 65536 bytes, and this one has 65537", SnippetText.Refusal(bytes + "x"));
        Assert.Equal("the message is empty", SnippetText.Refusal(" \n\t\n"));
    }

    [Fact]
    public void Any_text_comes_back_from_its_escaped_form_which_is_clean()
    {
        Random random = new(1);
        string[] pieces = ["\n", "\t", "\\", "n", "t", " ", "é", "漢", "e\u0301", "👩\u200d👧", "\\n", "x"];
        for (int turn = 0; turn < 2000; turn++)
        {
            string text = SnippetText.Clean(
                string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => pieces[random.Next(pieces.Length)]))
            );

            string escaped = Escape(text);

            Assert.DoesNotContain(escaped, static c => char.IsControl(c));
            Assert.Equal(escaped, SafeText.Clean(escaped));
            Assert.Equal(text, Unescape(escaped));
        }
    }

    [Theory]
    [InlineData(@"C:\dir\", @"C:\dir\")]
    [InlineData(@"\x\\y\n", "\\x\\y\n")]
    [InlineData(@"\\n", @"\n")]
    public void A_backslash_before_another_character_stays(string escaped, string text) =>
        Assert.Equal(text, Unescape(escaped));

    [Fact]
    public void A_row_of_tabs_is_expanded_in_one_pass()
    {
        string row = "a" + new string('\t', ProtocolLimits.SnippetBytes - 1);
        _ = SnippetText.RowsWithSpaces(row).Single();
        long before = GC.GetAllocatedBytesForCurrentThread();

        string expanded = SnippetText.RowsWithSpaces(row).Single();

        Assert.Equal(SnippetText.TabStop * (ProtocolLimits.SnippetBytes - 1), expanded.Length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * expanded.Length);
    }

    [Fact]
    public void Each_row_of_a_plain_tool_has_the_prefix_and_the_length_of_a_line()
    {
        string longRow = string.Concat(Enumerable.Repeat("漢\\", 3000));
        string text = $"one\n\n\t{longRow}\nlast";

        string[] rows = Plain("al", text);

        Assert.Equal(["<al> one", "<al> "], rows[..2]);
        Assert.Equal("<al> last", rows[^1]);
        Assert.All(rows, static row => Assert.StartsWith("<al> ", row, StringComparison.Ordinal));
        Assert.All(
            rows,
            static row => Assert.InRange(Encoding.UTF8.GetByteCount(row[5..]), 0, ProtocolLimits.TextBytes)
        );
        Assert.Equal("\t" + longRow, string.Concat(rows[2..^1].Select(static row => row[5..])));
    }

    [Fact]
    public void The_largest_plain_form_fits_its_buffer()
    {
        string name = string.Concat(Enumerable.Repeat("𐌰", ProtocolLimits.NameLength));
        string row = new('x', ProtocolLimits.SnippetBytes - 2 * ProtocolLimits.SnippetLines);
        string text = string.Join('\n', [row, .. Enumerable.Repeat("y", ProtocolLimits.SnippetLines - 1)]);

        Assert.Null(SnippetText.Refusal(text));
        Assert.Equal(
            text.Replace("\n", "", StringComparison.Ordinal),
            string.Concat(Plain(name, text).Select(line => line[(name.Length + 3)..]))
        );
    }

    private static string Escape(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text),
            into = new byte[2 * utf8.Length];
        return Encoding.UTF8.GetString(into.AsSpan(0, SnippetEscape.Escape(utf8, into)));
    }

    private static string Unescape(string escaped)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(escaped);
        return Encoding.UTF8.GetString(utf8.AsSpan(0, SnippetEscape.Unescape(utf8, utf8)));
    }

    private static string[] Plain(string name, string text)
    {
        byte[] line = new byte[PlainWire.LongestBytes];
        int length = PlainWire.Line(line, LineKind.Snippet, name, Encoding.UTF8.GetBytes(Escape(text)));
        return Encoding.UTF8.GetString(line.AsSpan(0, length - 1)).Split('\n');
    }
}
