using System.Text;
using Chat.Client.Commands;
using Chat.Protocol.Text;

namespace Chat.Client.Networking;

/// <summary>The queue of unsent lines before the kind of the server is known, and on a plain server.</summary>
/// <remarks>
/// A text is split into lines only when it is sent: early texts are queued before the server's line length is known.
/// </remarks>
/// <param name="isLiteral">Every text is literal: a leading slash does not make it a command.</param>
internal sealed class Outbox(bool isLiteral = false)
{
    private readonly List<Waiting> _texts = [];
    private int _cut,
        _requestCount;
    private byte[] _line = [];
    private int _sent;

    private readonly record struct Waiting(byte[] Text, bool IsPasted, InputOrigin Origin, Command? Request = null)
    {
        // A text of one or several rows that is no command.
        public bool IsSnippet { get; init; }

        public string Typed
        {
            get
            {
                string text = Encoding.UTF8.GetString(Text);
                return IsSnippet && text.StartsWith('/') && !SnippetText.IsSnippet(text) ? "/" + text : text;
            }
        }
    }

    /// <summary>The bytes of the typed texts.</summary>
    public int TypedBytes { get; private set; }

    /// <summary>The bytes of all queued texts with their line ends.</summary>
    public int Bytes { get; private set; }

    public bool IsEmpty => Bytes == 0;

    /// <summary>A request is queued.</summary>
    public bool HasRequests => _requestCount > 0;

    /// <summary>A text is queued, not only requests.</summary>
    public bool HasTexts => _texts.Count > _requestCount;

    /// <summary>The number of queued texts and requests.</summary>
    public int Count => _texts.Count;

    /// <summary>The queued lines, as typed.</summary>
    public IEnumerable<string> Texts
    {
        get
        {
            foreach (Waiting waiting in _texts)
                yield return Encoding.UTF8.GetString(waiting.Text);
        }
    }

    /// <summary>The place of the oldest queued line in the input.</summary>
    public InputOrigin First => _texts.Count > 0 ? _texts[0].Origin : default;

    /// <summary>Adds a clean snippet. A server that takes no snippets gets its rows as lines.</summary>
    public void AddSnippet(string text, InputOrigin origin) =>
        Insert(_texts.Count, new Waiting(Encoding.UTF8.GetBytes(text), IsPasted: false, origin) { IsSnippet = true });

    /// <summary>Cleans a text and adds it, unless nothing is left of it.</summary>
    /// <param name="text">The text, of any length, without a line end.</param>
    /// <param name="isPasted">One of several pasted lines; a typed line goes before those of which no part was
    /// sent.</param>
    /// <param name="origin">The place in the input.</param>
    public void Add(string text, bool isPasted = false, InputOrigin origin = default)
    {
        byte[] clean = Encoding.UTF8.GetBytes(SafeText.Clean(text));
        if (clean.Length == 0)
            return;
        int place =
            isPasted || TypedBytes == Bytes ? -1 : _texts.FindIndex(BegunCount, static waiting => waiting.IsPasted);
        Insert(place < 0 ? _texts.Count : place, new Waiting(clean, isPasted, origin));
    }

    /// <summary>Adds a request. Only a server of ours can execute it.</summary>
    public void Add(Command request) =>
        Insert(
            _texts.Count,
            new Waiting(Encoding.UTF8.GetBytes(request.Text), IsPasted: false, request.Origin, request)
        );

    /// <summary>Removes and returns the requests; the texts stay.</summary>
    public List<Command> TakeRequests()
    {
        List<Command> requests = [];
        for (int i = 0; i < _texts.Count; )
        {
            if (_texts[i].Request is not Command request)
            {
                i++;
                continue;
            }
            requests.Add(request);
            Remove(i);
        }
        return requests;
    }

    /// <summary>Removes the texts of which no part was sent.</summary>
    /// <returns>The texts as typed, in order. A text of several rows stands as it is.</returns>
    public IReadOnlyList<string> TakeBack()
    {
        List<string> lines = _texts[BegunCount..].ConvertAll(static waiting => waiting.Typed);
        while (_texts.Count > BegunCount)
            Remove(_texts.Count - 1);
        return lines;
    }

    /// <summary>Removes the first text, if no part of it was sent.</summary>
    public bool TryTake(out string text, out bool isPasted) => TryTake(out text, out isPasted, out _, out _, out _);

    /// <summary>The same, with its place in the input, the request if it is one, and whether it is a snippet.</summary>
    public bool TryTake(
        out string text,
        out bool isPasted,
        out InputOrigin origin,
        out Command? request,
        out bool isSnippet
    )
    {
        (text, isPasted, origin, request, isSnippet) = ("", false, default, null, false);
        if (_texts.Count == 0 || _cut > 0)
            return false;
        Waiting first = _texts[0];
        (text, isPasted, origin, request, isSnippet) = (
            Encoding.UTF8.GetString(first.Text),
            first.IsPasted,
            first.Origin,
            first.Request,
            first.IsSnippet
        );
        Remove(0);
        return true;
    }

    /// <summary>Starts a new connection: a partly sent line is sent again, whole.</summary>
    public void Restart() => _sent = 0;

    /// <summary>The bytes to send next: the rest of a begun line, else the next line; empty without one.</summary>
    /// <param name="lineBytes">The longest line in bytes, with its end.</param>
    /// <param name="escape">The byte sent before a literal leading slash; 0 for none.</param>
    public ReadOnlySpan<byte> Next(int lineBytes, byte escape = (byte)' ')
    {
        if (_sent == _line.Length && _texts.Count > 0)
        {
            SplitSnippet();
            Cut(_texts[0].Text, lineBytes, escape);
        }
        return _line.AsSpan(_sent);
    }

    /// <summary>Records that this many bytes of <see cref="Next"/> were sent.</summary>
    /// <returns>The text, if its last byte was sent; otherwise null.</returns>
    public string? Advance(int sent)
    {
        _sent += sent;
        if (_sent < _line.Length)
            return null;
        _line = [];
        _sent = 0;
        string text = Encoding.UTF8.GetString(_texts[0].Text);
        if (_cut < _texts[0].Text.Length)
            return null;
        Remove(0);
        _cut = 0;
        return text;
    }

    // 1 if a part of the first text was cut off for sending; otherwise 0.
    private int BegunCount => _cut > 0 ? 1 : 0;

    private void Insert(int place, Waiting waiting)
    {
        _texts.Insert(place, waiting);
        AdjustTotals(waiting, 1);
    }

    private void Remove(int index)
    {
        AdjustTotals(_texts[index], -1);
        _texts.RemoveAt(index);
    }

    private void AdjustTotals(Waiting waiting, int sign)
    {
        int bytes = sign * (waiting.Text.Length + 1);
        Bytes += bytes;
        _requestCount += waiting.Request is null ? 0 : sign;
        TypedBytes += waiting.IsPasted ? 0 : bytes;
    }

    // A plain server knows lines only, and cleaning would make one space of a tab.
    private void SplitSnippet()
    {
        Waiting first = _texts[0];
        if (!first.IsSnippet || first.Text.AsSpan().IndexOfAny((byte)'\n', (byte)'\t') < 0)
            return;
        Remove(0);
        int place = 0;
        foreach (string row in SnippetText.RowsWithSpaces(Encoding.UTF8.GetString(first.Text)))
        {
            if (!string.IsNullOrWhiteSpace(row))
                Insert(place++, first with { Text = Encoding.UTF8.GetBytes(row) });
        }
    }

    private void Cut(byte[] text, int lineBytes, byte escape)
    {
        ReadOnlySpan<byte> rest = text.AsSpan(_cut);
        // Escape the further lines of a text too: a leading slash would make them commands.
        bool isText = _cut > 0 || isLiteral || _texts[0].IsSnippet;
        int start = isText && rest[0] == '/' && escape != 0 ? 1 : 0;
        Span<byte> line = new byte[lineBytes];
        line[0] = escape;
        int length = LineSplitter.Next(rest, line[start..^1]);
        _cut += length;
        line[start + length] = (byte)'\n';
        _line = line[..(start + length + 1)].ToArray();
        _sent = 0;
    }
}
