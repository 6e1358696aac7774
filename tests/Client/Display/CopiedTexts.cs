using Chat.Tests.Client.Views;

namespace Chat.Tests.Client.Display;

/// <summary>Messages that are hard to copy, said by bob, and the check of their copies.</summary>
internal static class CopiedTexts
{
    private const string Head = "12:00 bob: ";

    private static readonly string Key = string.Concat(Enumerable.Range(0, 30).Select(static i => $"k{i:x4}/+"));
    private static readonly string Address = $"https://host.example/{new string('p', 100)}?q={new string('1', 60)}";

    /// <summary>A key among words, a command, an address and a paragraph without spaces.</summary>
    private static readonly string[] Texts =
    [
        $"the key: {Key} please",
        string.Join(' ', Enumerable.Range(0, 19).Select(static i => $"--opt{i}")),
        Address,
        string.Concat(Enumerable.Repeat("漢字文章，", 10)),
    ];

    /// <summary>The bytes that show these messages in a window of this width.</summary>
    public static byte[] Shown(int columns)
    {
        var session = new ViewSession(columns, 24);
        foreach (string text in Texts)
            session.Say("bob", text);
        return session.Sent;
    }

    /// <summary>Whether each message is one line, its long words are whole, and only runs of spaces differ.</summary>
    public static bool AreWhole(IReadOnlyList<string> lines)
    {
        string[] said = [.. lines.Where(static line => line.StartsWith(Head, StringComparison.Ordinal))];
        return said.Select(static line => Packed(line[Head.Length..])).SequenceEqual(Texts.Select(Packed))
            && said[0].Contains($" {Key} ", StringComparison.Ordinal)
            && said[2].EndsWith($" {Address}", StringComparison.Ordinal)
            && lines.Count(static line => line.Length > 0) == Texts.Length + 1;
    }

    private static string Packed(string text) => text.Replace(" ", "", StringComparison.Ordinal);
}
