using System.Text;
using Chat.Protocol;

namespace Chat.Client;

/// <summary>What was said as it was said, while it is not known yet what the server understands, and all along on a server that is plain.</summary>
/// <remarks>
/// Texts are kept as they were said and cut into lines only when they are sent: what a person or a script says at once is there before the
/// server has shown how long a line it takes.
/// </remarks>
/// <param name="isLiteral">What is said is words: a slash makes no command of it.</param>
internal sealed class Outbox(bool isLiteral = false)
{
    private readonly Queue<byte[]> _texts = [];
    private int _cut;
    private byte[] _line = [];
    private int _sent;

    /// <summary>Bytes that wait, the end of each text included.</summary>
    public int Bytes { get; private set; }

    public bool IsEmpty => Bytes == 0;

    /// <summary>Texts that wait.</summary>
    public int Count => _texts.Count;

    /// <summary>What waits, as it was said.</summary>
    public IEnumerable<string> Texts => _texts.Select(Encoding.UTF8.GetString);

    /// <summary>Adds a text, cleaned. One in which nothing is left is not added.</summary>
    /// <param name="text">Without a line end, of any length.</param>
    public void Add(string text)
    {
        byte[] clean = Encoding.UTF8.GetBytes(SafeText.Clean(text));
        if (clean.Length == 0)
            return;
        _texts.Enqueue(clean);
        Bytes += clean.Length + 1;
    }

    /// <summary>Takes the first text out, whole, if none of it was sent.</summary>
    public bool TryTake(out string text)
    {
        text = "";
        if (_texts.Count == 0 || _cut > 0)
            return false;
        byte[] first = _texts.Dequeue();
        Bytes -= first.Length + 1;
        text = Encoding.UTF8.GetString(first);
        return true;
    }

    /// <summary>A new connection: a line of which the last one took a part goes again, whole.</summary>
    public void Restart() => _sent = 0;

    /// <summary>What is to be sent next: the rest of a line begun, else the next line; empty when there is none.</summary>
    /// <param name="lineBytes">Bytes a line may have, its end included.</param>
    public ReadOnlySpan<byte> Next(int lineBytes)
    {
        if (_sent == _line.Length && _texts.TryPeek(out byte[]? text))
            Cut(text, lineBytes);
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
        if (_cut < _texts.Peek().Length)
            return null;
        byte[] text = _texts.Dequeue();
        Bytes -= text.Length + 1;
        _cut = 0;
        return Encoding.UTF8.GetString(text);
    }

    private void Cut(byte[] text, int lineBytes)
    {
        ReadOnlySpan<byte> rest = text.AsSpan(_cut);
        // The further lines of a text are text, too; a slash would make a command of them.
        int start = (_cut > 0 || isLiteral) && rest[0] == '/' ? 1 : 0;
        Span<byte> line = new byte[lineBytes];
        line[0] = (byte)' ';
        int length = TextPieces.Next(rest, line[start..^1]);
        _cut += length;
        line[start + length] = (byte)'\n';
        _line = line[..(start + length + 1)].ToArray();
        _sent = 0;
    }
}
