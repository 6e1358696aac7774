using System.Globalization;
using System.Text;
using Chat.Protocol.Names;

namespace Chat.Client.Views;

/// <summary>
/// Finds a name in a text, as a word, in any case and in look-alike letters. It runs on each line and does not
/// allocate.
/// </summary>
/// <param name="name">The name to find.</param>
internal sealed class MentionMatcher(string name)
{
    private readonly string _key = Nickname.LookAlikeKey(name);

    public string Name => name;

    public bool IsIn(ReadOnlySpan<char> text)
    {
        if (_key.Length == 0)
            return false;
        while (!text.IsEmpty)
        {
            (int start, int end) = NextWord(text);
            // A name may be written _alice_ for emphasis.
            if (
                start < end
                && (Nickname.LooksLike(text[start..end], _key) || Nickname.LooksLike(text[start..end].Trim("_-"), _key))
            )
                return true;
            text = text[end..];
        }

        return false;
    }

    private static (int Start, int End) NextWord(ReadOnlySpan<char> text)
    {
        int start = -1;
        for (int at = 0; at < text.Length; )
        {
            _ = Rune.DecodeFromUtf16(text[at..], out Rune rune, out int length);
            bool isInside = rune.IsAscii
                ? char.IsAsciiLetterOrDigit((char)rune.Value) || rune.Value is '_' or '-'
                : IsOfName(rune);
            if (isInside && start < 0)
                start = at;
            if (!isInside && start >= 0)
                return (start, at);
            at += length;
        }

        return (start < 0 ? text.Length : start, text.Length);
    }

    private static bool IsOfName(Rune rune) =>
        Rune.IsLetterOrDigit(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
}
