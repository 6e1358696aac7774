namespace Chat.Protocol.Text;

/// <summary>
/// Lookups in the generated tables of code points. A table holds the sorted positions at which a value changes,
/// found by binary search, instead of a value for each of a million code points. The tables are static
/// read-only arrays instead of spans. Native compilation puts both into the binary, but without optimization
/// each access to a span of anything larger than bytes allocates, and the allocation tests would fail.
/// </summary>
internal static class CodePointTable
{
    /// <summary>
    /// Whether a set contains a code point. The set begins at its first border, ends at its second, and so on.
    /// </summary>
    public static bool Contains(ReadOnlySpan<int> borders, int codePoint) => (Range(borders, codePoint) & 1) == 0;

    /// <summary>
    /// The index of the range with a code point: of the last start at or before it; -1 before the first.
    /// </summary>
    public static int Range(ReadOnlySpan<int> starts, int codePoint)
    {
        (int low, int high) = (0, starts.Length);
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (starts[middle] <= codePoint)
                low = middle + 1;
            else
                high = middle;
        }

        return low - 1;
    }
}
