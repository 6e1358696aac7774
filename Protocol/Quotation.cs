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

    private static ReadOnlySpan<byte> Begin => "(to "u8;

    private static ReadOnlySpan<byte> Middle => ": \""u8;

    private static ReadOnlySpan<byte> End => "\") "u8;

    /// <summary>Bytes of the longest quotation.</summary>
    public const int LongestBytes = ProtocolLimits.HeadBytes / 2 + WordsBytes + 16;

    /// <summary>Bytes of the longest answer behind a quotation, so both fit a line.</summary>
    public const int TextBytes = ProtocolLimits.TextBytes - LongestBytes;

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
        writer.Put(Begin);
        writer.Put(name);
        writer.Put(Middle);
        writer.Put(words);
        if (words.Length < text.Length)
            writer.Put("..."u8);
        writer.Put(End);
        return writer.Length;
    }

    /// <summary>Why a text cannot stand behind a quotation; null if it can.</summary>
    /// <param name="bytes">The bytes of the text.</param>
    public static string? Refusal(int bytes) =>
        bytes > TextBytes ? $"an answer has at most {TextBytes} bytes, and this one has {bytes}" : null;

    /// <summary>Takes an answer apart.</summary>
    /// <param name="text">The text with the quotation.</param>
    /// <param name="to">The quotation without its brackets: <c>to bob: "first words..."</c>.</param>
    /// <param name="answer">The text behind it.</param>
    /// <returns>False if the text does not begin with a quotation.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> to, out ReadOnlySpan<byte> answer)
    {
        to = [];
        answer = text;
        int middle = text.IndexOf(Middle);
        if (middle < 0 || !text.StartsWith(Begin))
            return false;
        int words = middle + Middle.Length,
            end = text[words..].IndexOf(End);
        if (end < 0)
            return false;
        to = text[1..(words + end + 1)];
        answer = text[(words + end + End.Length)..];
        return true;
    }
}
