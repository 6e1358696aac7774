using System.Text;

namespace Chat.Protocol.Wire;

/// <summary>
/// The lines that plain tools receive: nc, telnet, ncat, socat, the original's client. Protocol/README.md shows
/// each line with an example.
/// </summary>
/// <remarks>
/// Each line begins with a prefix that only the server can write: <c>&lt;name&gt; </c> before a message, <c>*
/// name </c> before an action, <c>-- </c> before a notice of the server. Names contain no space and no angle
/// bracket, and text follows the prefix. So no member can imitate a line of another member or of the server.
/// </remarks>
internal static class PlainWire
{
    /// <summary>
    /// The first line from a server: a greeting for people, with the mark by which the chat client recognizes
    /// its protocol. The client sends nothing before it, because a foreign server would relay its first bytes
    /// to the whole room.
    /// </summary>
    public static ReadOnlySpan<byte> Greeting => "Welcome to this chatroom! [chat/1]\n"u8;

    /// <summary>
    /// The words in place of the greeting, in the clear, of a room that other computers may join inside TLS only. The
    /// client reads the marks and calls again with TLS.
    /// </summary>
    public const string EncryptedOnly =
        "this room is encrypted; use chat client, or ncat --ssl in place of nc [chat/1] [tls]";

    /// <summary>The greeting inside TLS of a room with a secret.</summary>
    public static ReadOnlySpan<byte> GreetingWithSecret => "Welcome to this chatroom! [chat/1] [secret]\n"u8;

    /// <summary>The greeting, in the clear, of a room with a secret on this computer.</summary>
    public static ReadOnlySpan<byte> GreetingWithTlsAndSecret =>
        "Welcome to this chatroom! [chat/1] [tls] [secret]\n"u8;

    /// <summary>The notice behind the greeting of a room with a secret.</summary>
    public const string AsksSecret = "this room asks for its secret";

    /// <summary>The notice behind a wrong secret.</summary>
    public const string WrongSecret = "that is not it";

    /// <summary>The part of the greeting that identifies the protocol.</summary>
    public static ReadOnlySpan<byte> Mark => "[chat/1]"u8;

    /// <summary>The mark of a refusal that a later connection may not meet, such as that of a full room.</summary>
    public static ReadOnlySpan<byte> LaterMark => "[chat/1] [later]"u8;

    /// <summary>The words in place of the greeting for a connection that may not join.</summary>
    /// <param name="words">The reason.</param>
    /// <param name="isFinal">A later connection would be refused as well.</param>
    public static string Refusal(string words, bool isFinal) =>
        $"{words} {Encoding.UTF8.GetString(isFinal ? Mark : LaterMark)}";

    /// <summary>The greeting of a room that also speaks TLS, if the connection began without it.</summary>
    public static ReadOnlySpan<byte> GreetingWithTls => "Welcome to this chatroom! [chat/1] [tls]\n"u8;

    /// <summary>The part of the greeting that offers TLS to a connection that begins with it.</summary>
    public static ReadOnlySpan<byte> TlsMark => "[tls]"u8;

    /// <summary>The prefix of the server's notices.</summary>
    public static ReadOnlySpan<byte> NoticePrefix => "-- "u8;

    /// <summary>
    /// Bytes of the longest plain form: a snippet, whose rows have a prefix each. A row longer than a line is several.
    /// </summary>
    public const int LongestBytes =
        ProtocolLimits.SnippetBytes
        + (ProtocolLimits.SnippetLines + ProtocolLimits.SnippetBytes / (ProtocolLimits.TextBytes - 3) + 1)
            * ProtocolLimits.HeadBytes;

    /// <summary>Writes a line of the log in its plain form. A snippet becomes several lines.</summary>
    /// <param name="line">Holds <see cref="LongestBytes"/> for a snippet, else the longest line.</param>
    /// <param name="kind">The kind of the line.</param>
    /// <param name="name">The name of the person.</param>
    /// <param name="text">
    /// The text of a message or action. For a whisper: the recipient, a space, and the text. For a join: see
    /// <see cref="RichWire.JoinText"/>. For a leave: the reason, or nothing. For a rename: the new name. For a snippet:
    /// the escaped text. For the kinds about another message: its offset, a space and the text.
    /// </param>
    /// <returns>Bytes written, including the line feed; 0 for a kind that plain tools do not receive.</returns>
    public static int Line(Span<byte> line, LineKind kind, string name, ReadOnlySpan<byte> text) =>
        kind switch
        {
            LineKind.Say => Write(line, "<"u8, name, "> "u8, text),
            LineKind.Snippet => WriteRows(line, "<"u8, name, "> "u8, text),
            LineKind.Edit => WriteRows(line, "* "u8, name, " corrects: "u8, Behind(text)),
            LineKind.Delete => Write(line, "* "u8, name, " withdraws a message"u8),
            LineKind.Re => Write(line, "<"u8, name, "> "u8, Behind(text)),
            LineKind.Me => Write(line, "* "u8, name, " "u8, text),
            LineKind.Tell => Write(line, "<"u8, name, " -> "u8, RichWire.Word(ref text), "> "u8, text),
            LineKind.Join when RichWire.IsJoinInClear(text) => Write(
                line,
                NoticePrefix,
                name,
                " joined, in the clear"u8
            ),
            LineKind.Join => Write(line, NoticePrefix, name, " joined"u8),
            LineKind.Leave when text.IsEmpty => Write(line, NoticePrefix, name, " left"u8),
            LineKind.Leave => Write(line, NoticePrefix, name, " left ("u8, text, ")"u8),
            LineKind.Rename when HostMark.Strip(text).SequenceEqual(Encoding.UTF8.GetBytes(HostMark.Strip(name))) => 0,
            LineKind.Rename => Write(line, NoticePrefix, name, " is now "u8, text),
            LineKind.Notice => Write(line, NoticePrefix, "", text),
            _ => 0,
        };

    /// <summary>Writes a notice of the server for one member.</summary>
    public static int Notice(Span<byte> line, string words) => Write(line, NoticePrefix, words);

    // The part of a text behind the offset of another message.
    private static ReadOnlySpan<byte> Behind(ReadOnlySpan<byte> text)
    {
        _ = RichWire.Word(ref text);
        return text;
    }

    // Each row has the prefix of its author, so no row can pose as the line of another member.
    private static int WriteRows(
        Span<byte> line,
        ReadOnlySpan<byte> before,
        string name,
        ReadOnlySpan<byte> after,
        ReadOnlySpan<byte> escaped
    )
    {
        int written = 0;
        Span<byte> row = stackalloc byte[ProtocolLimits.TextBytes];
        while (true)
        {
            ReadOnlySpan<byte> part = NextRow(ref escaped, out bool isLast);
            written += Write(line[written..], before, name, after, row[..SnippetEscape.Unescape(part, row)]);
            if (isLast)
                return written;
        }
    }

    // The escaped form of the next row, or of as much of it as a line holds. Whole characters and escapes.
    private static ReadOnlySpan<byte> NextRow(ref ReadOnlySpan<byte> escaped, out bool isLast)
    {
        int length = 0,
            bytes = 0;
        while (length < escaped.Length && bytes < ProtocolLimits.TextBytes - 3)
        {
            bool isEscape = escaped[length] == '\\' && length + 1 < escaped.Length;
            if (isEscape && escaped[length + 1] == 'n')
                break;
            length += isEscape && escaped[length + 1] is (byte)'t' or (byte)'\\' ? 2 : 1;
            bytes++;
        }
        while (length < escaped.Length && (escaped[length] & 0xC0) == 0x80)
            length++;
        ReadOnlySpan<byte> row = escaped[..length];
        isLast = length == escaped.Length;
        bool isRowEnd = escaped[length..].StartsWith("\\n"u8);
        escaped = escaped[(length + (isRowEnd ? 2 : 0))..];
        return row;
    }

    private static int Write(
        Span<byte> line,
        ReadOnlySpan<byte> first,
        string name,
        ReadOnlySpan<byte> second = default,
        ReadOnlySpan<byte> third = default,
        ReadOnlySpan<byte> fourth = default,
        ReadOnlySpan<byte> fifth = default
    )
    {
        LineWriter writer = new(line);
        writer.Put(first);
        writer.Put(name);
        writer.Put(second);
        writer.Put(third);
        writer.Put(fourth);
        writer.Put(fifth);
        writer.Put("\n"u8);
        return writer.Length;
    }
}
