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
                                random.Next(3) == 0 ? "<left><home><delete>^t<end>" : Words[random.Next(Words.Length)]
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
                Assert.Equal(tried.Prompt(line), Rows(tried.Grid)[^1]);
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

        public string Prompt(LineEditor line)
        {
            string prompt =
                Screen.Columns - 5 < Math.Max(LineView.LeastColumns, Screen.Columns / 3)
                    ? "> "
                    : ScreenBottomTests.Prompt;
            return (prompt + line.View(Screen.Columns - 1 - prompt.Length).Text).TrimEnd(' ');
        }

        public void Flush()
        {
            Grid.Feed(Screen.Frame);
            Screen.Clear();
        }

        public void Dispose() => Assert.True(Grid.AtRest);
    }
}
