using System.Buffers.Text;
using System.Text;

namespace Chat.Bench;

/// <summary>
/// Checks every delivery of one run: each receiver gets each sender's messages once, in order and byte for byte.
/// </summary>
/// <remarks>
/// A message is <c>|00042.00001234 </c> (sender, number) and a text that depends on the number, 64 bytes with its line
/// feed. A server puts its own prefix in front of it, so the end of a line is compared. Comparing with the one message
/// that is due is cheaper than parsing, and keeps the load generator faster than the server.
/// </remarks>
internal sealed class DeliveryCheck(int members, int senders, int window, bool echoes)
{
    /// <summary>Bytes of a message without its line feed.</summary>
    public const int MessageBytes = 63;

    // No server writes this byte on its own, so a line that contains it holds a message or a part of one.
    private const byte First = (byte)'|';
    private const int TextAt = 16,
        TextStarts = 53;

    private readonly int _readers = echoes ? members : members - 1;
    private readonly int[] _next = new int[members * senders],
        _sent = new int[senders],
        _pending = new int[senders * window];
    private readonly byte[] _messages = new byte[senders * window * MessageBytes];
    private long _total;
    private string? _fault;

    private static ReadOnlySpan<byte> Text =>
        "the quick brown fox jumps over the lazy dog 0123456789 "u8
        + "The Quick Brown Fox Jumps Over The Lazy Dog 9876543210"u8;

    public long Delivered { get; private set; }

    /// <summary>Deliveries that are still due.</summary>
    public long Pending => (_total * _readers) - Delivered;

    /// <summary>Whether a delivery was wrong. A lost one shows as <see cref="Pending"/> alone.</summary>
    public bool HasFault => _fault is not null;

    /// <summary>Whether this sender's window has room.</summary>
    public bool CanSend(int sender) => _pending[Slot(sender, _sent[sender])] == 0;

    /// <summary>Counts a message that is about to be sent.</summary>
    /// <returns>Its bytes, without line feed.</returns>
    public ReadOnlySpan<byte> Send(int sender)
    {
        int number = _sent[sender]++;
        _pending[Slot(sender, number)] = _readers;
        _total++;
        Span<byte> message = Message(sender, number);
        message[0] = First;
        _ = Utf8Formatter.TryFormat(sender, message[1..], out _, new('D', 5));
        message[6] = (byte)'.';
        _ = Utf8Formatter.TryFormat(number, message[7..], out _, new('D', 8));
        message[15] = (byte)' ';
        // A server may trim a space at the end of a line.
        int start = number % TextStarts;
        while (Text[start + MessageBytes - TextAt - 1] == ' ')
            start++;
        Text.Slice(start, MessageBytes - TextAt).CopyTo(message[TextAt..]);
        return message;
    }

    /// <summary>Checks a line that a member received.</summary>
    public void Receive(int receiver, ReadOnlySpan<byte> line)
    {
        if (line.Length >= MessageBytes && IsDue(receiver, line, out int sender, out int number))
        {
            _next[(receiver * senders) + sender]++;
            _pending[Slot(sender, number)]--;
            Delivered++;
        }
        else if (line.Contains(First))
        {
            _fault ??= $"member {receiver} got a line twice, torn or out of order: {Encoding.UTF8.GetString(line)}";
        }
    }

    /// <exception cref="MeasurementException">A delivery was wrong or did not happen.</exception>
    public void ThrowIfFaulty()
    {
        if ((_fault ?? (Pending > 0 ? $"{Pending} deliveries did not arrive" : null)) is string fault)
            throw new MeasurementException(fault);
    }

    private bool IsDue(int receiver, ReadOnlySpan<byte> line, out int sender, out int number)
    {
        number = 0;
        return Utf8Parser.TryParse(line[^(MessageBytes - 1)..^(MessageBytes - 6)], out sender, out _)
            && (uint)sender < (uint)senders
            && (echoes || receiver != sender)
            && (number = _next[(receiver * senders) + sender]) < _sent[sender]
            && line.EndsWith(Message(sender, number));
    }

    private Span<byte> Message(int sender, int number) =>
        _messages.AsSpan(Slot(sender, number) * MessageBytes, MessageBytes);

    private int Slot(int sender, int number) => (sender * window) + (number % window);
}
