using System.Text;

namespace Chat.Bench;

/// <summary>A chart with two logarithmic axes and a line for each server.</summary>
internal static class SvgChart
{
    private const int Left = 60,
        Right = 480,
        Top = 40,
        Bottom = 320,
        Width = 640,
        Height = 370;
    private static readonly string[] Colours = ["#0072b2", "#56b4e9", "#d55e00", "#009e73", "#cc79a7", "#e69f00"];

    public static string Draw(
        string title,
        string xTitle,
        (string Name, IEnumerable<(double X, double? Y)> Points)[] lines
    )
    {
        (double X, double Y)[][] all =
        [
            .. lines.Select(static line =>
                line.Points.Where(one => one.Y > 0).Select(one => (one.X, one.Y!.Value)).ToArray()
            ),
        ];
        (int From, int To) xs = Decades(all.SelectMany(static points => points).Select(static point => point.X)),
            ys = Decades(all.SelectMany(static points => points).Select(static point => point.Y));
        StringBuilder svg = new(
            $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}"
                font-family="sans-serif" font-size="12">
            <rect width="{Width}" height="{Height}" fill="white"/>
            <text x="{Left}" y="22" font-size="14">{title}</text>
            <text x="{Right}" y="{Bottom + 38}" text-anchor="end">{xTitle}</text>

            """
        );
        for (int decade = xs.From; decade <= xs.To; decade++)
            DrawGrid(X(Math.Pow(10, decade)), Top, X(Math.Pow(10, decade)), Bottom, decade, 0, 18, "middle");
        for (int decade = ys.From; decade <= ys.To; decade++)
            DrawGrid(Left, Y(Math.Pow(10, decade)), Right, Y(Math.Pow(10, decade)), decade, Left - Right - 6, 4, "end");
        for (int i = 0; i < lines.Length; i++)
        {
            string colour = Colours[i % Colours.Length];
            string points = string.Join(' ', all[i].Select(point => $"{X(point.X):0.#},{Y(point.Y):0.#}"));
            svg.Append($"""<polyline fill="none" stroke="{colour}" stroke-width="2" points="{points}"/>""")
                .Append('\n');
            foreach ((double x, double y) in all[i])
                svg.Append($"""<circle cx="{X(x):0.#}" cy="{Y(y):0.#}" r="3" fill="{colour}"/>""").Append('\n');
            int row = Top + 10 + (i * 20);
            svg.Append($"""<rect x="{Right + 20}" y="{row - 10}" width="10" height="10" fill="{colour}"/>""")
                .Append($"""<text x="{Right + 36}" y="{row}">{lines[i].Name}</text>""")
                .Append('\n');
        }
        return svg.Append("</svg>\n").ToString();

        double X(double value) => Left + ((Math.Log10(value) - xs.From) / (xs.To - xs.From) * (Right - Left));
        double Y(double value) => Bottom - ((Math.Log10(value) - ys.From) / (ys.To - ys.From) * (Bottom - Top));
        void DrawGrid(double x1, double y1, double x2, double y2, int at, int dx, int dy, string anchor) =>
            svg.Append($"""<path d="M{x1:0.#},{y1:0.#}L{x2:0.#},{y2:0.#}" stroke="#ddd"/>""")
                .Append($"""<text x="{x2 + dx:0.#}" y="{y2 + dy:0.#}" text-anchor="{anchor}">""")
                .Append($"{Math.Pow(10, at):0.###}</text>")
                .Append('\n');
    }

    private static (int From, int To) Decades(IEnumerable<double> values)
    {
        double[] ordered = [.. values.DefaultIfEmpty(1).Order()];
        int from = (int)Math.Floor(Math.Log10(ordered[0]));
        return (from, Math.Max(from + 1, (int)Math.Ceiling(Math.Log10(ordered[^1]))));
    }
}
