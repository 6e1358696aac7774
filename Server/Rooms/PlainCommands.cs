using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Server.Rooms;

/// <summary>
/// Handles the lines of plain tools. A line is text for the room, or a command if it begins with a slash. A
/// refused command is answered with the reason and the correct usage; no part of it is relayed.
/// </summary>
internal sealed class PlainCommands(Room room)
{
    private static readonly Dictionary<string, Handler> Handlers = new()
    {
        ["nick"] = static (c, m, rest) =>
            rest.IsEmpty ? c.Usage(m, "nick") : c.Report(m, c._room.Rename(m, Word(rest), c._now)),
        ["me"] = static (c, m, rest) => c.Me(m, rest),
        ["msg"] = static (c, m, rest) => c.Msg(m, rest),
        ["reply"] = static (c, m, rest) =>
            rest.IsEmpty ? c.Usage(m, "reply") : c.Report(m, c._room.Reply(m, rest, c._now)),
        ["who"] = static (c, m, rest) => rest.IsEmpty ? c.Who(m) : c.Usage(m, "who"),
        ["history"] = static (c, m, rest) => c.History(m, rest),
        ["topic"] = static (c, m, _) => c.Topic(m),
        ["help"] = static (c, m, _) => c.Help(m),
        ["quit"] = static (c, m, _) => c.Quit(m),
    };

    private readonly Room _room = room;
    private readonly byte[] _text = new byte[ProtocolLimits.TextBytes];
    private ClockReading _now;

    // Runs the command for a member, given the text after its name. Returns false when the member leaves.
    private delegate bool Handler(PlainCommands commands, Member member, ReadOnlySpan<byte> rest);

    /// <summary>Handles one line from a member at a plain tool.</summary>
    /// <returns>False when the member asked to leave.</returns>
    public bool Handle(Member member, ReadOnlySpan<byte> line, ClockReading now)
    {
        _now = now;
        ReadOnlySpan<byte> text = _text.AsSpan(0, SafeText.Clean(line, _text));
        if (text.Trim((byte)' ').IsEmpty)
            return true;
        bool isText = text[0] != '/' || (text.Length > 1 && text[1] == '/');
        if (isText && IsMuted(member))
            return true;
        if (text[0] != '/')
            _room.Say(member, text, now);
        else if (text.Length > 1 && text[1] == '/')
            _room.Say(member, text[1..], now);
        else
            return Dispatch(member, text[1..]);
        return true;
    }

    private bool Dispatch(Member member, ReadOnlySpan<byte> text)
    {
        Span<char> characters = stackalloc char[ProtocolLimits.HeadBytes];
        ReadOnlySpan<char> name = SafeText.Word(FirstWord(text, out ReadOnlySpan<byte> rest), characters);
        return RoomCommands.Find(name) switch
        {
            null => Report(member, RoomCommands.NoSuch(name.ToString(), [])),
            CommandSyntax command when command.IsForHosts(hasArguments: !rest.IsEmpty) => Report(
                member,
                _room.Hosts.Run(member, command, rest, _now)
            ),
            CommandSyntax { IsSaid: true } when IsMuted(member) => true,
            CommandSyntax command => Handlers[command.Names[0]](this, member, rest),
        };
    }

    // A script that says something all the time is told once a second.
    private bool IsMuted(Member member)
    {
        if (_room.WordsForMuted(member, _now) is not string words)
            return false;
        if (_now.Uptime - member.MutedToldAt >= ServerLimits.MutedEveryMilliseconds)
        {
            member.MutedToldAt = _now.Uptime;
            _room.Refuse(member, words);
        }
        return true;
    }

    private bool Me(Member member, ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty)
            return Usage(member, "me");
        _room.Act(member, rest, _now);
        return true;
    }

    private bool Msg(Member member, ReadOnlySpan<byte> rest)
    {
        Span<char> characters = stackalloc char[ProtocolLimits.HeadBytes];
        ReadOnlySpan<char> name = SafeText.Word(FirstWord(rest, out ReadOnlySpan<byte> text), characters);
        return text.IsEmpty ? Usage(member, "msg") : Report(member, _room.Whisper(member, name, text, _now));
    }

    private bool Who(Member member)
    {
        RosterReply.Send(_room, member, _now);
        return true;
    }

    private bool History(Member member, ReadOnlySpan<byte> rest)
    {
        int lines = ProtocolLimits.BacklogLines;
        if (!rest.IsEmpty && (!int.TryParse(rest, out lines) || lines < 1))
            return Usage(member, "history");
        _room.Replay(member, lines);
        return true;
    }

    private bool Topic(Member member)
    {
        _room.SendTopic(member);
        return true;
    }

    private bool Help(Member member)
    {
        foreach (string line in RoomCommands.Help(member.IsHost))
            _room.Answer(member, line);
        return true;
    }

    private bool Quit(Member member)
    {
        _room.Answer(member, "goodbye");
        return false;
    }

    private bool Usage(Member member, string name) => Report(member, RoomCommands.Find(name)!.UsageAnswer);

    private bool Report(Member member, string? refusal)
    {
        if (refusal is not null)
            _room.Refuse(member, refusal);
        return true;
    }

    private static string Word(ReadOnlySpan<byte> word) =>
        SafeText.Word(word, stackalloc char[ProtocolLimits.HeadBytes]).ToString();

    private static ReadOnlySpan<byte> FirstWord(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> rest)
    {
        int space = text.IndexOf((byte)' ');
        rest = space < 0 ? [] : text[space..].Trim((byte)' ');
        return space < 0 ? text : text[..space];
    }
}
