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
                "The characters with the property Emoji: what a variation selector may stand behind. Digits, # and * are among them, for keycaps.",
                $"From emoji-data.txt of Unicode {version}.",
            ],
            new TableArray(
                "int",
                "Borders",
                "In from the first, out from the second, and so on.",
                TableText.Borders(UnicodeFiles.CodePoints("emoji/emoji-data.txt", "Emoji"))
            )
        );
}
