using System.Text;
using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Server.Rooms;

namespace Chat.Server.History;

/// <summary>
/// The people and seats of a room as lines of a history. <see cref="Apply"/> restores them from all lines in
/// order; <see cref="Write"/> writes them to the head of a new file.
/// </summary>
/// <param name="state">Receives the people. Its log has no line yet.</param>
internal sealed class SeatRecords(RoomState state)
{
    private readonly Dictionary<long, Seat> _seats = [];
    private readonly long _start = state.Log.Tail;
    private bool _isBehindHead;

    /// <summary>
    /// Writes the remembered people as lines of the log at its first offset: the owner of each seat, and the join of
    /// each person in the room, and the decisions of hosts.
    /// </summary>
    public static void Write(Stream stream, UserDirectory people, long start)
    {
        Span<byte> line = stackalloc byte[2 * ProtocolLimits.HeadBytes],
            text = stackalloc byte[ProtocolLimits.HeadBytes];
        foreach (User person in people.Remembered)
        {
            foreach (Seat seat in person.Seats.Where(static s => s.Recorded))
            {
                // The number shows that the person has sent a message. For a silent person it could only repeat
                // a /nick.
                LineId id = new(seat.Number, person.HasSpoken ? seat.Taken : 0);
                ReadOnlySpan<byte> key = text[..seat.Record.Write(text)];
                stream.Write(line[..RichWire.Line(line, start, 0, LineKind.Key, person.Name, id, key)]);
                if (!person.IsHere)
                    continue;
                id = id with { Id = 0 };
                stream.Write(line[..RichWire.Line(line, start, person.JoinedAt, LineKind.Join, person.Name, id, [])]);
            }
        }
        foreach ((string name, RuleRecord rule) in people.Moderation.Rules)
        {
            ReadOnlySpan<byte> words = text[..rule.Write(text)];
            stream.Write(line[..RichWire.Line(line, start, 0, LineKind.Rule, name, default, words)]);
        }
    }

    /// <summary>Whether <see cref="Write"/> writes such a line: all of them have the first offset.</summary>
    public static bool IsRecord(ReadOnlySpan<byte> line, long start) =>
        RichWire.TryParse(line, out RichLine parsed)
        && parsed.Offset == start
        && (parsed.Kind is LineKind.Key or LineKind.Rule || (parsed.Kind == LineKind.Join && parsed.Id.Seat > 0));

    /// <summary>Updates people and seats from a line.</summary>
    /// <param name="line">A line of the head or the log, without its line feed. Other input is ignored.</param>
    public void Apply(ReadOnlySpan<byte> line)
    {
        if (!RichWire.TryParse(line, out RichLine parsed))
            return;
        if (!_isBehindHead && parsed.Offset > _start)
            EndHead(parsed.Milliseconds);
        if (parsed.Kind == LineKind.Key && SeatRecord.TryParse(parsed.Text, out SeatRecord record))
            _seats[parsed.Id.Seat] = state.People.Recall(NameOf(parsed), parsed.Id.Seat, record);
        else if (parsed.Kind == LineKind.Pair && PairRecord.TryParse(parsed.Text, out PairRecord pair))
            state.People.MarkUsed(person: Math.Max(pair.From, pair.To), seat: 0);
        else if (parsed.Kind == LineKind.Rule && RuleRecord.TryParse(parsed.Text, out RuleRecord rule))
            state.People.Moderation.Apply(NameOf(parsed), rule);
        if (parsed.Id.Seat == 0)
            return;
        state.People.MarkUsed(person: 0, parsed.Id.Seat);
        if (_seats.TryGetValue(parsed.Id.Seat, out Seat? seat))
            Update(seat, parsed);
    }

    private static void Update(Seat seat, RichLine line)
    {
        User person = seat.Person;
        seat.Taken = Math.Max(seat.Taken, line.Id.Id);
        if (line.Kind == LineKind.Rename)
            person.Name = Encoding.UTF8.GetString(HostMark.Strip(line.Text));
        if (line.Kind is LineKind.Join or LineKind.Leave)
            person.IsHere = line.Kind == LineKind.Join;
        if (line.Kind == LineKind.Join)
            (person.JoinedAt, person.Name) = (line.Milliseconds, NameOf(line));
        // A file that was rewritten keeps the number taken last but not the lines.
        bool isSaid = line.Kind is LineKind.Say or LineKind.Snippet or LineKind.Me or LineKind.Tell or LineKind.Re;
        if (isSaid || (line.Kind == LineKind.Key && line.Id.Id > 0))
            person.HasSpoken = true;
    }

    // The head of a file of version 0.1.0 has no join times. The person has been here at least since the file began.
    private void EndHead(long time)
    {
        _isBehindHead = true;
        foreach (User person in state.People.Remembered)
        {
            if (person is { IsHere: true, JoinedAt: 0 })
                person.JoinedAt = time;
        }
    }

    private static string NameOf(RichLine line) => Encoding.UTF8.GetString(HostMark.Strip(line.Name));
}
