namespace Chat.Protocol.Text;

/// <summary>
/// Tables of code points, as the generated files hold them: not a value for each of a million code points but the sorted places where the
/// value changes, found by halving. They are static read-only arrays and not spans: native compilation lays both into the binary as they are, but
/// without optimization each look at a span of anything larger than bytes allocates, and the tests that count allocations would see it.
/// </summary>
internal static class CodePointTable
{
    /// <summary>Whether a set holds a code point. The set is in from its first border, out from its second, and so on.</summary>
    public static bool Contains(ReadOnlySpan<int> borders, int codePoint) => (Range(borders, codePoint) & 1) == 0;

    /// <summary>The index of the range a code point lies in: of the last start that is not behind it, -1 before the first.</summary>
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
