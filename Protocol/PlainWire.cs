namespace Chat.Protocol;

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

    public static int Say(Span<byte> line, string name, ReadOnlySpan<byte> text)
    {
        LineWriter writer = new(line);
        writer.Put("<"u8);
        writer.Put(name);
        writer.Put("> "u8);
        writer.Put(text);
        writer.Put("\n"u8);
        return writer.Length;
    }

    public static int Act(Span<byte> line, string name, ReadOnlySpan<byte> text)
    {
        LineWriter writer = new(line);
        writer.Put("* "u8);
        writer.Put(name);
        writer.Put(" "u8);
        writer.Put(text);
        writer.Put("\n"u8);
        return writer.Length;
    }

    public static int Whisper(Span<byte> line, string from, string to, ReadOnlySpan<byte> text)
    {
        LineWriter writer = new(line);
        writer.Put("<"u8);
        writer.Put(from);
        writer.Put(" -> "u8);
        writer.Put(to);
        writer.Put("> "u8);
        writer.Put(text);
        writer.Put("\n"u8);
        return writer.Length;
    }

    public static int Notice(Span<byte> line, string words)
    {
        LineWriter writer = new(line);
        writer.Put(NoticePrefix);
        writer.Put(words);
        writer.Put("\n"u8);
        return writer.Length;
    }
}
