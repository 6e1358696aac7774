using System.Buffers.Text;
using System.Text;

namespace Chat.Bench;

/// <summary>How a member joins the room of one kind of server, and how it sends a line there.</summary>
/// <param name="Joined">A part of the line with which the server has let the member in.</param>
internal sealed record MemberProtocol(string Joined)
{
    private readonly byte[] _joined = Encoding.UTF8.GetBytes(Joined);

    /// <summary>A plain member, as nc is: it sends no hello, and joins after 300 ms.</summary>
    public static readonly MemberProtocol Plain = new("-- you are");

    /// <summary>A rich member, as <c>chat client</c> is (Protocol/README.md).</summary>
    public static readonly MemberProtocol Rich = new("welcome ")
    {
        IsRich = true,
        Reply = ("[chat/1]", "hello m{index} {token} {token} {epoch} {offset}\n"),
    };

    /// <summary>A rich member over a WebSocket, as a browser is. An empty line ends the handshake.</summary>
    public static readonly MemberProtocol Web = Rich with
    {
        IsWeb = true,
        Greeting =
            "GET /chat HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nConnection: Upgrade\r\n"
            + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        Reply = ("\r", Rich.Reply.Text),
    };

    /// <summary>A rich member inside TLS, as <c>chat client</c> is now.</summary>
    public static readonly MemberProtocol Encrypted = Rich with { IsEncrypted = true };

    /// <summary>How many connections the server accepts at once.</summary>
    public int LoginsAtOnce { get; init; } = 2000;

    /// <summary>Whether lines have offsets, a sender gets its own lines, and an idle member pings.</summary>
    public bool IsRich { get; private init; }

    /// <summary>Whether a connection begins with TLS.</summary>
    public bool IsEncrypted { get; private init; }

    /// <summary>The same for members with other names and tokens, which join the same room.</summary>
    public MemberProtocol Others =>
        this with
        {
            Reply = (Reply.Mark, Reply.Text.Replace("m{index}", "w{index}")),
            FirstToken = 1_000_000,
        };

    private int FirstToken { get; init; } = 1;

    private bool IsWeb { get; init; }

    /// <summary>What a member sends at first; <c>{index}</c> is its number.</summary>
    public string Greeting { get; init; } = "";

    /// <summary>What a member sends when a line with the mark comes before it has joined.</summary>
    public (string Mark, string Text) Reply { get; init; } = ("\n", "");

    /// <summary>What stands in front of a message.</summary>
    public byte[] Head { get; init; } = [];

    public byte[] LineEnd { get; init; } = "\n"u8.ToArray();

    /// <summary>Sends the greeting, if the client speaks first.</summary>
    public void Greet(Member member)
    {
        if (Greeting.Length > 0)
            member.Send(Expand(Greeting, member));
    }

    /// <summary>Handles a line before the member is in the room.</summary>
    /// <returns>Whether the member is in the room now.</returns>
    /// <exception cref="MeasurementException">The server accepts no browser.</exception>
    public bool ContinueJoin(Member member, ReadOnlySpan<byte> line)
    {
        if (IsWeb && member.Frames is null)
        {
            if (line is not [.., (byte)'\r'])
                throw new MeasurementException("this build knows no browsers, so it has no figures for them");
            if (line.Length > 1)
                return false;
            member.Frames = new();
        }
        if (line.IndexOf(_joined) >= 0)
        {
            if (IsRich && Encoding.UTF8.GetString(line).Split(' ') is [_, _, string epoch, _, _, string offset, ..])
                (member.Epoch, member.Offset) = (epoch, long.Parse(offset));
            return true;
        }
        if (Encoding.UTF8.GetString(line).Contains(Reply.Mark, StringComparison.Ordinal))
            member.Send(Expand(Reply.Text, member));
        return false;
    }

    /// <summary>Keeps the offset behind the last of the lines that came together.</summary>
    public static void KeepOffset(Member member, ReadOnlySpan<byte> line)
    {
        if (Utf8Parser.TryParse(line, out long offset, out _) && offset >= member.Offset)
            member.Offset = offset + line.Length + 1;
    }

    /// <summary>Writes a message as a line for the server.</summary>
    /// <returns>Bytes written.</returns>
    public int WriteMessage(Member member, ReadOnlySpan<byte> message, Span<byte> line)
    {
        Head.CopyTo(line);
        int length = Head.Length;
        if (IsRich)
        {
            "say "u8.CopyTo(line);
            Utf8Formatter.TryFormat(++member.Requests, line[4..], out int digits);
            line[4 + digits] = (byte)' ';
            length = 5 + digits;
        }
        message.CopyTo(line[length..]);
        LineEnd.CopyTo(line[(length + message.Length)..]);
        return length + message.Length + LineEnd.Length;
    }

    private byte[] Expand(string text, Member member) =>
        Encoding.UTF8.GetBytes(
            text.Replace("{index}", $"{member.Index}")
                .Replace("{token}", $"{member.Index + FirstToken:x32}")
                .Replace("{epoch}", member.Epoch)
                .Replace("{offset}", $"{member.Offset}")
        );
}
