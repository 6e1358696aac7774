using System.Text;

namespace Chat.Bench;

/// <summary>All figures: a row for each measurement, a column for each server, and the median of the rounds.</summary>
internal sealed class Table(IReadOnlyList<ServerKind> kinds)
{
    private readonly List<string> _rows = [];
    private readonly Dictionary<(string Row, ServerKind Kind), SortedDictionary<int, double>> _figures = [];
    private readonly HashSet<(string Row, ServerKind Kind)> _faulty = [];

    public void Add(string row, ServerKind kind, int round, double figure)
    {
        AddRow(row);
        if (!double.IsFinite(figure))
            return;
        if (!_figures.TryGetValue((row, kind), out SortedDictionary<int, double>? rounds))
            _figures.Add((row, kind), rounds = []);
        rounds.Add(round, figure);
    }

    /// <summary>A server is not compared by a measurement in which a delivery was wrong.</summary>
    public void AddFault(string row, ServerKind kind)
    {
        AddRow(row);
        _faulty.Add((row, kind));
    }

    /// <summary>The median of the rounds; null without a figure that counts.</summary>
    public double? Median(string row, ServerKind kind) =>
        _faulty.Contains((row, kind)) || !_figures.TryGetValue((row, kind), out SortedDictionary<int, double>? rounds)
            ? null
            : Median(rounds.Values);

    /// <summary>Three significant figures.</summary>
    public static string Format(double value) =>
        value.ToString(
            Math.Abs(value) switch
            {
                >= 100 => "N0",
                >= 10 => "N1",
                >= 1 => "N2",
                _ => "N3",
            }
        );

    /// <summary>Markdown, aligned for a terminal.</summary>
    public override string ToString()
    {
        List<string[]> lines =
        [
            [.. kinds.SelectMany(Headings).Prepend("CPU µs of the server per delivered line")],
        ];
        lines.AddRange(_rows.Select(row => (string[])[row, .. kinds.SelectMany(kind => Cells(row, kind))]));
        int[] widths = [.. lines[0].Select((_, column) => lines.Max(line => line[column].Length))];
        lines.Insert(
            1,
            [.. widths.Select(static (width, at) => at == 0 ? new('-', width) : new string('-', width - 1) + ":")]
        );
        StringBuilder text = new();
        foreach (string[] line in lines)
        {
            for (int i = 0; i < line.Length; i++)
                text.Append("| ").Append(i == 0 ? line[i].PadRight(widths[i]) : line[i].PadLeft(widths[i])).Append(' ');
            text.Append("|\n");
        }
        return text.ToString();
    }

    private static IEnumerable<string> Headings(ServerKind kind) =>
        kind.Baseline is null ? [kind.Name] : [kind.Name, kind.Ratio];

    private string[] Cells(string row, ServerKind kind)
    {
        string figure =
            _faulty.Contains((row, kind)) ? "faulty"
            : Median(row, kind) is double median ? Format(median)
            : "";
        return kind.Baseline is null ? [figure] : [figure, $"{Ratio(row, kind):N3}"];
    }

    /// <summary>The median of the ratios to the baseline; null without a figure that counts.</summary>
    /// <remarks>Within a round the two run seconds apart, so a busy machine slows both.</remarks>
    public double? Ratio(string row, ServerKind kind)
    {
        if (kind.Baseline is not ServerKind baseline || Median(row, kind) is null || Median(row, baseline) is null)
            return null;
        SortedDictionary<int, double> old = _figures[(row, baseline)];
        double[] ratios =
        [
            .. _figures[(row, kind)].Where(one => old.ContainsKey(one.Key)).Select(one => one.Value / old[one.Key]),
        ];
        return ratios.Length > 0 ? Median(ratios) : null;
    }

    private static double Median(IEnumerable<double> figures)
    {
        double[] ordered = [.. figures.Order()];
        return (ordered[(ordered.Length - 1) / 2] + ordered[ordered.Length / 2]) / 2;
    }

    private void AddRow(string row)
    {
        if (!_rows.Contains(row))
            _rows.Add(row);
    }
}
