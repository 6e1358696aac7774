using System.Globalization;
using System.Text;

namespace Chat.Bench;

/// <summary>
/// The fan-out as a picture: a panel for each kind of load, processor time per delivered message over the size of the
/// room, both axes logarithmic, a line for each server. Drawn by hand, because a picture of four panels is less text
/// than a library's settings.
/// </summary>
internal static class Plot
{
    private const int PanelWidth = 380,
        PanelHeight = 300,
        Left = 60,
        Top = 40,
        Right = 20,
        Bottom = 45,
        LegendHeight = 40;
    private static readonly string[] Colours = ["#0072b2", "#56b4e9", "#d55e00", "#009e73", "#cc79a7", "#e69f00"];

    public static string Draw(FanOutResults results)
    {
        var kinds = results.Loads.Select(static load => (load.Senders, load.Window)).Distinct().ToList();
        int columns = 2,
            rows = (kinds.Count + 1) / 2;
        StringBuilder svg = new();
        int width = columns * PanelWidth,
            height = (rows * PanelHeight) + LegendHeight;
        svg.Append(
            Invariant(
                $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">"""
            )
        );
        svg.Append(Invariant($"""<rect width="{width}" height="{height}" fill="white"/>""")).Append('\n');
        foreach ((int Senders, int Window) kind in kinds)
        {
            int at = kinds.IndexOf(kind);
            svg.Append(
                    Invariant(
                        $"""<g transform="translate({at % columns * PanelWidth},{at / columns * PanelHeight})">"""
                    )
                )
                .Append('\n');
            DrawPanel(svg, results, kind);
            svg.Append("</g>\n");
        }
        for (int i = 0; i < results.Names.Count; i++)
        {
            int x = Left + (i * (width - Left) / results.Names.Count),
                y = height - 15;
            svg.Append(
                    Invariant(
                        $"""<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{Colour(i)}"/><text x="{x + 15}" y="{y}">{results.Names[i]}</text>"""
                    )
                )
                .Append('\n');
        }
        return svg.Append("</svg>\n").ToString();
    }

    private static void DrawPanel(StringBuilder svg, FanOutResults results, (int Senders, int Window) kind)
    {
        var loads = results
            .Loads.Where(load => (load.Senders, load.Window) == kind)
            .OrderBy(static load => load.Members)
            .ToList();
        var values = loads
            .SelectMany(load => results.Names.Select(name => results.Median(load, name)?.CpuMicroseconds ?? 0))
            .Where(static value => value > 0)
            .ToList();
        Axis x = Axis.Over([.. results.Loads.Select(static load => (double)load.Members)], Left, PanelWidth - Right);
        Axis y = Axis.Over(values, PanelHeight - Bottom, Top);
        string title =
            kind.Senders == 1 ? $"1 sender, window {kind.Window}" : $"{kind.Senders} senders, window {kind.Window}";
        svg.Append(
                Invariant(
                    $"""<text x="{(Left + PanelWidth - Right) / 2}" y="25" text-anchor="middle" font-size="13">{title}</text>"""
                )
            )
            .Append('\n');
        foreach (double decade in x.Decades)
            Line(
                svg,
                x.At(decade),
                Top,
                x.At(decade),
                PanelHeight - Bottom,
                Invariant($"{decade:0.###}"),
                x.At(decade),
                PanelHeight - Bottom + 15,
                "middle"
            );
        foreach (double decade in y.Decades)
            Line(
                svg,
                Left,
                y.At(decade),
                PanelWidth - Right,
                y.At(decade),
                Invariant($"{decade:0.###}"),
                Left - 5,
                y.At(decade) + 4,
                "end"
            );
        svg.Append(
            Invariant(
                $"""<text x="{(Left + PanelWidth - Right) / 2}" y="{PanelHeight - 12}" text-anchor="middle">members</text>"""
            )
        );
        svg.Append(
                Invariant(
                    $"""<text transform="translate(15,{(Top + PanelHeight - Bottom) / 2}) rotate(-90)" text-anchor="middle">CPU µs per delivered message</text>"""
                )
            )
            .Append('\n');
        for (int i = 0; i < results.Names.Count; i++)
        {
            var points = loads
                .Select(load => (load.Members, results.Median(load, results.Names[i])?.CpuMicroseconds))
                .Where(static point => point.CpuMicroseconds > 0)
                .Select(point => (X: x.At(point.Members), Y: y.At(point.CpuMicroseconds!.Value)))
                .ToList();
            svg.Append(
                Invariant(
                    $"""<polyline fill="none" stroke="{Colour(i)}" stroke-width="2" points="{string.Join(' ', points.Select(static point => Invariant($"{point.X:0.#},{point.Y:0.#}")))}"/>"""
                )
            );
            svg.AppendJoin(
                    "",
                    points.Select(point =>
                        Invariant($"""<circle cx="{point.X:0.#}" cy="{point.Y:0.#}" r="3" fill="{Colour(i)}"/>""")
                    )
                )
                .Append('\n');
        }
    }

    private static void Line(
        StringBuilder svg,
        double x1,
        double y1,
        double x2,
        double y2,
        string label,
        double x,
        double y,
        string anchor
    ) =>
        svg.Append(
                Invariant(
                    $"""<path d="M{x1:0.#},{y1:0.#}L{x2:0.#},{y2:0.#}" stroke="#ddd"/><text x="{x:0.#}" y="{y:0.#}" text-anchor="{anchor}">{label}</text>"""
                )
            )
            .Append('\n');

    private static string Colour(int at) => Colours[at % Colours.Length];

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A logarithmic axis between two whole decades.</summary>
    private readonly record struct Axis(int From, int To, double Start, double End)
    {
        public IEnumerable<double> Decades
        {
            get
            {
                for (int exponent = From; exponent <= To; exponent++)
                    yield return Math.Pow(10, exponent);
            }
        }

        public static Axis Over(IReadOnlyCollection<double> values, double start, double end)
        {
            int from = (int)Math.Floor(Math.Log10(values.Min())),
                to = (int)Math.Ceiling(Math.Log10(values.Max()));
            return new(from, Math.Max(to, from + 1), start, end);
        }

        public double At(double value) => Start + ((Math.Log10(value) - From) / (To - From) * (End - Start));
    }
}
