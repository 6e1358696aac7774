using System.Text;
using Chat.Protocol.Text;

namespace Chat.Tests.Protocol.Text;

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
}
