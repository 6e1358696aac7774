using System.Text;
using Chat.Protocol;
using Chat.Protocol.Wire;

namespace Chat.Server.Rooms;

/// <summary>
/// The answer to /who. It takes several lines when many people are here and is cut at the longest answer
/// allowed.
/// </summary>
internal static class RosterReply
{
    /// <summary>
    /// Writes one page of the answer for programs: a line a person, sorted by number, and a last line.
    /// </summary>
    /// <param name="page">Holds <see cref="ServerLimits.AnswerBytes"/>; the page has as many people as fit.</param>
    /// <param name="room">The room with the people.</param>
    /// <param name="member">The member that asks.</param>
    /// <param name="after">The number of the last person on the previous page; 0 for the first page.</param>
    /// <param name="most">How many people the page may hold.</param>
    /// <param name="now">The current time.</param>
    /// <returns>Bytes written.</returns>
    public static int Page(Span<byte> page, Room room, Member member, long after, long most, ClockReading now)
    {
        int length = 0,
            at = room.IndexAfter(after);
        long? last = null;
        // The last line needs space, too.
        for (; at < room.Here.Count && most > 0 && page.Length - length >= 2 * ProtocolLimits.HeadBytes; at++, most--)
        {
            User person = room.Here[at];
            last = person.Number;
            length += RichWire.Person(
                page[length..],
                member.Answering,
                person.ShownName,
                new PersonLine
                {
                    Number = person.Number,
                    Since = person.JoinedAt,
                    Idle = now.Uptime - person.SpokeAt,
                    Client = person.Client,
                    IsReader = person == member.Person,
                    IsInClear = person.IsInClear,
                }
            );
        }
        long? next = at < room.Here.Count ? last ?? after : null;
        return length + RichWire.PeopleEnd(page[length..], member.Answering, next, room.Count);
    }

    /// <summary>
    /// Sends a line a person: joined when, idle for how long, and the kind of client. Above
    /// <see cref="ProtocolLimits.PeopleTold"/> people it sends only names.
    /// </summary>
    public static void Send(Room room, Member member, ClockReading now)
    {
        if (room.Count > ProtocolLimits.PeopleTold)
        {
            SendNames(room, member);
            return;
        }
        room.Answer(member, $"{room.Count} here:");
        foreach (User person in room.Here.OrderBy(static p => p.Name, StringComparer.OrdinalIgnoreCase))
        {
            string since = $"here {PresenceText.Duration(room.TimeHere(person, now))}";
            room.Answer(
                member,
                PresenceText.Line(
                    person.ShownName,
                    person == member.Person,
                    since,
                    now.Uptime - person.SpokeAt,
                    person.Client,
                    person.IsInClear
                )
            );
        }
    }

    /// <summary>Sends the names in order, in several lines when there are many.</summary>
    public static void SendNames(Room room, Member member)
    {
        string[] names =
        [
            .. room
                .Here.OrderBy(static p => p.Name, StringComparer.OrdinalIgnoreCase)
                .Select(static p => p.IsInClear ? $"{p.ShownName} (in the clear)" : p.ShownName),
        ];
        StringBuilder line = new($"{names.Length} here:");
        int listed = 0,
            bytes = 0;
        foreach (string name in names)
        {
            if (bytes + line.Length * 4 > ServerLimits.AnswerBytes - ProtocolLimits.LineBytes)
                break;
            line.Append(
                    listed == 0 ? " "
                    : line.Length == 0 ? ""
                    : ", "
                )
                .Append(name);
            if (++listed == names.Length || line.Length < ServerLimits.WhoLineLength)
                continue;
            line.Append(',');
            bytes += Encoding.UTF8.GetByteCount(line.ToString());
            room.Answer(member, line.ToString());
            line.Clear();
        }
        if (listed < names.Length)
            line.Append(line.Length == 0 ? "and " : " and ").Append(names.Length - listed).Append(" more");
        if (line.Length > 0)
            room.Answer(member, line.ToString());
    }
}
