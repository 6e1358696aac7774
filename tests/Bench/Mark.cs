using System.Buffers.Text;

namespace Chat.Bench;

/// <summary>
/// What every measured message says: <c>|00042.00001234 </c> and a filler that depends on the number, 64 bytes with its
/// line feed. Servers put prefixes before what they relay, each its own, and nothing behind it; so a message is
/// recognised by the last 63 bytes of a line, whatever stands before them, and a single byte that is not as it was sent
/// is seen.
/// </summary>
internal static class Mark
{
    /// <summary>Bytes of a message without its line feed.</summary>
    public const int Bytes = 63;

    /// <summary>Begins a message, and stands in nothing that any of the servers says of its own accord.</summary>
    public const byte First = (byte)'|';

    private const int FillerAt = 16;

    private static ReadOnlySpan<byte> Fillers =>
        "the quick brown fox jumps over the lazy dog 0123456789 The Quick Brown Fox Jumps Over The Lazy Dog 9876543210"u8;

    /// <summary>Writes a message, without line feed.</summary>
    public static void Write(Span<byte> message, int sender, int number)
    {
        message[0] = First;
        _ = Utf8Formatter.TryFormat(sender, message[1..], out _, new('D', 5));
        message[6] = (byte)'.';
        _ = Utf8Formatter.TryFormat(number, message[7..], out _, new('D', 8));
        message[15] = (byte)' ';
        Filler(number).CopyTo(message[FillerAt..]);
    }

    /// <summary>Reads who says the message that a line ends with, if it ends with one.</summary>
    public static bool TryReadSender(ReadOnlySpan<byte> line, out int sender)
    {
        sender = 0;
        return line.Length >= Bytes && line[^Bytes] == First && TryDigits(line[^(Bytes - 1)..^(Bytes - 6)], out sender);
    }

    /// <summary>Reads the message that a line ends with.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, out int sender, out int number)
    {
        sender = number = 0;
        if (line.Length < Bytes)
            return false;
        ReadOnlySpan<byte> message = line[^Bytes..];
        return message[0] == First
            && message[6] == '.'
            && message[15] == ' '
            && TryDigits(message[1..6], out sender)
            && TryDigits(message[7..15], out number)
            && message[FillerAt..].SequenceEqual(Filler(number));
    }

    // 53 places to begin at, none of which makes the message end with a space: a server may take that away.
    private static ReadOnlySpan<byte> Filler(int number)
    {
        int start = number % 53;
        while (Fillers[start + Bytes - FillerAt - 1] == ' ')
            start++;
        return Fillers.Slice(start, Bytes - FillerAt);
    }

    private static bool TryDigits(ReadOnlySpan<byte> digits, out int value)
    {
        value = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                return false;
            value = (value * 10) + digit - '0';
        }
        return true;
    }
}
