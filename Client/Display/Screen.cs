using System.Buffers;
using System.Globalization;
using System.Text;
using Chat.Protocol.Text;

namespace Chat.Client.Display;

/// <summary>
/// Draws the terminal: arriving lines above, and at the bottom the prompt with the unacknowledged lines over it.
/// </summary>
/// <remarks>
/// Each turn composes one frame: hide the bottom rows, print the lines, show the rows. The caller writes the frame at
/// once, so the screen never shows half a line or no prompt.
/// <para>These are all escape sequences that the program sends; no other file writes ESC:</para>
/// <code>
///   CR              to the first cell of the row
///   CR LF           to the first cell of the next row, scrolling at the bottom
///   BEL             ring the bell
///   ESC [ K         erase from the cursor to the end of the row
///   ESC [ J         erase from the cursor to the end of the window
///   ESC [ A         one row up, at most to the first
///   ESC [ n C       n cells to the right
///   ESC [ H         to the first cell of the window
///   ESC [ 2 J       erase the window
///   ESC [ ... m     set the style: the parameters of Palette, and 0 for the default
///   ESC [ ? 2004 h  turn paste marks on (bracketed paste)
///   ESC [ ? 2004 l  turn paste marks off
/// </code>
/// <para>Where the terminal accepts them (<see cref="TerminalCapabilities"/>):</para>
/// <code>
///   ESC [ ? 1004 h      report when the window comes to the front or leaves it
///   ESC [ ? 1004 l      stop these reports
///   ESC [ 22 ; 2 t      keep the title of the window
///   ESC [ 23 ; 2 t      restore the kept title
///   ESC ] 2 ; TEXT BEL  set the title of the window
///   ESC ] 8 ; ; ADDRESS ESC \               begin a link to this address
///   ESC ] 8 ; ; ESC \                       end the link
///   ESC ] 52 ; c ; BASE64 BEL               put this text on the clipboard
///   ESC ] 9 ; chat: TEXT BEL                a desktop notice, as iTerm2 accepts it,
///   ESC ] 777 ; notify ; chat ; TEXT BEL    as rxvt-unicode,
///   ESC ] 99 ; ; TEXT ESC \                 and as kitty
/// </code>
/// <para>
/// No alternate screen and no scrolling region; the cursor moves only within the bottom rows. So the terminal's
/// scrollback, selection and copying keep working. No bottom row uses its last cell: with the cursor after it, a
/// terminal may wrap. The target of a link (OSC 8) is always its visible text, so it hides no other destination.
/// </para>
/// <para>
/// Lines are already clean (SafeText). A line wider than the window is wrapped here, at white space or otherwise
/// between clusters. Its further rows are indented, so no text can imitate a line of its own. Each row ends its styles,
/// so no colour reaches the cells that the terminal fills. Decision 0006 says how the terminal copies such a line as
/// one.
/// </para>
/// </remarks>
/// <param name="palette">The look of the styles; null for the default look of all.</param>
internal sealed class Screen(Palette? palette = null)
{
    /// <summary>The fewest columns for a prompt; a narrower window shows none.</summary>
    public const int LeastColumns = LineView.LeastColumns + 1;

    private const int FrameBytes = 16 * 1024;

    private ArrayBufferWriter<byte> _frame = new(FrameBytes);
    private readonly StyledText _unstyled = new();

    /// <summary>The bytes to write when raw mode begins.</summary>
    /// <param name="takesOsc">The terminal has a title and reports its focus.</param>
    public static byte[] OnEnter(bool takesOsc) =>
        takesOsc ? "\e[?2004h\e[?1004h\e[22;2t"u8.ToArray() : "\e[?2004h"u8.ToArray();

    /// <summary>The bytes to write when raw mode ends, and clears the row of the prompt.</summary>
    /// <param name="takesOsc">The terminal has a title and reports its focus. One that keeps no title gets an empty
    /// one.</param>
    public static byte[] OnLeave(bool takesOsc) =>
        takesOsc ? "\r\e[K\e[?2004l\e[?1004l\e]2;\a\e[23;2t"u8.ToArray() : "\r\e[K\e[?2004l"u8.ToArray();

    /// <summary>A sequence without a visible effect, to test whether a console understands sequences.</summary>
    public static ReadOnlySpan<char> Unseen => "\e[?2004l";

    /// <summary>The bytes composed in this turn. Write them whole, then call <see cref="Clear"/>.</summary>
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
    /// Prints a line above the prompt, wrapped into rows. Rows after the first are indented by so many cells.
    /// </summary>
    public void Print(ReadOnlySpan<char> line, int indent = 0)
    {
        _unstyled.Clear().Add(line).Indent = indent;
        Print(_unstyled);
    }

    /// <summary>Prints a line above the prompt, wrapped into rows. Rows after the first have its indent.</summary>
    /// <param name="line">The line.</param>
    /// <param name="most">The most rows to print.</param>
    public void Print(StyledText line, int most = int.MaxValue)
    {
        HidePrompt();
        ForEachRow(line, most, isPrinted: true);
    }

    /// <summary>The rows of a line in this window.</summary>
    public int RowsOf(StyledText line) => ForEachRow(line, int.MaxValue, isPrinted: false);

    // Prints or counts the rows, and returns their number. A row that another follows is filled with spaces, and the
    // terminal itself wraps there: so it copies both as one line. Where terminals differ in the width of a cluster, the
    // row ends here instead: a wrong count would let the terminal wrap inside the next row.
    private int ForEachRow(StyledText line, int most, bool isPrinted)
    {
        ReadOnlySpan<char> text = line.Text;
        // Leave room for a wide cluster after the indent.
        int indent = Math.Clamp(line.Indent, 0, Math.Max(0, Math.Min(Columns / 2, Columns - 2)));
        (int at, int run, int left, int rows) = (0, 0, 0, 0);
        do
        {
            ReadOnlySpan<char> row = LineWrapper.FirstRow(
                text[at..],
                Columns - left,
                out int rest,
                at == 0 ? line.Head : 0,
                Columns - indent
            );
            int cells = LineWrapper.CertainCells(row);
            int here = cells < 0 ? 1 : Math.Max(1, (left + cells + Columns - 1) / Columns);
            if (rows + here > most)
            {
                row = row[..LineWrapper.Fitting(row, (most - rows) * Columns - left)];
                here = most - rows;
            }
            rows += here;
            bool isLast = at + rest >= text.Length || rows >= most;
            if (isPrinted)
            {
                AddSpaces(left);
                AddLinked(line, at, row.Length, ref run);
                if (isLast || cells < 0 || indent == 0)
                    Add("\r\n"u8);
                else
                    AddSpaces(here * Columns - left - cells);
            }
            at += rest;
            left = indent;
        } while (at < text.Length && rows < most);
        return rows;
    }

    /// <summary>The terminal takes operating system commands (OSC): links, the title, the clipboard.</summary>
    public bool TakesOsc { get; init; }

    /// <summary>
    /// Prints a text from the first cell on; the terminal wraps its rows, so each is copied as one line.
    /// </summary>
    /// <param name="text">Clean text, with line feeds and tabs.</param>
    public void PrintBare(string text)
    {
        HidePrompt();
        foreach (string row in SnippetText.RowsWithSpaces(text))
        {
            Add(row);
            Add("\r\n"u8);
        }
    }

    /// <summary>Puts a text on the clipboard.</summary>
    public void Copy(string text)
    {
        Add("\e]52;c;"u8);
        Add(Convert.ToBase64String(Encoding.UTF8.GetBytes(text)));
        Add("\a"u8);
    }

    /// <summary>Rings the terminal's bell.</summary>
    public void Ring() => Add("\a"u8);

    /// <summary>Sets the title of the window.</summary>
    /// <param name="title">Clean text.</param>
    public void SetTitle(ReadOnlySpan<char> title)
    {
        Add("\e]2;"u8);
        Add(title);
        Add("\a"u8);
    }

    /// <summary>Shows a desktop notice.</summary>
    /// <param name="kind">The form that the terminal takes.</param>
    /// <param name="text">Clean text.</param>
    public void Notify(NoticeKind kind, ReadOnlySpan<char> text)
    {
        Add(
            kind switch
            {
                // A number here would be a command of ConEmu or Windows Terminal.
                NoticeKind.Osc9 => "\e]9;chat: "u8,
                NoticeKind.Osc777 => "\e]777;notify;chat;"u8,
                _ => "\e]99;;"u8,
            }
        );
        Add(text);
        Add(kind == NoticeKind.Osc99 ? "\e\\"u8 : "\a"u8);
    }

    // A link names no other place than the text that it underlies. Links end with their row.
    private void AddLinked(StyledText line, int from, int length, ref int run)
    {
        int to = from + length;
        while (TakesOsc && LineWrapper.NextAddress(line.Text[..to], from) is (int start, int end))
        {
            AddStyled(line, from, start - from, ref run);
            Add("\e]8;;"u8);
            Add(line.Text[start..end]);
            Add("\e\\"u8);
            AddStyled(line, start, end - start, ref run);
            Add("\e]8;;\e\\"u8);
            from = end;
        }
        AddStyled(line, from, to - from, ref run);
    }

    private void AddStyled(StyledText line, int from, int length, ref int run)
    {
        for (int to = from + length; from < to; )
        {
            (int end, Style style) = line.At(from, ref run);
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

    private void MoveUp(int rows)
    {
        for (; rows > 0; rows--)
            Add("\e[A"u8);
    }

    private void MoveRight(int cells)
    {
        if (cells == 0)
            return;
        Add("\e["u8);
        Span<byte> digits = _frame.GetSpan(10);
        _ = cells.TryFormat(digits, out int count, provider: CultureInfo.InvariantCulture);
        _frame.Advance(count);
        Add("C"u8);
    }

    private void AddSpaces(int count)
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
    // The bottom rows: the pending lines, the prompt with the draft, the cursor. A frame that prints a line erases them
    // from the lowest up and draws them again below the line. Erasing all at once from the top (ESC [ J) was refused:
    // from the first cell it erases the whole window, which tmux then saves to its scrollback. So the rows below the
    // cursor are erased from the second cell on. A resize moves these rows. A narrower terminal wraps the rows that are
    // too wide (most do) or cuts them. So the drawn rows are remembered, and their current number is computed when they
    // are erased. In doubt the smaller number counts: a partial row may stay, but no line of the conversation is
    // erased.
    //
    // The prompt stands before the first shown row of the draft, and the other rows are indented. Where the draft has
    // more rows than are shown, a mark takes the place of the prompt's >, or stands below it.

    private const string PendingIndent = "  ";

    private const char MoreAbove = '^',
        MoreBelow = 'v',
        MoreBoth = '|';

    // A prompt cut to fewer cells would be unreadable.
    private const int LeastPromptCells = 8;

    // In a narrow window the row needs the room more than the mark.
    private static readonly string[] LateMarks = [" (not taken yet)", " (not yet)", ""];

    private readonly List<string> _pending = [];
    private readonly List<string> _drawn = [];
    private string[] _drawnRows = [""];
    private int _drawnCaretRow,
        _drawnCaret,
        _late;
    private bool _promptShown,
        _pendingChanged;

    /// <summary>The cells of a row. Set it at each resize, before the next frame.</summary>
    public int Columns
    {
        get;
        set
        {
            _pendingChanged |= value != field;
            field = Math.Max(1, value);
        }
    } = 80;

    /// <summary>
    /// The widest prompt in cells; a wider one is cut. In a narrow window the typed line needs the room more.
    /// </summary>
    public int PromptCells => Columns - 1 - Math.Max(LineView.LeastColumns, Columns / 3);

    // The terminal would wrap a prompt that does not fit, and such rows cannot be erased again.
    private bool IsTooNarrow => Columns < LeastColumns;

    /// <summary>The rows of the window. Set it at each resize, before the next frame.</summary>
    public int Rows
    {
        get;
        set
        {
            _pendingChanged |= value != field;
            field = Math.Max(1, value);
        }
    } = 24;

    /// <summary>Whether the terminal wraps rows that a resize made too wide; otherwise it cuts them.</summary>
    public bool Reflows { get; init; } = true;

    /// <summary>
    /// Sets the pending lines, which the next <see cref="ShowPrompt"/> draws above the prompt, each cut to one row. If
    /// there are more than <see cref="ClientLimits.PendingRows"/>, or than fit the window, it draws the first ones and
    /// the number of the others. They are indented like the further rows of a line: only acknowledged lines begin a
    /// row.
    /// </summary>
    /// <param name="lines">The lines, oldest first.</param>
    /// <param name="late">The number of the oldest lines that get the mark of a late one.</param>
    public void ShowPending(IReadOnlyList<string> lines, int late = 0)
    {
        if (late == _late && lines.SequenceEqual(_pending, StringComparer.Ordinal))
            return;
        _late = late;
        _pending.Clear();
        _pending.AddRange(lines);
        _pendingChanged = true;
    }

    /// <summary>
    /// Shows a question in place of prompt and line. If it is too wide, shows its end, which has the answers.
    /// </summary>
    public void ShowQuestion(ReadOnlySpan<char> question)
    {
        int at = 0;
        while (CellWidth.Measure(question[at..]) > Math.Max(0, Columns - 2))
            at += StringInfo.GetNextTextElementLength(question[at..]);
        ShowBottom(question[at..], new LineView("", 0));
    }

    /// <summary>
    /// Shows the pending lines, the prompt, and the draft with its cursor, over their previous content.
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

        // The rows stand below each other, unless the prompt takes too much of the window.
        int indent = Math.Min(width, Math.Max(PendingIndent.Length, Columns / 3));
        if (indent < width)
            indent = PendingIndent.Length;
        LineView view = line.View(
            Columns - 1 - width,
            Math.Clamp(Rows / 2, 1, ClientLimits.DraftRows),
            Columns - 1 - indent
        );
        ShowBottom(prompt, view, indent);
    }

    /// <param name="prompt">The prompt, in the first row.</param>
    /// <param name="view">The rows of the draft.</param>
    /// <param name="indent">The cells before each row after the first.</param>
    private void ShowBottom(ReadOnlySpan<char> prompt, LineView view, int indent = 0)
    {
        string[] rows = view.Text.Split('\n');
        int caretCell = view.CaretCell + (view.CaretRow == 0 ? CellWidth.Measure(prompt) : indent);
        rows[0] = string.Concat(Marked(prompt, view, isLast: rows.Length == 1), rows[0]);
        for (int i = 1; i < rows.Length; i++)
            rows[i] = IndentOf(indent, hasMark: view.HasMoreBelow && i == rows.Length - 1) + rows[i];

        if (_pendingChanged || CountPending(rows.Length) != _drawn.Count)
            HidePrompt();
        if (!_promptShown)
            DrawPending(rows.Length);
        bool isShorter = _promptShown && rows.Length < _drawnRows.Length;
        MoveUp(_promptShown ? _drawnCaretRow : 0);
        Add("\r"u8);
        for (int i = 0; i < rows.Length; i++)
        {
            if (i > 0)
                Add("\r\n"u8);
            Add(rows[i]);
            Add(isShorter && i == rows.Length - 1 ? "\e[J"u8 : "\e[K"u8);
        }
        MoveUp(rows.Length - 1 - view.CaretRow);
        Add("\r"u8);
        MoveRight(caretCell);
        _promptShown = true;
        (_drawnRows, _drawnCaretRow, _drawnCaret) = (rows, view.CaretRow, caretCell);
    }

    // A mark in place of the prompt's > tells that the draft has rows above, below (in its only row), or both.
    private static string Marked(ReadOnlySpan<char> prompt, LineView view, bool isLast)
    {
        bool isMoreBelow = isLast && view.HasMoreBelow;
        if (prompt.Length < 2 || prompt[^2] != '>' || !(view.HasMoreAbove || isMoreBelow))
            return prompt.ToString();
        char mark =
            !isMoreBelow ? MoreAbove
            : view.HasMoreAbove ? MoreBoth
            : MoreBelow;
        return string.Concat(prompt[..^2], [mark], prompt[^1..]);
    }

    private static string IndentOf(int cells, bool hasMark) =>
        hasMark && cells >= 2 ? new string(' ', cells - 2) + MoreBelow + ' ' : new string(' ', cells);

    /// <summary>
    /// Erases the prompt, the draft and the pending lines. The cursor is then in the first cell of an empty row.
    /// </summary>
    public void HidePrompt()
    {
        if (!_promptShown)
            return;
        _promptShown = false;
        string caretRow = _drawnRows[_drawnCaretRow];
        int up = CountRows(caretRow, _drawnCaret) - 1;
        foreach (string row in _drawn.Concat(_drawnRows.Take(_drawnCaretRow)))
            up += CountRows(row);
        bool isBelow = _drawnCaretRow < _drawnRows.Length - 1 || CountRows(caretRow) > 1;
        Add("\r\e[K"u8);
        if (isBelow)
        {
            MoveRight(1);
            Add("\e[J\r"u8);
        }
        for (; up > 0; up--)
            Add("\e[A\e[K"u8);
        _drawn.Clear();
    }

    /// <summary>
    /// Erases the cursor's row alone. It is an empty one below the output of another program, or still the row of the
    /// prompt, and the next prompt goes there.
    /// </summary>
    public void Forget()
    {
        Add("\r\e[K"u8);
        _promptShown = false;
        _drawn.Clear();
    }

    /// <summary>
    /// Clears the window, as for Ctrl-L; show the prompt again after it. The prompt is erased first: some terminals
    /// keep cleared text in the scrollback.
    /// </summary>
    public void Wipe()
    {
        HidePrompt();
        Add("\e[H\e[2J"u8);
    }

    // One row of the window is left to the conversation.
    private int CountPending(int draftRows) =>
        IsTooNarrow ? 0 : Math.Clamp(Rows - 1 - draftRows, 0, Math.Min(ClientLimits.PendingRows, _pending.Count));

    private void DrawPending(int draftRows)
    {
        _pendingChanged = false;
        int count = CountPending(draftRows);
        int more = _pending.Count - count + 1;
        IEnumerable<string> rows =
            count == _pending.Count || count == 0
                ? _pending.Take(count)
                : _pending.Take(count - 1).Append($"... {more} more");
        int late = count == _pending.Count ? _late : Math.Min(_late, count - 1);
        string lateMark = Array.Find(LateMarks, mark => 2 * mark.Length < Columns)!;
        foreach (string text in rows)
        {
            string line = PendingIndent + InOneRow(text),
                mark = _drawn.Count < late ? lateMark : "";
            int room = Columns - mark.Length;
            string row =
                CellWidth.Measure(line) < room
                    ? line + mark
                    : string.Concat(line.AsSpan(0, LineWrapper.Fitting(line, room - 2)), "…", mark);
            AddStyled(row, Style.Pending);
            Add("\r\n"u8);
            _drawn.Add(row);
        }
    }

    private static string InOneRow(string text)
    {
        int end = text.IndexOf('\n', StringComparison.Ordinal);
        return end < 0 ? text : $"{text[..end].Replace('\t', ' ')} ... ({SnippetText.CountRows(text)} lines)";
    }

    private int CountRows(string row, int upToCell = int.MaxValue) =>
        Reflows ? LineWrapper.LeastRowsWrapped(row, Columns, upToCell) : 1;
}
