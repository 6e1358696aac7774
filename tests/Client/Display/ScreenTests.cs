using System.Text;
using Chat.Client.Display;
using Chat.Client.Editing;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Display;

public class ScreenTests
{
    [Fact]
    public void A_line_that_arrives_during_typing_leaves_the_draft_unchanged()
    {
        (Screen? screen, LineEditor? line) = Typing("hello");
        screen.ShowPrompt("me> ", line);
        Assert.Equal("\rme> hello\e[K\r\e[9C", Frame(screen));

        screen.Print("alice: hi");
        screen.ShowPrompt("me> ", line);
        Assert.Equal("\r\e[Kalice: hi\r\n\rme> hello\e[K\r\e[9C", Frame(screen));
    }

    [Fact]
    public void Many_lines_in_a_frame_hide_the_prompt_once()
    {
        (Screen? screen, LineEditor? line) = Typing("");
        screen.ShowPrompt("> ", line);
        screen.Clear();
        screen.Print("one");
        screen.Print("");
        screen.Print("two");
        screen.ShowPrompt("> ", line);
        Assert.Equal("\r\e[Kone\r\n\r\ntwo\r\n\r> \e[K\r\e[2C", Frame(screen));
    }

    [Fact]
    public void An_unchanged_screen_composes_nothing()
    {
        var screen = new Screen();
        screen.HidePrompt();
        Assert.Equal("", Frame(screen));
    }

    [Fact]
    public void The_prompt_is_erased_before_the_window_is()
    {
        (Screen? screen, LineEditor? line) = Typing("");
        screen.ShowPrompt("> ", line);
        screen.Clear();
        screen.Wipe();
        screen.HidePrompt();
        Assert.Equal("\r\e[K\e[H\e[2J", Frame(screen));
    }

    [Theory]
    [InlineData(40, "send 12 lines? [y/N/e] hi")]
    [InlineData(30, "send 12 lines? [y… hi")]
    [InlineData(14, "send 1… hi")]
    [InlineData(13, "> hi")]
    public void A_prompt_with_a_question_is_cut_instead_of_omitted(int columns, string row)
    {
        (Screen? screen, LineEditor? line) = Typing("hi");
        screen.Columns = columns;
        screen.ShowPrompt("send 12 lines? [y/N/e] ", line);
        Assert.StartsWith($"\r{row}\e[K", Frame(screen), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(80, "me> hi", 6)]
    [InlineData(14, "me> hi", 6)]
    [InlineData(8, "> hi", 4)]
    [InlineData(7, "hi", 2)]
    [InlineData(6, "hi", 2)]
    public void A_narrow_window_has_room_for_what_is_typed(int columns, string row, int caret)
    {
        (Screen? screen, LineEditor? line) = Typing("hi");
        screen.Columns = columns;
        screen.ShowPrompt("me> ", line);
        Assert.Equal($"\r{row}\e[K\r\e[{caret}C", Frame(screen));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(2)]
    public void A_window_too_narrow_for_a_prompt_shows_none_and_keeps_no_remains(int columns)
    {
        (Screen? screen, LineEditor? line) = Typing("more than there is room for");
        var grid = new VtScreen(columns, 3);
        screen.Columns = columns;
        screen.Rows = 3;
        for (int i = 0; i < 4; i++)
        {
            screen.Print($"{i}");
            screen.ShowPending(["waits"]);
            screen.ShowPrompt("me> ", line);
            screen.ShowQuestion("send? [y/N/e] ");
            grid.Feed(screen.Frame);
            screen.Clear();
        }
        Assert.DoesNotContain(grid.ScrollbackAndScreen, static row => row.Contains('<', StringComparison.Ordinal));
        Assert.Equal(
            "0 1 2 3",
            string.Join(' ', grid.ScrollbackAndScreen.Where(static row => row.Length == 1 && char.IsAsciiDigit(row[0])))
        );
    }

    [Theory]
    [InlineData("bob: http://a.example/bcdefgh now", 12, "bob: http://|a.example/bc|defgh|  now")]
    [InlineData("bob: http://a.b/cde now", 15, "bob: http://a.b|/cde|  now")]
    [InlineData("bob:   http://a.example/bcdefgh", 12, "bob:   http:|//a.example/|bcdefgh")]
    [InlineData("bob: http://a.b/c now", 15, "bob:|  http://a.b/c|  now")]
    [InlineData("bob: http://a.b/c now", 17, "bob: http://a.b/c|  now")]
    public void An_address_begins_after_the_name_unless_it_fits_a_row_of_its_own(string line, int columns, string rows)
    {
        var screen = new Screen() { Columns = columns };
        StyledText text = new StyledText().Add(line);
        (text.Indent, text.Head) = (2, 5);
        screen.Print(text);
        Assert.Equal(rows, Drawn(screen));
    }

    [Theory]
    [InlineData("fits in the row exactly.", 24, "fits in the row exactly.")]
    [InlineData("one two three", 9, "one two|  three")]
    [InlineData("one two three four five", 9, "one two|  three|  four|  five")]
    [InlineData("one    two    three", 10, "one    two|  three")]
    [InlineData("one two    ", 8, "one two")]
    [InlineData("abcdefghijklmnopqrst", 8, "abcdefgh|ijklmnop|qrst")]
    [InlineData("abcdefghijklmnopqrst:", 8, "abcdefgh|  ijklmn|  opqrst|  :")]
    [InlineData("ab cdefghijklmn", 8, "ab|  cdefgh|ijklmn")]
    [InlineData("ab cdefghijklmn op", 8, "ab|  cdefgh|ijklmn|  op")]
    [InlineData("漢漢漢漢漢漢", 7, "漢漢漢|  漢漢|  漢")]
    [InlineData(
        "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301",
        6,
        "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301|  e\u0301e\u0301"
    )]
    [InlineData("see http://a.example/bcdefgh now", 12, "see|  http://a.e|xample/bcdef|gh|  now")]
    [InlineData("漢漢漢。漢、漢", 6, "漢漢|  漢。|  漢、|  漢")]
    [InlineData("see http://a.b/c now", 12, "see|  http://a.b|/c|  now")]
    [InlineData("", 10, "")]
    public void Wide_lines_are_broken_and_their_further_rows_indented(string line, int columns, string rows)
    {
        var screen = new Screen() { Columns = columns };
        screen.Print(line, indent: 2);
        Assert.Equal(rows, Drawn(screen));
    }

    /// <summary>Terminals differ in the width of a cluster. The copy is exact where they do not.</summary>
    [Fact]
    public void Random_lines_lose_nothing_but_spaces_and_no_row_looks_like_a_line_of_its_own()
    {
        string[] pieces =
        [
            "a",
            "word",
            " ",
            "  ",
            "漢字",
            "e\u0301",
            "👩\u200d👩\u200d👧",
            "-",
            "longerwordthanarow",
            "x: ",
        ];
        Func<string, int>[] terminals =
        [
            static cluster => CellWidth.MeasureCluster(cluster),
            static cluster => CellWidth.LeastOfCluster(cluster),
            static cluster => Math.Min(2, CellWidth.MostOfCluster(cluster)),
        ];
        var random = new Random(7);
        for (int run = 0; run < 600; run++)
        {
            string line = string.Concat(
                    Enumerable.Range(0, random.Next(20)).Select(_ => pieces[random.Next(pieces.Length)])
                )
                .Trim();
            int columns = random.Next(4, 30);
            var screen = new Screen() { Columns = columns };
            screen.Print(line, indent: random.Next(2, 12));
            VtScreen grid = new(columns, 200, terminals[run % terminals.Length]);
            grid.Feed(screen.Frame);

            string[] rows = [.. grid.ScrollbackAndScreen.Skip(1).Where(static row => row.Length > 0)];
            Assert.All(
                rows,
                static row =>
                    Assert.True(row.StartsWith("  ", StringComparison.Ordinal) || IsPieceOfWord(row), $"<{row}>")
            );
            Assert.Equal(Packed(line), Packed(string.Concat(grid.ScrollbackAndScreen)));
            if (line.Length > 0 && !line.Contains("👩", StringComparison.Ordinal))
                Assert.Equal(Packed(line), Packed(Assert.Single(grid.Lines, static copied => copied.Length > 0)));
        }

        static bool IsPieceOfWord(string row) => !row.Contains(' ', StringComparison.Ordinal) && !row.EndsWith(':');
    }

    [Theory]
    [InlineData(20)]
    [InlineData(47)]
    [InlineData(80)]
    [InlineData(200)]
    public void A_line_is_copied_as_one_with_its_long_words_byte_for_byte(int columns)
    {
        string key = string.Concat(Enumerable.Range(0, 60).Select(static i => $"k{i:x4}/+"));
        string command = string.Join(' ', Enumerable.Range(0, 22).Select(static i => $"--opt{i}"));
        string address = $"https://host.example/{new string('p', 230)}?q={new string('1', 60)}";
        string chinese = string.Concat(Enumerable.Repeat("漢字文章，", 40));
        foreach (string text in (string[])[$"the key: {key} please", command, $"{address} and {key}", chinese])
        {
            var screen = new Screen() { Columns = columns };
            screen.Print($"12:00 bob: {text}", indent: 11);
            VtScreen grid = new(columns, 200);
            grid.Feed(screen.Frame);

            string copied = Assert.Single(grid.Lines, static line => line.Length > 0);
            Assert.Equal(
                text.Split(' ').Where(word => word != chinese),
                copied["12:00 bob: ".Length..]
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .Where(word => !chinese.Contains(word, StringComparison.Ordinal))
            );
            Assert.Equal(Packed(text), Packed(copied["12:00 bob: ".Length..]));
        }
    }

    [Fact]
    public void The_frame_buffer_is_reused_and_a_burst_does_not_stay_in_memory()
    {
        var screen = new Screen();
        for (int i = 0; i < 10_000; i++)
            screen.Print("a line of a burst");
        Assert.True(screen.Frame.Length > 100_000);
        screen.Clear();

        screen.Print("warm");
        screen.Clear();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            screen.Print("a quiet line");
            screen.Clear();
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static (Screen Screen, LineEditor Line) Typing(string text)
    {
        var line = new LineEditor(1000);
        line.Insert(text);
        return (new Screen(), line);
    }

    private static string Drawn(Screen screen)
    {
        VtScreen grid = new(screen.Columns, 100);
        grid.Feed(screen.Frame);
        return string.Join('|', grid.ScrollbackAndScreen).TrimEnd('|');
    }

    private static string Frame(Screen screen)
    {
        string frame = Encoding.UTF8.GetString(screen.Frame);
        screen.Clear();
        return frame;
    }

    private static string Packed(string text) =>
        text.Replace(" ", "", StringComparison.Ordinal).Replace("\r\n", "", StringComparison.Ordinal);
}
