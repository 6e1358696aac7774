using System.Buffers;
using System.Globalization;
using System.Text;

namespace Chat.Client;

/// <summary>
/// What goes to the terminal: lines that arrive above, and below them one row that belongs to the person typing. A turn
/// of the loop composes one frame (hide the prompt, print the lines, show the prompt) and its owner writes that frame at
/// once, so there is never a moment on the screen with half a line or without the prompt.
///
/// These are all the escape sequences this program ever emits; nothing else in the tree writes ESC:
///
///   CR              to the first cell of the row
///   CR LF           to the first cell of the next row, scrolling at the bottom
///   ESC [ K         erase from the caret to the end of the row
///   ESC [ n C       n cells to the right
///   ESC [ H         to the first cell of the window
///   ESC [ 2 J       erase the window
///   ESC [ ? 2004 h  mark what is pasted (bracketed paste) from now on
///   ESC [ ? 2004 l  and no longer
///
/// The window is the terminal's own: no alternate screen, no scrolling region, no cursor addressing but within the
/// row, so scrollback, selection and copying keep working. The prompt takes one row and never its last cell, for a
/// terminal with its caret behind the last cell may wrap; hiding it is therefore always CR ESC[K.
///
/// Lines come in safe already (SafeText). A line that is wider than the window is broken here, at white space or at
/// worst between clusters, and its further rows are indented, so that nothing said can look like a line of its own.
///
/// In plain mode, for pipes and dumb terminals, lines go out with LF and nothing else does.
/// </summary>
internal sealed class Screen(bool isPlain)
{
    /// <summary>Columns the window has at least, whatever it says.</summary>
    public const int LeastColumns = LineEditor.LeastColumns + 1;

    private const int FrameBytes = 16 * 1024;

    private ArrayBufferWriter<byte> _frame = new(FrameBytes);
    private bool _promptShown;

    /// <summary>To be written when raw mode begins.</summary>
    public static ReadOnlySpan<byte> OnEnter => "\e[?2004h"u8;

    /// <summary>To be written when raw mode ends, whatever is on the prompt's row.</summary>
    public static ReadOnlySpan<byte> OnLeave => "\r\e[K\e[?2004l"u8;

    /// <summary>Cells of a row. To be set anew at each resize, before the next frame.</summary>
    public int Columns
    {
        get;
        set => field = Math.Max(LeastColumns, value);
    } = 80;

    /// <summary>What the turn has composed so far, to be written whole and then <see cref="Clear"/>ed.</summary>
    public ReadOnlySpan<byte> Frame => _frame.WrittenSpan;

    /// <summary>Begins the next frame.</summary>
    public void Clear()
    {
        if (_frame.Capacity > 4 * FrameBytes) _frame = new ArrayBufferWriter<byte>(FrameBytes);
        else _frame.ResetWrittenCount();
    }

    /// <summary>Prints a line above the prompt, broken into rows, every row but the first indented by so many cells.</summary>
    public void Print(ReadOnlySpan<char> line, int indent = 0)
    {
        HidePrompt();
        if (isPlain)
        {
            Add(line);
            Add("\n"u8);
            return;
        }
        indent = Math.Clamp(indent, 0, Columns / 2);
        var left = 0;
        do
        {
            Spaces(left);
            var row = RowBreak.FirstRow(line, Columns - left, out var rest);
            Add(row);
            Add("\r\n"u8);
            line = line[rest..];
            left = indent;
        }
        while (!line.IsEmpty);
    }

    /// <summary>Shows the prompt and the line behind it with the caret in its place, over whatever the row had.</summary>
    public void ShowPrompt(ReadOnlySpan<char> prompt, LineEditor line)
    {
        if (isPlain) return;

        // In a narrow window what one types matters more than what stands before it.
        var width = CellWidth.Of(prompt);
        if (Columns - 1 - width < Math.Max(LineEditor.LeastColumns, Columns / 3))
        {
            prompt = Columns - 3 < LineEditor.LeastColumns ? "" : "> ";
            width = prompt.Length;
        }

        var view = line.View(Columns - 1 - width);
        Add("\r"u8);
        Add(prompt);
        Add(view.Text);
        Add("\e[K\r"u8);
        Right(width + view.CaretCell);
        _promptShown = true;
    }

    /// <summary>Takes the prompt off the screen; the caret stands in the first cell of an empty row.</summary>
    public void HidePrompt()
    {
        if (!_promptShown) return;
        _promptShown = false;
        Add("\r\e[K"u8);
    }

    /// <summary>Empties the window, as after Ctrl-L; the prompt is to be shown anew.</summary>
    public void Wipe()
    {
        if (isPlain) return;
        _promptShown = false;
        Add("\e[H\e[2J"u8);
    }

    private void Right(int cells)
    {
        if (cells == 0) return;
        Add("\e["u8);
        var digits = _frame.GetSpan(10);
        _ = cells.TryFormat(digits, out var count, provider: CultureInfo.InvariantCulture);
        _frame.Advance(count);
        Add("C"u8);
    }

    private void Spaces(int count)
    {
        if (count == 0) return;
        _frame.GetSpan(count)[..count].Fill((byte)' ');
        _frame.Advance(count);
    }

    private void Add(ReadOnlySpan<byte> bytes) => _frame.Write(bytes);

    private void Add(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty) return;
        var into = _frame.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        _frame.Advance(Encoding.UTF8.GetBytes(text, into));
    }
}
