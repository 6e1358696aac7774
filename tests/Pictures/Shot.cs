using System.Globalization;
using System.Text.RegularExpressions;
using Chat.Tests.Support;

namespace Chat.Tests.Pictures;

/// <summary>The look of a cell: the result of the SGR parameters before it.</summary>
/// <param name="Ink">The colour of its text: empty for the terminal's own, a number for one of 256,
/// <c>#rrggbb</c>.</param>
/// <param name="Ground">The background colour, in the same form.</param>
internal readonly record struct Look(
    string Ink,
    string Ground,
    bool IsBold,
    bool IsDim,
    bool IsUnderlined,
    bool IsReversed
)
{
    public static readonly Look Plain = new("", "", false, false, false, false);

    /// <summary>The look after these parameters.</summary>
    /// <param name="parameters">The text between <c>ESC [</c> and <c>m</c>.</param>
    public Look After(string parameters)
    {
        Look look = this;
        Queue<int> rest = new(
            parameters.Split(';').Select(one => one.Length == 0 ? 0 : int.Parse(one, CultureInfo.InvariantCulture))
        );
        while (rest.TryDequeue(out int one))
        {
            look = one switch
            {
                0 => Plain,
                1 => look with { IsBold = true },
                2 => look with { IsDim = true },
                4 => look with { IsUnderlined = true },
                7 => look with { IsReversed = true },
                22 => look with { IsBold = false, IsDim = false },
                24 => look with { IsUnderlined = false },
                27 => look with { IsReversed = false },
                >= 30 and <= 37 => look with { Ink = $"{one - 30}" },
                38 => look with { Ink = Colour(rest) },
                39 => look with { Ink = "" },
                >= 40 and <= 47 => look with { Ground = $"{one - 40}" },
                48 => look with { Ground = Colour(rest) },
                49 => look with { Ground = "" },
                >= 90 and <= 97 => look with { Ink = $"{one - 90 + 8}" },
                >= 100 and <= 107 => look with { Ground = $"{one - 100 + 8}" },
                _ => throw new FormatException($"SGR {one} is not supported."),
            };
        }

        return look;
    }

    private static string Colour(Queue<int> rest) =>
        rest.Dequeue() == 5 ? $"{rest.Dequeue()}" : $"#{rest.Dequeue():x2}{rest.Dequeue():x2}{rest.Dequeue():x2}";
}

/// <summary>A cluster on the screen.</summary>
/// <param name="Text">Its characters.</param>
/// <param name="Cells">1 or 2.</param>
internal readonly record struct Cell(string Text, int Cells, Look Look);

/// <summary>
/// A terminal's screen at one moment, as tmux reports it, down to the caret's row or the last row with text.
/// Times, the seconds until the next attempt, and the port are replaced with constants.
/// </summary>
internal sealed partial record Shot(IReadOnlyList<IReadOnlyList<Cell>> Rows, int Columns, int CaretColumn, int CaretRow)
{
    /// <summary>Parses the output of <see cref="Tmux.Coloured"/>.</summary>
    public static Shot Of(IReadOnlyList<string> told, int columns)
    {
        int[] caret = told[^1].Split(',').Select(one => int.Parse(one, CultureInfo.InvariantCulture)).ToArray();
        List<IReadOnlyList<Cell>> rows = [];
        // A row starts with the look at the end of the row above.
        Look look = Look.Plain;
        foreach (string? row in told.SkipLast(1))
            rows.Add([.. Cells(Usual(row), ref look)]);
        int last = Math.Max(caret[1], rows.FindLastIndex(row => row.Any(cell => cell.Text != " ")));
        return new Shot(rows[..(last + 1)], columns, caret[0], caret[1]);
    }

    /// <summary>The text of each row, without trailing blanks.</summary>
    public IEnumerable<string> Texts => Rows.Select(row => string.Concat(row.Select(cell => cell.Text)).TrimEnd(' '));

    public string CaretText => Texts.ElementAt(CaretRow);

    private static List<Cell> Cells(string row, ref Look look)
    {
        List<Cell> cells = [];
        int at = 0;
        foreach (Match? match in Sgr().Matches(row).Append(null))
        {
            TextElementEnumerator clusters = StringInfo.GetTextElementEnumerator(row[at..(match?.Index ?? row.Length)]);
            while (clusters.MoveNext())
                cells.Add(new Cell(clusters.GetTextElement(), VtWidth.Of(clusters.GetTextElement()), look));
            if (match is null)
                continue;
            look = look.After(match.Groups["parameters"].Value);
            at = match.Index + match.Length;
        }

        return cells;
    }

    private static string Usual(string row) =>
        Port().Replace(Seconds().Replace(Minute().Replace(row, "${look}11:58"), "in 4 s"), "127.0.0.1 8082");

    [GeneratedRegex(@"\e\[(?<parameters>[\d;]*)m")]
    private static partial Regex Sgr();

    [GeneratedRegex(@"^(?<look>(\e\[[\d;]*m)*)\d\d:\d\d(?= )", RegexOptions.ExplicitCapture)]
    private static partial Regex Minute();

    [GeneratedRegex(@"\bin \d s\b")]
    private static partial Regex Seconds();

    [GeneratedRegex(@"\b127\.0\.0\.1 \d{4,5}\b")]
    private static partial Regex Port();
}
