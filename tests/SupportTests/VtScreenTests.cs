using Chat.Tests.Support;
using Xunit.Sdk;

namespace Chat.Tests.SupportTests;

public sealed class VtScreenTests
{
    [Fact]
    public void Text_stands_where_it_was_written()
    {
        var screen = new VtScreen(10, 3);
        screen.Feed("one\r\ntwo");
        Assert.Equal(["one", "two", ""], screen.ScrollbackAndScreen);
        Assert.Equal((1, 3), screen.Cursor);
    }

    [Fact]
    public void A_full_row_wraps_only_when_something_follows()
    {
        var screen = new VtScreen(4, 3);
        screen.Feed("abcd");
        Assert.Equal((0, 3), screen.Cursor);
        Assert.True(screen.WrapPending);
        screen.Feed("\r\nef");
        Assert.Equal(["abcd", "ef", ""], screen.ScrollbackAndScreen);
        screen.Feed("ghij");
        Assert.Equal(["abcd", "efgh", "ij"], screen.ScrollbackAndScreen);
    }

    [Fact]
    public void What_scrolls_off_the_top_is_kept()
    {
        var screen = new VtScreen(4, 2);
        screen.Feed("a\r\nb\r\nc\r\nd");
        Assert.Equal(["a", "b", "c", "d"], screen.ScrollbackAndScreen);
        Assert.Equal("c", screen.Row(0));
        Assert.True(screen.Shows("a"));
    }

    [Fact]
    public void A_wide_character_that_does_not_fit_goes_to_the_next_row()
    {
        var screen = new VtScreen(4, 2);
        screen.Feed("abc漢d");
        Assert.Equal(["abc", "漢d"], screen.ScrollbackAndScreen);
        Assert.Equal((1, 3), screen.Cursor);
    }

    [Fact]
    public void Writing_over_half_of_a_wide_character_blanks_the_other_half()
    {
        var screen = new VtScreen(6, 1);
        screen.Feed("漢字\e[2Gx");
        Assert.Equal(" x字", screen.Row(0));
        screen.Feed("\e[3Gy");
        Assert.Equal(" xy", screen.Row(0));
    }

    [Theory]
    [InlineData("e\u0301", 1)]
    [InlineData("👩‍👩‍👧", 2)]
    [InlineData("🇩🇪", 2)]
    [InlineData("❤\uFE0F", 2)]
    public void A_cluster_of_several_code_points_has_one_place(string cluster, int cells)
    {
        var screen = new VtScreen(10, 1);
        screen.Feed(cluster + "|");
        Assert.Equal(cluster + "|", screen.Row(0));
        Assert.Equal(cells + 1, screen.Cursor.Column);
    }

    [Fact]
    public void The_width_of_a_character_is_what_the_test_says()
    {
        var screen = new VtScreen(10, 1, cluster => cluster is "W" ? 2 : 1);
        screen.Feed("WWx");
        Assert.Equal((0, 5), screen.Cursor);
    }

    [Theory]
    [InlineData("\e[K", "abc")]
    [InlineData("\e[0K", "abc")]
    [InlineData("\e[1K", "    ef")]
    [InlineData("\e[2K", "")]
    [InlineData("\e[J", "abc")]
    [InlineData("\e[2J", "")]
    public void Erasing_leaves_the_caret_where_it_is(string erase, string left)
    {
        var screen = new VtScreen(10, 1);
        screen.Feed($"abcdef\e[4G{erase}");
        Assert.Equal(left, screen.Row(0));
        Assert.Equal((0, 3), screen.Cursor);
    }

    [Fact]
    public void Colours_are_known_for_each_cell()
    {
        var screen = new VtScreen(10, 1);
        screen.Feed("a\e[1;31mb\e[4mc\e[0md\e[0;2me\e[mf");
        Assert.Equal(
            ["", "1;31", "1;31;4", "", "2", ""],
            Enumerable.Range(0, 6).Select(column => screen.Style(0, column)).ToArray()
        );
        Assert.Equal("abcdef", screen.Row(0));
    }

    [Fact]
    public void Modes_and_bells_are_seen()
    {
        var screen = new VtScreen(10, 1);
        screen.Feed("\e[?2004h\e[?25l\a\a");
        Assert.True(screen.PasteIsBracketed);
        Assert.False(screen.CursorIsVisible);
        Assert.Equal(2, screen.Bells);
        screen.Feed("\e[?2004l\e[?25h");
        Assert.False(screen.PasteIsBracketed);
        Assert.True(screen.CursorIsVisible);
    }

    [Theory]
    [InlineData("\e]0;title\a")]
    [InlineData("\ePq\e\\")]
    [InlineData("\e[6n")]
    [InlineData("\e[c")]
    [InlineData("\e[2A")]
    [InlineData("\e[3;4H")]
    [InlineData("\e[3J")]
    [InlineData("\e[?1049h")]
    [InlineData("\e[>1m")]
    [InlineData("\e[1 q")]
    [InlineData("\ec")]
    [InlineData("\t")]
    [InlineData("\v")]
    [InlineData("\0")]
    [InlineData("\u007f")]
    [InlineData("\u009b31m")]
    [InlineData("\u0085")]
    public void Whatever_is_not_on_the_list_is_an_offence(string hostile)
    {
        var screen = new VtScreen(10, 2);
        screen.Feed("before");
        XunitException offence = Assert.Throws<XunitException>(() => screen.Feed(hostile));
        Assert.Contains("before", offence.Message, StringComparison.Ordinal);
        Assert.Throws<XunitException>(() => screen.Feed("after"));
    }

    [Theory]
    [InlineData(new byte[] { 0x9B })]
    [InlineData(new byte[] { 0xC3, 0x28 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    public void Bytes_that_are_not_utf_8_are_an_offence(byte[] bytes) =>
        Assert.Throws<XunitException>(() => new VtScreen(10, 1).Feed(bytes));

    [Theory]
    [InlineData("\b")]
    [InlineData("\e[K")]
    [InlineData("\e[J")]
    [InlineData("\e[D")]
    [InlineData("\n")]
    public void What_terminals_disagree_about_at_the_end_of_a_row_is_an_offence(string move)
    {
        var screen = new VtScreen(4, 2);
        screen.Feed("abcd");
        Assert.Throws<XunitException>(() => screen.Feed(move));
    }

    [Fact]
    public void A_sequence_that_was_asked_for_does_nothing()
    {
        var screen = new VtScreen(10, 1);
        screen.Also("\e[?1h", "\e=");
        screen.Feed("a\e[?1h\e=b");
        Assert.Equal("ab", screen.Row(0));
        Assert.Throws<XunitException>(() => screen.Feed("\e>"));
    }

    [Fact]
    public void Every_cut_of_the_bytes_draws_the_same()
    {
        byte[] bytes = "é漢\e[1;31mx\e[0m👩‍👩‍👧\r\n\e[2Kend"u8.ToArray();
        var whole = new VtScreen(8, 2);
        whole.Feed(bytes);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            var screen = new VtScreen(8, 2);
            screen.Feed(bytes.AsSpan(0, cut));
            screen.Feed(bytes.AsSpan(cut));
            Assert.Equal(whole.Draw(), screen.Draw());
            Assert.True(screen.AtRest);
        }
    }

    [Fact]
    public void Half_a_sequence_is_not_at_rest()
    {
        var screen = new VtScreen(8, 1);
        screen.Feed("\e[3");
        Assert.False(screen.AtRest);
        screen.Feed("1m"u8[..2]);
        Assert.True(screen.AtRest);
        screen.Feed([0xC3]);
        Assert.False(screen.AtRest);
    }

    [Fact]
    public void A_lower_screen_pushes_rows_into_the_scrollback_and_a_narrower_one_cuts_them()
    {
        var screen = new VtScreen(6, 4);
        screen.Feed("one\r\ntwo\r\nthree");
        screen.Resize(6, 3);
        Assert.Equal(["one", "two", "three"], screen.ScrollbackAndScreen);
        screen.Resize(4, 2);
        Assert.Equal(["one", "two", "thre"], screen.ScrollbackAndScreen);
        Assert.Equal((1, 3), screen.Cursor);
        screen.Resize(8, 3);
        Assert.Equal(["one", "two", "thre", ""], screen.ScrollbackAndScreen);
    }
}
