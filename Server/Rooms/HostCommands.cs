using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Server.Access;

namespace Chat.Server.Rooms;

/// <summary>
/// The commands of hosts, the same in both wires: the one place that decides the right to them. A plain tool types
/// them, and a rich client sends them with <c>do</c>.
/// </summary>
internal sealed class HostCommands(Room room)
{
    private static readonly Dictionary<string, Handler> Handlers = new()
    {
        ["kick"] = static (c, host, name, rest, now) => c.Kick(host, name, rest, now),
        ["op"] = static (c, host, name, rest, now) => c.SetOp(host, name, isOp: true, now),
        ["ban"] = static (c, host, name, rest, now) => c.Ban(host, name, rest, now),
        ["unban"] = static (c, host, name, _, now) => c.Lift(RuleKind.Ban, host, name, now),
        ["bans"] = static (c, host, _, _, now) => c.List(host, now),
        ["mute"] = static (c, host, name, rest, now) => c.Mute(host, name, rest, now),
        ["unmute"] = static (c, host, name, _, now) => c.Lift(RuleKind.Mute, host, name, now),
        ["free"] = static (c, host, name, _, now) => c.Free(host, name, now),
        ["topic"] = static (c, host, first, rest, now) => c.SetTopic(host, $"{first} {rest}".Trim(' '), now),
        ["announce"] = static (c, host, first, rest, now) => c.Announce(host, $"{first} {rest}", now),
        ["limits"] = static (c, host, _, _, _) => c.Tell(host, c.Room.Limits),
        ["stats"] = static (c, host, _, _, _) => c.Tell(host, c.Room.Statistics()),
        ["shutdown"] = static (c, host, first, _, now) => c.Shutdown(host, first, now),
        ["deop"] = static (c, host, name, rest, now) => c.SetOp(host, name, isOp: false, now),
    };

    private static readonly string TooMany =
        $"there are {ServerLimits.Sanctions} bans and mutes, which is the most; /unban or /unmute some";

    private Room Room => room;

    // Runs a command, given its first argument and what follows it. Returns null on success, otherwise the reason.
    private delegate string? Handler(HostCommands commands, Member host, string first, string rest, ClockReading now);

    /// <summary>Runs a command of a host.</summary>
    /// <param name="member">The member that asks.</param>
    /// <param name="command">The command, one that <see cref="CommandSyntax.IsForHosts"/>.</param>
    /// <param name="arguments">What follows its name, clean.</param>
    /// <param name="now">The time.</param>
    /// <returns>Null on success, otherwise the reason, in words for the member.</returns>
    public string? Run(Member member, CommandSyntax command, ReadOnlySpan<byte> arguments, ClockReading now)
    {
        if (!member.IsHost)
            return RoomCommands.ForHosts(command);
        string text = Encoding.UTF8.GetString(arguments).Trim(' ');
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        string first = space < 0 ? text : text[..space],
            rest = space < 0 ? "" : text[space..].Trim(' ');
        bool needsArgument = command.Arguments.Length > 0 && command.Arguments[0] != '[';
        return needsArgument && text.Length == 0
            ? command.UsageAnswer
            : Handlers[command.Names[0]](this, member, first, rest, now);
    }

    private string? Tell(Member host, IEnumerable<string> lines)
    {
        foreach (string line in lines)
            room.Answer(host, line);
        return null;
    }

    private string? Shutdown(Member host, string seconds, ClockReading now)
    {
        string by = host.Person.ShownName;
        if (seconds.Equals("off", StringComparison.OrdinalIgnoreCase))
        {
            if (!room.CallOffEnd())
                return "no end of the room is planned";
            room.Announce(host, $"{by} called off the end of the room", now);
            return null;
        }
        int wait = ServerLimits.ShutdownSeconds;
        bool isNumber =
            seconds.Length == 0 || int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out wait);
        if (!isNumber || wait > ServerLimits.MostShutdownSeconds)
            return $"/shutdown takes a number of seconds up to {ServerLimits.MostShutdownSeconds}, or off";
        room.Announce(
            host,
            $"{by} ends the room{(wait == 0 ? "" : $" in {PresenceText.Duration(wait * 1000L)}")}",
            now
        );
        if (wait > 0)
            room.Answer(host, "/shutdown off calls it off");
        room.PlanEnd(wait, now);
        return null;
    }

    private string? Kick(Member host, string name, string reason, ClockReading now)
    {
        if (!room.TryFindHere(name, out User? person, out string? refusal) || !MayAct(host, person, out refusal))
            return refusal;
        string by = host.Person.ShownName,
            because = reason.Length > 0 ? $": {reason}" : "";
        room.Announce(host, $"{by} removed {person.Name} from the room{because}", now);
        room.Remove(person, $"{by} removed you from the room{because}", $"removed by {by}", now);
        return null;
    }

    private string? SetTopic(Member host, string topic, ClockReading now)
    {
        if (topic.Length == 0)
            return "a topic is a text; - removes it";
        if (Encoding.UTF8.GetByteCount(topic) > ServerLimits.TopicBytes)
            return $"a topic has at most {ServerLimits.TopicBytes} bytes";
        string by = host.Person.ShownName;
        bool isRemoved = topic == "-";
        room.Decide("-", person: null, Moderation.RecordOf(isRemoved ? null : topic), now);
        room.Announce(host, isRemoved ? $"{by} removed the topic" : $"{by} set the topic: {topic}", now);
        return null;
    }

    // A line of the room: the text of a person always stands behind a name.
    private string? Announce(Member host, string words, ClockReading now)
    {
        string line = $"{host.Person.ShownName} announces: {words.Trim(' ')}";
        if (Encoding.UTF8.GetByteCount(line) > ProtocolLimits.TextBytes)
            return $"the line is too long; it has at most {ProtocolLimits.TextBytes} bytes with your name";
        room.Announce(host, line, now);
        return null;
    }

    private string? SetOp(Member host, string name, bool isOp, ClockReading now)
    {
        if (!room.TryFindHere(name, out User? person, out string? refusal))
            return refusal;
        if (!isOp && person is { IsOp: false, HasProvedConnection: true })
            return $"{person.Name} has the key of the host, so the rights cannot be taken";
        if (person.IsOp == isOp)
            return isOp ? $"{person.Name} has the rights of a host already" : $"{person.Name} is no host";
        string by = host.Person.ShownName,
            to = person.Name;
        room.SetOp(person, isOp, now);
        room.Announce(host, isOp ? $"{by} made {to} a host" : $"{by} took the rights of a host from {to}", now);
        return null;
    }

    /// <summary>The line for a client that is banned.</summary>
    public static string WordsForBanned(Sanction ban, long time) => $"you are banned from this room{ban.Term(time)}";

    private string? Ban(Member host, string target, string duration, ClockReading now)
    {
        if (!TryEnd(duration, now, out long until, out string? refusal))
            return refusal;
        if (AddressRange.TryParse(target, out AddressRange range))
            return room.Sanctions.Count < ServerLimits.Sanctions ? BanAddress(host, range, until, now) : TooMany;
        if (target.AsSpan().IndexOfAny("./:") >= 0)
            return $"{target} is no address; write it as 192.168.1.65 or 192.168.1.0/24";
        if (!TryFindKnown(host, target, out User? person, out refusal))
            return refusal;
        AddressRange? address = OwnAddress(person, out string? shared);
        if (person.Token == 0 && address is null)
            return $"{person.Name} has no identity to ban, and {shared}; /kick {person.Name} removes it"
                + (person.Peer is { IsThisMachine: false, Range: var all } ? $", /ban {all} bans all there" : "");
        string name = person.Name,
            by = host.Person.ShownName,
            term = Add(new Sanction(RuleKind.Ban, name, person.Token == 0 ? 0 : person.Number, address, until), person);
        room.Announce(host, $"{by} banned {name}{term}", now);
        string how = (person.Token == 0, address) switch
        {
            (true, _) => $"by the address {address}",
            (_, null) => $"by identity, and not by address: {shared}",
            _ => $"by identity and by the address {address}",
        };
        room.TellHosts(host, $"{name} is banned{term} {how}; /unban {name} lifts it");
        room.Remove(person, $"{by} banned you from the room{term}", $"banned by {by}", now);
        return null;

        string Add(Sanction sanction, User of)
        {
            room.Decide(name, of.Token == 0 ? null : of, sanction.Record, now);
            return sanction.Term(room.TimeOf(now));
        }
    }

    private string? BanAddress(Member host, AddressRange range, long until, ClockReading now)
    {
        if (room.IsOwn(range))
            return $"{range} has the addresses of the server's own computer, which cannot be banned";
        foreach (User person in room.Here)
        {
            if (person.IsHost && person.Members.Exists(member => member.IsIn(range)))
                return person == host.Person
                    ? $"{range} has your own address"
                    : $"{range} has the address of {person.ShownName}, who is a host";
        }
        // A wildcard listener does not know its addresses; a member that has called one shows it.
        if (room.Here.Any(person => person.Members.Exists(member => member.IsOnThisMachine(range))))
            return $"{range} has an address of the server's own computer, which cannot be banned";
        string by = host.Person.ShownName;
        Sanction ban = new(RuleKind.Ban, "-", Person: 0, range, until);
        string term = ban.Term(room.TimeOf(now));
        room.Decide("-", person: null, ban.Record, now);
        User[] banned = [.. room.Here.Where(person => person.Members.Exists(member => member.IsIn(range)))];
        string names = string.Join(", ", banned.Take(ServerLimits.NamesOfBan).Select(static p => p.Name));
        if (banned.Length == 0)
            names = "no member has it";
        else if (banned.Length > ServerLimits.NamesOfBan)
            names += $" and {banned.Length - ServerLimits.NamesOfBan} more";
        room.TellHosts(host, $"{by} banned {range}{term} ({names}); /unban {range} lifts it");
        foreach (User person in banned)
            room.Remove(person, $"{by} banned you from the room{term}", $"banned by {by}", now);
        return null;
    }

    private string? Mute(Member host, string target, string duration, ClockReading now)
    {
        if (
            !TryEnd(duration, now, out long until, out string? refusal)
            || !TryFindKnown(host, target, out User? person, out refusal)
        )
            return refusal;
        // An identity is enough, and an address could have another person later.
        string? shared = null;
        AddressRange? address = person.IsOfOneRun ? OwnAddress(person, out shared) : null;
        Sanction mute = new(RuleKind.Mute, person.Name, person.Number, address, until);
        room.Decide(person.Name, person, mute.Record, now);
        room.Announce(host, $"{host.Person.ShownName} muted {person.Name}{mute.Term(room.TimeOf(now))}", now);
        if (address is not null)
            room.TellHosts(host, $"{person.Name} has no identity, so all at the address {address} are muted");
        else if (shared is not null)
            room.TellHosts(host, $"{person.Name} has no identity, so the mute ends when it leaves: {shared}");
        return null;
    }

    private string? Lift(RuleKind kind, Member host, string target, ClockReading now)
    {
        string name = HostMark.Strip(target),
            what = kind == RuleKind.Ban ? "ban" : "mute";
        User? person = room.Find(name);
        Sanction[] lifted =
        [
            .. room.Sanctions.Where(s =>
                s.Kind == kind
                && (
                    (s.Name != "-" && s.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                    || (s.Person > 0 && s.Person == person?.Number)
                    || (AddressRange.TryParse(name, out AddressRange range) && s.Range == range)
                )
            ),
        ];
        if (lifted.Length == 0)
            return $"there is no {what} of {name}; /bans lists the bans and the mutes";
        foreach (Sanction sanction in lifted)
        {
            RuleRecord record = sanction.Record with { Kind = kind == RuleKind.Ban ? RuleKind.Unban : RuleKind.Unmute };
            room.Decide(sanction.Name, person: null, record, now);
        }
        string words =
            $"{host.Person.ShownName} lifted the {what} of {(lifted[0].Name == "-" ? name : lifted[0].Name)}";
        if (lifted[0].Name == "-")
            room.TellHosts(host, words);
        else
            room.Announce(host, words, now);
        return null;
    }

    private string? List(Member host, ClockReading now)
    {
        long time = room.TimeOf(now);
        Sanction[] current = [.. room.Sanctions.Where(s => s.Until == 0 || s.Until > time)];
        room.Answer(host, current.Length == 0 ? "no bans and no mutes" : $"{current.Length} bans and mutes:");
        foreach (Sanction sanction in current.Take(ServerLimits.SanctionsListed))
        {
            string kind = sanction.Kind == RuleKind.Ban ? "banned" : "muted",
                name = sanction.Name == "-" ? "" : $"{sanction.Name} ",
                identity = sanction.Name == "-" || sanction.Person == 0 ? "" : "by identity ",
                address = sanction.Range is AddressRange range ? $"by the address {range} " : "";
            room.Answer(host, $"{name}{kind} {identity}{address}".TrimEnd(' ') + sanction.Term(time));
        }
        if (current.Length > ServerLimits.SanctionsListed)
            room.Answer(host, $"and {current.Length - ServerLimits.SanctionsListed} more");
        return null;
    }

    private string? Free(Member host, string target, ClockReading now)
    {
        if (room.Find(target) is not User person)
            return $"{target} is no kept name; every person may take it";
        if (person.IsHere)
            return $"{person.Name} is here and has its name; /kick {person.Name} removes it first";
        room.Free(person, now);
        room.TellHosts(host, $"{host.Person.ShownName} freed the name {person.Name}");
        return null;
    }

    // The address that only this person has, so that a ban of it meets no other member. Null, and the reason, if there
    // is none.
    private AddressRange? OwnAddress(User person, out string? why)
    {
        why = null;
        if (person.Peer is null)
            why = "the address is not known";
        else if (person.Peer.IsThisMachine)
            why = "the address is the server's own computer";
        else if (room.Here.FirstOrDefault(p => p != person && p.Has(person.Peer.Range)) is User other)
            why = $"{other.Name} has the same address, {person.Peer.Range}";
        return why is null ? person.Peer!.Range : null;
    }

    // The end of a ban or mute: 10m, 2h or 1d from now; 0 for never.
    private bool TryEnd(string duration, ClockReading now, out long until, [NotNullWhen(false)] out string? refusal)
    {
        (until, refusal) = (0, null);
        if (duration.Length == 0)
            return true;
        long unit = duration[^1] switch
        {
            'm' => 60_000,
            'h' => 3_600_000,
            'd' => 86_400_000,
            _ => 0,
        };
        bool isNumber = int.TryParse(duration[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        long milliseconds = unit * number;
        if (!isNumber || milliseconds is <= 0 or > ServerLimits.LongestSanctionDays * 86_400_000L)
        {
            refusal =
                "a duration is a number with m, h or d, such as 10m, 2h or 1d, and at most "
                + $"{ServerLimits.LongestSanctionDays}d; without one it lasts until you lift it";
            return false;
        }
        until = room.TimeOf(now) + milliseconds;
        return true;
    }

    private bool TryFindKnown(
        Member host,
        string name,
        [NotNullWhen(true)] out User? person,
        [NotNullWhen(false)] out string? refusal
    )
    {
        person = room.Find(name);
        if (person is null)
            refusal = $"there is no {name} here, and no such name is kept; /who lists the people here";
        else if (room.Sanctions.Count >= ServerLimits.Sanctions)
            refusal = TooMany;
        else
            return MayAct(host, person, out refusal);
        return false;
    }

    private static bool MayAct(Member host, User person, [NotNullWhen(false)] out string? refusal)
    {
        refusal =
            person == host.Person ? "that is you"
            : person is { HasProvedConnection: true } ? $"{person.Name} has the key of the host"
            : person.IsOp ? $"{person.Name} is a host; /deop {person.Name} first"
            : null;
        return refusal is null;
    }
}
