using System.Globalization;
using Chat.Client.Display;
using Chat.Protocol.Text;

namespace Chat.Client.Editing;

/// <summary>
/// The cells of one row of a draft, cluster by cluster. A tab reaches to the next multiple of
/// <see cref="SnippetText.TabStop"/>.
/// </summary>
internal sealed class RowCells
{
    private readonly string _row;
    private readonly List<int> _indices = [0];
    private readonly List<int> _cells = [0];

    /// <param name="row">The row, without a line feed.</param>
    public RowCells(string row)
    {
        _row = row;
        int cell = 0;
        for (int at = 0, length; at < row.Length; at += length)
        {
            length = StringInfo.GetNextTextElementLength(row.AsSpan(at));
            cell +=
                row[at] == '\t'
                    ? SnippetText.TabStop - (cell % SnippetText.TabStop)
                    : CellWidth.MeasureCluster(row.AsSpan(at, length));
            _indices.Add(at + length);
            _cells.Add(cell);
        }
    }

    /// <summary>The number of the last border between clusters, which is the end of the row.</summary>
    public int Last => _indices.Count - 1;

    /// <summary>The index in the row of a border.</summary>
    public int Index(int border) => _indices[border];

    /// <summary>The cells from the start of the row to a border.</summary>
    public int Cell(int border) => _cells[border];

    /// <summary>The cells between two borders.</summary>
    public int Between(int from, int to) => _cells[to] - _cells[from];

    /// <summary>The last border at or before an index.</summary>
    public int BorderAt(int index) => LastNotAbove(_indices, index);

    /// <summary>The last border at or before a cell.</summary>
    public int BorderAtCell(int cell) => LastNotAbove(_cells, cell);

    /// <summary>The text between two borders, with spaces for each tab.</summary>
    public string Text(int from, int to)
    {
        string text = _row[_indices[from].._indices[to]];
        if (!text.Contains('\t', StringComparison.Ordinal))
            return text;
        return string.Concat(
            Enumerable
                .Range(from, to - from)
                .Select(border =>
                    _row[_indices[border]] == '\t'
                        ? new string(' ', Between(border, border + 1))
                        : _row[_indices[border].._indices[border + 1]]
                )
        );
    }

    private static int LastNotAbove(List<int> values, int value)
    {
        int found = values.BinarySearch(value);
        return found >= 0 ? found : ~found - 1;
    }
}
