using Chat.Protocol;
using Chat.Protocol.Wire;

namespace Chat.Client.Networking;

/// <summary>
/// What kind of server this is, by the first thing it says, and the manners it needs. On any other server than ours the
/// client is a good plain one: it keeps to that server's sizes, sends one line at a time, and makes readable what that
/// server makes unreadable.
/// </summary>
/// <param name="Name">For the person at the client.</param>
/// <param name="LineBytes">Bytes of one line, its end included, that this server relays whole.</param>
/// <param name="GapMilliseconds">Least time between two lines.</param>
internal sealed record ServerKind(string Name, int LineBytes, int GapMilliseconds)
{
    /// <summary>A server that carries the mark.</summary>
    public static readonly ServerKind Ours = new("chat", ProtocolLimits.LineBytes, 0) { Escape = (byte)'/' };

    /// <summary>The Python original. It relays what one receive of 2,048 bytes brings.</summary>
    public static readonly ServerKind Original = new("the original chatroom", 2048, ClientLimits.ForeignGapMilliseconds)
    {
        Escape = 0,
    };

    /// <summary>smallchat. It reads 255 bytes, and cuts name, two characters, text and line end at as many.</summary>
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

    /// <summary>Something else that relays lines.</summary>
    public static readonly ServerKind Plain = new("a plain line server", 1024, ClientLimits.ForeignGapMilliseconds);

    private static ReadOnlySpan<byte> OriginalBanner => "Welcome to this chatroom!"u8;

    public bool IsOurs => this == Ours;

    /// <summary>
    /// What is put before a text that begins with a slash, so that the server does not obey it; 0 where no server of
    /// this kind knows commands.
    /// </summary>
    public byte Escape { get; init; } = (byte)' ';

    /// <summary>Judges what a server has said so far.</summary>
    /// <param name="said">Everything since the connection was made.</param>
    /// <returns>Ours as soon as the mark is there; another as soon as it is certain; null while more may
    /// come.</returns>
    public static ServerKind? Recognize(ReadOnlySpan<byte> said)
    {
        int end = said.IndexOf((byte)'\n');
        ReadOnlySpan<byte> first = end < 0 ? said : said[..end];
        // The mark counts only in the greeting itself: in a message it comes behind the name of its sender.
        if (end >= 0 && first.TrimEnd((byte)'\r').SequenceEqual(PlainWire.Greeting[..^1]))
            return Ours;
        if (first.StartsWith("Welcome to Simple Chat!"u8))
            return Smallchat;
        if (first.StartsWith("<announce> "u8))
            return Ncat;
        if (first.StartsWith(OriginalBanner) && !PlainWire.Greeting.StartsWith(first))
            return Original;
        return end >= 0 ? Plain : null;
    }

    /// <summary>The kind of a server that has said no more than this in time.</summary>
    public static ServerKind RecognizeUnfinished(ReadOnlySpan<byte> said) =>
        said.SequenceEqual(OriginalBanner) ? Original : Plain;

    /// <summary>
    /// A line of this server as it was meant. The original's banner has no line end, so the first message is glued to
    /// it.
    /// </summary>
    /// <param name="line">A line, or what was left unfinished.</param>
    /// <param name="more">What of it is a line of its own; empty when nothing is.</param>
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

    // Only runs of bytes from 0x80 on that form valid UTF-8 are decoded; a typed backslash stays.
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
