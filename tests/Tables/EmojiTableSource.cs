namespace Chat.Tests.Tables;

/// <summary>Makes Protocol/Text/EmojiTable.g.cs: the code points that may carry a variation selector.</summary>
internal static class EmojiTableSource
{
    public const string Path = "Protocol/Text/EmojiTable.g.cs";

    public static string Make(string version) =>
        TableText.Source(
            "Chat.Protocol.Text",
            "EmojiTable",
            [
                "The characters with the property Emoji, which a variation selector may follow. They include digits, # and *, for keycaps.",
                $"From emoji-data.txt of Unicode {version}.",
            ],
            new TableArray(
                "int",
                "Borders",
                "The set begins at its first border, ends at its second, and so on.",
                TableText.Borders(UnicodeFiles.CodePoints("emoji/emoji-data.txt", "Emoji"))
            )
        );
}
