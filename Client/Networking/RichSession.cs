using System.Text;
using Chat.Client.Commands;
using Chat.Protocol;
using Chat.Protocol.Names;
using Chat.Protocol.Text;
using Chat.Protocol.Wire;

namespace Chat.Client.Networking;

/// <summary>
/// The client's membership in a room of ours, over all connections: the log, the offset read so far, the own name and
/// the own seat. It turns each line of the server into events. It knows no sockets and no clock.
/// </summary>
/// <remarks>
/// Invariant: <see cref="_offset"/> is the offset after the last whole line handled. A line before it is shown only if
/// the client requested it again. Lost lines are reported by an event of their own.
/// <para>
/// The server is not trusted: every text is cleaned, every name becomes one bounded word, and a line that does not
/// parse is shown as text.
/// </para>
/// </remarks>
/// <param name="pending">The unacknowledged requests.</param>
/// <param name="roster">The roster request under way, if any.</param>
/// <param name="find">The search under way, if any.</param>
/// <param name="host">The proof of the host's key under way, if any.</param>
internal sealed class RichSession(
    UnacknowledgedQueue pending,
    RosterQuery roster,
    FindQuery? find = null,
    HostProofQuery? host = null
)
{
    private readonly byte[] _clean = new byte[ProtocolLimits.SnippetLineBytes];
    private readonly FindQuery _find = find ?? new();
    private string? _epoch;
    private long? _lineTime;
    private long _startMilliseconds,
        _seat,
        _offset,
        _tail,
        _taken;
    private string? _heading;
    private bool _hasReconnected,
        _isReplayRequested,
        _isReplaying,
        _isCatchingUp,
        _hasGap;
    private string? _chosen,
        _refusedName;

    /// <summary>The own name; empty while unknown.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The person at this client has the mark of a host.</summary>
    public bool IsHost { get; private set; }

    /// <summary>The reason for which a host has removed this client; null for none. It does not reconnect.</summary>
    public string? Removal { get; private set; }

    /// <summary>The sender of the last whisper; null without one.</summary>
    public string? LastWhisperer { get; private set; }

    /// <summary>The epoch of the server's log; null before its welcome.</summary>
    public string? Epoch => _epoch;

    /// <summary>The offset after the last whole line handled.</summary>
    public long Offset => _offset;

    /// <summary>The server has answered a hello at least once.</summary>
    public bool WasWelcome => _epoch is not null;

    /// <summary>The first line of a connection.</summary>
    /// <param name="options">The name, the seat and the backlog.</param>
    /// <param name="token">Identifies the person in this room; the seat for an anonymous one.</param>
    public byte[] Hello(LinkOptions options, UInt128 token)
    {
        Span<byte> line = stackalloc byte[ProtocolLimits.HeadBytes];
        LineWriter writer = new(line);
        _chosen = options.IsNameChosen ? options.Name : null;
        writer.Put("hello "u8);
        // A name that the server chose is not requested again.
        writer.Put(Nickname.Refusal(Name) is null ? Name : options.Name ?? "-");
        writer.PutField(token);
        writer.PutField(options.Seat);
        writer.PutField(_epoch ?? "-");
        writer.PutField(_epoch is null ? options.BacklogLines : _offset);
        writer.Put("\n"u8);
        return line[..writer.Length].ToArray();
    }

    /// <summary>
    /// The request behind the hello that names the token by which the room knew the person in version 0.1.0. It has no
    /// answer.
    /// </summary>
    public static byte[] Was(UInt128 token) => Encoding.ASCII.GetBytes($"was 0 {token:x32}\n");

    /// <summary>Handles the answer to the hello.</summary>
    /// <returns>Whether the line was a welcome.</returns>
    public bool TryWelcome(ReadOnlySpan<byte> line, Queue<ChatEvent> events)
    {
        ReadOnlySpan<byte> rest = line;
        if (!RichWire.Word(ref rest).SequenceEqual("welcome"u8))
            return false;
        ReadOnlySpan<byte> shown = RichWire.Word(ref rest);
        string name = NameOf(shown);
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
        _hasReconnected = _epoch is not null;
        _hasGap = _hasReconnected && (!same || from != _offset);
        if (_hasGap)
            events.Enqueue(
                new ChatEvent(EventKind.Gap)
                {
                    Bytes = same && from > _offset ? from - _offset : null,
                    IsNewLog = !same,
                    UnixMilliseconds = _lineTime,
                }
            );
        // Only the newest seat is ours: a restarted server may have given an older number to another client.
        (_seat, Name, _epoch, _startMilliseconds, _offset, _tail, _taken, _isCatchingUp) = (
            seat,
            name,
            epoch,
            begun,
            from,
            tail,
            taken,
            true
        );
        IsHost = HostMark.IsOn(shown);
        _isReplayRequested = _isReplaying = false;
        _heading = null;
        _refusedName = !_hasReconnected && name != _chosen ? _chosen : null;
        if (_hasReconnected && !same)
            DropChanges(events);
        pending.Restart(taken);
        roster.Restart();
        host?.Restart();
        _find.Restart(same, events);
        CatchUp(events);
        return true;
    }

    /// <summary>Handles a line that a host's decision ends the link with.</summary>
    /// <returns>Whether the line was one.</returns>
    public bool TryTakeRemoval(ReadOnlySpan<byte> line)
    {
        if (!RichWire.Word(ref line).SequenceEqual("gone"u8) || !RichWire.TryNumber(RichWire.Word(ref line), out _))
            return false;
        Removal = Clean(line);
        return true;
    }

    /// <summary>A request for earlier lines is under way.</summary>
    public void ExpectReplay() => _isReplayRequested = true;

    /// <summary>Handles a line of the server.</summary>
    public void HandleLine(ReadOnlySpan<byte> line, Queue<ChatEvent> events)
    {
        // Ignore empty lines: a server of ours sends none, and each would cost a row.
        if (line.IsEmpty)
            return;
        ReportRefusedName(line, events);
        ReadOnlySpan<byte> rest = line;
        ReadOnlySpan<byte> verb = RichWire.Word(ref rest);
        if (RichWire.TryParse(line, out RichLine parsed) && parsed.Offset <= long.MaxValue - line.Length - 1)
            HandleLogged(parsed, parsed.Offset + line.Length + 1, events);
        else if (!TryTakeRemoval(line) && !TryTakeAnswer(verb, rest, events))
            events.Enqueue(new ChatEvent(EventKind.Line) { Text = Clean(line) });
    }

    // A server that refuses a name says so directly after the welcome. If it does not, another client of this person
    // already holds the person's name.
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
            roster.HandlePong(id);
            host?.HandlePong(id);
            _find.HandlePong(id, events);
        }
        else if (verb.SequenceEqual("info"u8))
        {
            string words = Clean(rest);
            // The server sends this heading before the missed lines. Above them, a heading for older lines would be
            // wrong.
            if (id == RequestIds.History && _isCatchingUp)
                _heading = words;
            else if (!roster.TryTakeNames(id, words, Name, events))
                events.Enqueue(new ChatEvent(EventKind.Info) { Text = words });
        }
        else if (verb.SequenceEqual("topic"u8))
        {
            events.Enqueue(new ChatEvent(EventKind.Info) { Text = RoomCommands.WordsForTopic(Clean(rest)) });
        }
        else if (verb.SequenceEqual("err"u8))
        {
            string words = Clean(rest);
            host?.HandleAnswer(id);
            if (words == RichWire.UnknownRequest + "snippet" && pending.TrySplitSnippet(id))
                return true;
            pending.Acknowledge(id, out InputOrigin origin);
            events.Enqueue(new ChatEvent(EventKind.Error) { Text = words, Origin = origin });
        }
        else if (verb.SequenceEqual("done"u8))
        {
            pending.Acknowledge(id, out _);
            host?.HandleAnswer(id);
        }
        else if (verb.SequenceEqual("challenge"u8))
        {
            host?.HandleChallenge(Clean(rest), _epoch ?? "");
        }
        else if (verb.SequenceEqual("person"u8) && RichWire.TryPerson(rest, out PersonLine person))
        {
            roster.HandlePerson(person, NameOf(person.Name), TimeOf(person.Since));
        }
        else if (verb.SequenceEqual("people"u8) && RichWire.TryPeopleEnd(rest, out long? next, out long total))
        {
            roster.HandlePageEnd(next, total, events);
        }
        else
        {
            return TryTakeFound(verb, rest, events);
        }
        return true;
    }

    private bool TryTakeFound(ReadOnlySpan<byte> verb, ReadOnlySpan<byte> rest, Queue<ChatEvent> events)
    {
        if (verb.SequenceEqual("finding"u8))
        {
            _find.HandleConfirmation();
        }
        else if (verb.SequenceEqual("found"u8) && RichWire.TryParse(rest, out RichLine line))
        {
            if (EventOf(line, again: true, acknowledged: false) is ChatEvent found)
                _find.HandleLine(found);
        }
        else if (verb.SequenceEqual("find"u8) && RichWire.TryFindEnd(rest, out long? next))
        {
            _find.HandlePageEnd(next, events);
        }
        else
        {
            return false;
        }
        return true;
    }

    private void HandleLogged(RichLine line, long end, Queue<ChatEvent> events)
    {
        bool again = line.Offset < _offset;
        if (again && !_isReplayRequested)
            return;
        // New lines may arrive before the server reads the request. So the replay ends at the first new line after a
        // repeated one.
        _isReplayRequested &= again || !_isReplaying;
        _isReplaying = again;
        ReportHeading(again, events);
        InputOrigin origin = default;
        bool acknowledged = line.Id.Id > 0 && line.Id.Seat == _seat && pending.Acknowledge(line.Id.Id, out origin);
        ChatEvent? shown = EventOf(line, again, acknowledged);
        if (shown is not null)
            events.Enqueue(acknowledged ? shown with { Origin = origin } : shown);
        if (again && end == _offset)
            events.Enqueue(new ChatEvent(EventKind.Info) { Text = "end of the repeated lines" });
        if (again)
            return;
        if (shown is not null)
            roster.Follow(shown);
        (_offset, _lineTime) = (end, TimeOf(line.Milliseconds));
        CatchUp(events);
    }

    // If no repeated line follows the heading, the requested lines are among the missed ones.
    private void ReportHeading(bool again, Queue<ChatEvent> events)
    {
        if (_heading is string heading && again)
            events.Enqueue(new ChatEvent(EventKind.Info) { Text = heading });
        _isReplayRequested &= again || _heading is null;
        _heading = null;
    }

    private ChatEvent? EventOf(RichLine line, bool again, bool acknowledged)
    {
        string name = NameOf(line.Name);
        bool mine = acknowledged || name == Name;
        ReadOnlySpan<byte> text = line.Text;
        ReadOnlySpan<byte> receiver = line.Kind == LineKind.Tell ? RichWire.Word(ref text) : [];
        string to = NameOf(receiver);
        bool isHost = HostMark.IsOn(line.Kind == LineKind.Rename ? text : line.Name);
        EventKind kind = line.Kind switch
        {
            LineKind.Say or LineKind.Snippet or LineKind.Re => EventKind.Say,
            LineKind.Edit => EventKind.Edit,
            LineKind.Delete => EventKind.Delete,
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
        long? target = null;
        if (line.Kind is LineKind.Edit or LineKind.Delete or LineKind.Re)
            target = RichWire.TryNumber(RichWire.Word(ref text), out long earlier) ? earlier : 0;
        ReadOnlySpan<byte> quotation = [],
            answer = text;
        if (line.Kind == LineKind.Re)
            _ = Quotation.TryParse(text, out quotation, out answer);
        string quoted = Clean(quotation);
        string words = kind switch
        {
            EventKind.Rename => NameOf(text),
            EventKind.Join => "",
            EventKind.Say or EventKind.Edit when line.Kind is LineKind.Snippet or LineKind.Edit => Unescape(text),
            _ => Clean(answer),
        };
        string former = kind == EventKind.Join ? NameOf(RichWire.FormerOf(text)) : "";
        if (!again)
            Remember(kind, name, words, former, isNews: line.Offset >= _tail, mine, isHost);
        return new ChatEvent(kind)
        {
            Offset = line.Offset,
            UnixMilliseconds = TimeOf(line.Milliseconds),
            Name = kind == EventKind.Notice ? "" : name,
            IsHost = isHost,
            To = to,
            IsToHost = HostMark.IsOn(receiver),
            Text = words,
            Former = former,
            IsInClear = kind == EventKind.Join && RichWire.IsJoinInClear(text),
            Target = target,
            Quoted = quoted,
            Mine = mine,
            // What the room is told of a host's command is news to the host as well.
            IsEcho = line.Id.Seat == _seat && kind != EventKind.Notice,
            IsHistory = again || (!_hasReconnected && line.Offset < _tail),
            IsCount = kind == EventKind.Notice && line.Name.SequenceEqual(RichWire.Counted),
            IsMissed = !again && _hasReconnected && line.Offset < _tail,
        };
    }

    private void Remember(EventKind kind, string name, string words, string former, bool isNews, bool mine, bool isHost)
    {
        // Only renames after the welcome count: in older lines, another person may have had the own name.
        if (kind == EventKind.Rename && mine && isNews && words.Length > 0)
            (Name, IsHost) = (words, isHost);
        if (kind == EventKind.Rename && name == LastWhisperer)
            LastWhisperer = words;
        else if (former.Length > 0 && former == LastWhisperer)
            LastWhisperer = name;
        // Another person has that name now, and must not get the reply.
        else if (
            LastWhisperer is not null
            && ((kind == EventKind.Rename && words == LastWhisperer) || (former.Length > 0 && name == LastWhisperer))
        )
            LastWhisperer = null;
        else if (kind == EventKind.Whisper && !mine)
            LastWhisperer = name;
    }

    // The log up to the welcome's tail has been read. A request that the server took before then, and that did not come
    // back, was refused.
    private void CatchUp(Queue<ChatEvent> events)
    {
        if (!_isCatchingUp || _offset < _tail)
            return;
        _isCatchingUp = false;
        foreach ((string text, InputOrigin origin) in pending.TakeUnanswered(_taken))
        {
            string what = _hasGap
                ? "the server took this, but the lost part hides whether it was said"
                : "the server refused this; the reason was lost with the old connection";
            events.Enqueue(new ChatEvent(EventKind.Error) { Text = $"{what}: {text}", Origin = origin });
        }
    }

    private string Clean(ReadOnlySpan<byte> text) =>
        Encoding.UTF8.GetString(_clean.AsSpan(0, SafeText.Clean(text, _clean)));

    private void DropChanges(Queue<ChatEvent> events)
    {
        foreach ((string text, InputOrigin origin) in pending.TakeAboutEarlier())
            events.Enqueue(
                new ChatEvent(EventKind.Error)
                {
                    Text = $"the server has another log now, so this was not sent: {text}",
                    Origin = origin,
                }
            );
    }

    // The escaped form is printable, so it is cleaned first. Neither step makes a text longer than the buffer.
    private string Unescape(ReadOnlySpan<byte> escaped)
    {
        ReadOnlySpan<byte> clean = _clean.AsSpan(0, SafeText.Clean(escaped, _clean));
        ReadOnlySpan<byte> text = _clean.AsSpan(0, SnippetEscape.Unescape(clean, _clean));
        // A server of ours keeps the bounds. Another one must not fill the screen or the memory.
        return SnippetText.Refusal(text) is string refusal ? $"({refusal})" : Encoding.UTF8.GetString(text);
    }

    // Null for a time before 1970, and for a time outside the calendar.
    private long? TimeOf(long milliseconds) =>
        (Int128)_startMilliseconds + milliseconds is var time
        && time >= 0
        && time <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? (long)time
            : null;

    // Cleaning can lengthen a word, so its length is bounded here.
    private string NameOf(ReadOnlySpan<byte> word)
    {
        word = HostMark.Strip(word);
        string name = Encoding.UTF8.GetString(
            _clean.AsSpan(0, SafeText.Clean(word, _clean.AsSpan(0, ProtocolLimits.HeadBytes / 2)))
        );
        int space = name.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? name : name[..space];
    }
}
