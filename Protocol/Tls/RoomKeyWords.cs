using System.Text;

namespace Chat.Protocol.Tls;

/// <summary>Words for keys and secrets, which people compare, read aloud and type.</summary>
/// <remarks>
/// Six words of a list of 2,048 are 66 bits. The first four letters of a word are unique in the list. No word begins
/// with another one, the list has no pair that is known to sound alike, and all words are fit for a classroom.
/// </remarks>
internal static class RoomKeyWords
{
    /// <summary>Words of a key.</summary>
    public const int Count = 6;

    /// <summary>Between two words.</summary>
    public const char Separator = '-';

    private const int BitsPerWord = 11,
        Bytes = (Count * BitsPerWord + 7) / 8;

    /// <summary>
    /// Derives the words of a room's public key. It takes 80 ms. To find another key with the same words takes 2^66
    /// times as long.
    /// </summary>
    /// <param name="publicKey">32 bytes.</param>
    public static string Of(ReadOnlySpan<byte> publicKey) =>
        Spell(Scrypt.Derive(publicKey.ToArray(), "chat/1 words"u8.ToArray(), Bytes));

    /// <summary>Makes random words, for a new secret.</summary>
    public static string Create()
    {
        byte[] random = new byte[Bytes];
        SystemRandom.Fill(random);
        return Spell(random);
    }

    /// <summary>The canonical form of typed words.</summary>
    /// <param name="typed">Six words with hyphens or spaces between them, in letters of any case.</param>
    /// <returns>Null if they are not six words of the list.</returns>
    public static string? Normalize(string typed) =>
        Join(typed, Count) is string words && words.Count(static c => c == Separator) == Count - 1 ? words : null;

    /// <summary>The canonical form of typed words of the list, of any number.</summary>
    /// <param name="typed">Words with hyphens or spaces between them, in letters of any case.</param>
    /// <param name="least">The least number of words.</param>
    /// <returns>Null if they are fewer, or if one is no word of the list.</returns>
    public static string? Join(string typed, int least)
    {
        string[] words = Split(typed);
        return words.Length >= least && FindUnknown(words) is null ? string.Join(Separator, words) : null;
    }

    /// <summary>The first typed word that is not in the list; null if all are.</summary>
    public static string? FindUnknown(string typed) => FindUnknown(Split(typed));

    private static string? FindUnknown(string[] words)
    {
        string[] list = ReadList();
        return Array.Find(words, word => Array.BinarySearch(list, word, StringComparer.Ordinal) < 0);
    }

    private static string[] Split(string typed) =>
        typed
            .ToLowerInvariant()
            .Split([Separator, ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    // The first word takes the highest bits.
    private static string Spell(byte[] bits)
    {
        string[] list = ReadList();
        UInt128 number = 0;
        foreach (byte part in bits)
            number = (number << 8) | part;
        number >>= 8 * Bytes - Count * BitsPerWord;
        string[] words = new string[Count];
        for (int i = Count - 1; i >= 0; i--)
        {
            words[i] = list[(int)(number & ((1 << BitsPerWord) - 1))];
            number >>= BitsPerWord;
        }
        return string.Join(Separator, words);
    }

    // Needed a few times in a run, so it is not kept.
    private static string[] ReadList()
    {
        using Stream stream = typeof(RoomKeyWords).Assembly.GetManifestResourceStream("words")!;
        using StreamReader reader = new(stream, Encoding.ASCII);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
