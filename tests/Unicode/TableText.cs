using System.Text;

namespace Chat.Tests.Unicode;

/// <summary>Writes numbers as the C# source of a table: the inside of an array.</summary>
internal static class TableText
{
    private const int Columns = 132;

    /// <summary>The command that every table names as the one that makes it again.</summary>
    public const string Command = "CHAT_WRITE_TABLES=1 dotnet test tests/chat.tests.csproj --filter UnicodeTables";

    /// <summary>A set of code points as the places where membership changes: in from the first, out from the second, and so on.</summary>
    public static List<int> Borders(SortedSet<int> codePoints)
    {
        var borders = new List<int>();
        foreach (var codePoint in codePoints)
        {
            if (borders.Count > 0 && borders[^1] == codePoint)
                borders[^1]++;
            else
                borders.AddRange([codePoint, codePoint + 1]);
        }

        return borders;
    }

    /// <summary>The numbers in as few lines as fit, indented as the body of a property.</summary>
    public static string Rows(IEnumerable<int> numbers, string format = "0x{0:X}")
    {
        var rows = new StringBuilder();
        var row = new StringBuilder("       ");
        foreach (var number in numbers)
        {
            var word = string.Format(null, format, number);
            if (row.Length + word.Length + 2 > Columns)
            {
                rows.Append(row).Append('\n');
                row.Clear().Append("       ");
            }

            row.Append(' ').Append(word).Append(',');
        }

        return rows.Append(row).ToString();
    }
}
