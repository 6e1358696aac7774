using System.Runtime.CompilerServices;

namespace Chat.Tests.Tables;

/// <summary>
/// Compares the tables in the tree with those made from the Unicode files. With CHAT_WRITE_TABLES=1 these tests
/// write the tables, which is the only way to change them.
/// </summary>
public sealed class UnicodeTables
{
    private const string Install = "the Unicode files are not installed: apt-get install unicode-data";

    private static readonly bool Writing = Environment.GetEnvironmentVariable("CHAT_WRITE_TABLES") is "1";

    [FactOfUnicode]
    public void The_emoji_table_is_what_its_source_makes() => Compare(EmojiTableSource.Path, EmojiTableSource.Make);

    [FactOfUnicode]
    public void The_table_of_scripts_is_what_its_source_makes() =>
        Compare(NameScriptTableSource.Path, NameScriptTableSource.Make);

    [FactOfUnicode(Confusables = true)]
    public void The_table_of_look_alikes_is_what_its_source_makes() =>
        Compare(LookAlikeTableSource.Path, LookAlikeTableSource.Make);

    [FactOfUnicode]
    public void The_table_of_widths_is_what_its_source_makes() =>
        Compare(CellWidthTableSource.Path, CellWidthTableSource.Make);

    private static void Compare(string path, Func<string, string> make)
    {
        string? version = UnicodeFiles.Version();
        Assert.True(version is not null, Install);
        string made = make(version!);
        string file = Path.Combine(Root(), path);
        if (Writing)
            File.WriteAllText(file, made);
        else
            Assert.Equal(made, File.ReadAllText(file));
    }

    private static string Root([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../.."));
}
