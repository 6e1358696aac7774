using System.Text;
using Chat.Protocol;

namespace Chat.Client;

/// <summary>What was said and not sent yet, in order, bounded.</summary>
internal sealed class Outbox
{
    private readonly Queue<byte[]> _lines = [];
    private int _sentOfFirst;

    /// <summary>Bytes that wait.</summary>
    public int Bytes { get; private set; }

    public int Lines => _lines.Count;

    public bool IsEmpty => _lines.Count == 0;

    /// <summary>Takes no more for now.</summary>
    public bool IsFull => Bytes >= Limits.OutboxBytes;

    /// <summary>Adds a line, cleaned; in several when it is longer than the server takes.</summary>
    /// <param name="text">Without a line end.</param>
    /// <param name="lineBytes">Bytes a line may have, its end included.</param>
    public void Add(string text, int lineBytes)
    {
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(SafeText.Clean(text));
        byte[] line = new byte[lineBytes];
        do
        {
            // What is clean stays as it is, so as many bytes are used as come out; the cut is where a letter ends.
            int length = SafeText.Clean(rest, line.AsSpan(0, lineBytes - 1));
            rest = rest[Math.Max(length, Math.Min(1, rest.Length))..];
            line[length] = (byte)'\n';
            _lines.Enqueue(line[..(length + 1)]);
            Bytes += length + 1;
        }
        while (!rest.IsEmpty);
    }

    /// <summary>What is to be sent next.</summary>
    public ReadOnlySpan<byte> Next() => _lines.TryPeek(out byte[]? first) ? first.AsSpan(_sentOfFirst) : [];

    /// <summary>So much of it was sent.</summary>
    public void Advance(int sent)
    {
        _sentOfFirst += sent;
        Bytes -= sent;
        if (_sentOfFirst < _lines.Peek().Length)
            return;
        _lines.Dequeue();
        _sentOfFirst = 0;
    }
}
