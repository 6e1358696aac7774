using System.Globalization;
using System.Text;
using Xunit.Sdk;

namespace Chat.Tests.Support;

/// <summary>
/// The cells under <see cref="VtScreen"/>: rows, the caret, the scrollback, and what each operation does to them.
///
/// A character in the last column leaves the caret on it with a wrap pending; only the next character goes to the next
/// row. With a pending wrap, terminals differ about relative moves and erasing: some erase the character in the last
/// column, some do not. So these operations throw. Carriage return and the absolute moves are the same everywhere.
///
/// A resize cuts and pads rows and never joins wrapped ones: the behaviour of xterm, not the reflow of others. Rows
/// already in the scrollback stay as they were.
/// </summary>
internal sealed class VtGrid
{
    private readonly Func<string, int> _width;
    private readonly List<Cell[]> _scrollback = [];
    private readonly List<Cell[]> _rows = [];
    private readonly HashSet<Cell[]> _wrapped = [];
    private (int Row, int Column)? _last;

    public VtGrid(int columns, int rows, Func<string, int> width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        _width = width;
        Columns = columns;
        for (int i = 0; i < rows; i++)
            _rows.Add(Blank());
    }

    public int Columns { get; private set; }

    public int Rows => _rows.Count;

    public int Row { get; private set; }

    public int Column { get; private set; }

    public bool WrapPending { get; private set; }

    /// <summary>
    /// A program that has not seen a new width yet may fill a row to its end. Set while a test resizes all the time.
    /// </summary>
    public bool IsResizing { get; set; }

    /// <summary>
    /// The parameters of the SGR sequences since the last reset, joined by semicolons; empty when plain.
    /// </summary>
    public string Style { get; set; } = "";

    public IEnumerable<string> AllRows => _scrollback.Concat(_rows).Select(Text);

    /// <summary>The same, with wrapped rows joined, as the terminal copies them. A resize cuts them.</summary>
    public IEnumerable<string> AllLines
    {
        get
        {
            string line = "";
            foreach (Cell[] row in _scrollback.Concat(_rows))
            {
                line += Text(row, _wrapped.Contains(row));
                if (_wrapped.Contains(row))
                    continue;
                yield return line;
                line = "";
            }
        }
    }

    public string RowText(int row) => Text(_rows[row]);

    public string StyleAt(int row, int column) => _rows[row][column].Style ?? "";

    public void Put(Rune rune)
    {
        if (JoinsTheLast(rune))
            return;
        string text = rune.ToString();
        int width = _width(text);
        if (width == 0)
            return;
        if (WrapPending || Column + width > Columns)
        {
            _wrapped.Add(_rows[Row]);
            MoveTo(0);
            LineFeed();
        }

        Clear(Row, Column, Column + width);
        _rows[Row][Column] = new Cell(text, Style, false);
        if (width == 2)
            _rows[Row][Column + 1] = new Cell(null, Style, true);
        _last = (Row, Column);
        WrapPending = Column + width == Columns;
        Column = Math.Min(Column + width, Columns - 1);
    }

    public void LineFeed()
    {
        NoWrapPending("a line feed");
        _last = null;
        if (Row < Rows - 1)
        {
            Row++;
            return;
        }

        _scrollback.Add(_rows[0]);
        _rows.RemoveAt(0);
        _rows.Add(Blank());
    }

    /// <summary>Left or right by <paramref name="by"/> columns, stopping at the border.</summary>
    public void MoveBy(int by)
    {
        NoWrapPending("a move to the side");
        MoveTo(Column + by);
    }

    /// <summary>A row up; in the first row the caret stays.</summary>
    public void MoveUp()
    {
        NoWrapPending("a move up");
        _last = null;
        Row = Math.Max(0, Row - 1);
    }

    public void MoveTo(int column)
    {
        _last = null;
        WrapPending = false;
        Column = Math.Clamp(column, 0, Columns - 1);
    }

    public void Home()
    {
        MoveTo(0);
        Row = 0;
    }

    /// <summary>EL; the caret stays.</summary>
    /// <param name="what">0 from the caret on, 1 up to and with the caret, 2 the whole row.</param>
    public void EraseInRow(int what)
    {
        if (what != 2)
            NoWrapPending("erasing part of a row");
        _last = null;
        Clear(Row, what == 0 ? Column : 0, what == 1 ? Column + 1 : Columns);
    }

    /// <summary>ED.</summary>
    /// <param name="what">0 from the caret on, 2 the whole screen; the caret stays, the scrollback too.</param>
    public void EraseInScreen(int what)
    {
        if (what == 0)
            EraseInRow(0);
        _last = null;
        for (int row = what == 0 ? Row + 1 : 0; row < Rows; row++)
            Clear(row, 0, Columns);
    }

    public void Resize(int columns, int rows)
    {
        while (Rows > rows && Rows - 1 > Row && Text(_rows[^1]).Length == 0)
            _rows.RemoveAt(Rows - 1);
        while (Rows > rows)
        {
            _scrollback.Add(_rows[0]);
            _rows.RemoveAt(0);
            Row = Math.Max(0, Row - 1);
        }

        Columns = columns;
        for (int i = 0; i < Rows; i++)
            _rows[i] = Cut(_rows[i], columns);
        while (Rows < rows)
            _rows.Add(Blank());
        MoveTo(Column);
    }

    /// <summary>
    /// A rune that belongs to the cluster before it goes into the cell of that cluster: a combining mark, or the next
    /// piece of an emoji family.
    /// </summary>
    private bool JoinsTheLast(Rune rune)
    {
        if (_last is not (int row, int column))
            return false;
        ref Cell cell = ref _rows[row][column];
        string joined = cell.Text + rune;
        if (StringInfo.GetNextTextElementLength(joined) != joined.Length)
            return false;
        bool grows = _width(joined) == 2 && column + 1 < Columns && !_rows[row][column + 1].IsTail;
        cell = cell with { Text = joined };
        if (!grows)
            return true;
        Clear(row, column + 1, column + 2);
        _rows[row][column + 1] = new Cell(null, cell.Style, true);
        WrapPending = column + 2 == Columns;
        Column = Math.Min(column + 2, Columns - 1);
        return true;
    }

    /// <summary>
    /// Blanks columns <paramref name="from"/> up to <paramref name="to"/>, and the other half of a wide character cut
    /// at either end.
    /// </summary>
    private void Clear(int row, int from, int to)
    {
        Cell[] cells = _rows[row];
        if (from < Columns && cells[from].IsTail)
            from--;
        if (to < Columns && cells[to].IsTail)
            to++;
        Array.Clear(cells, from, to - from);
    }

    private void NoWrapPending(string what)
    {
        if (WrapPending && !IsResizing)
            throw new XunitException(
                $"{what} while a wrap is pending in row {Row}: real terminals disagree about what that does."
            );
    }

    private Cell[] Blank() => new Cell[Columns];

    private static Cell[] Cut(Cell[] row, int columns)
    {
        var cut = new Cell[columns];
        Array.Copy(row, cut, Math.Min(row.Length, columns));
        if (row.Length > columns && row[columns].IsTail)
            cut[columns - 1] = default;
        return cut;
    }

    private static string Text(Cell[] row) => Text(row, isWhole: false);

    private static string Text(Cell[] row, bool isWhole)
    {
        var text = new StringBuilder();
        foreach (Cell cell in row.Where(cell => !cell.IsTail))
            text.Append(cell.Text ?? " ");
        return isWhole ? text.ToString() : text.ToString().TrimEnd(' ');
    }

    /// <summary>One cell; the default is a blank.</summary>
    /// <param name="Text">A grapheme cluster; null for a blank.</param>
    /// <param name="Style">See <see cref="VtGrid.Style"/>; null for a blank.</param>
    /// <param name="IsTail">The right half of the wide character to the left.</param>
    private readonly record struct Cell(string? Text, string? Style, bool IsTail);
}
