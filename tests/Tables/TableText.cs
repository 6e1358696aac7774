using System.Text;

namespace Chat.Tests.Tables;

/// <summary>One array of a table: its element type, name, content and numbers.</summary>
internal sealed record TableArray(
    string Type,
    string Name,
    string Holds,
    IReadOnlyList<int> Numbers,
    string Format = "0x{0:X}"
)
{
    public int Bytes =>
        Numbers.Count
        * (
            Type switch
            {
                "byte" => sizeof(byte),
                "ushort" => sizeof(ushort),
                _ => sizeof(int),
            }
        );
}

/// <summary>
/// Writes tables as C# source: a static class of arrays, with a header that says its source, its command and
/// its size.
/// </summary>
internal static class TableText
{
    private const int Columns = 132;

    /// <summary>The command in each table that makes it again.</summary>
    private const string Command = "CHAT_WRITE_TABLES=1 dotnet test tests/chat.tests.csproj --filter UnicodeTables";

    public static string Source(string space, string name, string[] head, params TableArray[] arrays)
    {
        var source = new StringBuilder();
        source.Append("namespace ").Append(space).Append(";\n\n/// <summary>\n");
        foreach (string line in head)
            source.Append("/// ").Append(line).Append('\n');
        source
            .Append("/// Made by ")
            .Append(Command)
            .Append(";\n/// ")
            .Append(arrays.Sum(array => array.Bytes))
            .Append(" bytes.\n/// </summary>\n");
        source.Append("internal static class ").Append(name).Append("\n{\n");
        source.AppendJoin('\n', arrays.Select(Array));
        return source.Append("}\n").ToString();
    }

    /// <summary>
    /// A set of code points as the places where membership changes: in at the first, out at the second, and so
    /// on.
    /// </summary>
    public static List<int> Borders(IEnumerable<int> codePointsInOrder)
    {
        var borders = new List<int>();
        foreach (int codePoint in codePointsInOrder)
        {
            if (borders.Count > 0 && borders[^1] == codePoint)
                borders[^1]++;
            else
                borders.AddRange([codePoint, codePoint + 1]);
        }

        return borders;
    }

    private static string Array(TableArray array) =>
        $$"""
                /// <summary>{{array.Holds}}</summary>
                public static readonly {{array.Type}}[] {{array.Name}} =
                [
            {{Rows(array)}}
                ];

            """;

    private static string Rows(TableArray array)
    {
        const string Indent = "       ";
        var rows = new StringBuilder();
        var row = new StringBuilder(Indent);
        foreach (int number in array.Numbers)
        {
            string word = string.Format(null, array.Format, number);
            if (row.Length + word.Length + 2 > Columns)
            {
                rows.Append(row).Append('\n');
                row.Clear().Append(Indent);
            }

            row.Append(' ').Append(word).Append(',');
        }

        return rows.Append(row).ToString();
    }
}
