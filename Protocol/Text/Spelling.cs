namespace Chat.Protocol.Text;

/// <summary>Finds the known word that a misspelt one most likely means: a command, an option, a verb.</summary>
internal static class Spelling
{
    /// <summary>
    /// The known word nearest to <paramref name="word"/>, in any case; null when none is near enough.
    /// </summary>
    /// <remarks>
    /// If known words begin with <paramref name="word"/>, the first of them is the result. Otherwise the
    /// nearest is: an insertion, a deletion, a substitution and a swap of neighbours each cost one. A word of 3
    /// to 5 letters may cost one, a longer word two.
    /// </remarks>
    /// <param name="word">The word as typed, without the slash or the dashes before it.</param>
    /// <param name="known">The known words, also without. Of two equally near words the first is the result.</param>
    public static string? Nearest(ReadOnlySpan<char> word, IEnumerable<string> known)
    {
        if (word.Length is < ProtocolLimits.ShortestMisspelling or > ProtocolLimits.LongestMisspelling)
            return null;
        string? nearest = null,
            longer = null;
        int least = word.Length > 5 ? 2 : 1;
        foreach (string candidate in known)
        {
            int distance = Distance(word, candidate, least);
            // The first match may cost the whole limit; a later one must be nearer.
            if (distance <= least)
                (nearest, least) = (candidate, distance - 1);
            if (candidate.AsSpan().StartsWith(word, StringComparison.OrdinalIgnoreCase))
                longer ??= candidate;
        }
        return word.Length < 3 ? longer : longer ?? nearest;
    }

    // Optimal string alignment. Any distance above the limit is reported as above the limit.
    private static int Distance(ReadOnlySpan<char> word, string candidate, int limit)
    {
        if (Math.Abs(word.Length - candidate.Length) > limit)
            return limit + 1;
        Span<int> beforeLast = stackalloc int[ProtocolLimits.LongestMisspelling + 1];
        Span<int> last = stackalloc int[ProtocolLimits.LongestMisspelling + 1];
        Span<int> row = stackalloc int[ProtocolLimits.LongestMisspelling + 1];
        for (int j = 0; j <= word.Length; j++)
            last[j] = j;
        for (int i = 1; i <= candidate.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= word.Length; j++)
            {
                int cost = AreEqual(candidate[i - 1], word[j - 1]) ? 0 : 1;
                row[j] = Math.Min(Math.Min(row[j - 1], last[j]) + 1, last[j - 1] + cost);
                bool swapped =
                    i > 1
                    && j > 1
                    && AreEqual(candidate[i - 1], word[j - 2])
                    && AreEqual(candidate[i - 2], word[j - 1]);
                if (swapped)
                    row[j] = Math.Min(row[j], beforeLast[j - 2] + 1);
            }
            Span<int> spare = beforeLast;
            beforeLast = last;
            last = row;
            row = spare;
        }
        return last[word.Length];
    }

    private static bool AreEqual(char one, char other) => char.ToLowerInvariant(one) == char.ToLowerInvariant(other);
}
