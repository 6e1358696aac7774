using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Chat.Bench;

/// <summary>
/// How one gets into the room of some kind of server, and how one speaks there. What is heard needs no dialect: see
/// <see cref="Mark"/>.
/// </summary>
internal abstract class Dialect
{
    public static readonly Dialect Plain = new PlainDialect(),
        Rich = new RichDialect(),
        Irc = new IrcDialect(loginsAtOnce: 10),
        IrcInSteps = new IrcDialect(loginsAtOnce: 500),
        Ncat = new NcatDialect(),
        Nats = new NatsDialect();

    /// <summary>How many may be at the door at once without the server turning some away.</summary>
    public abstract int LoginsAtOnce { get; }

    /// <summary>Whether a sender hears itself.</summary>
    public virtual bool Echoes => false;

    /// <summary>Whether lines have offsets to go on from.</summary>
    public virtual bool KeepsPlace => false;

    /// <summary>What one says so as not to be taken for dead; empty where that is not needed.</summary>
    public virtual ReadOnlySpan<byte> Ping => [];

    /// <summary>Begins to come in, as far as that is for the client to do.</summary>
    public virtual void Connected(Member member) { }

    /// <summary>Goes on coming in.</summary>
    /// <returns>Whether with this line one is in.</returns>
    public abstract bool IsIn(Member member, ReadOnlySpan<byte> line);

    /// <summary>Whether a line tells its place.</summary>
    public virtual bool HasPlace(ReadOnlySpan<byte> line) => false;

    /// <summary>Keeps the place behind a line that tells it.</summary>
    public virtual void Place(Member member, ReadOnlySpan<byte> line) { }

    /// <summary>Writes a message as a line to the server.</summary>
    /// <returns>Bytes written.</returns>
    public int Say(Member member, ReadOnlySpan<byte> message, Span<byte> line)
    {
        int head = Head(member, line);
        message.CopyTo(line[head..]);
        End.CopyTo(line[(head + Mark.Bytes)..]);
        return head + Mark.Bytes + End.Length;
    }

    /// <summary>What a line to the server ends with.</summary>
    protected virtual ReadOnlySpan<byte> End => "\n"u8;

    protected virtual int Head(Member member, Span<byte> line) => 0;

    private static ReadOnlySpan<byte> Line(string text) => Encoding.UTF8.GetBytes(text + "\n");

    /// <summary>As nc speaks: one says nothing, and after 300 ms is taken for somebody who will just talk.</summary>
    private sealed class PlainDialect : Dialect
    {
        public override int LoginsAtOnce => 2000;

        public override bool IsIn(Member member, ReadOnlySpan<byte> line) => line.StartsWith("-- you are"u8);
    }

    private sealed class RichDialect : Dialect
    {
        public override int LoginsAtOnce => 2000;

        public override bool Echoes => true;

        public override bool KeepsPlace => true;

        public override ReadOnlySpan<byte> Ping => "ping 1\n"u8;

        public override bool IsIn(Member member, ReadOnlySpan<byte> line)
        {
            if (line.IndexOf("[chat/1]"u8) >= 0)
            {
                string who = (member.Index + 1).ToString("x32", CultureInfo.InvariantCulture);
                Crowd.Send(member, Line($"hello m{member.Index} {who} {who} {member.Epoch} {member.Place}"));
            }
            if (!line.StartsWith("welcome "u8))
                return false;
            string[] words = Encoding.UTF8.GetString(line).Split(' ');
            (member.Epoch, member.Place) = (words[2], long.Parse(words[5], CultureInfo.InvariantCulture));
            return true;
        }

        // Offsets are at the head of what the log says, words at the head of answers.
        public override bool HasPlace(ReadOnlySpan<byte> line) => line is [>= (byte)'0' and <= (byte)'9', ..];

        public override void Place(Member member, ReadOnlySpan<byte> line)
        {
            if (Utf8Parser.TryParse(line, out long offset, out _) && offset >= member.Place)
                member.Place = offset + line.Length + 1;
        }

        protected override int Head(Member member, Span<byte> line)
        {
            "say "u8.CopyTo(line);
            Utf8Formatter.TryFormat(++member.Requests, line[4..], out int digits);
            line[4 + digits] = (byte)' ';
            return 5 + digits;
        }
    }

    /// <param name="loginsAtOnce">As many as a server leaves waiting for accept; one that finishes logins once a second
    /// is given many a second.</param>
    private sealed class IrcDialect(int loginsAtOnce) : Dialect
    {
        public override int LoginsAtOnce => loginsAtOnce;

        public override void Connected(Member member) =>
            Crowd.Send(member, Line($"NICK m{member.Index}\r\nUSER m 0 * :m\r"));

        public override bool IsIn(Member member, ReadOnlySpan<byte> line)
        {
            if (line.StartsWith("PING "u8))
                Crowd.Send(member, Line("PONG " + Encoding.UTF8.GetString(line[5..])));
            else if (line.IndexOf(" 001 "u8) >= 0)
                Crowd.Send(member, "JOIN #room\r\n"u8);
            return line.IndexOf(" 366 "u8) >= 0;
        }

        protected override int Head(Member member, Span<byte> line)
        {
            "PRIVMSG #room :"u8.CopyTo(line);
            return 15;
        }
    }

    private sealed class NcatDialect : Dialect
    {
        public override int LoginsAtOnce => 10;

        public override bool IsIn(Member member, ReadOnlySpan<byte> line) => line.IndexOf("is connected as"u8) >= 0;
    }

    /// <summary>
    /// A broker rather than a chat: a message is a head with its length and a line. One's own are not sent back.
    /// </summary>
    private sealed class NatsDialect : Dialect
    {
        public override int LoginsAtOnce => 500;

        public override void Connected(Member member) =>
            Crowd.Send(
                member,
                "CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false}\r\nSUB room 1\r\nPING\r\n"u8
            );

        protected override ReadOnlySpan<byte> End => "\r\n"u8;

        public override bool IsIn(Member member, ReadOnlySpan<byte> line) => line.StartsWith("PONG"u8);

        protected override int Head(Member member, Span<byte> line)
        {
            "PUB room 63\r\n"u8.CopyTo(line);
            return 13;
        }
    }
}
