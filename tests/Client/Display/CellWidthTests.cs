using System.Globalization;
using Chat.Client.Display;

namespace Chat.Tests.Client.Display;

public sealed class CellWidthTests
{
    public static TheoryData<string, int> Clusters =>
        new()
        {
            { "", 0 },
            { "a", 1 },
            { " ", 1 },
            { "~", 1 },
            { "é", 1 },
            { "e\u0301", 1 },
            { "e\u0301\u0302\u0303", 1 },
            { "ш", 1 },
            { "ש\u05B8\u05C1", 1 },
            { "ـَّ", 1 },
            // Wide, fullwidth, halfwidth, ambiguous
            { "語", 2 },
            { "あ", 2 },
            { "が", 2 },
            { "か\u3099", 2 },
            { "Ａ", 2 },
            { "ｱ", 1 },
            { "\u3000", 2 },
            { "한", 2 },
            { "𠀀", 2 },
            { "、", 2 },
            { "§", 1 },
            { "─", 1 },
            { "α", 1 },
            { "…", 1 },
            { "\uFFFD", 1 },
            // Conjoining Hangul
            { "\u1112\u1161\u11AB", 2 },
            { "\u1112\u1161", 2 },
            { "\u1112", 2 },
            // Vowel signs above or below take no cell; those beside take one.
            { "กี่", 1 },
            { "กำ", 2 },
            { "कि", 2 },
            { "कु", 1 },
            { "न्", 1 },
            // Emoji
            { "😀", 2 },
            { "👍🏿", 2 },
            { "👨\u200D👩\u200D👧\u200D👦", 2 },
            { "👩🏽\u200D🚀", 2 },
            { "🏳\uFE0F\u200D🌈", 2 },
            { "❤", 1 },
            { "❤\uFE0F", 2 },
            { "❤\uFE0F\u200D🔥", 2 },
            { "☺\uFE0E", 1 },
            { "1\uFE0F\u20E3", 2 },
            { "#\uFE0F\u20E3", 2 },
            { "🇩🇪", 2 },
            { "🇩", 1 },
            { "⌚", 2 },
            { "↔\uFE0F", 2 },
            { "🕵🏻\u200D♂\uFE0F", 2 },
            { "a\uFE0F", 1 },
            // Characters without a cell
            { "\u0301", 0 },
            { "\u200B", 0 },
            { "\u200D", 0 },
            { "\e", 0 },
            { "\n", 0 },
            { "\u009b", 0 },
            { "\u00AD", 0 },
            { "\uFEFF", 0 },
            // A format character that is visible
            { "\u06DD", 1 },
        };

    public static TheoryData<string, int> Texts =>
        new()
        {
            { "", 0 },
            { "hello, world", 12 },
            { "naïve cafe\u0301", 10 },
            { "日本語 text", 11 },
            { "👨\u200D👩\u200D👧 ok", 5 },
            { "🇩🇪🇫🇷🇯", 5 },
            { "שָׁלוֹם", 4 },
            { "한국어", 6 },
            { "สวัสดี", 4 },
            { "a\u0301\u0301\u0301b", 2 },
            { "Ｗｉｄｅ", 8 },
        };

    [Theory, MemberData(nameof(Clusters))]
    public void A_cluster_takes_its_cells(string cluster, int cells)
    {
        Assert.Equal(cluster.Length, StringInfo.GetNextTextElementLength(cluster));
        Assert.Equal(cells, CellWidth.MeasureCluster(cluster));
    }

    [Theory]
    [InlineData("a", 1)]
    [InlineData("語", 2)]
    [InlineData("か\u3099", 2)]
    [InlineData("한", 2)]
    [InlineData("Ａ", 2)]
    [InlineData("❤\uFE0F", 1)]
    [InlineData("1\uFE0F\u20E3", 1)]
    [InlineData("😀", 1)]
    [InlineData("🇩🇪", 1)]
    [InlineData("👨\u200D👩\u200D👧", 1)]
    [InlineData("👍🏿", 1)]
    [InlineData("कि", 1)]
    [InlineData("กำ", 1)]
    [InlineData("ि", 0)]
    [InlineData("\U0001FAE9", 0)]
    [InlineData("e\u0301", 1)]
    public void A_cluster_counts_with_the_least_width_that_any_terminal_gives_it(string cluster, int cells)
    {
        Assert.Equal(cells, CellWidth.LeastOfCluster(cluster));
        Assert.InRange(CellWidth.MeasureCluster(cluster), cells, CellWidth.MostOfCluster(cluster));
    }

    [Theory, MemberData(nameof(Texts))]
    public void A_text_takes_the_cells_of_its_clusters(string text, int cells) =>
        Assert.Equal(cells, CellWidth.Measure(text));

    [Fact]
    public void Half_a_surrogate_pair_takes_the_cell_of_its_replacement() =>
        Assert.Equal(3, CellWidth.Measure("a\uD83Db"));

    [Fact]
    public void Measuring_allocates_nothing()
    {
        const string Text = "plain, 日本語, 👨\u200D👩\u200D👧, e\u0301";
        int cells = CellWidth.Measure(Text);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            cells += CellWidth.Measure(Text);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(101 * 20, cells);
    }
}
