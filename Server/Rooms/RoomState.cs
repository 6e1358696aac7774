using System.Text;
using Chat.Protocol.Wire;
using Chat.Server.Log;

namespace Chat.Server.Rooms;

/// <summary>
/// The state a room starts with: the log so far, its epoch and the people remembered. All of it follows from
/// the lines of the rich log; <see cref="Apply"/> takes them in order when a history is read.
/// </summary>
/// <param name="epoch">Identifies the log; no other log has the same one.</param>
/// <param name="begun">When the log began, in milliseconds since 1970. Times in lines count from there.</param>
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

    /// <summary>An empty conversation with a new epoch.</summary>
    public static RoomState None(int logBytes, ClockReading now) =>
        new(LogEpoch.Create(), now.UnixMilliseconds, new RoomLog(logBytes));

    /// <summary>Updates people and seats from a line.</summary>
    /// <param name="line">A line of the rich log, without its line feed. Other input is ignored.</param>
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
        // A file that was rewritten keeps the number taken last but not the lines.
        if (
            parsed.Kind is LineKind.Say or LineKind.Me or LineKind.Tell
            || (parsed.Kind == LineKind.Key && parsed.Id.Id > 0)
        )
            seat.Person.HasSpoken = true;
    }

    /// <summary>Writes the text of a key line: the person's number and token, and the secret of the seat.</summary>
    public static int KeyText(Span<byte> text, Seat seat)
    {
        LineWriter writer = new(text);
        writer.Put(seat.Person.Number);
        writer.PutField(seat.Person.Token);
        writer.PutField(seat.Secret);
        return writer.Length;
    }

    /// <summary>Reads the sender and the recipient of the next whisper.</summary>
    public static bool TryPair(ReadOnlySpan<byte> text, out long from, out long to) =>
        RichWire.TryNumber(RichWire.Word(ref text), out from) & RichWire.TryNumber(text, out to);

    // The head of a file of version 0.1.0 has no join times. The person has been here at least since the file began.
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
