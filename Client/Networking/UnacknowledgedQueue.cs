using System.Text;
using Chat.Client.Commands;
using Chat.Protocol;

namespace Chat.Client.Networking;

/// <summary>
/// What was said on a server of ours and is not acknowledged yet, in order. Each request gets a number when it is sent
/// first. Numbers only rise, over all connections of this run; by them the server takes each request once though it may
/// be sent again.
/// </summary>
/// <remarks>
/// A request is acknowledged when its line comes back in the conversation, or is refused with a reason. After a break
/// the server says the highest number it has taken: what is above goes again. What is at or below either comes back
/// among the lines that were missed, or it was refused and the answer is lost with the old connection; <see
/// cref="TakeUnanswered"/> gives that out, so that nothing said ever disappears without a word.
/// <para>
/// Of pasted lines only a few are under way at a time. The others stay here, where they can be taken back, and a typed
/// line goes before them.
/// </para>
/// </remarks>
/// <param name="pasteWindow">Requests under way at which no pasted line is sent.</param>
internal sealed class UnacknowledgedQueue(int pasteWindow = int.MaxValue)
{
    // Up to _next they are under way on this connection. Behind it come those that were under way on another, then
    // those without a number.
    private readonly List<Entry> _entries = [];
    private long _lastId;
    private int _next;

    // Questions are not counted by a number, and are forgotten once sent.
    private sealed class Entry(string verb, string to, string text)
    {
        /// <summary>Zero until it is sent.</summary>
        public long Id { get; set; }

        public bool IsQuestion { get; init; }

        public bool IsPasted { get; init; }

        public InputOrigin Origin { get; init; }

        /// <summary>It goes on with the line of the entry before, and nothing is put between them.</summary>
        public bool IsRest { get; init; }

        public string Text => text;

        public int Bytes => ProtocolLimits.HeadBytes + text.Length;

        public bool IsUnderWay => Id > 0 && !IsQuestion;

        // As a person would recognise it.
        public string Shown =>
            verb switch
            {
                "me" => $"* {text}",
                "tell" => $"-> {to}: {text}",
                "nick" => $"/nick {text}",
                _ => text,
            };

        // As it is typed to be said.
        public string Typed =>
            verb switch
            {
                "me" => $"/me {text}",
                "tell" => $"/msg {to} {text}",
                "nick" => $"/nick {text}",
                _ => text.StartsWith('/') ? "/" + text : text,
            };

        public byte[] Line =>
            Encoding.UTF8.GetBytes(
                $"{verb} {Id}{(to.Length > 0 ? " " : "")}{to}{(text.Length > 0 ? " " : "")}{text}\n"
            );
    }

    /// <summary>The number of a question after the last lines: by it the heading above them is known.</summary>
    public const long HistoryId = long.MaxValue - 1;

    /// <summary>Bytes that wait, about.</summary>
    public int Bytes { get; private set; }

    /// <summary>Bytes of what was typed, about.</summary>
    public int TypedBytes { get; private set; }

    /// <summary>Requests that wait: for their acknowledgement, or, questions of the person's, to be sent.</summary>
    public int Count => _entries.Count;

    /// <summary>Lines that were never sent.</summary>
    public int WaitingCount { get; private set; }

    /// <summary>Their texts, oldest first.</summary>
    public IEnumerable<string> Texts => _entries.Where(static e => !e.IsQuestion).Select(static e => e.Shown);

    /// <summary>Where the oldest of them stands in the input.</summary>
    public InputOrigin First => _entries.Find(static e => !e.IsQuestion)?.Origin ?? default;

    /// <summary>Something is to be sent.</summary>
    public bool HasNext =>
        _next < _entries.Count
        && (_entries[_next].IsUnderWay || _next < (_entries[_next].IsPasted ? pasteWindow : int.MaxValue));

    /// <summary>Adds what is said, in several requests when it is longer than a line.</summary>
    /// <param name="verb">say, me, tell or nick.</param>
    /// <param name="to">Of tell: to whom; otherwise empty.</param>
    /// <param name="text">Clean, not empty.</param>
    /// <param name="isPasted">One of several pasted lines; what is typed goes before those that were not sent
    /// yet.</param>
    /// <param name="origin">Where it stands in the input.</param>
    public void Say(string verb, string to, string text, bool isPasted = false, InputOrigin origin = default)
    {
        Span<byte> piece = new byte[ProtocolLimits.TextBytes];
        int place = PlaceFor(isPasted);
        bool isRest = false;
        for (ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(text); !rest.IsEmpty; isRest = true)
        {
            int length = LineSplitter.Next(rest, piece);
            rest = rest[length..];
            // A server refuses a line of nothing but blanks.
            if (piece[..length].Trim((byte)' ').IsEmpty)
                continue;
            Add(
                place++,
                new Entry(verb, to, Encoding.UTF8.GetString(piece[..length]))
                {
                    IsPasted = isPasted,
                    IsRest = isRest,
                    Origin = origin,
                }
            );
        }
    }

    /// <summary>Adds a question such as history. It is not asked again after a break.</summary>
    public void Ask(string verb, string text) =>
        Add(
            PlaceFor(isPasted: false),
            new Entry(verb, "", text) { IsQuestion = true, Id = verb == "history" ? HistoryId : 0 }
        );

    /// <summary>The next line to send, and it counts as sent on this connection.</summary>
    public byte[] TakeNext()
    {
        Entry entry = _entries[_next];
        if (entry.IsQuestion)
        {
            Remove(_next);
            return entry.Line;
        }
        if (!entry.IsUnderWay)
        {
            WaitingCount--;
            entry.Id = ++_lastId;
        }
        _next++;
        return entry.Line;
    }

    /// <summary>Takes back what was never sent.</summary>
    /// <returns>The lines, as they are typed to be said, in order. Questions are forgotten.</returns>
    public IReadOnlyList<string> TakeBack()
    {
        List<string> lines = [];
        for (int i = _next; i < _entries.Count; )
        {
            if (_entries[i].IsUnderWay)
            {
                i++;
                continue;
            }
            if (!_entries[i].IsQuestion)
                lines.Add(_entries[i].Typed);
            Remove(i);
        }
        return lines;
    }

    /// <summary>A new connection, on which the server says what it has taken.</summary>
    public void Restart(long taken)
    {
        _next = 0;
        while (_next < _entries.Count && _entries[_next].IsUnderWay && _entries[_next].Id <= taken)
            _next++;
    }

    /// <summary>This request has come to its end.</summary>
    /// <returns>Whether it was waited for.</returns>
    public bool Acknowledge(long id) => Acknowledge(id, out _);

    /// <summary>The same, and tells where the request stands in the input.</summary>
    public bool Acknowledge(long id, out InputOrigin origin)
    {
        int index = id == 0 ? -1 : _entries.FindIndex(e => e.Id == id);
        origin = index < 0 ? default : _entries[index].Origin;
        if (index >= 0)
            Remove(index);
        return index >= 0;
    }

    /// <summary>
    /// Takes out what the server had taken when the connection began, all that it made of it having arrived.
    /// </summary>
    public IEnumerable<(string Text, InputOrigin Origin)> TakeUnanswered(long taken)
    {
        while (_entries.FindIndex(e => e.IsUnderWay && e.Id <= taken) is >= 0 and int index)
        {
            (string text, InputOrigin origin) = (_entries[index].Text, _entries[index].Origin);
            Remove(index);
            yield return (text, origin);
        }
    }

    // Typed lines keep their order, and stand before the first pasted line that was never sent.
    private int PlaceFor(bool isPasted)
    {
        int place =
            isPasted || TypedBytes == Bytes
                ? -1
                : _entries.FindIndex(_next, static e => e is { IsUnderWay: false, IsPasted: true, IsRest: false });
        return place < 0 ? _entries.Count : place;
    }

    private void Add(int place, Entry entry)
    {
        _entries.Insert(place, entry);
        Weigh(entry, 1);
    }

    private void Remove(int index)
    {
        Weigh(_entries[index], -1);
        _entries.RemoveAt(index);
        if (index < _next)
            _next--;
    }

    private void Weigh(Entry entry, int sign)
    {
        Bytes += sign * entry.Bytes;
        TypedBytes += entry.IsPasted ? 0 : sign * entry.Bytes;
        WaitingCount += entry.IsQuestion || entry.IsUnderWay ? 0 : sign;
    }
}
