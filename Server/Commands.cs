using System.Text;
using Chat.Protocol;

namespace Chat.Server;

/// <summary>
/// What a member says: a line for everybody, or, beginning with a slash, a command. Every command is one entry of <see cref="Table"/>, which
/// is also what /help shows. A command that cannot be done is answered with the reason and the way to say it right; nothing of it is relayed.
/// </summary>
internal sealed class Commands(Room room)
{
    private static readonly Command[] Table =
    [
        new(["nick"], "NAME", "take a name", static (c, m, rest) => c.Nick(m, rest)),
        new(["me"], "TEXT", "say what you do: * alice waves", static (c, m, rest) => c.Me(m, rest)),
        new(["msg", "tell", "w"], "NAME TEXT", "whisper to one person", static (c, m, rest) => c.Msg(m, rest)),
        new(["reply", "r"], "TEXT", "whisper back to who whispered last", static (c, m, rest) => c.Reply(m, rest)),
        new(["who"], "", "who is here", static (c, m, _) => c.Who(m)),
        new(["history"], "[N]", "the last N lines again", static (c, m, rest) => c.History(m, rest)),
        new(["help"], "", "this list", static (c, m, _) => c.Help(m)),
        new(["quit"], "", "leave", static (_, _, _) => false),
    ];

    private readonly byte[] _text = new byte[Limits.TextBytes];
    private Moment _now;

    // Does the command for a member, given what follows its name. False when the member leaves by it.
    private delegate bool Deed(Commands commands, Member member, ReadOnlySpan<byte> rest);

    private sealed record Command(string[] Names, string Arguments, string Purpose, Deed Do)
    {
        public string Usage => Arguments.Length == 0 ? $"/{Names[0]}" : $"/{Names[0]} {Arguments}";
    }

    /// <summary>Takes one line as it came from a member at a plain tool.</summary>
    /// <returns>False when the member asked to leave.</returns>
    public bool Hear(Member member, ReadOnlySpan<byte> line, Moment now)
    {
        _now = now;
        ReadOnlySpan<byte> text = _text.AsSpan(0, SafeText.Clean(line, _text));
        if (text.Trim((byte)' ').IsEmpty)
            return true;
        if (text[0] != '/')
            room.Say(member, text, now);
        else if (text.Length > 1 && text[1] == '/')
            room.Say(member, text[1..], now);
        else
            return Obey(member, text[1..]);
        return true;
    }

    private bool Obey(Member member, ReadOnlySpan<byte> text)
    {
        string name = Word(FirstWord(text, out ReadOnlySpan<byte> rest));
        foreach (Command command in Table)
        {
            if (command.Names.Contains(name, StringComparer.OrdinalIgnoreCase))
                return command.Do(this, member, rest);
        }
        room.Answer(member, $"there is no command /{name}; /help lists them. To say a line that begins with a slash, double it: //{name}");
        return true;
    }

    private bool Nick(Member member, ReadOnlySpan<byte> rest) =>
        rest.IsEmpty ? Usage(member, "nick") : Done(member, room.Rename(member, Word(rest), _now));

    private bool Me(Member member, ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty)
            return Usage(member, "me");
        room.Act(member, rest, _now);
        return true;
    }

    private bool Msg(Member member, ReadOnlySpan<byte> rest)
    {
        string name = Word(FirstWord(rest, out ReadOnlySpan<byte> text));
        return text.IsEmpty ? Usage(member, "msg") : Done(member, room.Whisper(member, name, text, _now));
    }

    private bool Reply(Member member, ReadOnlySpan<byte> rest) =>
        rest.IsEmpty ? Usage(member, "reply") : Done(member, room.Reply(member, rest, _now));

    private bool Who(Member member)
    {
        Attendance.Tell(room, member);
        return true;
    }

    private bool History(Member member, ReadOnlySpan<byte> rest)
    {
        int lines = Limits.BacklogLines;
        if (!rest.IsEmpty && (!int.TryParse(rest, out lines) || lines < 1))
            return Usage(member, "history");
        room.Replay(member, lines);
        return true;
    }

    private bool Help(Member member)
    {
        foreach (Command command in Table)
        {
            string others = string.Join("", command.Names.Skip(1).Select(static n => $" (or /{n})"));
            room.Answer(member, $"{command.Usage,-20} {command.Purpose}{others}");
        }
        room.Answer(member, $"{"//TEXT",-20} say a line that begins with a slash");
        return true;
    }

    private bool Usage(Member member, string name)
    {
        Command command = Table.First(c => c.Names[0] == name);
        return Done(member, $"say it like this: {command.Usage}");
    }

    private bool Done(Member member, string? refusal)
    {
        if (refusal is not null)
            room.Refuse(member, refusal);
        return true;
    }

    // A word of the member's as it may stand in an answer. No name and no command is longer than what is kept of it.
    private static string Word(ReadOnlySpan<byte> word)
    {
        Span<byte> kept = stackalloc byte[Limits.HeadBytes / 2];
        return Encoding.UTF8.GetString(kept[..SafeText.Clean(word, kept)]);
    }

    private static ReadOnlySpan<byte> FirstWord(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> rest)
    {
        int space = text.IndexOf((byte)' ');
        rest = space < 0 ? [] : text[space..].Trim((byte)' ');
        return space < 0 ? text : text[..space];
    }
}
