using System.Buffers;
using System.Globalization;
using System.Text;

namespace Chat.Client.Display;

/// <summary>
/// What goes to the terminal: lines that arrive above, and below them a few rows that belong to the person typing: the
/// prompt, and over it what was said and not taken yet. A turn of the loop composes one frame (hide those rows, print
/// the lines, show the rows) and its owner writes that frame at once, so there is never a moment on the screen with
/// half a line or without the prompt.
///
/// These are all the escape sequences this program ever emits; nothing else in the tree writes ESC:
///
///   CR              to the first cell of the row
///   CR LF           to the first cell of the next row, scrolling at the bottom
///   BEL             the bell
///   ESC [ K         erase from the caret to the end of the row
///   ESC [ J         erase from the caret to the end of the window
///   ESC [ A         a row up, at most to the first
///   ESC [ n C       n cells to the right
///   ESC [ H         to the first cell of the window
///   ESC [ 2 J       erase the window
///   ESC [ ... m     how the next characters look: what <see cref="Palette"/> says, and 0 for as usual
///   ESC [ ? 2004 h  mark what is pasted (bracketed paste) from now on
///   ESC [ ? 2004 l  and no longer
///
/// The window is the terminal's own: no alternate screen, no scrolling region, no cursor addressing but within the
/// bottom rows, so scrollback, selection and copying keep working. No row of the bottom takes its last cell, for a
/// terminal with its caret behind the last cell may wrap. An address (http://...) is sent as the plain text it is: the
/// terminal finds it itself, and there is no hidden destination behind a link (OSC 8) that could be another one.
///
/// Lines come in safe already (SafeText). A line that is wider than the window is broken here, at white space or at
/// worst between clusters, and its further rows are indented, so that nothing said can look like a line of its own. How
/// a stretch looks ends with its row, so no colour ever reaches what the terminal itself fills in.
/// </summary>
/// <param name="palette">How styles look; without one they all look as usual.</param>
internal sealed class Screen(Palette? palette = null)
{
    /// <summary>Columns that a prompt needs; a narrower window shows none.</summary>
    public const int LeastColumns = LineView.LeastColumns + 1;

    private const int FrameBytes = 16 * 1024;

    private ArrayBufferWriter<byte> _frame = new(FrameBytes);
    private readonly StyledText _unstyled = new();

    /// <summary>To be written when raw mode begins.</summary>
    public static ReadOnlySpan<byte> OnEnter => "\e[?2004h"u8;

    /// <summary>To be written when raw mode ends, whatever is on the prompt's row.</summary>
    public static ReadOnlySpan<byte> OnLeave => "\r\e[K\e[?2004l"u8;

    /// <summary>
    /// A sequence that leaves no trace on the screen nor behind it, to see whether sequences are understood.
    /// </summary>
    public static ReadOnlySpan<char> Unseen => "\e[?2004l";

    /// <summary>The bytes composed in this turn, to be written whole and then <see cref="Clear"/>ed.</summary>
    public ReadOnlySpan<byte> Frame => _frame.WrittenSpan;

    /// <summary>Begins the next frame.</summary>
    public void Clear()
    {
        if (_frame.Capacity > 4 * FrameBytes)
            _frame = new ArrayBufferWriter<byte>(FrameBytes);
        else
            _frame.ResetWrittenCount();
    }

    /// <summary>
    /// Prints a line above the prompt, broken into rows, every row but the first indented by so many cells.
    /// </summary>
    public void Print(ReadOnlySpan<char> line, int indent = 0)
    {
        _unstyled.Clear().Add(line).Indent = indent;
        Print(_unstyled);
    }

    /// <summary>
    /// Prints a line above the prompt, broken into rows, every row but the first indented as it says.
    /// </summary>
    public void Print(StyledText line)
    {
        HidePrompt();
        ReadOnlySpan<char> text = line.Text;
        // A wide cluster fits behind it.
        int indent = Math.Clamp(line.Indent, 0, Math.Max(0, Math.Min(Columns / 2, Columns - 2)));
        (int at, int stretch, int left) = (0, 0, 0);
        do
        {
            Spaces(left);
            ReadOnlySpan<char> row = LineWrapper.FirstRow(
                text[at..],
                Columns - left,
                out int rest,
                at == 0 ? line.Head : 0,
                Columns - indent
            );
            AddStyled(line, at, row.Length, ref stretch);
            Add("\r\n"u8);
            at += rest;
            left = indent;
        } while (at < text.Length);
    }

    /// <summary>Rings the terminal's bell.</summary>
    public void Ring() => Add("\a"u8);

    private void AddStyled(StyledText line, int from, int length, ref int stretch)
    {
        for (int to = from + length; from < to; )
        {
            (int end, Style style) = line.At(from, ref stretch);
            end = Math.Min(end, to);
            AddStyled(line.Text[from..end], style);
            from = end;
        }
    }

    private void AddStyled(ReadOnlySpan<char> text, Style style)
    {
        ReadOnlySpan<byte> parameters = palette is null ? default : palette.Parameters(style);
        if (!parameters.IsEmpty)
        {
            Add("\e["u8);
            Add(parameters);
            Add("m"u8);
        }
        Add(text);
        if (!parameters.IsEmpty)
            Add("\e[0m"u8);
    }

    private void Right(int cells)
    {
        if (cells == 0)
            return;
        Add("\e["u8);
        Span<byte> digits = _frame.GetSpan(10);
        _ = cells.TryFormat(digits, out int count, provider: CultureInfo.InvariantCulture);
        _frame.Advance(count);
        Add("C"u8);
    }

    private void Spaces(int count)
    {
        if (count == 0)
            return;
        _frame.GetSpan(count)[..count].Fill((byte)' ');
        _frame.Advance(count);
    }

    private void Add(ReadOnlySpan<byte> bytes) => _frame.Write(bytes);

    private void Add(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
            return;
        Span<byte> into = _frame.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        _frame.Advance(Encoding.UTF8.GetBytes(text, into));
    }

    // ---- Bottom ----
    // The rows at the bottom: those that wait, the prompt, the caret. They are taken off from the lowest up, row by
    // row, in the frame that prints a line, and drawn again below it. Erasing them all at once from
    // the uppermost (ESC [ J) was refused: in the first row of the window that is erasing the whole window, and tmux
    // saves that to its scrollback first. A resize is the one thing that moves them behind our back. A terminal that
    // becomes narrower either wraps the rows that are too wide now (nearly all do) or cuts them, so what was drawn
    // is remembered, and how many rows it has come to is computed when it is taken off. Where that is in doubt the
    // smaller number counts: a torn row may stay, a line of the conversation is never erased.

    private const string PendingIndent = "  ";

    // A prompt cut to fewer cells than this says nothing any more.
    private const int LeastPromptCells = 8;

    private readonly List<string> _waiting = [];
    private readonly List<string> _drawn = [];
    private string _drawnPrompt = "";
    private int _drawnCaret;
    private bool _promptShown,
        _waitingChanged;

    /// <summary>Cells of a row. Set at each resize, before the next frame.</summary>
    public int Columns
    {
        get;
        set
        {
            _waitingChanged |= value != field;
            field = Math.Max(1, value);
        }
    } = 80;

    /// <summary>
    /// Cells a prompt may take: in a narrow window what one types matters more than what stands before it. A wider one
    /// is cut.
    /// </summary>
    public int PromptCells => Columns - 1 - Math.Max(LineView.LeastColumns, Columns / 3);

    // What does not fit would be wrapped by the terminal, and rows that it wraps by itself cannot be taken off again.
    private bool IsTooNarrow => Columns < LeastColumns;

    /// <summary>Rows of the window. Set at each resize, before the next frame.</summary>
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
    /// Lines to stand between the conversation and the prompt from the next <see cref="ShowPrompt"/> on, a row each,
    /// cut where it ends. Of more than
    /// <see cref="ClientLimits.PendingRows"/>, or than the window has room for, the first, and how many more there are.
    /// They are set in like the further rows of a line: only what the server has taken begins one.
    /// </summary>
    public void ShowPending(IReadOnlyList<string> lines)
    {
        if (lines.SequenceEqual(_waiting, StringComparer.Ordinal))
            return;
        _waiting.Clear();
        _waiting.AddRange(lines);
        _waitingChanged = true;
    }

    /// <summary>
    /// Shows a question in place of prompt and line, as much of its end as there is room for: that is where the answers
    /// stand.
    /// </summary>
    public void ShowQuestion(ReadOnlySpan<char> question)
    {
        int at = 0;
        while (CellWidth.Measure(question[at..]) > Math.Max(0, Columns - 2))
            at += StringInfo.GetNextTextElementLength(question[at..]);
        ShowBottom(question[at..], new LineView("", 0));
    }

    /// <summary>
    /// Shows the prompt and the line behind it with the caret in its place, over whatever the row had, and the rows
    /// that wait.
    /// </summary>
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

    /// <summary>
    /// Takes the prompt and what waits above it off the screen; the caret stands in the first cell of an empty row.
    /// </summary>
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

    /// <summary>
    /// Removes nothing: the caret stands below the text of another program, and the prompt goes there.
    /// </summary>
    public void Forget()
    {
        _promptShown = false;
        _drawn.Clear();
    }

    /// <summary>
    /// Empties the window, as after Ctrl-L; the prompt is to be shown again. It goes first: some terminals keep what
    /// they erase in the scrollback.
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
