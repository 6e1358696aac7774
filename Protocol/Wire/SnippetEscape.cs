namespace Chat.Protocol.Wire;

/// <summary>
/// Writes the text of a snippet as one line and reads it back: <c>\n</c> is a line feed, <c>\t</c> a tab, <c>\\</c> a
/// backslash.
/// </summary>
/// <remarks>
/// An escaped text has printable characters only, so cleaning, the history and older servers treat it like any other
/// text. A backslash before another character stays, so every text can be read.
/// </remarks>
internal static class SnippetEscape
{
    /// <summary>Writes the escaped form.</summary>
    /// <param name="text">The text, with line feeds and tabs.</param>
    /// <param name="into">Holds twice the bytes of the text.</param>
    /// <returns>Bytes written.</returns>
    public static int Escape(ReadOnlySpan<byte> text, Span<byte> into)
    {
        LineWriter writer = new(into);
        while (text.IndexOfAny((byte)'\n', (byte)'\t', (byte)'\\') is >= 0 and int special)
        {
            writer.Put(text[..special]);
            writer.Put(
                text[special] switch
                {
                    (byte)'\n' => "\\n"u8,
                    (byte)'\t' => "\\t"u8,
                    _ => "\\\\"u8,
                }
            );
            text = text[(special + 1)..];
        }
        writer.Put(text);
        return writer.Length;
    }

    /// <summary>Reads the escaped form.</summary>
    /// <param name="line">The escaped text.</param>
    /// <param name="into">Holds as many bytes. May begin where the line begins.</param>
    /// <returns>Bytes written.</returns>
    public static int Unescape(ReadOnlySpan<byte> line, Span<byte> into)
    {
        int length = 0;
        for (int i = 0; i < line.Length; i++)
        {
            byte next = line[i] == '\\' && i + 1 < line.Length ? line[i + 1] : default;
            byte meant = next switch
            {
                (byte)'n' => (byte)'\n',
                (byte)'t' => (byte)'\t',
                (byte)'\\' => next,
                _ => default,
            };
            if (meant != default)
                i++;
            into[length++] = meant != default ? meant : line[i];
        }
        return length;
    }
}
