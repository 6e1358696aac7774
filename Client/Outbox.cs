using System.Text;
using Chat.Protocol;

namespace Chat.Client;

/// <summary>What was said and not sent yet, in order, bounded.</summary>
/// <remarks>
/// Texts are kept as they were said and cut into lines only when they are sent: what a person or a script says at once is there before the
/// server has shown how long a line it takes.
/// </remarks>
internal sealed class Outbox
{
    private readonly Queue<byte[]> _texts = [];
    private int _cut;
    private byte[] _line = [];
    private int _sent;

    /// <summary>Bytes that wait, the end of each text included.</summary>
    public int Bytes { get; private set; }

    public bool IsEmpty => Bytes == 0;

    /// <summary>Takes no more for now.</summary>
    public bool IsFull => Bytes >= Limits.OutboxBytes;

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

    /// <summary>What is to be sent next: the rest of a line begun, else the next line; empty when there is none.</summary>
    /// <param name="lineBytes">Bytes a line may have, its end included.</param>
    public ReadOnlySpan<byte> Next(int lineBytes)
    {
        if (_sent == _line.Length && _texts.TryPeek(out byte[]? text))
            Cut(text, lineBytes);
        return _line.AsSpan(_sent);
    }

    /// <summary>So much of what <see cref="Next"/> gave was sent.</summary>
    public void Advance(int sent)
    {
        _sent += sent;
        if (_sent < _line.Length || _cut < _texts.Peek().Length)
            return;
        Bytes -= _texts.Dequeue().Length + 1;
        _cut = 0;
    }

    private void Cut(byte[] text, int lineBytes)
    {
        ReadOnlySpan<byte> rest = text.AsSpan(_cut);
        // The further lines of a text are text, too; a slash would make a command of them.
        bool guard = _cut > 0 && rest[0] == '/';
        Span<byte> line = new byte[lineBytes];
        line[0] = (byte)' ';
        int start = guard ? 1 : 0;
        // What is clean stays as it is, so as many bytes are used as come out; the cut is where a letter ends.
        int length = SafeText.Clean(rest, line[start..^1]);
        if (length == 0)
        {
            // One letter longer than the line, of very many characters: it is cut between two of them.
            length = Math.Min(rest.Length, lineBytes - 1 - start);
            while (length < rest.Length && (rest[length] & 0xC0) == 0x80)
                length--;
            rest[..length].CopyTo(line[start..]);
        }
        _cut += length;
        line[start + length] = (byte)'\n';
        _line = line[..(start + length + 1)].ToArray();
        _sent = 0;
    }
}
