using System.Text;
using Chat.Protocol;

namespace Chat.Client;

/// <summary>
/// What was said on a server of ours and is not acknowledged yet, in order. Each request has a number that only rises, from the first to the
/// last of this run, whatever becomes of connections; that is how the server takes each once though it may be sent again.
/// </summary>
/// <remarks>
/// Acknowledged is what came back as a line of the conversation, or was refused with a reason. After a break the server says the highest number it
/// has taken: what is above goes again. What is at or below either comes back among the lines that were missed, or it was refused and the
/// answer is lost with the old connection; <see cref="TakeUnanswered"/> gives that out, so that nothing said ever disappears without a word.
/// </remarks>
internal sealed class Pending
{
    private readonly List<Entry> _entries = [];
    private long _lastId;
    private int _next;

    // What is asked for and not said counts for nothing, and is forgotten once sent.
    private sealed record Entry(long Id, string Verb, string To, string Text)
    {
        public int Bytes => Limits.HeadBytes + Text.Length;

        public bool IsSaid => Id is > 0 and < HistoryId;

        // As a person would recognise it.
        public string Shown => Verb switch { "me" => $"* {Text}", "tell" => $"-> {To}: {Text}", "nick" => $"/nick {Text}", _ => Text };
    }

    /// <summary>The number of a question after the last lines: by it the heading above them is known.</summary>
    public const long HistoryId = long.MaxValue - 1;

    /// <summary>Bytes that wait, about.</summary>
    public int Bytes { get; private set; }

    /// <summary>Requests that wait: for their acknowledgement, or, questions of the person's, to be sent.</summary>
    public int Count { get; private set; }

    /// <summary>What they say, oldest first.</summary>
    public IEnumerable<string> Texts => _entries.Where(static e => e.IsSaid).Select(static e => e.Shown);

    /// <summary>Something is to be sent.</summary>
    public bool HasNext => _next < _entries.Count;

    /// <summary>Adds what is said, in several requests when it is longer than a line.</summary>
    /// <param name="verb">say, me, tell or nick.</param>
    /// <param name="to">Of tell: to whom; otherwise empty.</param>
    /// <param name="text">Clean, not empty.</param>
    public void Say(string verb, string to, string text)
    {
        Span<byte> piece = new byte[Limits.TextBytes];
        for (ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(text); !rest.IsEmpty;)
        {
            int length = TextPieces.Next(rest, piece);
            rest = rest[length..];
            Add(new Entry(++_lastId, verb, to, Encoding.UTF8.GetString(piece[..length])));
        }
    }

    /// <summary>Adds a question such as history. It is not asked again after a break.</summary>
    public void Ask(string verb, string text) => Add(new Entry(verb == "history" ? HistoryId : 0, verb, "", text));

    /// <summary>The next line to send, and it counts as sent on this connection.</summary>
    public byte[] TakeNext()
    {
        Entry entry = _entries[_next];
        if (!entry.IsSaid)
            Remove(_next);
        else
            _next++;
        string to = entry.To.Length > 0 ? $" {entry.To}" : "";
        string text = entry.Text.Length > 0 ? $" {entry.Text}" : "";
        return Encoding.UTF8.GetBytes($"{entry.Verb} {entry.Id}{to}{text}\n");
    }

    /// <summary>A new connection, on which the server says what it has taken.</summary>
    public void Restart(long taken)
    {
        _next = 0;
        while (_next < _entries.Count && _entries[_next].IsSaid && _entries[_next].Id <= taken)
            _next++;
    }

    /// <summary>This request has come to its end.</summary>
    /// <returns>Whether it was waited for.</returns>
    public bool Acknowledge(long id)
    {
        int index = id == 0 ? -1 : _entries.FindIndex(e => e.Id == id);
        if (index >= 0)
            Remove(index);
        return index >= 0;
    }

    /// <summary>Takes out what the server had taken when the connection began, all that it made of it having arrived.</summary>
    public IEnumerable<string> TakeUnanswered(long taken)
    {
        while (_entries.FindIndex(e => e.IsSaid && e.Id <= taken) is >= 0 and int index)
        {
            string text = _entries[index].Text;
            Remove(index);
            yield return text;
        }
    }

    private void Add(Entry entry)
    {
        _entries.Add(entry);
        Bytes += entry.Bytes;
        Count++;
    }

    private void Remove(int index)
    {
        Bytes -= _entries[index].Bytes;
        Count--;
        _entries.RemoveAt(index);
        if (index < _next)
            _next--;
    }
}
