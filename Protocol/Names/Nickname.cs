using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Chat.Protocol.Text;

namespace Chat.Protocol.Names;

/// <summary>
/// The rules for names: which names are allowed, and which two look alike.
/// <para>
/// A name is one word of letters and digits of one script, with `_` and `-`. So it can be typed after a slash
/// command, and it cannot imitate a name of another script. Tables decide which characters are allowed, and not
/// the runtime, so a server and a client of different builds agree.
/// </para>
/// <para>
/// The key of a name is its form after folding case and look-alikes. The names alice, ALICE, al1ce and an alice
/// in Cyrillic letters have one key, and the room admits one of them. Keys are only compared; they may read as
/// anything and are never shown.
/// </para>
/// <para>
/// Refused: ASCII names (half the world could not write its own); comparing look-alikes without folding case; a
/// distance between names (bob and rob are two people).
/// </para>
/// </summary>
internal static class Nickname
{
    /// <summary>
    /// The first guest name; the others have a number after it. It is reserved, so no member can choose it.
    /// </summary>
    public const string Guest = "guest";

    private static readonly string TooLong = $"a name is at most {ProtocolLimits.NameLength} characters";
    private static readonly string TooManyMarks =
        $"an accent or vowel sign belongs on a letter, at most {CodePointRules.MarksInARow} of them";
    private static readonly SearchValues<char> InAddresses = SearchValues.Create("0123456789abcdefABCDEF.:#%[]/");

    /// <summary>
    /// Names that could pass for the server, or that commands and notices of the server use with another
    /// meaning. Names that look like one of them are refused too.
    /// </summary>
    private static readonly string[] Reserved =
    [
        "server",
        "system",
        "chat",
        "admin",
        "administrator",
        "operator",
        "moderator",
        "announce",
        "notice",
        "error",
        "help",
        "root",
        "sysadmin",
        "superuser",
        "sudo",
        "daemon",
        "host",
        "localhost",
        "owner",
        "staff",
        "sysop",
        "mod",
        "op",
        "info",
        "console",
        "channel",
        "room",
        "you",
        "me",
        "everyone",
        "everybody",
        "all",
        "here",
        "nobody",
        "noname",
        Guest,
        "anonymous",
    ];

    private static readonly HashSet<string> ReservedKeys = [.. Reserved.Select(LookAlikeKey)];

    /// <summary>
    /// Null when the name is allowed; otherwise the broken rule, in words for the person who typed it: a short
    /// sentence without a full stop that begins in lower case and does not repeat the name. Accepts any string,
    /// including lone surrogates.
    /// </summary>
    public static string? Refusal(string name)
    {
        if (name.Length == 0)
            return "a name has at least one character";
        if (LooksLikeAnAddress(name))
            return "a name is not an address";
        return RefusedWriting(name)
            ?? (
                ReservedKeys.Contains(LookAlikeKey(name)) ? "that name is reserved, and so is what looks like it" : null
            );
    }

    /// <summary>Whether a name has the form of a name; it may be reserved.</summary>
    public static bool IsWellFormed(string name) => name.Length > 0 && RefusedWriting(name) is null;

    /// <summary>The text without the characters that a name cannot have; null when no name is left.</summary>
    public static string? Fitting(string text)
    {
        if (Refusal(text) is null)
            return text;
        StringBuilder fitting = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            int length = fitting.Length;
            fitting.Append(rune);
            // A reserved name may become another name with the next characters.
            if (!IsWellFormed(fitting.ToString()))
                fitting.Length = length;
        }
        string name = fitting.ToString();
        return Refusal(name) is null ? name : null;
    }

    /// <summary>
    /// The name after folding case and look-alikes. Two names with the same key look alike. Compare keys
    /// ordinally; their content means nothing else.
    /// </summary>
    public static string LookAlikeKey(string name)
    {
        var key = new StringBuilder(name.Length);
        Span<char> itself = stackalloc char[2];
        foreach (Rune rune in name.EnumerateRunes())
            key.Append(Folded(rune, itself));
        // Most names are their own key, and the room keeps both.
        return key.Equals(name) ? name : key.ToString();
    }

    /// <summary>The same without allocating, for lookups.</summary>
    /// <param name="name">Any text.</param>
    /// <param name="key">Receives as much of the key as fits.</param>
    /// <returns>The filled part of <paramref name="key"/>.</returns>
    public static ReadOnlySpan<char> LookAlikeKey(ReadOnlySpan<char> name, Span<char> key)
    {
        Span<char> itself = stackalloc char[2];
        int length = 0;
        foreach (Rune rune in name.EnumerateRunes())
        {
            ReadOnlySpan<char> folded = Folded(rune, itself);
            if (!folded.TryCopyTo(key[length..]))
                break;
            length += folded.Length;
        }

        return key[..length];
    }

    /// <summary>
    /// Whether a word has this <see cref="LookAlikeKey(string)"/>. Allocates nothing, because it is called for
    /// every word read.
    /// </summary>
    public static bool LooksLike(ReadOnlySpan<char> word, ReadOnlySpan<char> key)
    {
        Span<char> itself = stackalloc char[2];
        foreach (Rune rune in word.EnumerateRunes())
        {
            ReadOnlySpan<char> folded = Folded(rune, itself);
            if (!key.StartsWith(folded))
                return false;
            key = key[folded.Length..];
        }

        return key.IsEmpty;
    }

    /// <summary>
    /// The characters that a character folds to: from the table, or the character itself, written to
    /// <paramref name="itself"/>.
    /// </summary>
    private static ReadOnlySpan<char> Folded(Rune rune, Span<char> itself)
    {
        (ushort[]? from, ushort[]? to, int sought) = rune.IsBmp
            ? (NicknameLookAlikeTable.Low, NicknameLookAlikeTable.LowValues, rune.Value)
            : (NicknameLookAlikeTable.High, NicknameLookAlikeTable.HighValues, rune.Value - 0x10000);
        int at = sought <= ushort.MaxValue ? Array.BinarySearch(from, (ushort)sought) : -1;
        if (at >= 0 && char.IsSurrogate((char)to[at]))
            return Spelling(to[at] - 0xD800);
        if (at < 0)
            return itself[..rune.EncodeToUtf16(itself)];
        itself[0] = (char)to[at];
        return itself[..1];
    }

    private static ReadOnlySpan<char> Spelling(int number)
    {
        int start = number == 0 ? 0 : NicknameLookAlikeTable.Ends[number - 1];
        return MemoryMarshal.Cast<ushort, char>(
            NicknameLookAlikeTable.Spellings.AsSpan(start..NicknameLookAlikeTable.Ends[number])
        );
    }

    private static string? RefusedWriting(string name)
    {
        Span<int> characters = stackalloc int[ProtocolLimits.NameLength];
        (int length, int written, int marks, bool onLetter) = (0, 0, 0, false);
        foreach (Rune rune in name.EnumerateRunes())
        {
            if (++length > ProtocolLimits.NameLength)
                return TooLong;
            if (Rune.IsWhiteSpace(rune))
                return "a name has no spaces in it";
            bool isJoint = rune.Value is '_' or '-';
            if (!isJoint && !NicknameScripts.Know(rune.Value))
                return "a name is made of letters, digits, _ and -";

            UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            bool isMark = category is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
            bool isLetter = !isJoint && !isMark && category is not UnicodeCategory.DecimalDigitNumber;
            if (length == 1 && !isLetter)
                return "a name begins with a letter";
            marks = isMark ? marks + 1 : 0;
            onLetter = isLetter || (isMark && onLetter);
            if (isMark && (!onLetter || marks > CodePointRules.MarksInARow))
                return TooManyMarks;
            if (!isJoint)
                characters[written++] = rune.Value;
        }

        return NicknameScripts.Agree(characters[..written])
            ? null
            : "a name is written in one script, not in letters of several";
    }

    /// <summary>
    /// Whether a name has only digits and the separators of addresses: 192.168.1.7, 192.168.1.7#2, [fe80::1] or
    /// 10.0.0.1:8082.
    /// </summary>
    private static bool LooksLikeAnAddress(string name) =>
        (name.Contains(':') || (name.Contains('.') && char.IsAsciiDigit(name[0])))
        && !name.AsSpan().ContainsAnyExcept(InAddresses);
}
