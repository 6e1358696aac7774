namespace Chat.Protocol.Wire;

/// <summary>
/// How the server writes to plain tools: nc, telnet, ncat, socat, the original's client. README.md beside this file gives every line with an
/// example.
/// </summary>
/// <remarks>
/// Each line begins with something only the server can write: <c>&lt;name&gt; </c> before what somebody says, <c>* name </c> before what
/// somebody does, <c>-- </c> before the server's own words. Names hold no space and no angle bracket, and text comes after the prefix, so no
/// member can make a line that reads as another's or as the server's.
/// </remarks>
internal static class PlainWire
{
    /// <summary>
    /// The first line a server speaks. It reads well to a person and carries the mark by which our client knows one of ours; the client says
    /// nothing before it has seen it, because a foreign server relays the first bytes it gets to its whole room.
    /// </summary>
    public static ReadOnlySpan<byte> Greeting => "Welcome to this chatroom! [chat/1]\n"u8;

    /// <summary>What stands in the greeting of a server that speaks our protocol.</summary>
    public static ReadOnlySpan<byte> Mark => "[chat/1]"u8;

    /// <summary>What the server's own lines begin with.</summary>
    public static ReadOnlySpan<byte> NoticePrefix => "-- "u8;

    /// <summary>Writes a line of the log as plain tools see it.</summary>
    /// <param name="line">Holds the longest line.</param>
    /// <param name="kind">What it is about.</param>
    /// <param name="name">Who.</param>
    /// <param name="text">What is said or done; of a whisper, to whom, a space, and the words; of a leave, why, or nothing; of a rename, the new name.</param>
    /// <returns>Bytes written, line feed included; 0 for a kind that plain tools do not see.</returns>
    public static int Line(Span<byte> line, LineKind kind, string name, ReadOnlySpan<byte> text) =>
        kind switch
        {
            LineKind.Say => Write(line, "<"u8, name, "> "u8, text),
            LineKind.Me => Write(line, "* "u8, name, " "u8, text),
            LineKind.Tell => Write(line, "<"u8, name, " -> "u8, RichWire.Word(ref text), "> "u8, text),
            LineKind.Join => Write(line, NoticePrefix, name, " joined"u8),
            LineKind.Leave when text.IsEmpty => Write(line, NoticePrefix, name, " left"u8),
            LineKind.Leave => Write(line, NoticePrefix, name, " left ("u8, text, ")"u8),
            LineKind.Rename => Write(line, NoticePrefix, name, " is now "u8, text),
            LineKind.Notice => Write(line, NoticePrefix, "", text),
            _ => 0,
        };

    /// <summary>Writes the server's own words for one member.</summary>
    public static int Notice(Span<byte> line, string words) => Write(line, NoticePrefix, words);

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
