using System.Text;
using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Server.Log;

namespace Chat.Server.Rooms;

/// <summary>
/// The log of the room in both forms. A line appended here goes to the rich log and, unless it is an internal
/// record, to the plain log. The rich log is authoritative: clients resume at its offsets, a history stores it,
/// and the plain log can be rebuilt from it.
/// </summary>
/// <remarks>
/// Three facts must survive a restart but are sent to no client: the owner of a seat (<see cref="LineKind.Key"/>),
/// the two readers of the next whisper (<see cref="LineKind.Pair"/>), and the decisions of hosts
/// (<see cref="LineKind.Rule"/>). They are lines of the rich log that every reader skips.
/// </remarks>
internal sealed class ConversationLog
{
    /// <summary>The number of a reader that sees no whispers.</summary>
    public const long NoReader = -1;

    private readonly byte[] _line = new byte[Math.Max(PlainWire.LongestBytes, ProtocolLimits.SnippetLineBytes)];
    private readonly byte[] _text = new byte[ProtocolLimits.SnippetLineBytes];
    private readonly byte[] _earlier = new byte[ProtocolLimits.SnippetLineBytes];

    // The last correction or withdrawal of each message in the ring, by offsets.
    private readonly Dictionary<long, long> _changes = [];

    // Twice the number that the last sweep left, so a change costs the same on average, however many the ring holds.
    private int _forgetAt = ServerLimits.ChangesBeforeForgetting;
    private readonly HiddenRanges _plainWhispers = new(),
        _richWhispers = new();

    /// <param name="logBytes">Bytes of the plain log: a power of two.</param>
    /// <param name="state">The rich log, with the lines that a history restored.</param>
    public ConversationLog(int logBytes, RoomState state)
    {
        (Rich, Begun, Plain) = (state.Log, state.Begun, new RoomLog(logBytes));
        RebuildPlain();
    }

    /// <summary>The log in the form that plain tools receive.</summary>
    public RoomLog Plain { get; }

    /// <summary>The log in the form that rich clients receive.</summary>
    public RoomLog Rich { get; }

    /// <summary>When the rich log began, in milliseconds since 1970. Times in lines count from there.</summary>
    public long Begun { get; }

    /// <summary>The time stamp of a line appended now: milliseconds since the log began.</summary>
    public long TimeOf(ClockReading now) => now.UnixMilliseconds - Begun;

    /// <summary>A feed for this person, at the end of the plain log.</summary>
    public Feed PlainFeed(long person) => new(Plain, _plainWhispers, person, Plain.Tail);

    /// <summary>A feed for this person, at the end of the rich log.</summary>
    public Feed RichFeed(long person) => new(Rich, _richWhispers, person, Rich.Tail);

    /// <summary>Appends a line.</summary>
    /// <param name="kind">Any kind except a whisper.</param>
    /// <param name="name">The name of the person; <c>-</c> for the server.</param>
    /// <param name="id">The number that the sending client gave the line.</param>
    /// <param name="text">Clean, without a line feed. Its meaning depends on the kind; see the description of
    /// the rich protocol.</param>
    /// <param name="now">The time of the line.</param>
    /// <returns>The offset of the line in the plain log.</returns>
    public long Append(LineKind kind, string name, LineId id, ReadOnlySpan<byte> text, ClockReading now)
    {
        NoteChange(kind, text, AppendRich(kind, name, id, text, now));
        long start = Plain.Tail;
        Plain.Append(_line.AsSpan(0, PlainWire.Line(_line, kind, name, text)));
        return start;
    }

    /// <summary>
    /// The most bytes of one snippet in either form. Together with the budget of a pass it leaves a reader the time to
    /// begin: see <see cref="RoomLog.FirstPlace"/>.
    /// </summary>
    public int SnippetRoom => Math.Min(Plain.Size, Rich.Size) / (2 * ServerLimits.PassesPerLog);

    /// <summary>Whether both forms of a line with several rows have room.</summary>
    /// <param name="kind">The kind of the line.</param>
    /// <param name="name">The name of the person.</param>
    /// <param name="text">The text of the line. The offset of another message before it does not count.</param>
    public bool HasRoom(LineKind kind, string name, ReadOnlySpan<byte> text) =>
        text.Length <= SnippetRoom + ProtocolLimits.HeadBytes && PlainWire.Line(_line, kind, name, text) <= SnippetRoom;

    /// <summary>Reads an earlier line.</summary>
    /// <param name="offset">Its offset in the rich log.</param>
    /// <param name="line">Its fields, valid until the next call.</param>
    /// <returns>False if no line in the ring begins there.</returns>
    public bool TryRead(long offset, out RichLine line)
    {
        line = default;
        return Rich.IsLineStart(offset)
            && offset < Rich.Tail
            && RichWire.TryParse(Rich.Copy(offset, Rich.LineStartAfter(offset) - 1, _earlier), out line)
            && line.Offset == offset;
    }

    /// <summary>Appends a line whose text is a string.</summary>
    public void Append(LineKind kind, string name, LineId id, string text, ClockReading now) =>
        Append(kind, name, id, _text.AsSpan(0, Encoding.UTF8.GetBytes(text, _text)), now);

    /// <summary>Appends a line that two people can read.</summary>
    /// <returns>The offset of the line in the plain log.</returns>
    public long Whisper(Member from, User to, LineId id, ReadOnlySpan<byte> text, ClockReading now)
    {
        int pair = new PairRecord(from.Person.Number, to.Number).Write(_text);
        Hide(AppendRich(LineKind.Pair, "-", default, _text.AsSpan(0, pair), now));

        LineWriter words = new(_text);
        words.Put(to.ShownName);
        words.Put(" "u8);
        words.Put(text);
        long richStart = Rich.Tail;
        long start = Append(LineKind.Tell, from.ShownName, id, _text.AsSpan(0, words.Length), now);
        _richWhispers.Add(richStart, Rich.Tail, from.Person.Number, to.Number, Rich.Head);
        _plainWhispers.Add(start, Plain.Tail, from.Person.Number, to.Number, Plain.Head);
        return start;
    }

    /// <summary>
    /// The id of a line from this seat. A seat's number appears in the log only after the internal line that
    /// names its owner, so this appends that line if it is missing.
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
                    _text.AsSpan(0, seat.Record.Write(_text)),
                    now
                )
            );
        }
        return new LineId(seat.Number, id);
    }

    /// <summary>Appends a decision of a host, for the next start.</summary>
    public void Rule(string name, RuleRecord rule, ClockReading now) =>
        Hide(AppendRich(LineKind.Rule, name, default, _text.AsSpan(0, rule.Write(_text)), now));

    /// <summary>The offset of the last correction or withdrawal of a message; null without one.</summary>
    public long? ChangeOf(long offset) => _changes.TryGetValue(offset, out long change) ? change : null;

    private void NoteChange(LineKind kind, ReadOnlySpan<byte> text, long at)
    {
        if (kind is not (LineKind.Edit or LineKind.Delete) || !RichWire.TryNumber(RichWire.Word(ref text), out long of))
            return;
        _changes[of] = at;
        if (_changes.Count < _forgetAt)
            return;
        // Removing an entry does not disturb the enumeration.
        foreach (long changed in _changes.Keys)
        {
            if (changed < Rich.Head)
                _changes.Remove(changed);
        }
        _forgetAt = Math.Max(ServerLimits.ChangesBeforeForgetting, 2 * _changes.Count);
    }

    // Returns the offset of the line.
    private long AppendRich(LineKind kind, string name, LineId id, ReadOnlySpan<byte> text, ClockReading now)
    {
        long start = Rich.Tail;
        Rich.Append(_line.AsSpan(0, RichWire.Line(_line, start, TimeOf(now), kind, name, id, text)));
        return start;
    }

    private void Hide(long start) => _richWhispers.Add(start, Rich.Tail, NoReader, NoReader, Rich.Head);

    // Rebuilds the plain log and both lists of hidden ranges from the restored rich log.
    private void RebuildPlain()
    {
        PairRecord hidden = new(NoReader, NoReader),
            pair = hidden;
        for (long at = Rich.FirstLine, end; at < Rich.Tail; at = end)
        {
            end = Rich.LineStartAfter(at);
            // A line that cannot be parsed (a broken disk, an edit by hand) is hidden from every reader.
            if (!RichWire.TryParse(Rich.Copy(at, end - 1, _text), out RichLine line) || line.Offset != at)
            {
                _richWhispers.Add(at, end, NoReader, NoReader, Rich.Head);
                pair = hidden;
                continue;
            }
            if (line.Kind == LineKind.Pair && !PairRecord.TryParse(line.Text, out pair))
                pair = hidden;
            NoteChange(line.Kind, line.Text, at);
            if (line.Kind is LineKind.Pair or LineKind.Key or LineKind.Rule)
                _richWhispers.Add(at, end, NoReader, NoReader, Rich.Head);
            long start = Plain.Tail;
            Plain.Append(
                _line.AsSpan(0, PlainWire.Line(_line, line.Kind, Encoding.UTF8.GetString(line.Name), line.Text))
            );
            if (line.Kind != LineKind.Tell)
                continue;
            _richWhispers.Add(at, end, pair.From, pair.To, Rich.Head);
            _plainWhispers.Add(start, Plain.Tail, pair.From, pair.To, Plain.Head);
            pair = hidden;
        }
    }
}
