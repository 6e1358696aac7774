using System.Text;
using Chat.Client.Commands;
using Chat.Protocol;
using Chat.Protocol.Text;
using Chat.Protocol.Wire;

namespace Chat.Client.Networking;

/// <summary>
/// The requests to a server of ours that are not acknowledged, in order. A request gets its id when it is first sent.
/// Ids increase over all connections of a run, so the server recognises a repeated request.
/// </summary>
/// <remarks>
/// A request is acknowledged when its line comes back in the log, or when an error refuses it. After a break the server
/// reports the highest id it has taken. Requests above it are sent again. A request at or below it comes back among the
/// missed lines, or its refusal was lost with the old connection. <see cref="TakeUnanswered"/> returns the latter, so
/// no request disappears silently.
/// <para>
/// Only a few pasted lines are under way at a time. The others, except changes, can be taken back, and
/// a typed line goes before them.
/// </para>
/// </remarks>
/// <param name="pasteWindow">The number of requests under way at which no further pasted line is sent.</param>
internal sealed class UnacknowledgedQueue(int pasteWindow = int.MaxValue)
{
    // Entries before _next are under way on this connection. Then come those under way on an earlier one, then those
    // without an id.
    private readonly List<Entry> _entries = [];
    private long _lastId;
    private int _next;

    private const long TakenEarlier = long.MaxValue;

    private static bool NamesEarlier(string verb) => verb is "edit" or "delete" or "re";

    // A question has no id of its own and is removed once it is sent.
    private sealed class Entry(string verb, string to, string text)
    {
        /// <summary>0 until the entry is sent.</summary>
        public long Id { get; set; }

        /// <summary>The time of the first send on this connection. Means something only before _next.</summary>
        public long SentAt { get; set; }

        public bool IsQuestion { get; init; }

        /// <summary>The line as the person typed it, if the other fields do not show it.</summary>
        public string? AsTyped { get; init; }

        public bool IsPasted { get; init; }

        public InputOrigin Origin { get; init; }

        /// <summary>The entry continues the line of the previous entry; no other entry goes between them.</summary>
        public bool IsRest { get; init; }

        public string Text => text;

        public int Bytes => ProtocolLimits.HeadBytes + text.Length;

        public bool IsSnippet => verb == "snippet";

        // The corrected message may be a snippet.
        private bool IsEscaped => verb is "edit" or "snippet";

        public bool IsAboutEarlier => NamesEarlier(verb);

        // A change means the last message of the time at which it was typed, so it cannot be typed again later.
        public bool CanBeTakenBack => !IsUnderWay && (!IsAboutEarlier || AsTyped is not null);

        public bool IsUnderWay => Id > 0 && !IsQuestion;

        // The line as the screen shows it.
        public string Shown =>
            verb switch
            {
                "me" => $"* {text}",
                "tell" => $"-> {to}: {text}",
                "nick" => $"/nick {text}",
                "do" => $"/{text}",
                "edit" => $"(edit) {FirstRow(text)}",
                "delete" => "(withdraw a message)",
                _ => FirstRow(text),
            };

        // The line as the person would type it; a message of several rows as it is.
        public string Typed =>
            verb switch
            {
                _ when AsTyped is not null => AsTyped,
                "me" => $"/me {text}",
                "tell" => $"/msg {to} {text}",
                "nick" => $"/nick {text}",
                "do" => $"/{text}",
                _ => text.StartsWith('/') && !SnippetText.IsSnippet(text) ? "/" + text : text,
            };

        public byte[] Line =>
            IsEscaped
                ? EscapedLine
                : Encoding.UTF8.GetBytes(
                    $"{verb} {Id}{(to.Length > 0 ? " " : "")}{to}{(text.Length > 0 ? " " : "")}{text}\n"
                );

        private byte[] EscapedLine
        {
            get
            {
                byte[] line = new byte[ProtocolLimits.SnippetLineBytes];
                LineWriter writer = new(line);
                writer.Put(verb);
                writer.PutField(Id);
                if (to.Length > 0)
                    writer.PutField(to);
                writer.Put(" "u8);
                byte[] utf8 = Encoding.UTF8.GetBytes(text);
                int length = writer.Length + SnippetEscape.Escape(utf8, line.AsSpan(writer.Length));
                line[length] = (byte)'\n';
                return line[..(length + 1)];
            }
        }
    }

    /// <summary>The first row of a snippet and the number of the others; a text of one row unchanged.</summary>
    public static string FirstRow(string text)
    {
        string[] rows = text.Replace('\t', ' ').Split('\n');
        return rows.Length == 1 ? rows[0] : $"{rows[0]} (and {rows.Length - 1} more)";
    }

    /// <summary>The bytes of all entries, approximately.</summary>
    public int Bytes { get; private set; }

    /// <summary>The bytes of the typed entries, approximately.</summary>
    public int TypedBytes { get; private set; }

    /// <summary>The number of entries: unacknowledged requests, and questions not sent yet.</summary>
    public int Count => _entries.Count;

    /// <summary>The number of lines that were never sent.</summary>
    public int WaitingCount { get; private set; }

    /// <summary>The texts of the unacknowledged lines, oldest first.</summary>
    public IEnumerable<string> Texts => _entries.Where(static e => !e.IsQuestion).Select(static e => e.Shown);

    /// <summary>The place of the oldest unacknowledged line in the input.</summary>
    public InputOrigin First => _entries.Find(static e => !e.IsQuestion)?.Origin ?? default;

    /// <summary>An entry may be sent now.</summary>
    public bool HasNext =>
        _next < _entries.Count
        && (_entries[_next].IsUnderWay || _next < (_entries[_next].IsPasted ? pasteWindow : int.MaxValue));

    /// <summary>
    /// Adds a request, split into several if the text is too long for one line. A snippet is one request.
    /// </summary>
    /// <param name="verb">say, snippet, me, tell, nick, do, edit, delete or re.</param>
    /// <param name="to">The receiver of tell; the offset of the message of edit, delete and re; otherwise
    /// empty.</param>
    /// <param name="text">The text, cleaned; empty only for delete.</param>
    /// <param name="isPasted">One of several pasted lines; a typed line goes before those not sent yet.</param>
    /// <param name="origin">The place in the input.</param>
    /// <param name="typed">The line as typed, if the other arguments do not show it.</param>
    public void Say(
        string verb,
        string to,
        string text,
        bool isPasted = false,
        InputOrigin origin = default,
        string? typed = null
    )
    {
        Span<byte> piece = new byte[ProtocolLimits.TextBytes];
        int place = PlaceFor(isPasted);
        if (verb is "snippet" or "do" || NamesEarlier(verb))
        {
            Add(
                place,
                new Entry(verb, to, text)
                {
                    IsPasted = isPasted,
                    Origin = origin,
                    AsTyped = typed,
                }
            );
            return;
        }
        bool isRest = false;
        for (ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(text); !rest.IsEmpty; isRest = true)
        {
            int length = LineSplitter.Next(rest, piece);
            rest = rest[length..];
            // A server refuses a blank line.
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

    /// <summary>Adds a question such as history. It is not repeated after a break.</summary>
    public void Ask(string verb, string text) =>
        Add(
            PlaceFor(isPasted: false),
            new Entry(verb, "", text) { IsQuestion = true, Id = verb == "history" ? RequestIds.History : 0 }
        );

    /// <summary>Returns the next line to send and marks it as sent on this connection.</summary>
    /// <param name="now">The time, for <see cref="SentAt"/>.</param>
    public byte[] TakeNext(long now = 0)
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
        entry.SentAt = now;
        _next++;
        return entry.Line;
    }

    /// <summary>The number of the oldest lines that were all sent on this connection, by this time.</summary>
    public int CountSentBy(long time)
    {
        int count = 0;
        while (SentAt(count) <= time)
            count++;
        return count;
    }

    /// <summary>
    /// The time at which the line of this index was sent on this connection. Null if it was not: it waits, or the
    /// server took it on an earlier connection.
    /// </summary>
    public long? SentAt(int index) =>
        index < _next && _entries[index].SentAt != TakenEarlier ? _entries[index].SentAt : null;

    /// <summary>Removes the lines that were never sent, and the questions. Changes stay.</summary>
    /// <returns>The lines as the person would type them, in order.</returns>
    public IReadOnlyList<string> TakeBack()
    {
        List<string> lines = [];
        for (int i = _next; i < _entries.Count; )
        {
            if (!_entries[i].CanBeTakenBack)
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

    /// <summary>Replaces a snippet, which an older server does not know, by a line for each row.</summary>
    /// <returns>Whether the request with this id was a snippet.</returns>
    public bool TrySplitSnippet(long id)
    {
        int index = _entries.FindIndex(entry => entry.Id == id && entry.IsSnippet);
        if (index < 0)
            return false;
        Entry snippet = _entries[index];
        Remove(index);
        foreach (string row in SnippetText.RowsWithSpaces(snippet.Text))
            Say("say", "", row, isPasted: true, snippet.Origin);
        return true;
    }

    /// <summary>Removes and returns the requests about an earlier message, which another log does not have.</summary>
    public IReadOnlyList<(string Text, InputOrigin Origin)> TakeAboutEarlier()
    {
        List<(string, InputOrigin)> taken = [];
        while (_entries.FindIndex(static entry => entry.IsAboutEarlier) is >= 0 and int index)
        {
            taken.Add((_entries[index].Shown, _entries[index].Origin));
            Remove(index);
        }
        return taken;
    }

    /// <summary>Starts a new connection: requests with an id above <paramref name="taken"/> are sent again.</summary>
    public void Restart(long taken)
    {
        _next = 0;
        while (_next < _entries.Count && _entries[_next].IsUnderWay && _entries[_next].Id <= taken)
            _entries[_next++].SentAt = TakenEarlier;
    }

    /// <summary>Removes the request with this id.</summary>
    /// <returns>Whether such a request was unacknowledged.</returns>
    public bool Acknowledge(long id) => Acknowledge(id, out _);

    /// <summary>The same, with the place of the request in the input.</summary>
    public bool Acknowledge(long id, out InputOrigin origin)
    {
        int index = id == 0 ? -1 : _entries.FindIndex(e => e.Id == id);
        origin = index < 0 ? default : _entries[index].Origin;
        if (index >= 0)
            Remove(index);
        return index >= 0;
    }

    /// <summary>
    /// Removes and returns the requests up to the id <paramref name="taken"/>. Call it once the log up to the welcome's
    /// tail is read.
    /// </summary>
    public IEnumerable<(string Text, InputOrigin Origin)> TakeUnanswered(long taken)
    {
        while (_entries.FindIndex(e => e.IsUnderWay && e.Id <= taken) is >= 0 and int index)
        {
            (string text, InputOrigin origin) = (FirstRow(_entries[index].Text), _entries[index].Origin);
            Remove(index);
            yield return (text, origin);
        }
    }

    // Typed lines keep their order and go before the first pasted line that was never sent.
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
        AdjustTotals(entry, 1);
    }

    private void Remove(int index)
    {
        AdjustTotals(_entries[index], -1);
        _entries.RemoveAt(index);
        if (index < _next)
            _next--;
    }

    private void AdjustTotals(Entry entry, int sign)
    {
        Bytes += sign * entry.Bytes;
        TypedBytes += entry.IsPasted ? 0 : sign * entry.Bytes;
        WaitingCount += entry.IsQuestion || entry.IsUnderWay ? 0 : sign;
    }
}
