using Chat.Client.Display;

namespace Chat.Client.Editing;

/// <summary>
/// One row on a line that may be longer: a window that moves only when the caret would leave it, and then far enough
/// that some context is visible on the side the caret came from. Where the line goes on beyond an end there is a mark
/// of one cell. A wide cluster that is cut by an end is left out whole.
/// </summary>
internal sealed partial class LineEditor
{
    public const char MoreBefore = '<';
    public const char MoreAfter = '>';

    private int _first;

    /// <inheritdoc/>
    public LineView View(int columns)
    {
        if (columns < LineView.LeastColumns)
            return new LineView("", 0);
        SnapFirst(columns);
        if (Caret <= _first || !CaretFits(_first, columns))
            Scroll(columns);
        while (_first > 0 && EndFits(Before(_first), columns))
            _first = Before(_first);
        return Cut(columns);
    }

    /// <summary>The line may have changed under the window's start: bring it back to a border, or home when the whole line fits.</summary>
    private void SnapFirst(int columns)
    {
        int border = 0;
        if (Cells(0, Text.Length) < columns)
            _first = 0;
        while (border < _first && border < Text.Length)
            border = After(border);
        _first = border;
    }

    private void Scroll(int columns)
    {
        if (CaretFits(0, columns))
        {
            _first = 0;
            return;
        }
        // Going left a quarter of the row is shown before the caret, going right three quarters.
        int wanted = Caret <= _first ? columns / 4 : columns * 3 / 4;
        _first = Caret;
        for (int cells = 0; _first > 0; )
        {
            int before = Before(_first);
            cells += CellWidth.MeasureCluster(Text.AsSpan(before, _first - before));
            if (cells > wanted || !CaretFits(before, columns))
                break;
            _first = before;
        }
    }

    /// <summary>Whether all of the line behind the window's start, and the caret at the line's end, have room when the window starts there.</summary>
    private bool EndFits(int first, int columns) => Cells(first, Text.Length) + (first > 0 ? 2 : 1) <= columns;

    /// <summary>Whether the caret, and a mark behind it where one is due, have room when the window starts there.</summary>
    private bool CaretFits(int first, int columns)
    {
        int used = Cells(first, Caret) + (first > 0 ? 1 : 0);
        int under = Caret == Text.Length ? 1 : Math.Max(1, Cells(Caret, After(Caret)));
        return used + under + (After(Caret) < Text.Length ? 1 : 0) <= columns;
    }

    private LineView Cut(int columns)
    {
        int head = _first > 0 ? 1 : 0;
        int room = columns - head;
        int end = _first;
        for (int cells = 0; end < Text.Length; end = After(end))
        {
            int next = After(end);
            cells += Cells(end, next);
            if (cells + (next < Text.Length || next == Caret ? 1 : 0) > room)
                break;
        }
        string text =
            (head > 0 ? MoreBefore.ToString() : "")
            + Text[_first..end]
            + (end < Text.Length ? MoreAfter.ToString() : "");
        return new LineView(text, head + Cells(_first, Caret));
    }

    private int Cells(int from, int to) => CellWidth.Measure(Text.AsSpan(from, to - from));
}
