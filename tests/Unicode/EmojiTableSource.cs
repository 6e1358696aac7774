namespace Chat.Tests.Unicode;

/// <summary>Makes Protocol/EmojiTable.cs: what may carry a variation selector.</summary>
internal static class EmojiTableSource
{
    public const string Path = "Protocol/EmojiTable.cs";

    public static string Make(string version)
    {
        var borders = TableText.Borders(UnicodeFiles.CodePoints("emoji/emoji-data.txt", "Emoji"));
        return $$"""
            namespace Chat.Protocol;

            /// <summary>
            /// The characters with the property Emoji: what a variation selector may stand behind. Digits, # and * are among them, for keycaps.
            /// Made from emoji-data.txt of Unicode {{version}} by {{TableText.Command}};
            /// {{borders.Count * sizeof(int)}} bytes.
            /// </summary>
            internal static class EmojiTable
            {
                /// <summary>Where membership changes: in from the first, out from the second, and so on.</summary>
                private static readonly int[] Borders =
                [
            {{TableText.Rows(borders)}}
                ];

                public static bool Contains(int codePoint) => CodePointTable.Contains(Borders, codePoint);
            }

            """;
    }
}
