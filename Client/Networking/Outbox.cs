using System.Text;
using Chat.Client.Commands;
using Chat.Protocol.Text;

namespace Chat.Client.Networking;

/// <summary>The typed lines that wait: until the kind of server is known, and always on a plain server.</summary>
/// <remarks>
/// Texts are kept as they were said and cut into lines only when they are sent: what a person or a script says at once
/// is there before the server has shown how long a line it takes.
/// </remarks>
/// <param name="isLiteral">What is said is words: a slash makes no command of it.</param>
internal sealed class Outbox(bool isLiteral = false)
{
    private readonly List<Waiting> _texts = [];
    private int _cut,
        _requestCount;
    private byte[] _line = [];
    private int _sent;

    private readonly record struct Waiting(byte[] Text, bool IsPasted, InputOrigin Origin, Command? Request = null);

    /// <summary>Bytes of what was typed.</summary>
    public int TypedBytes { get; private set; }

    /// <summary>Bytes that wait, the end of each text included.</summary>
    public int Bytes { get; private set; }

    public bool IsEmpty => Bytes == 0;

    /// <summary>A request waits.</summary>
    public bool HasRequests => _requestCount > 0;

    /// <summary>A text waits that is no request.</summary>
    public bool HasTexts => _texts.Count > _requestCount;

    /// <summary>Texts that wait.</summary>
    public int Count => _texts.Count;

    /// <summary>The waiting lines, as typed.</summary>
    public IEnumerable<string> Texts => _texts.Select(static waiting => Encoding.UTF8.GetString(waiting.Text));

    /// <summary>Where the oldest of them stands in the input.</summary>
    public InputOrigin First => _texts.Count > 0 ? _texts[0].Origin : default;

    /// <summary>Adds a text, cleaned. One in which nothing is left is not added.</summary>
    /// <param name="text">Without a line end, of any length.</param>
    /// <param name="isPasted">One of several pasted lines; what is typed goes before those of which nothing was sent
    /// yet.</param>
    /// <param name="origin">Where it stands in the input.</param>
    public void Add(string text, bool isPasted = false, InputOrigin origin = default)
    {
        byte[] clean = Encoding.UTF8.GetBytes(SafeText.Clean(text));
        if (clean.Length == 0)
            return;
        int place =
            isPasted || TypedBytes == Bytes ? -1 : _texts.FindIndex(BegunCount, static waiting => waiting.IsPasted);
        Insert(place < 0 ? _texts.Count : place, new Waiting(clean, isPasted, origin));
    }

    /// <summary>Adds a request, which only a server of ours can take.</summary>
    public void Add(Command request) =>
        Insert(
            _texts.Count,
            new Waiting(Encoding.UTF8.GetBytes(request.Text), IsPasted: false, request.Origin, request)
        );

    /// <summary>Takes the requests out and leaves the texts.</summary>
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

    /// <summary>Takes back what was said and of which nothing was sent.</summary>
    /// <returns>The texts as they were said, in order.</returns>
    public IReadOnlyList<string> TakeBack()
    {
        List<string> lines = [.. Texts.Skip(BegunCount)];
        while (_texts.Count > BegunCount)
            Remove(_texts.Count - 1);
        return lines;
    }

    /// <summary>Takes the first text out, whole, if none of it was sent.</summary>
    public bool TryTake(out string text, out bool isPasted) => TryTake(out text, out isPasted, out _, out _);

    /// <summary>The same, and tells where it stands in the input and whether it is a request.</summary>
    public bool TryTake(out string text, out bool isPasted, out InputOrigin origin, out Command? request)
    {
        (text, isPasted, origin, request) = ("", false, default, null);
        if (_texts.Count == 0 || _cut > 0)
            return false;
        Waiting first = _texts[0];
        (text, isPasted, origin, request) = (
            Encoding.UTF8.GetString(first.Text),
            first.IsPasted,
            first.Origin,
            first.Request
        );
        Remove(0);
        return true;
    }

    /// <summary>A new connection: a line of which the last one took a part goes again, whole.</summary>
    public void Restart() => _sent = 0;

    /// <summary>The bytes to send next: the rest of a begun line, else the next line; empty without one.</summary>
    /// <param name="lineBytes">Bytes a line may have, its end included.</param>
    /// <param name="escape">What is put before a slash that is text; 0 for nothing.</param>
    public ReadOnlySpan<byte> Next(int lineBytes, byte escape = (byte)' ')
    {
        if (_sent == _line.Length && _texts.Count > 0)
            Cut(_texts[0].Text, lineBytes, escape);
        return _line.AsSpan(_sent);
    }

    /// <summary>So much of what <see cref="Next"/> gave was sent.</summary>
    /// <returns>The text of which this was the end; null when there is more of it.</returns>
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

    // One when the first text has begun to go out.
    private int BegunCount => _cut > 0 ? 1 : 0;

    private void Insert(int place, Waiting waiting)
    {
        _texts.Insert(place, waiting);
        Weigh(waiting, 1);
    }

    private void Remove(int index)
    {
        Weigh(_texts[index], -1);
        _texts.RemoveAt(index);
    }

    private void Weigh(Waiting waiting, int sign)
    {
        int bytes = sign * (waiting.Text.Length + 1);
        Bytes += bytes;
        _requestCount += waiting.Request is null ? 0 : sign;
        TypedBytes += waiting.IsPasted ? 0 : bytes;
    }

    private void Cut(byte[] text, int lineBytes, byte escape)
    {
        ReadOnlySpan<byte> rest = text.AsSpan(_cut);
        // The further lines of a text are text, too; a slash would make a command of them.
        int start = (_cut > 0 || isLiteral) && rest[0] == '/' && escape != 0 ? 1 : 0;
        Span<byte> line = new byte[lineBytes];
        line[0] = escape;
        int length = LineSplitter.Next(rest, line[start..^1]);
        _cut += length;
        line[start + length] = (byte)'\n';
        _line = line[..(start + length + 1)].ToArray();
        _sent = 0;
    }
}
