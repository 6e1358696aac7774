using System.Globalization;
using System.Security;
using System.Text;

namespace Chat.Tests.Pictures;

/// <summary>
/// Draws a terminal's screen. The reader's font is unknown, so each run of one look has a start and a length,
/// and a wide character is centred in its two cells. The columns hold in every font.
/// </summary>
/// <remarks>One run is one line of the file, so that a diff shows each change.</remarks>
internal sealed class Svg(Shot shot, Theme theme)
{
    private const double CellWidth = 8.4,
        RowHeight = 20,
        Border = 16,
        Baseline = 14.5;

    private readonly StringBuilder _svg = new();
    private readonly List<string> _inks = [];

    public static string Draw(Shot shot, Theme theme) => new Svg(shot, theme).Draw();

    private string Draw()
    {
        for (int row = 0; row < shot.Rows.Count; row++)
            DrawRow(shot.Rows[row], row);
        Box(shot.CaretColumn, shot.CaretRow, 1, $"{theme.Ink}\" opacity=\".7");
        (string? width, string? height) = (
            Number((2 * Border) + (shot.Columns * CellWidth)),
            Number((2 * Border) + (shot.Rows.Count * RowHeight))
        );
        string looks = string.Concat(_inks.Select((ink, at) => $"\n.{Class(at)}{{{ink}}}"));
        return $$"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{width}} {{height}}" width="{{width}}" height="{{height}}" xml:space="preserve">
            <style>
            text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;fill:{{theme.Ink}};white-space:pre}
            .wide{font-size:16px;text-anchor:middle}{{looks}}
            </style>
            <rect x=".5" y=".5" width="{{Number((2 * Border) + (shot.Columns * CellWidth) - 1)}}" height="{{Number(
                (2 * Border) + (shot.Rows.Count * RowHeight) - 1
            )}}" rx="8" fill="{{theme.Ground}}" stroke="{{theme.Frame}}"/>
            {{_svg}}</svg>

            """;
    }

    private void DrawRow(IReadOnlyList<Cell> cells, int row)
    {
        int column = 0;
        for (int at = 0; at < cells.Count; )
        {
            Look look = cells[at].Look;
            int end = at + 1;
            while (end < cells.Count && cells[at].Cells == 1 && cells[end].Cells == 1 && cells[end].Look == look)
                end++;
            string text = string.Concat(cells.Skip(at).Take(end - at).Select(cell => cell.Text));
            int width = cells.Skip(at).Take(end - at).Sum(cell => cell.Cells);
            (string? ink, string? ground) = (theme.Of(look.Ink, theme.Ink), theme.Of(look.Ground, theme.Ground));
            if (look.IsReversed)
                (ink, ground) = (ground, ink);
            if (ground != theme.Ground)
                Box(column, row, width, ground);
            Write(
                column,
                row,
                look.IsUnderlined ? text : text.Trim(' '),
                look.IsUnderlined ? 0 : text.Length - text.TrimStart(' ').Length,
                cells[at].Cells == 2,
                StyleOf(look, ink)
            );
            (at, column) = (end, column + width);
        }
    }

    // Blanks at either end need no drawing, except under an underline.
    private void Write(int column, int row, string text, int blanks, bool isWide, string style)
    {
        if (text.Length == 0)
            return;
        if (style.Length > 0 && !_inks.Contains(style))
            _inks.Add(style);
        string look = style.Length > 0 ? Class(_inks.IndexOf(style)) : "";
        (double x, string? y) = (
            Border + ((column + blanks) * CellWidth),
            Number(Border + (row * RowHeight) + Baseline)
        );
        string place = isWide
            ? $"x=\"{Number(x + CellWidth)}\" y=\"{y}\""
            : $"x=\"{Number(x)}\" y=\"{y}\" textLength=\"{Number(text.Length * CellWidth)}\"";
        string classes = $"{(isWide ? "wide" : "")} {look}".Trim();
        _svg.Append(
            $"<text {place}{(classes.Length > 0 ? $" class=\"{classes}\"" : "")}>{SecurityElement.Escape(text)}</text>\n"
        );
    }

    private void Box(int column, int row, int width, string fill) =>
        _svg.Append(
            $"<rect x=\"{Number(Border + (column * CellWidth))}\" y=\"{Number(Border + (row * RowHeight) + 1)}\" width=\"{Number(width * CellWidth)}\" height=\"{Number(RowHeight - 2)}\" fill=\"{fill}\"/>\n"
        );

    private string StyleOf(Look look, string ink)
    {
        List<string> parts = [];
        if (ink != theme.Ink)
            parts.Add($"fill:{ink}");
        if (look.IsBold)
            parts.Add("font-weight:bold");
        if (look.IsDim)
            parts.Add("opacity:.6");
        if (look.IsUnderlined)
            parts.Add("text-decoration:underline");
        return string.Join(';', parts);
    }

    private static string Class(int at) => ((char)('a' + at)).ToString();

    private static string Number(double number) => number.ToString("0.#", CultureInfo.InvariantCulture);
}
