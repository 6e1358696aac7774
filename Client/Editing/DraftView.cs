using Chat.Client.Display;
using Chat.Protocol.Text;

namespace Chat.Client.Editing;

/// <summary>
/// The part of a draft that fits the window. It scrolls only if the cursor would leave it. The row of the cursor
/// scrolls sideways far enough to keep some context visible; the other rows show their beginning.
/// </summary>
/// <remarks>
/// A mark of one cell at an end shows that a row continues there. A wide cluster that does not fit is left out whole.
/// </remarks>
internal sealed class DraftView
{
    public const char MoreBefore = '<';
    public const char MoreAfter = '>';

    private RowCells _row = new("");
    private int _caret,
        _caretRow,
        _start,
        _firstRow;

    /// <summary>The part to show.</summary>
    /// <param name="text">The draft.</param>
    /// <param name="caret">The index of the cursor in it.</param>
    /// <param name="columns">The cells of the first shown row.</param>
    /// <param name="mostRows">The rows to show at most.</param>
    /// <param name="nextColumns">The cells of each further row.</param>
    public LineView Show(string text, int caret, int columns, int mostRows, int nextColumns)
    {
        if (columns < LineView.LeastColumns)
            return new LineView("", 0);
        string[] rows = text.Split('\n');
        int caretRow = SnippetText.CountRows(text.AsSpan(0, caret)) - 1;
        int count = Math.Clamp(mostRows, 1, rows.Length);
        _firstRow = Math.Clamp(_firstRow, Math.Max(0, caretRow - count + 1), Math.Min(caretRow, rows.Length - count));
        if (caretRow != _caretRow)
            _start = 0;
        _caretRow = caretRow;

        string[] shown = new string[count];
        int caretCell = 0;
        for (int i = 0; i < count; i++)
        {
            string row = rows[_firstRow + i];
            int room = i == 0 ? columns : nextColumns;
            if (_firstRow + i == caretRow)
                (shown[i], caretCell) = AroundCaret(row, caret - (text.AsSpan(0, caret).LastIndexOf('\n') + 1), room);
            else
                shown[i] = Beginning(row, room);
        }
        return new LineView(string.Join('\n', shown), caretCell)
        {
            CaretRow = caretRow - _firstRow,
            HasMoreAbove = _firstRow > 0,
            HasMoreBelow = _firstRow + count < rows.Length,
        };
    }

    // The widest count of each cluster applies: the terminal must not wrap a row.
    private static string Beginning(string row, int columns)
    {
        if (row.Contains('\t', StringComparison.Ordinal))
        {
            RowCells cells = new(row);
            row = cells.Text(0, cells.Last);
        }
        int fitting = LineWrapper.Fitting(row, columns);
        return fitting == row.Length ? row : row[..LineWrapper.Fitting(row, columns - 1)] + MoreAfter;
    }

    private (string Text, int CaretCell) AroundCaret(string row, int caret, int columns)
    {
        _row = new RowCells(row);
        _caret = _row.BorderAt(caret);
        // After an edit, the start may be no border any more.
        int start = _row.Cell(_row.Last) < columns ? 0 : _row.BorderAt(_start);
        if (_caret <= start || !CaretFits(start, columns))
            start = Scroll(start, columns);
        while (start > 0 && EndFits(start - 1, columns))
            start--;
        _start = _row.Index(start);
        return Cut(start, columns);
    }

    private int Scroll(int start, int columns)
    {
        if (CaretFits(0, columns))
            return 0;
        // Show a quarter of the row before the cursor after moving left, three quarters after moving right.
        int wanted = _caret <= start ? columns / 4 : columns * 3 / 4;
        start = _caret;
        while (start > 0 && _row.Between(start - 1, _caret) <= wanted && CaretFits(start - 1, columns))
            start--;
        return start;
    }

    /// <summary>Whether a view from this border has room for the rest of the row and the cursor at its end.</summary>
    private bool EndFits(int first, int columns) => _row.Between(first, _row.Last) + (first > 0 ? 2 : 1) <= columns;

    /// <summary>Whether a view from this border has room for the cursor and a mark after it, if needed.</summary>
    private bool CaretFits(int first, int columns)
    {
        int next = Math.Min(_caret + 1, _row.Last);
        int used = _row.Between(first, _caret) + (first > 0 ? 1 : 0);
        int under = Math.Max(1, _row.Between(_caret, next));
        return used + under + (next < _row.Last ? 1 : 0) <= columns;
    }

    private (string Text, int CaretCell) Cut(int start, int columns)
    {
        int head = start > 0 ? 1 : 0;
        int end = start;
        while (end < _row.Last)
        {
            int mark = end + 1 < _row.Last || end + 1 == _caret ? 1 : 0;
            if (_row.Between(start, end + 1) + mark > columns - head)
                break;
            end++;
        }
        string text =
            (head > 0 ? MoreBefore.ToString() : "")
            + _row.Text(start, end)
            + (end < _row.Last ? MoreAfter.ToString() : "");
        return (text, head + _row.Between(start, _caret));
    }
}
