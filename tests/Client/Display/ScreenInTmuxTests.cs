using System.Text;
using Chat.Client;
using Chat.Client.Display;
using Chat.Client.Editing;
using Chat.Client.Views;
using Chat.Tests.Client.Editing;
using Chat.Tests.Client.Views;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Display;

/// <summary>
/// The same on a real emulator that reflows rows at a resize. Every printed row is there once and whole, and
/// below them are only the waiting lines and the prompt.
/// </summary>
public sealed class ScreenInTmuxTests
{
    private const string Prompt = "me> ";

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public void A_long_session_with_resizes_is_whole_in_a_terminal_that_reflows_rows(int seed)
    {
        var random = new Random(seed);
        (int columns, int rows) = (60, 20);
        var screen = new Screen(new Palette(Colours.TwoHundredFiftySix)) { Columns = columns, Rows = rows };
        var line = new LineEditor(1000);
        List<string> printed = [];
        using var tmux = new Tmux(columns, rows, []);
        // The window is full: rows that wrapping pushes into the scrollback can no longer be changed.
        for (int i = 0; i < rows; i++)
        {
            screen.Print($"line {i}");
            printed.Add($"line {i}");
        }
        for (int step = 0; step < 60; step++)
        {
            if (random.Next(3) == 0)
            {
                (columns, rows) = (random.Next(20, 70), random.Next(12, 24));
                tmux.Resize(columns, rows);
                (screen.Columns, screen.Rows) = (columns, rows);
            }
            for (int i = random.Next(3); i > 0; i--)
            {
                string said = $"<{step}> {Said(random)}";
                screen.Print(said, indent: 4);
                printed.AddRange(Printed(said, columns));
            }
            foreach (Key key in LineEditorTests.Parse(random.Next(4) == 0 ? "<home>" : Said(random)[..1] + "x<end>"))
                line.Press(key);
            string[] waiting =
            [
                .. Enumerable.Range(0, random.Next(3)).Select(i => $"w{i}{new string('.', random.Next(40))}"),
            ];
            screen.ShowPending(waiting);
            screen.ShowPrompt(Prompt, line);
            tmux.Feed(screen.Frame);
            screen.Clear();

            string[] expected =
            [
                .. printed,
                .. waiting
                    .Select(line => "  " + line)
                    .Select(row => row.Length < columns ? row : row[..(columns - 2)] + "…"),
                (Prompt + line.View(columns - 1 - Prompt.Length).Text).TrimEnd(' '),
            ];
            Eventually.Is(
                () => tmux.Lines().SequenceEqual(expected, StringComparer.Ordinal),
                $"step {step}",
                TimeSpan.FromSeconds(5),
                () => $"tmux:\n{string.Join('\n', tmux.Lines())}\nexpected:\n{string.Join('\n', expected)}"
            );
        }
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public void A_draft_of_several_rows_outlives_resizes_in_a_terminal_that_reflows_rows(int seed)
    {
        var random = new Random(seed);
        (int columns, int rows) = (60, 20);
        var screen = new Screen() { Columns = columns, Rows = rows };
        LineEditor line = ScreenBottomTests.Line("");
        List<string> printed = [];
        using var tmux = new Tmux(columns, rows, []);
        string[] keys =
        [
            "^j",
            "^jlonger row of the draft, cut by a narrow window",
            "<up>",
            "<down>",
            "<end>",
            "x",
            "^u",
            "^w",
        ];
        for (int step = 0; step < 40; step++)
        {
            if (random.Next(3) == 0)
            {
                (columns, rows) = (random.Next(20, 70), random.Next(12, 24));
                tmux.Resize(columns, rows);
                (screen.Columns, screen.Rows) = (columns, rows);
            }
            for (int i = random.Next(3) + (step == 0 ? rows : 0); i > 0; i--)
            {
                printed.Add($"line {printed.Count}");
                screen.Print(printed[^1]);
            }
            LineEditorTests.Parse(keys[random.Next(keys.Length)]).ToList().ForEach(key => line.Press(key));
            screen.ShowPending(["waits", new string('.', 50)]);
            screen.ShowPrompt(Prompt, line);
            tmux.Feed(screen.Frame);
            screen.Clear();

            LineView view = line.View(columns - 5, Math.Min(ClientLimits.DraftRows, rows / 2));
            string[] draft = [.. view.Text.TrimEnd('\n').Split('\n').Select(static row => row.TrimEnd(' '))];
            Eventually.Is(
                () => IsWhole(tmux.Lines(), draft),
                $"step {step}",
                TimeSpan.FromSeconds(5),
                () => $"tmux:\n{string.Join('\n', tmux.Lines())}\nexpected:\n{string.Join('\n', draft)}"
            );
        }

        // Each printed line once, then the waiting lines and the draft behind its prompt or indent.
        bool IsWhole(IReadOnlyList<string> lines, string[] draft) =>
            lines.Count == printed.Count + 2 + draft.Length
            && lines.Take(printed.Count).SequenceEqual(printed, StringComparer.Ordinal)
            && lines[printed.Count + 2].StartsWith("me", StringComparison.Ordinal)
            && lines
                .TakeLast(draft.Length)
                .Select(static row => row[Math.Min(row.Length, Prompt.Length)..])
                .SequenceEqual(draft, StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("❤\uFE0F ☀\uFE0F ✔\uFE0F ")]
    [InlineData("👨\u200D👩\u200D👧 👩🏽\u200D🚀 🏳\uFE0F\u200D🌈 ")]
    [InlineData("🇩🇪🇫🇷🇯🇵 ")]
    [InlineData("1\uFE0F\u20E3#\uFE0F\u20E3 👍🏿 👋🏻 ")]
    [InlineData("§─α…①□ ")]
    [InlineData("e\u0301o\u0308\u0323 x\u0302\u0303\u0304 ")]
    [InlineData("漢字かな한글 x")]
    [InlineData("กี่กำสวัสดี कि न् क्षि हिन्दी ")]
    [InlineData("\U0001FAE8\U0001FADC\U0001FAE9 😀 ")]
    public void A_draft_of_any_width_erases_no_line_of_the_conversation_at_a_resize(string piece)
    {
        const int Rows = 24,
            Widest = 100;
        var screen = new Screen() { Columns = Widest, Rows = Rows };
        using var tmux = new Tmux(Widest, Rows, []);
        List<string> printed = [];
        for (int i = 0; i < Rows; i++)
            Print();
        LineEditor line = ScreenBottomTests.Line(string.Concat(Enumerable.Repeat(piece, 60)));
        int[] widths = [99, 98, 97, 95, 92, 88, 83, 77, 70, 62, 53, 44, 31, 12, 60, 100, 44, 100];
        foreach (bool isInMiddle in (bool[])[false, true])
        {
            if (isInMiddle)
                LineEditorTests
                    .Parse(string.Concat(Enumerable.Repeat("<left>", 30)))
                    .ToList()
                    .ForEach(key => line.Press(key));
            foreach (int columns in widths)
            {
                Show();
                tmux.Resize(columns, Rows);
                screen.Columns = columns;
                screen.ShowPending([piece + piece, string.Concat(Enumerable.Repeat(piece, 40))]);
                Print();
            }
        }
        Show();
        Eventually.Is(
            () => printed.TrueForAll(tmux.Lines().Contains),
            "every line",
            TimeSpan.FromSeconds(5),
            () => $"missing: {string.Join(", ", printed.Except(tmux.Lines()))} in\n{string.Join('\n', tmux.Lines())}"
        );

        void Print()
        {
            printed.Add($"line {printed.Count}");
            screen.Print(printed[^1]);
        }

        void Show()
        {
            screen.ShowPrompt(Prompt, line);
            tmux.Feed(screen.Frame);
            screen.Clear();
            string caret = printed[^1];
            Eventually.Is(
                () => tmux.Lines().Contains(caret),
                caret,
                TimeSpan.FromSeconds(5),
                () => string.Join('\n', tmux.Lines())
            );
        }
    }

    [Fact]
    public void A_whole_session_looks_the_same_in_tmux_and_on_the_grid()
    {
        var session = new ViewSession(48, 10, new TerminalViewOptions { Colours = Colours.True });
        var random = new Random(5);
        for (int i = 0; i < 40; i++)
        {
            session.Type($"dräft {i} 漢字");
            session.Say(
                "bob",
                $"{Said(random)} alice http://example.com/a/long/address/that/is/wider/than/the/window/{i}"
            );
            session.Show(new ChatEvent(EventKind.Join) { Name = $"guest{i}" });
            session.Status(
                i % 3 == 0 ? LinkState.Waiting : LinkState.Joined,
                retry: 4000,
                pending: [.. Enumerable.Range(0, i % 7).Select(n => $"unsent {n} {Said(random)}")]
            );
            session.Type(
                i % 5 == 0 ? "\x15/find dräft\r"
                : i % 4 == 0 ? "\e[200~one\ntwo\e[201~"
                : "\x15"
            );
        }

        using var tmux = new Tmux(48, 10, session.Sent);
        tmux.MustShow(session.Grid);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(47)]
    [InlineData(80)]
    [InlineData(200)]
    public void Tmux_copies_a_line_as_one_before_and_after_a_resize(int columns)
    {
        using var tmux = new Tmux(columns, 24, CopiedTexts.Shown(columns));
        foreach (int width in (int[])[columns, columns + 13, columns - 3])
        {
            tmux.Resize(width, 24);
            tmux.WaitFor(() => CopiedTexts.AreWhole(tmux.Lines()), $"the messages, whole, at {width} columns");
        }
    }

    /// <summary>ASCII and wide characters: tmux versions place clusters of many characters differently.</summary>
    private static string Said(Random random) =>
        string.Join(
            ' ',
            Enumerable
                .Range(0, random.Next(1, 15))
                .Select(_ => random.Next(6) == 0 ? "漢字" : new string((char)random.Next('a', 'z'), random.Next(1, 9)))
        );

    private static string[] Printed(string line, int columns)
    {
        var screen = new Screen() { Columns = columns };
        screen.Print(line, indent: 4);
        return Encoding.UTF8.GetString(screen.Frame)[..^2].Split("\r\n");
    }
}
