using Chat.Protocol.Text;

namespace Chat.Client.Networking;

/// <summary>A text that is longer than a line, cut into several: where a letter ends, not inside one.</summary>
internal static class LineSplitter
{
    /// <summary>Copies the next piece.</summary>
    /// <param name="rest">What is left of a clean text; not empty.</param>
    /// <param name="into">As large as a piece may be.</param>
    /// <returns>Bytes copied: the piece's length in either.</returns>
    public static int Next(ReadOnlySpan<byte> rest, Span<byte> into)
    {
        // Clean text keeps its bytes, so as many are used as come out; the cut is at the end of a letter.
        int length = SafeText.Clean(rest, into);
        if (length > 0)
            return length;
        // One letter longer than the line, of very many characters: it is cut between two of them.
        length = Math.Min(rest.Length, into.Length);
        while (length < rest.Length && (rest[length] & 0xC0) == 0x80)
            length--;
        rest[..length].CopyTo(into);
        return length;
    }
}
