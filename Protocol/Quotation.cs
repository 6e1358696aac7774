using Chat.Protocol.Text;
using Chat.Protocol.Wire;

namespace Chat.Protocol;

/// <summary>
/// The beginning of an answer to a message: <c>(to bob: "first words...") </c>. The server writes it, so plain tools
/// can read it, and a rich client takes it apart again.
/// </summary>
internal static class Quotation
{
    private const int WordsBytes = 40;
    private const string Begin = "(to ",
        Middle = ": \"",
        End = "\") ";

    /// <summary>Bytes of the longest quotation.</summary>
    public const int LongestBytes = ProtocolLimits.HeadBytes / 2 + WordsBytes + 16;

    /// <summary>Bytes of the longest answer behind a quotation, so both fit a line.</summary>
    public const int AnswerBytes = ProtocolLimits.TextBytes - LongestBytes;

    /// <summary>Writes the quotation.</summary>
    /// <param name="into">Holds <see cref="LongestBytes"/>.</param>
    /// <param name="name">The author of the message.</param>
    /// <param name="text">Its text; the first row counts.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(Span<byte> into, ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        int rowEnd = text.IndexOf((byte)'\n');
        ReadOnlySpan<byte> row = rowEnd < 0 ? text : text[..rowEnd];
        Span<byte> words = stackalloc byte[WordsBytes];
        words = words[..SafeText.Clean(row, words)];
        // A quotation mark inside would end it early.
        words.Replace((byte)'"', (byte)'\'');
        LineWriter writer = new(into);
        writer.Put("(to "u8);
        writer.Put(name);
        writer.Put(": \""u8);
        writer.Put(words);
        if (words.Length < text.Length)
            writer.Put("..."u8);
        writer.Put("\") "u8);
        return writer.Length;
    }

    /// <summary>Takes an answer apart.</summary>
    /// <param name="text">The text with the quotation.</param>
    /// <param name="to">The quotation without its brackets: <c>to bob: "first words..."</c>.</param>
    /// <param name="answer">The text behind it.</param>
    /// <returns>False if the text does not begin with a quotation.</returns>
    public static bool TryParse(string text, out string to, out string answer)
    {
        (to, answer) = ("", text);
        int middle = text.IndexOf(Middle, StringComparison.Ordinal);
        int end = middle < 0 ? -1 : text.IndexOf(End, middle + Middle.Length, StringComparison.Ordinal);
        if (end < 0 || !text.StartsWith(Begin, StringComparison.Ordinal))
            return false;
        (to, answer) = (text[1..(end + 1)], text[(end + End.Length)..]);
        return true;
    }
}
