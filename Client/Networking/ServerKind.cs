using System.Text;
using Chat.Protocol;
using Chat.Protocol.Wire;

namespace Chat.Client.Networking;

/// <summary>
/// The kind of a server, recognised by its first bytes, and its limits. On a foreign server the client keeps to that
/// server's line length, sends one line at a time, and decodes its escapes.
/// </summary>
/// <param name="Name">The name shown to the person.</param>
/// <param name="LineBytes">The longest line that this server relays whole, in bytes with the line end.</param>
/// <param name="GapMilliseconds">The shortest time between two lines.</param>
internal sealed record ServerKind(string Name, int LineBytes, int GapMilliseconds)
{
    /// <summary>A server whose greeting has the mark.</summary>
    public static readonly ServerKind Ours = new("chat", ProtocolLimits.LineBytes, 0) { Escape = (byte)'/' };

    /// <summary>The Python original. It relays the bytes of one receive, at most 2,048, as one message.</summary>
    public static readonly ServerKind Original = new("the original chatroom", 2048, ClientLimits.ForeignGapMilliseconds)
    {
        Escape = 0,
    };

    /// <summary>smallchat. It reads 255 bytes, and cuts name, two characters, text and line end at 255 bytes.</summary>
    public static readonly ServerKind Smallchat = new("smallchat", 200, ClientLimits.ForeignGapMilliseconds);

    /// <summary>
    /// ncat --chat. It reads 8,192 bytes and sends every byte that is not printable ASCII as a backslash and three
    /// octal digits.
    /// </summary>
    public static readonly ServerKind Ncat = new(
        "ncat --chat",
        ProtocolLimits.LineBytes,
        ClientLimits.ForeignGapMilliseconds
    )
    {
        Escape = 0,
    };

    /// <summary>Any other server that relays lines.</summary>
    public static readonly ServerKind Plain = new("a plain line server", 1024, ClientLimits.ForeignGapMilliseconds);

    private static ReadOnlySpan<byte> OriginalBanner => "Welcome to this chatroom!"u8;

    public bool IsOurs => this == Ours;

    /// <summary>
    /// The byte sent before a text that begins with a slash, so the server does not execute it; 0 if this kind has no
    /// commands.
    /// </summary>
    public byte Escape { get; init; } = (byte)' ';

    /// <summary>Recognises a server by its first bytes.</summary>
    /// <param name="said">All bytes since the connection opened.</param>
    /// <returns>Ours once the mark is complete; another kind once it is certain; null while undecided.</returns>
    public static ServerKind? Recognize(ReadOnlySpan<byte> said)
    {
        int end = said.IndexOf((byte)'\n');
        ReadOnlySpan<byte> first = end < 0 ? said : said[..end];
        // The mark counts only in the greeting. In a message it would follow the name of the sender.
        ReadOnlySpan<byte> greeting = first.TrimEnd((byte)'\r');
        if (end >= 0 && (IsGreeting(greeting) || OffersTls(said)))
            return Ours;
        if (first.StartsWith("Welcome to Simple Chat!"u8))
            return Smallchat;
        if (first.StartsWith("<announce> "u8))
            return Ncat;
        if (first.StartsWith(OriginalBanner) && !MayBecomeOurs(first))
            return Original;
        return end >= 0 ? Plain : null;
    }

    /// <summary>The greeting of a server of ours as people read it.</summary>
    public static string WithoutMarks(string greeting)
    {
        int mark = greeting.IndexOf(Encoding.UTF8.GetString(PlainWire.Mark), StringComparison.Ordinal);
        return mark < 0 ? greeting : greeting[..mark].TrimEnd();
    }

    /// <summary>Whether further bytes can make this the greeting of a server of ours.</summary>
    public static bool MayBecomeOurs(ReadOnlySpan<byte> said) =>
        PlainWire.Greeting.StartsWith(said)
        || PlainWire.GreetingWithTls.StartsWith(said)
        || PlainWire.GreetingWithSecret.StartsWith(said)
        || PlainWire.GreetingWithTlsAndSecret.StartsWith(said);

    /// <summary>Whether the greeting asks for the secret of the room.</summary>
    public static bool AsksSecret(ReadOnlySpan<byte> said)
    {
        ReadOnlySpan<byte> line = FirstLine(said);
        return line.SequenceEqual(PlainWire.GreetingWithSecret[..^1])
            || line.SequenceEqual(PlainWire.GreetingWithTlsAndSecret[..^1]);
    }

    private static bool IsGreeting(ReadOnlySpan<byte> line) =>
        line.SequenceEqual(PlainWire.Greeting[..^1]) || line.SequenceEqual(PlainWire.GreetingWithSecret[..^1]);

    // Empty until it has ended.
    private static ReadOnlySpan<byte> FirstLine(ReadOnlySpan<byte> said)
    {
        int end = said.IndexOf((byte)'\n');
        return end < 0 ? [] : said[..end].TrimEnd((byte)'\r');
    }

    /// <summary>Whether the greeting, in the clear, offers TLS to a connection that begins with it.</summary>
    public static bool OffersTls(ReadOnlySpan<byte> said)
    {
        ReadOnlySpan<byte> line = FirstLine(said);
        // The last is of a room that needs TLS. Words that a person says would begin with a name.
        return line.SequenceEqual(PlainWire.GreetingWithTls[..^1])
            || line.SequenceEqual(PlainWire.GreetingWithTlsAndSecret[..^1])
            || (line.StartsWith(PlainWire.NoticePrefix) && line.EndsWith(PlainWire.TlsMark));
    }

    /// <summary>
    /// Reads the refusal that a server of ours sends in place of the greeting to an address that may not join.
    /// </summary>
    /// <param name="said">All bytes since the connection opened.</param>
    /// <param name="words">The refusal, without the mark.</param>
    /// <param name="isFinal">A later connection would be refused as well.</param>
    public static bool TryReadRefusal(ReadOnlySpan<byte> said, out ReadOnlySpan<byte> words, out bool isFinal)
    {
        int end = said.IndexOf((byte)'\n');
        words = end < 0 ? [] : said[..end].TrimEnd((byte)'\r');
        isFinal = words.EndsWith(PlainWire.Mark);
        ReadOnlySpan<byte> mark = isFinal ? PlainWire.Mark : PlainWire.LaterMark;
        // A message would begin with the name of its sender.
        bool isRefusal = words.StartsWith(PlainWire.NoticePrefix) && words.EndsWith(mark);
        words = isRefusal ? words[PlainWire.NoticePrefix.Length..^mark.Length].TrimEnd((byte)' ') : [];
        return isRefusal;
    }

    /// <summary>The kind of a server whose greeting was still incomplete at the deadline.</summary>
    public static ServerKind RecognizeUnfinished(ReadOnlySpan<byte> said) =>
        said.SequenceEqual(OriginalBanner) ? Original : Plain;

    /// <summary>
    /// Decodes a line of this server. The original's banner has no line end, so the first message is joined to it.
    /// </summary>
    /// <param name="line">A line, or an incomplete one.</param>
    /// <param name="more">The message that was joined to the banner; otherwise empty.</param>
    public ReadOnlySpan<byte> Read(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> more)
    {
        more = [];
        if (this == Original && line.Length > OriginalBanner.Length && line.StartsWith(OriginalBanner))
        {
            more = line[OriginalBanner.Length..];
            return OriginalBanner;
        }
        return this == Ncat ? FromOctal(line) : line;
    }

    // Decode only runs of bytes of 0x80 and above that form valid UTF-8, so a typed backslash stays.
    private static ReadOnlySpan<byte> FromOctal(ReadOnlySpan<byte> line)
    {
        if (line.IndexOf((byte)'\\') < 0)
            return line;
        byte[] decoded = new byte[line.Length];
        int length = 0;
        for (int i = 0; i < line.Length; )
        {
            int run = 0;
            while (OctalAt(line, i + 4 * run) is >= 0x80 and int value)
                decoded[length + run++] = (byte)value;
            if (run > 0 && System.Text.Unicode.Utf8.IsValid(decoded.AsSpan(length, run)))
            {
                length += run;
                i += 4 * run;
                continue;
            }
            int keep = Math.Max(1, 4 * run);
            line.Slice(i, keep).CopyTo(decoded.AsSpan(length));
            length += keep;
            i += keep;
        }
        return decoded.AsSpan(0, length);
    }

    private static int OctalAt(ReadOnlySpan<byte> line, int at)
    {
        if (at + 4 > line.Length || line[at] != '\\')
            return -1;
        int value = 0;
        foreach (byte digit in line.Slice(at + 1, 3))
        {
            if (digit is < (byte)'0' or > (byte)'7')
                return -1;
            value = value * 8 + digit - '0';
        }
        return value <= byte.MaxValue ? value : -1;
    }
}
