using System.Text;
using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Server.Log;

namespace Chat.Server.Rooms;

/// <summary>
/// The log of the room in both dialects: one line appended here is a line of the rich log and, but for what is sent to nobody, one of the
/// plain log. The rich log is the one that counts: its offsets are the places clients come back to, a history keeps it, and the plain log can
/// be made from it again.
/// </summary>
/// <remarks>
/// What a restart must not forget and nobody is to be sent stands in the rich log as lines of its own that every reader hops over: whose seat
/// is which (<see cref="LineKind.Key"/>) and whom the next whisper is for (<see cref="LineKind.Pair"/>).
/// </remarks>
internal sealed class ConversationLog
{
    /// <summary>A reader with this number reads no whisper.</summary>
    public const long Nobody = -1;

    private readonly byte[] _line = new byte[ProtocolLimits.RelayedLineBytes];
    private readonly byte[] _text = new byte[ProtocolLimits.RelayedLineBytes];
    private readonly HiddenRanges _plainWhispers = new(),
        _richWhispers = new();

    /// <param name="logBytes">Bytes of the plain log: a power of two.</param>
    /// <param name="past">The rich log, with what a history left in it.</param>
    public ConversationLog(int logBytes, RoomState past)
    {
        (Rich, Begun, Plain) = (past.Log, past.Begun, new RoomLog(logBytes));
        RebuildPlain();
    }

    /// <summary>As plain tools see it.</summary>
    public RoomLog Plain { get; }

    /// <summary>As rich clients see it.</summary>
    public RoomLog Rich { get; }

    /// <summary>When the rich log was begun, in milliseconds since 1970; its lines' times count from there.</summary>
    public long Begun { get; }

    /// <summary>The time of a line said now: milliseconds since the log was begun.</summary>
    public long TimeOf(ClockReading now) => now.UnixMilliseconds - Begun;

    /// <summary>A place at the end of the plain log, for this person.</summary>
    public Feed PlainFeed(long person) => new(Plain, _plainWhispers, person, Plain.Tail);

    /// <summary>A place at the end of the rich log, for this person.</summary>
    public Feed RichFeed(long person) => new(Rich, _richWhispers, person, Rich.Tail);

    /// <summary>Appends a line.</summary>
    /// <param name="kind">Not a whisper.</param>
    /// <param name="name">Who; <c>-</c> for nobody.</param>
    /// <param name="id">By which its sender knows it.</param>
    /// <param name="text">Clean, without a line feed; what it is depends on the kind, see the rich dialect's description.</param>
    /// <param name="now">Stamps it.</param>
    /// <returns>The offset of the line in the plain log.</returns>
    public long Append(LineKind kind, string name, LineId id, ReadOnlySpan<byte> text, ClockReading now)
    {
        AppendRich(kind, name, id, text, now);
        long start = Plain.Tail;
        Plain.Append(_line.AsSpan(0, PlainWire.Line(_line, kind, name, text)));
        return start;
    }

    /// <summary>The same with words that are a string.</summary>
    public void Append(LineKind kind, string name, LineId id, string text, ClockReading now) =>
        Append(kind, name, id, _text.AsSpan(0, Encoding.UTF8.GetBytes(text, _text)), now);

    /// <summary>Appends a line for two people.</summary>
    /// <returns>The offset of the line in the plain log.</returns>
    public long Whisper(User from, User to, LineId id, ReadOnlySpan<byte> text, ClockReading now)
    {
        LineWriter pair = new(_text);
        pair.Put(from.Number);
        pair.Put(" "u8);
        pair.Put(to.Number);
        Hide(AppendRich(LineKind.Pair, "-", default, _text.AsSpan(0, pair.Length), now));

        LineWriter words = new(_text);
        words.Put(to.Name);
        words.Put(" "u8);
        words.Put(text);
        long richStart = Rich.Tail;
        long start = Append(LineKind.Tell, from.Name, id, _text.AsSpan(0, words.Length), now);
        _richWhispers.Add(richStart, Rich.Tail, from.Number, to.Number, Rich.Head);
        _plainWhispers.Add(start, Plain.Tail, from.Number, to.Number, Plain.Head);
        return start;
    }

    /// <summary>
    /// By which a line of this seat's is known. A seat's number stands in the log only behind the line that says whose it is, which is sent to nobody.
    /// </summary>
    public LineId IdOf(Seat seat, long id, ClockReading now)
    {
        if (!seat.Recorded && seat.Person.Token != 0)
        {
            seat.Recorded = true;
            Hide(
                AppendRich(
                    LineKind.Key,
                    seat.Person.Name,
                    new LineId(seat.Number, seat.Taken),
                    _text.AsSpan(0, RoomState.KeyText(_text, seat)),
                    now
                )
            );
        }
        return new LineId(seat.Number, id);
    }

    // Returns the offset of the line.
    private long AppendRich(LineKind kind, string name, LineId id, ReadOnlySpan<byte> text, ClockReading now)
    {
        long start = Rich.Tail;
        Rich.Append(_line.AsSpan(0, RichWire.Line(_line, start, TimeOf(now), kind, name, id, text)));
        return start;
    }

    private void Hide(long start) => _richWhispers.Add(start, Rich.Tail, Nobody, Nobody, Rich.Head);

    // Makes the plain log, and what is hidden in either, from the rich log that a history left.
    private void RebuildPlain()
    {
        (long from, long to) = (Nobody, Nobody);
        for (long at = Rich.FirstLine, end; at < Rich.Tail; at = end)
        {
            end = Rich.LineStartAfter(at);
            // What stands there that is no line of ours, from a broken disk or by hand, is nobody's to read.
            if (!RichWire.TryParse(Rich.Copy(at, end - 1, _text), out RichLine line) || line.Offset != at)
            {
                _richWhispers.Add(at, end, Nobody, Nobody, Rich.Head);
                continue;
            }
            if (line.Kind == LineKind.Pair && !RoomState.TryPair(line.Text, out from, out to))
                (from, to) = (Nobody, Nobody);
            if (line.Kind is LineKind.Pair or LineKind.Key)
                _richWhispers.Add(at, end, Nobody, Nobody, Rich.Head);
            long start = Plain.Tail;
            Plain.Append(
                _line.AsSpan(0, PlainWire.Line(_line, line.Kind, Encoding.UTF8.GetString(line.Name), line.Text))
            );
            if (line.Kind != LineKind.Tell)
                continue;
            _richWhispers.Add(at, end, from, to, Rich.Head);
            _plainWhispers.Add(start, Plain.Tail, from, to, Plain.Head);
            (from, to) = (Nobody, Nobody);
        }
    }
}
