using System.Globalization;

namespace Chat.Tests.Tables;

/// <summary>
/// The Unicode character database, as Debian's package unicode-data installs it: files of "range ; value #
/// remark".
/// </summary>
internal static class UnicodeFiles
{
    public const string Folder = "/usr/share/unicode";

    /// <summary>
    /// The version of the installed files, from the header of one; null when they are not installed.
    /// </summary>
    public static string? Version()
    {
        string file = Path.Combine(Folder, "EastAsianWidth.txt");
        if (!File.Exists(file))
            return null;
        string head = File.ReadLines(file).First();
        return Path.GetFileNameWithoutExtension(head[(head.IndexOf('-', StringComparison.Ordinal) + 1)..]);
    }

    /// <summary>Every data line of a file: its first field as a range of code points, and the other fields.</summary>
    public static IEnumerable<(int First, int Last, string[] Fields)> Read(string name)
    {
        foreach (string line in File.ReadLines(Path.Combine(Folder, name)))
        {
            string data = line.Split('#')[0];
            if (string.IsNullOrWhiteSpace(data))
                continue;
            string[] fields = data.Split(';', StringSplitOptions.TrimEntries);
            string[] ends = fields[0].Split("..");
            yield return (CodePoint(ends[0]), CodePoint(ends[^1]), fields[1..]);
        }
    }

    /// <summary>The code points to which a property file gives one of these values.</summary>
    public static SortedSet<int> CodePoints(string name, params string[] values) =>
        [
            .. Read(name)
                .Where(line => values.Contains(line.Fields[0]))
                .SelectMany(line => Enumerable.Range(line.First, line.Last - line.First + 1)),
        ];

    public static int CodePoint(string hex) => int.Parse(hex, NumberStyles.AllowHexSpecifier);
}
