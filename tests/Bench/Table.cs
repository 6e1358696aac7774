using System.Globalization;
using System.Text;

namespace Chat.Bench;

/// <summary>What was measured, as Markdown that is also fit to be read in a terminal.</summary>
internal sealed class Table(string title, params string[] headings)
{
    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    public override string ToString()
    {
        int[] widths =
        [
            .. headings.Select(
                (heading, column) => _rows.Select(row => row[column].Length).Append(heading.Length).Max()
            ),
        ];
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"### {title}\n\n");
        Append(text, widths, headings);
        text.Append('|')
            .AppendJoin(
                '|',
                widths.Select(
                    static (width, column) => new string('-', width + (column == 0 ? 2 : 1)) + (column == 0 ? "" : ":")
                )
            )
            .Append("|\n");
        foreach (string[] row in _rows)
            Append(text, widths, row);
        return text.ToString();
    }

    /// <summary>A number with three figures that mean something.</summary>
    public static string Number(double value)
    {
        if (!double.IsFinite(value))
            return "-";
        string format = Math.Abs(value) switch
        {
            >= 100 => "N0",
            >= 10 => "N1",
            >= 1 => "N2",
            _ => "N3",
        };
        return value.ToString(format, CultureInfo.InvariantCulture);
    }

    // The first column is text, what stands in the others lines up at its end.
    private static void Append(StringBuilder text, int[] widths, string[] cells)
    {
        for (int column = 0; column < cells.Length; column++)
            text.Append("| ")
                .Append(column == 0 ? cells[column].PadRight(widths[column]) : cells[column].PadLeft(widths[column]))
                .Append(' ');
        text.Append("|\n");
    }
}
