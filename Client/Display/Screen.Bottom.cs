using System.Globalization;

namespace Chat.Client.Display;

/// <summary>
/// The rows at the bottom: those that wait, the prompt, the caret. They are taken off from the lowest up, row by row, in the same frame in which something
/// is printed, and drawn anew below it. Erasing them all at once from the uppermost (ESC [ J) was refused: in the first row of the window that is
/// erasing the whole window, and tmux saves that to its scrollback first.
///
/// A resize is the one thing that moves them behind our back. A terminal that becomes narrower either wraps the rows that are too wide now (nearly all
/// do) or cuts them, so what was drawn is remembered, and how many rows it has come to is computed when it is taken off. Where that is in doubt the
/// smaller number counts: a torn row may stay, a line of the conversation is never erased.
/// </summary>
internal sealed partial class Screen
{
    private const string PendingIndent = "  ";

    // A prompt cut to fewer cells than this says nothing any more.
    private const int LeastPromptCells = 8;

    private readonly List<string> _waiting = [];
    private readonly List<string> _drawn = [];
    private string _drawnPrompt = "";
    private int _drawnCaret;
    private bool _promptShown,
        _waitingChanged;

    /// <summary>Cells of a row. To be set anew at each resize, before the next frame.</summary>
    public int Columns
    {
        get;
        set
        {
            _waitingChanged |= value != field;
            field = Math.Max(1, value);
        }
    } = 80;

    /// <summary>Cells a prompt may take: in a narrow window what one types matters more than what stands before it. A wider one is cut.</summary>
    public int PromptCells => Columns - 1 - Math.Max(LineView.LeastColumns, Columns / 3);

    // What does not fit would be wrapped by the terminal, and rows that it wraps by itself cannot be taken off again.
    private bool IsTooNarrow => Columns < LeastColumns;

    /// <summary>Rows of the window. To be set anew at each resize, before the next frame.</summary>
    public int Rows
    {
        get;
        set
        {
            _waitingChanged |= value != field;
            field = Math.Max(1, value);
        }
    } = 24;

    /// <summary>Whether the terminal wraps rows that a resize has made too wide, or cuts them.</summary>
    public bool Reflows { get; init; } = true;

    /// <summary>
    /// Lines to stand between the conversation and the prompt from the next <see cref="ShowPrompt"/> on, a row each, cut where it ends. Of more than
    /// <see cref="ClientLimits.PendingRows"/>, or than the window has room for, the first, and how many more there are. They are set in like the further rows of a line: only what the
    /// server has taken begins one.
    /// </summary>
    public void ShowPending(IReadOnlyList<string> lines)
    {
        if (lines.SequenceEqual(_waiting, StringComparer.Ordinal))
            return;
        _waiting.Clear();
        _waiting.AddRange(lines);
        _waitingChanged = true;
    }

    /// <summary>Shows a question in place of prompt and line, as much of its end as there is room for: that is where the answers stand.</summary>
    public void ShowQuestion(ReadOnlySpan<char> question)
    {
        int at = 0;
        while (CellWidth.Measure(question[at..]) > Math.Max(0, Columns - 2))
            at += StringInfo.GetNextTextElementLength(question[at..]);
        ShowBottom(question[at..], new LineView("", 0));
    }

    /// <summary>Shows the prompt and the line behind it with the caret in its place, over whatever the row had, and the rows that wait.</summary>
    public void ShowPrompt(ReadOnlySpan<char> prompt, ILineSource line)
    {
        if (IsTooNarrow)
        {
            ShowBottom("", new LineView("", 0));
            return;
        }

        int width = CellWidth.Measure(prompt);
        if (width > PromptCells)
        {
            prompt =
                PromptCells < 2 ? ""
                : PromptCells < LeastPromptCells ? "> "
                : string.Concat(prompt[..LineWrapper.Fitting(prompt, PromptCells - 2)], "… ");
            width = CellWidth.Measure(prompt);
        }

        ShowBottom(prompt, line.View(Columns - 1 - width));
    }

    private void ShowBottom(ReadOnlySpan<char> prompt, LineView view)
    {
        if (_waitingChanged)
            HidePrompt();
        if (!_promptShown)
            DrawWaiting();
        int width = CellWidth.Measure(prompt);
        Add("\r"u8);
        Add(prompt);
        Add(view.Text);
        Add("\e[K\r"u8);
        Right(width + view.CaretCell);
        _promptShown = true;
        _drawnPrompt = string.Concat(prompt, view.Text);
        _drawnCaret = width + view.CaretCell;
    }

    /// <summary>Takes the prompt and what waits above it off the screen; the caret stands in the first cell of an empty row.</summary>
    public void HidePrompt()
    {
        if (!_promptShown)
            return;
        _promptShown = false;
        int up = RowsOf(_drawnPrompt, _drawnCaret) - 1;
        foreach (string row in _drawn)
            up += RowsOf(row);
        Add(RowsOf(_drawnPrompt) > 1 ? "\r\e[J"u8 : "\r\e[K"u8);
        for (; up > 0; up--)
            Add("\e[A\e[K"u8);
        _drawn.Clear();
    }

    /// <summary>Takes nothing off: the caret stands somewhere below what somebody else wrote, and the prompt is to be shown there.</summary>
    public void Forget()
    {
        _promptShown = false;
        _drawn.Clear();
    }

    /// <summary>
    /// Empties the window, as after Ctrl-L; the prompt is to be shown again. It goes first: some terminals keep what they erase in the scrollback.
    /// </summary>
    public void Wipe()
    {
        HidePrompt();
        Add("\e[H\e[2J"u8);
    }

    private void DrawWaiting()
    {
        _waitingChanged = false;
        int count = IsTooNarrow ? 0 : Math.Clamp(Rows - 2, 0, Math.Min(ClientLimits.PendingRows, _waiting.Count));
        int more = _waiting.Count - count + 1;
        IEnumerable<string> rows =
            count == _waiting.Count || count == 0
                ? _waiting.Take(count)
                : _waiting.Take(count - 1).Append($"... {more} more");
        foreach (string text in rows)
        {
            string line = PendingIndent + text;
            string row =
                CellWidth.Measure(line) < Columns
                    ? line
                    : string.Concat(line.AsSpan(0, LineWrapper.Fitting(line, Columns - 2)), "…");
            AddStyled(row, Style.Pending);
            Add("\r\n"u8);
            _drawn.Add(row);
        }
    }

    private int RowsOf(string row, int upToCell = int.MaxValue) =>
        Reflows ? LineWrapper.LeastRowsWrapped(row, Columns, upToCell) : 1;
}
