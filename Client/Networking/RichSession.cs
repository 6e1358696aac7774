using System.Text;
using Chat.Client.Commands;
using Chat.Protocol;
using Chat.Protocol.Names;
using Chat.Protocol.Text;
using Chat.Protocol.Wire;

namespace Chat.Client.Networking;

/// <summary>
/// What it means to be in a room of ours, over however many connections: which log, how far it was read, what one is
/// called, and by which numbers one's own lines come back. It takes the server's lines one by one and makes events of
/// them. It knows no sockets and no clock.
/// </summary>
/// <remarks>
/// Invariant: <see cref="_place"/> is the offset after the last whole line of the log that was taken; a line that
/// begins before it is shown only when it was asked for again. What cannot be had any more is an event of its own,
/// never silence.
/// <para>
/// The server is not trusted: whatever it sends, every text is cleaned, every name is one bounded word, and a line that
/// makes no sense is shown as it is.
/// </para>
/// </remarks>
/// <param name="pending">What is not acknowledged yet.</param>
/// <param name="roster">Who is here, when it is asked.</param>
internal sealed class RichSession(UnacknowledgedQueue pending, RosterQuery roster)
{
    private readonly byte[] _clean = new byte[ProtocolLimits.RelayedLineBytes];
    private string? _epoch;
    private long? _lineTime;
    private long _begun,
        _seat,
        _place,
        _tail,
        _taken;
    private string? _heading;
    private bool _isBack,
        _asked,
        _replaying,
        _catchingUp,
        _hasGap;
    private string? _chosen,
        _refusedName;

    /// <summary>The own name; empty while unknown.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The sender of the last whisper; null without one.</summary>
    public string? LastWhisperer { get; private set; }

    /// <summary>The server has answered a hello at least once.</summary>
    public bool WasWelcome => _epoch is not null;

    /// <summary>The first line of a connection.</summary>
    public byte[] Hello(LinkOptions options)
    {
        Span<byte> line = stackalloc byte[ProtocolLimits.HeadBytes];
        LineWriter writer = new(line);
        _chosen = options.IsNameChosen ? options.Name : null;
        writer.Put("hello "u8);
        // A name that the server chose is not requested again.
        writer.Put(Nickname.Refusal(Name) is null ? Name : options.Name ?? "-");
        writer.PutField(options.Token);
        writer.PutField(options.Seat);
        writer.PutField(_epoch ?? "-");
        writer.PutField(_epoch is null ? options.BacklogLines : _place);
        writer.Put("\n"u8);
        return line[..writer.Length].ToArray();
    }

    /// <summary>Takes the answer to the hello.</summary>
    /// <returns>Whether it was one.</returns>
    public bool TryWelcome(ReadOnlySpan<byte> line, Queue<ChatEvent> events)
    {
        ReadOnlySpan<byte> rest = line;
        if (!RichWire.Word(ref rest).SequenceEqual("welcome"u8))
            return false;
        string name = NameOf(RichWire.Word(ref rest));
        string epoch = NameOf(RichWire.Word(ref rest));
        if (
            name.Length == 0
            || epoch.Length != RichWire.EpochDigits
            || !RichWire.TryNumber(RichWire.Word(ref rest), out long begun)
            || !RichWire.TryNumber(RichWire.Word(ref rest), out long seat)
            || !RichWire.TryNumber(RichWire.Word(ref rest), out long from)
            || !RichWire.TryNumber(RichWire.Word(ref rest), out long tail)
            || !RichWire.TryNumber(rest, out long taken)
        )
        {
            return false;
        }
        bool same = epoch == _epoch;
        _isBack = _epoch is not null;
        _hasGap = _isBack && (!same || from != _place);
        if (_hasGap)
            events.Enqueue(
                new ChatEvent(EventKind.Gap)
                {
                    Bytes = same && from > _place ? from - _place : null,
                    IsNewLog = !same,
                    UnixMilliseconds = _lineTime,
                }
            );
        // Only the newest number is ours: a server that was started again may have given an older one to somebody else.
        (_seat, Name, _epoch, _begun, _place, _tail, _taken, _catchingUp) = (
            seat,
            name,
            epoch,
            begun,
            from,
            tail,
            taken,
            true
        );
        _asked = _replaying = false;
        _heading = null;
        _refusedName = !_isBack && name != _chosen ? _chosen : null;
        pending.Restart(taken);
        roster.Restart();
        CatchUp(events);
        return true;
    }

    /// <summary>A request for earlier lines is under way.</summary>
    public void ExpectReplay() => _asked = true;

    /// <summary>Takes a line of the server's.</summary>
    public void HandleLine(ReadOnlySpan<byte> line, Queue<ChatEvent> events)
    {
        // A line of nothing is none of ours; shown, each would be a row.
        if (line.IsEmpty)
            return;
        ReportRefusedName(line, events);
        ReadOnlySpan<byte> rest = line;
        ReadOnlySpan<byte> verb = RichWire.Word(ref rest);
        if (RichWire.TryParse(line, out RichLine parsed) && parsed.Offset <= long.MaxValue - line.Length - 1)
            HandleLogged(parsed, parsed.Offset + line.Length + 1, events);
        else if (!TryTakeAnswer(verb, rest, events))
            events.Enqueue(new ChatEvent(EventKind.Line) { Text = Clean(line) });
    }

    // A server that refuses a name says so right behind the welcome. If it says nothing, another client of this person
    // has the name they go by.
    private void ReportRefusedName(ReadOnlySpan<byte> line, Queue<ChatEvent> events)
    {
        if (_refusedName is string chosen && !line.StartsWith("info 0 "u8))
            events.Enqueue(
                new ChatEvent(EventKind.Info) { Text = $"you are {Name} here already; --name {chosen} was not taken" }
            );
        _refusedName = null;
    }

    private bool TryTakeAnswer(ReadOnlySpan<byte> verb, ReadOnlySpan<byte> rest, Queue<ChatEvent> events)
    {
        _ = RichWire.TryNumber(RichWire.Word(ref rest), out long id);
        if (verb.SequenceEqual("pong"u8))
        {
            roster.TakePong(id);
        }
        else if (verb.SequenceEqual("info"u8))
        {
            string words = Clean(rest);
            // The server answers before it goes on with lines that were missed. Above them the heading of older lines
            // would be wrong.
            if (id == UnacknowledgedQueue.HistoryId && _catchingUp)
                _heading = words;
            else if (!roster.TryTakeNames(id, words, Name, events))
                events.Enqueue(new ChatEvent(EventKind.Info) { Text = words });
        }
        else if (verb.SequenceEqual("err"u8))
        {
            pending.Acknowledge(id, out InputOrigin origin);
            events.Enqueue(new ChatEvent(EventKind.Error) { Text = Clean(rest), Origin = origin });
        }
        else if (verb.SequenceEqual("person"u8) && RichWire.TryPerson(rest, out PersonLine person))
        {
            roster.TakePerson(person, NameOf(person.Name), TimeOf(person.Since));
        }
        else if (verb.SequenceEqual("people"u8) && RichWire.TryPeopleEnd(rest, out long? next, out long total))
        {
            roster.TakePageEnd(next, total, events);
        }
        else
        {
            return false;
        }
        return true;
    }

    private void HandleLogged(RichLine line, long end, Queue<ChatEvent> events)
    {
        bool again = line.Offset < _place;
        if (again && !_asked)
            return;
        // Lines may be on their way that were sent before the question was read; what is shown again ends where the
        // conversation goes on after that.
        _asked &= again || !_replaying;
        _replaying = again;
        ReportHeading(again, events);
        InputOrigin origin = default;
        bool acknowledged = line.Id.Id > 0 && line.Id.Seat == _seat && pending.Acknowledge(line.Id.Id, out origin);
        ChatEvent? shown = EventOf(line, again, acknowledged);
        if (shown is not null)
            events.Enqueue(acknowledged ? shown with { Origin = origin } : shown);
        if (again && end == _place)
            events.Enqueue(new ChatEvent(EventKind.Info) { Text = "end of the repeated lines" });
        if (again)
            return;
        if (shown is not null)
            roster.Follow(shown);
        (_place, _lineTime) = (end, TimeOf(line.Milliseconds));
        CatchUp(events);
    }

    // Without a repeated line below it, the lines that were asked for are among those that were missed.
    private void ReportHeading(bool again, Queue<ChatEvent> events)
    {
        if (_heading is string heading && again)
            events.Enqueue(new ChatEvent(EventKind.Info) { Text = heading });
        _asked &= again || _heading is null;
        _heading = null;
    }

    private ChatEvent? EventOf(RichLine line, bool again, bool acknowledged)
    {
        string name = NameOf(line.Name);
        bool mine = acknowledged || name == Name;
        ReadOnlySpan<byte> text = line.Text;
        string to = line.Kind == LineKind.Tell ? NameOf(RichWire.Word(ref text)) : "";
        EventKind kind = line.Kind switch
        {
            LineKind.Say => EventKind.Say,
            LineKind.Me => EventKind.Me,
            LineKind.Tell => EventKind.Whisper,
            LineKind.Join => EventKind.Join,
            LineKind.Leave => EventKind.Leave,
            LineKind.Rename => EventKind.Rename,
            LineKind.Notice => EventKind.Notice,
            _ => EventKind.Line,
        };
        if (kind == EventKind.Line)
            return null;
        string words = kind switch
        {
            EventKind.Rename => NameOf(text),
            EventKind.Join => "",
            _ => Clean(text),
        };
        string former = kind == EventKind.Join ? NameOf(text) : "";
        if (!again)
            Remember(kind, name, words, former, isNews: line.Offset >= _tail, mine);
        return new ChatEvent(kind)
        {
            Offset = line.Offset,
            UnixMilliseconds = TimeOf(line.Milliseconds),
            Name = kind == EventKind.Notice ? "" : name,
            To = to,
            Text = words,
            Former = former,
            Mine = mine,
            IsEcho = line.Id.Seat == _seat,
            IsHistory = again || (!_isBack && line.Offset < _tail),
            IsCount = kind == EventKind.Notice && line.Name.SequenceEqual(RichWire.Counted),
            IsMissed = !again && _isBack && line.Offset < _tail,
        };
    }

    private void Remember(EventKind kind, string name, string words, string former, bool isNews, bool mine)
    {
        // The welcome has told what one is called; whoever had that name before it, and gave it up, may have been
        // another.
        if (kind == EventKind.Rename && mine && isNews && words.Length > 0)
            Name = words;
        if (kind == EventKind.Rename && name == LastWhisperer)
            LastWhisperer = words;
        else if (former.Length > 0 && former == LastWhisperer)
            LastWhisperer = name;
        // Another person has that name now, and a reply is not for them.
        else if (
            LastWhisperer is not null
            && ((kind == EventKind.Rename && words == LastWhisperer) || (former.Length > 0 && name == LastWhisperer))
        )
            LastWhisperer = null;
        else if (kind == EventKind.Whisper && !mine)
            LastWhisperer = name;
    }

    // All that was said before this connection has been read: what the server had taken by then and did not come back
    // it must have refused.
    private void CatchUp(Queue<ChatEvent> events)
    {
        if (!_catchingUp || _place < _tail)
            return;
        _catchingUp = false;
        foreach ((string text, InputOrigin origin) in pending.TakeUnanswered(_taken))
        {
            string what = _hasGap
                ? "the server took this, but whether it was said is in the part that is gone"
                : "this was not said, and why was lost with the old connection";
            events.Enqueue(new ChatEvent(EventKind.Error) { Text = $"{what}: {text}", Origin = origin });
        }
    }

    private string Clean(ReadOnlySpan<byte> text) =>
        Encoding.UTF8.GetString(_clean.AsSpan(0, SafeText.Clean(text, _clean)));

    // Null for a time before 1970, and for one that no calendar has.
    private long? TimeOf(long milliseconds) =>
        (Int128)_begun + milliseconds is var time
        && time >= 0
        && time <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? (long)time
            : null;

    // One word, of bounded length: what is cleaned may have become longer.
    private string NameOf(ReadOnlySpan<byte> word)
    {
        string name = Encoding.UTF8.GetString(
            _clean.AsSpan(0, SafeText.Clean(word, _clean.AsSpan(0, ProtocolLimits.HeadBytes / 2)))
        );
        int space = name.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? name : name[..space];
    }
}
