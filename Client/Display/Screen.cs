using System.Buffers;
using System.Globalization;
using System.Text;

namespace Chat.Client.Display;

/// <summary>
/// What goes to the terminal: lines that arrive above, and below them a few rows that belong to the person typing: the
/// prompt, and over it what was said and not taken yet. A turn of the loop composes one frame (hide those rows, print the
/// lines, show the rows) and its owner writes that frame at once, so there is never a moment on the screen with half a
/// line or without the prompt.
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
internal sealed partial class Screen(Palette? palette = null)
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

    /// <summary>A sequence that leaves no trace on the screen nor behind it, to see whether sequences are understood.</summary>
    public static ReadOnlySpan<char> Unseen => "\e[?2004l";

    /// <summary>What the turn has composed so far, to be written whole and then <see cref="Clear"/>ed.</summary>
    public ReadOnlySpan<byte> Frame => _frame.WrittenSpan;

    /// <summary>Begins the next frame.</summary>
    public void Clear()
    {
        if (_frame.Capacity > 4 * FrameBytes)
            _frame = new ArrayBufferWriter<byte>(FrameBytes);
        else
            _frame.ResetWrittenCount();
    }

    /// <summary>Prints a line above the prompt, broken into rows, every row but the first indented by so many cells.</summary>
    public void Print(ReadOnlySpan<char> line, int indent = 0)
    {
        _unstyled.Clear().Add(line).Indent = indent;
        Print(_unstyled);
    }

    /// <summary>Prints a line above the prompt, broken into rows, every row but the first indented as it says.</summary>
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
}
