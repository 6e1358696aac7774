using Chat.Protocol.Text;

namespace Chat.Client.Networking;

/// <summary>Splits a text that is too long for one line, at the end of a grapheme.</summary>
internal static class LineSplitter
{
    /// <summary>Copies the next piece.</summary>
    /// <param name="rest">The rest of a clean text; not empty.</param>
    /// <param name="into">The buffer; its size is the longest piece.</param>
    /// <returns>The bytes copied, and the length of the piece in <paramref name="rest"/>.</returns>
    public static int Next(ReadOnlySpan<byte> rest, Span<byte> into)
    {
        // Cleaning leaves clean text unchanged, so input and output lengths are equal. It stops at the end of a
        // grapheme.
        int length = SafeText.Clean(rest, into);
        if (length > 0)
            return length;
        // If a single grapheme is longer than the line, it is cut between two characters.
        length = Math.Min(rest.Length, into.Length);
        while (length < rest.Length && (rest[length] & 0xC0) == 0x80)
            length--;
        rest[..length].CopyTo(into);
        return length;
    }
}
