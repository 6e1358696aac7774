using System.Text;
using Chat.Protocol.Wire;
using Chat.Server.Log;

namespace Chat.Server.Rooms;

/// <summary>
/// What a room begins with: the log so far, its epoch, and who is remembered. All of it can be told from the lines of the rich log alone, one
/// after the other, which is what <see cref="Apply"/> does with each line of a history.
/// </summary>
/// <param name="epoch">Names the log among all that there ever were.</param>
/// <param name="begun">When the log was begun, in milliseconds since 1970; its lines' times count from there.</param>
/// <param name="log">The rich log.</param>
internal sealed class RoomState(string epoch, long begun, RoomLog log)
{
    private readonly Dictionary<long, Seat> _seats = [];
    private readonly long _start = log.Tail;
    private bool _isBehindHead;

    public string Epoch { get; } = epoch;

    public long Begun { get; } = begun;

    public RoomLog Log { get; } = log;

    public UserDirectory People { get; } = new();

    /// <summary>No conversation at all, and an epoch that no other log has.</summary>
    public static RoomState None(int logBytes, ClockReading now) =>
        new(LogEpoch.Create(), now.UnixMilliseconds, new RoomLog(logBytes));

    /// <summary>Learns what a line tells of people.</summary>
    /// <param name="line">A line of the rich log, without its line feed; anything else tells nothing.</param>
    public void Apply(ReadOnlySpan<byte> line)
    {
        if (!RichWire.TryParse(line, out RichLine parsed))
            return;
        if (!_isBehindHead && parsed.Offset > _start)
            EndHead(parsed.Milliseconds);
        if (parsed.Kind == LineKind.Key)
            TakeKey(parsed);
        else if (parsed.Kind == LineKind.Pair && TryPair(parsed.Text, out long from, out long to))
            People.Passed(Math.Max(from, to), 0);
        if (parsed.Id.Seat == 0)
            return;
        People.Passed(0, parsed.Id.Seat);
        if (!_seats.TryGetValue(parsed.Id.Seat, out Seat? seat))
            return;
        seat.Taken = Math.Max(seat.Taken, parsed.Id.Id);
        if (parsed.Kind == LineKind.Rename)
            seat.Person.Name = Encoding.UTF8.GetString(parsed.Text);
        if (parsed.Kind is LineKind.Join or LineKind.Leave)
            seat.Person.IsHere = parsed.Kind == LineKind.Join;
        if (parsed.Kind == LineKind.Join)
            (seat.Person.JoinedAt, seat.Person.Name) = (parsed.Milliseconds, Encoding.UTF8.GetString(parsed.Name));
        // A file that was begun anew keeps the number taken and not the lines.
        if (
            parsed.Kind is LineKind.Say or LineKind.Me or LineKind.Tell
            || (parsed.Kind == LineKind.Key && parsed.Id.Id > 0)
        )
            seat.Person.HasSpoken = true;
    }

    /// <summary>Writes the text of a line that says whose a seat is: the person's number, token, and the seat's secret.</summary>
    public static int KeyText(Span<byte> text, Seat seat)
    {
        LineWriter writer = new(text);
        writer.Put(seat.Person.Number);
        writer.PutField(seat.Person.Token);
        writer.PutField(seat.Secret);
        return writer.Length;
    }

    /// <summary>Reads whom the next whisper is from and for.</summary>
    public static bool TryPair(ReadOnlySpan<byte> text, out long from, out long to) =>
        RichWire.TryNumber(RichWire.Word(ref text), out from) & RichWire.TryNumber(text, out to);

    // The head of a file of version 0.1.0 tells no time of joining. The person has been here since the file at least.
    private void EndHead(long time)
    {
        _isBehindHead = true;
        foreach (User person in People.Remembered)
        {
            if (person is { IsHere: true, JoinedAt: 0 })
                person.JoinedAt = time;
        }
    }

    private void TakeKey(RichLine line)
    {
        ReadOnlySpan<byte> text = line.Text;
        if (
            RichWire.TryNumber(RichWire.Word(ref text), out long person)
            && RichWire.TrySecret(RichWire.Word(ref text), out UInt128 token)
            && RichWire.TrySecret(text, out UInt128 secret)
        )
        {
            string name = Encoding.UTF8.GetString(line.Name);
            _seats[line.Id.Seat] = People.Recall(person, token, name, line.Id.Seat, secret);
        }
    }
}
