using System.Text;
using Chat.Client;
using Chat.Client.Display;
using Chat.Client.Editing;
using Chat.Tests.Client.Editing;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Display;

/// <summary>
/// The waiting rows, the prompt and resizes, on a grid that throws on every sequence missing in Screen's list.
/// </summary>
public sealed class ScreenBottomTests
{
    private const string Prompt = "me> ";

    private static readonly string[] Rowwise =
    [
        "^j",
        "^j^j",
        "a^j",
        "<up>",
        "<up><up>",
        "<down>",
        "^a<backspace>",
        "^w",
        "^c",
    ];

    private static readonly string[] Words =
    [
        "a",
        "word",
        "漢字",
        "e\u0301",
        "👩\u200d👩\u200d👧",
        "-",
        "longerwordthanarow",
        "http://a.example/b/c/d/e/f/g/h/i/j/k/l/m/n",
        "  ",
        "🇩🇪",
    ];

    [Theory]
    [InlineData(60, "send 12 lines? [y/N/e]")]
    [InlineData(20, "12 lines? [y/N/e]")]
    [InlineData(10, "[y/N/e]")]
    public void A_question_replaces_the_prompt_and_shows_its_answers(int columns, string row)
    {
        (Screen? screen, VtScreen? grid) = (new Screen() { Columns = columns }, new VtScreen(columns, 4));
        screen.ShowQuestion("send 12 lines? [y/N/e] ");
        grid.Feed(screen.Frame);
        Assert.Equal(row, grid.Row(0));
    }

    [Theory]
    [InlineData(60, "hello", "  hello (not taken yet)")]
    [InlineData(33, "a line longer than its row", "  a line longer… (not taken yet)")]
    [InlineData(32, "hello", "  hello (not yet)")]
    [InlineData(32, "漢字漢字漢字漢字漢字漢字漢字", "  漢字漢字漢字漢字漢… (not yet)")]
    [InlineData(21, "hello, world", "  hello, … (not yet)")]
    [InlineData(20, "hello", "  hello")]
    public void A_late_line_has_a_mark_at_the_end_of_its_row(int columns, string line, string row)
    {
        (Screen screen, VtScreen grid) = (new Screen() { Columns = columns, Rows = 8 }, new VtScreen(columns, 8));
        screen.ShowPending([line]);
        screen.ShowPrompt(Prompt, Line(""));
        screen.ShowPending([line], late: 1);
        screen.ShowPrompt(Prompt, Line(""));
        grid.Feed(screen.Frame);
        Assert.Equal([row, "me>"], Rows(grid));
    }

    [Fact]
    public void Only_the_oldest_lines_are_late_and_the_number_of_the_others_is_no_line()
    {
        (Screen screen, VtScreen grid) = (new Screen() { Columns = 40, Rows = 24 }, new VtScreen(40, 24));
        screen.ShowPending(["one", "two"], late: 1);
        screen.ShowPrompt(Prompt, Line(""));
        grid.Feed(screen.Frame);
        Assert.Equal(["  one (not taken yet)", "  two", "me>"], Rows(grid));

        screen.Clear();
        screen.ShowPending(["1", "2", "3", "4", "5", "6"], late: 6);
        screen.ShowPrompt(Prompt, Line(""));
        grid.Feed(screen.Frame);
        Assert.Equal(
            [.. Enumerable.Range(1, 4).Select(static i => $"  {i} (not taken yet)"), "  ... 2 more", "me>"],
            Rows(grid)
        );
    }

    [Fact]
    public void Waiting_lines_stand_above_the_prompt_and_arrivals_above_both()
    {
        (Screen? screen, LineEditor? line, VtScreen? grid) = (
            new Screen() { Columns = 20, Rows = 8 },
            Line("draft"),
            new VtScreen(20, 8)
        );
        screen.Print("alice: hi");
        screen.ShowPending(["one", "two"]);
        screen.ShowPrompt(Prompt, line);
        grid.Feed(screen.Frame);
        Assert.Equal(["alice: hi", "  one", "  two", "me> draft"], Rows(grid));

        screen.Clear();
        screen.Print("bob: ho");
        screen.ShowPending(["two"]);
        screen.ShowPrompt(Prompt, line);
        Assert.Equal(
            "\r\e[K\e[A\e[K\e[A\e[Kbob: ho\r\n  two\r\n\rme> draft\e[K\r\e[9C",
            Encoding.UTF8.GetString(screen.Frame)
        );
        grid.Feed(screen.Frame);
        Assert.Equal(["alice: hi", "bob: ho", "  two", "me> draft"], Rows(grid));
        Assert.Equal((3, 9), grid.Cursor);
    }

    [Fact]
    public void Typing_draws_only_the_prompt()
    {
        (Screen? screen, LineEditor? line) = (new Screen(), Line("x"));
        screen.ShowPending(["one"]);
        screen.ShowPrompt(Prompt, line);
        screen.Clear();
        screen.ShowPending(["one"]);
        screen.ShowPrompt(Prompt, line);
        Assert.Equal("\rme> x\e[K\r\e[5C", Encoding.UTF8.GetString(screen.Frame));
    }

    [Theory]
    [InlineData(24, 3, 3)]
    [InlineData(24, 9, ClientLimits.PendingRows)]
    [InlineData(4, 9, 2)]
    [InlineData(2, 9, 0)]
    [InlineData(1, 9, 0)]
    public void Waiting_lines_are_shown_as_far_as_they_fit_and_the_others_counted(int rows, int lines, int shown)
    {
        (Screen? screen, VtScreen? grid) = (new Screen() { Rows = rows }, new VtScreen(80, 24));
        screen.ShowPending([.. Enumerable.Range(0, lines).Select(i => $"line {i}")]);
        screen.ShowPrompt(Prompt, Line(""));
        grid.Feed(screen.Frame);
        int first = lines == shown || shown == 0 ? shown : shown - 1;
        string[] more = first == shown ? [] : new[] { $"  ... {lines - first} more" };
        Assert.Equal([.. Enumerable.Range(0, first).Select(i => $"  line {i}"), .. more, "me>"], Rows(grid));
    }

    [Theory]
    [InlineData("1234567", "  1234567")]
    [InlineData("12345678", "  123456…")]
    [InlineData("漢字漢x", "  漢字漢x")]
    [InlineData("漢字漢字", "  漢字漢…")]
    [InlineData("1漢字漢字", "  1漢字…")]
    public void A_row_that_waits_is_cut_before_the_last_cell(string line, string row)
    {
        (Screen? screen, VtScreen? grid) = (new Screen() { Columns = 10 }, new VtScreen(10, 5));
        screen.ShowPending([line]);
        screen.ShowPrompt(Prompt, Line(""));
        grid.Feed(screen.Frame);
        Assert.Equal(row, grid.Row(0));
    }

    [Fact]
    public void Styles_end_with_their_row_and_begin_again_in_the_next()
    {
        var screen = new Screen(new Palette(Colours.Sixteen)) { Columns = 10 };
        StyledText line = new StyledText { Indent = 2 }
            .Add("bob: ")
            .Add("one two three", Style.Error)
            .Add("!");
        line.Indent = 2;
        screen.Print(line);
        Assert.Equal(
            "bob: \e[31mone\e[0m" + "  " + "  \e[31mtwo\e[0m" + "     " + "  \e[31mthree\e[0m!\r\n",
            Encoding.UTF8.GetString(screen.Frame)
        );
    }

    [Fact]
    public void A_draft_of_several_rows_stands_below_the_prompt_and_arrivals_above_it()
    {
        (Screen screen, LineEditor line, VtScreen grid) = (
            new Screen() { Columns = 20, Rows = 12 },
            Line("one\n\ttwo\nthree"),
            new VtScreen(20, 12)
        );
        Draw("alice: hi");
        Assert.Equal(["alice: hi", "me> one", "        two", "    three"], Rows(grid));
        Assert.Equal((3, 9), grid.Cursor);

        Press("<up>");
        Draw("bob: ho");
        Assert.Equal(["alice: hi", "bob: ho", "me> one", "        two", "    three"], Rows(grid));
        Assert.Equal((3, 9), grid.Cursor);

        // Fewer rows leave none behind, and the conversation stays.
        Press("^a<backspace>");
        Draw();
        Assert.Equal(["alice: hi", "bob: ho", "me> one two", "three"], [.. Rows(grid).Select(Squeezed)]);
        Press("<down><end>^u<backspace>");
        Draw();
        Assert.Equal(["alice: hi", "bob: ho", "me> one two"], [.. Rows(grid).Select(Squeezed)]);
        Assert.Equal(2, grid.Cursor.Row);
        screen.HidePrompt();
        Draw("carol: hey");
        Assert.Equal(["alice: hi", "bob: ho", "carol: hey", "me> one two"], [.. Rows(grid).Select(Squeezed)]);

        static string Squeezed(string row) => string.Join(' ', row.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        void Press(string keys) => LineEditorTests.Parse(keys).ToList().ForEach(key => line.Press(key));

        void Draw(params string[] arrivals)
        {
            foreach (string arrival in arrivals)
                screen.Print(arrival);
            screen.ShowPrompt(Prompt, line);
            grid.Feed(screen.Frame);
            screen.Clear();
        }
    }

    [Theory]
    [InlineData(24, 8)]
    [InlineData(16, 8)]
    [InlineData(10, 5)]
    [InlineData(5, 2)]
    [InlineData(3, 1)]
    [InlineData(1, 1)]
    public void A_draft_takes_at_most_half_of_the_window(int rows, int shown)
    {
        (Screen screen, VtScreen grid) = (new Screen() { Rows = rows }, new VtScreen(80, 24));
        screen.ShowPrompt(Prompt, Line(string.Join('\n', Enumerable.Range(1, 30))));
        grid.Feed(screen.Frame);
        Assert.Equal(shown, Rows(grid).Count);
        Assert.Equal($"me^ {31 - shown}", grid.Row(0));
        Assert.EndsWith(" 30", grid.Row(shown - 1), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "me^ 3", "    4", "    5")]
    [InlineData("<up><up><up>", "me^ 2", "    3", "  v 4")]
    [InlineData("<up><up><up><up>", "me> 1", "    2", "  v 3")]
    public void Marks_tell_of_rows_above_and_below_the_shown_ones(string keys, params string[] shown)
    {
        (Screen screen, VtScreen grid) = (new Screen() { Rows = 6 }, new VtScreen(80, 6));
        LineEditor line = Line("1\n2\n3\n4\n5");
        screen.ShowPrompt(Prompt, line);
        foreach (Key key in LineEditorTests.Parse(keys))
        {
            line.Press(key);
            screen.ShowPrompt(Prompt, line);
        }
        grid.Feed(screen.Frame);
        Assert.Equal(shown, Rows(grid));
    }

    [Theory]
    [InlineData("", "me^ 3")]
    [InlineData("<up>", "me| 2")]
    [InlineData("<up><up>", "mev 1")]
    public void In_a_window_of_one_draft_row_the_prompt_tells_of_the_others(string keys, string row)
    {
        (Screen screen, VtScreen grid) = (new Screen() { Rows = 2 }, new VtScreen(80, 2));
        LineEditor line = Line("1\n2\n3");
        LineEditorTests.Parse(keys).ToList().ForEach(key => line.Press(key));
        screen.ShowPrompt(Prompt, line);
        grid.Feed(screen.Frame);
        Assert.Equal([row], Rows(grid));
    }

    [Fact]
    public void Rows_behind_a_wide_prompt_are_indented_by_two_cells()
    {
        (Screen screen, VtScreen grid) = (new Screen() { Columns = 40 }, new VtScreen(40, 6));
        screen.ShowPrompt("alice (connecting)> ", Line("first\n" + new string('x', 40) + "\n3"));
        grid.Feed(screen.Frame);
        Assert.Equal(["alice (connecting)> first", "  " + new string('x', 36) + ">", "  3"], Rows(grid));
    }

    [Fact]
    public void Waiting_lines_and_a_draft_of_several_rows_leave_a_row_to_the_conversation()
    {
        (Screen screen, VtScreen grid) = (new Screen() { Rows = 8 }, new VtScreen(80, 8));
        LineEditor line = Line("1");
        screen.Print("alice: hi");
        screen.ShowPending(["a", "b", "c", "d\n\te\nf"]);
        screen.ShowPrompt(Prompt, line);
        grid.Feed(screen.Frame);
        screen.Clear();
        Assert.Equal(["alice: hi", "  a", "  b", "  c", "  d ... (3 lines)", "me> 1"], Rows(grid));
        line.Insert("\n2\n3\n4");
        screen.ShowPrompt(Prompt, line);
        grid.Feed(screen.Frame);
        Assert.Equal(["alice: hi", "  a", "  b", "  ... 2 more", "me> 1", "    2", "    3", "    4"], Rows(grid));
    }

    [Fact]
    public void The_bottom_rows_of_a_full_window_are_erased_without_erasing_the_window()
    {
        (Screen screen, LineEditor line) = (new Screen() { Columns = 20, Rows = 6 }, Line("1\n2\n3"));
        LineEditorTests.Parse("<up><up>").ToList().ForEach(key => line.Press(key));
        screen.ShowPrompt(Prompt, line);
        screen.Clear();
        screen.HidePrompt();
        // Erasing from the first cell of the window on would move its content to the scrollback of tmux.
        Assert.Equal("\r\e[K\e[1C\e[J\r", Encoding.UTF8.GetString(screen.Frame));
    }

    /// <summary>The other screen is hidden before each resize. Both must look the same after every frame.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_events_leave_the_screen_as_a_fresh_repaint_does(int seed)
    {
        var random = new Random(seed);
        for (int session = 0; session < 40; session++)
        {
            (int columns, int rows) = (random.Next(8, 60), random.Next(8, 24));
            bool resizesRows = random.Next(2) == 0;
            LineEditor line = Line("");
            using Side tried = new(columns, rows),
                fresh = new(columns, rows);
            for (int step = 0; step < 80; step++)
            {
                string[] arrivals = [],
                    waiting = [.. Enumerable.Range(0, random.Next(8)).Select(_ => Said(random))];
                switch (random.Next(5))
                {
                    case 0:
                        arrivals = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => Said(random))];
                        break;
                    case 1:
                        (columns, rows) = (random.Next(8, 60), resizesRows ? random.Next(8, 24) : rows);
                        tried.Grid.Resize(columns, rows);
                        fresh.Screen.HidePrompt();
                        fresh.Flush();
                        fresh.Grid.Resize(columns, rows);
                        break;
                    case 2 when !resizesRows:
                        tried.Screen.Wipe();
                        fresh.Screen.Wipe();
                        break;
                    default:
                        foreach (
                            Key key in LineEditorTests.Parse(
                                random.Next(3) switch
                                {
                                    0 => "<left><home><delete>^t<end>",
                                    1 when !resizesRows => Rowwise[random.Next(Rowwise.Length)],
                                    _ => Words[random.Next(Words.Length)],
                                }
                            )
                        )
                            line.Press(key);
                        break;
                }

                tried.Show(columns, rows, arrivals, waiting, line);
                fresh.Show(columns, rows, arrivals, waiting, line);
                Assert.Equal(
                    Rows(fresh.Grid),
                    Rows(tried.Grid),
                    resizesRows ? CutOrNot : StringComparer.Ordinal.Equals
                );
                Assert.Equal(fresh.Grid.Cursor.Column, tried.Grid.Cursor.Column);
                Assert.Equal(tried.Prompt(line), tried.Grid.Row(tried.Grid.Cursor.Row));
            }
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void Resizes_under_a_draft_of_several_rows_erase_no_line_of_the_conversation(int seed)
    {
        var random = new Random(seed);
        for (int session = 0; session < 40; session++)
        {
            LineEditor line = Line("");
            using Side side = new(40, 20);
            (int columns, int rows, int printed) = (40, 20, 0);
            for (int step = 0; step < 80; step++)
            {
                if (random.Next(3) == 0)
                {
                    (columns, rows) = (random.Next(12, 60), random.Next(3, 30));
                    side.Grid.Resize(columns, rows);
                }
                else
                {
                    string keys = random.Next(2) == 0 ? Rowwise[random.Next(Rowwise.Length)] : Said(random);
                    LineEditorTests.Parse(keys).ToList().ForEach(key => line.Press(key));
                }
                string[] arrivals = [.. Enumerable.Range(printed, random.Next(3)).Select(static i => $"line {i}")];
                printed += arrivals.Length;
                side.Show(columns, rows, arrivals, [.. Enumerable.Repeat("waits", random.Next(4))], line);
                Assert.Equal(
                    Enumerable.Range(0, printed).Select(static i => $"line {i}"),
                    Rows(side.Grid).Where(static row => row.StartsWith("line ", StringComparison.Ordinal))
                );
            }
        }
    }

    /// <summary>
    /// When the window's rows change, a row may reach the scrollback before its cut on one screen and after it
    /// on the other.
    /// </summary>
    private static bool CutOrNot(string one, string other) =>
        one.StartsWith(other.TrimEnd(' '), StringComparison.Ordinal)
        || other.StartsWith(one.TrimEnd(' '), StringComparison.Ordinal);

    internal static string Said(Random random) =>
        string.Join(' ', Enumerable.Range(0, random.Next(1, 12)).Select(_ => Words[random.Next(Words.Length)])).Trim();

    internal static LineEditor Line(string text)
    {
        var line = new LineEditor(1000);
        line.Insert(text);
        return line;
    }

    internal static IReadOnlyList<string> Rows(VtScreen grid) =>
        [.. grid.ScrollbackAndScreen.Reverse().SkipWhile(row => row.Length == 0).Reverse()];

    private sealed class Side(int columns, int rows) : IDisposable
    {
        public Screen Screen { get; } = new(new Palette(Colours.True)) { Reflows = false };

        public VtScreen Grid { get; } = new(columns, rows, cluster => CellWidth.MeasureCluster(cluster));

        public void Show(int columns, int rows, string[] arrivals, string[] waiting, LineEditor line)
        {
            (Screen.Columns, Screen.Rows) = (columns, rows);
            foreach (string arrival in arrivals)
                Screen.Print(arrival, indent: 4);
            Screen.ShowPending(waiting);
            Screen.ShowPrompt(ScreenBottomTests.Prompt, line);
            Flush();
        }

        /// <summary>The row of the cursor.</summary>
        public string Prompt(LineEditor line)
        {
            string prompt =
                Screen.Columns - 5 < Math.Max(LineView.LeastColumns, Screen.Columns / 3)
                    ? "> "
                    : ScreenBottomTests.Prompt;
            int indent = prompt.Length <= Math.Max(2, Screen.Columns / 3) ? prompt.Length : 2;
            LineView view = line.View(
                Screen.Columns - 1 - prompt.Length,
                Math.Clamp(Screen.Rows / 2, 1, ClientLimits.DraftRows),
                Screen.Columns - 1 - indent
            );
            string[] drawn = view.Text.Split('\n');
            bool isLast = view.CaretRow == drawn.Length - 1;
            if (view.CaretRow == 0)
                prompt = view.HasMoreAbove ? prompt.Replace('>', '^') : prompt;
            else
                prompt = isLast && view.HasMoreBelow ? "v ".PadLeft(indent) : new string(' ', indent);
            return (prompt + drawn[view.CaretRow]).TrimEnd(' ');
        }

        public void Flush()
        {
            Grid.Feed(Screen.Frame);
            Screen.Clear();
        }

        public void Dispose() => Assert.True(Grid.AtRest);
    }
}
