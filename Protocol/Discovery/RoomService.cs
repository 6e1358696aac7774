using System.Text;

namespace Chat.Protocol.Discovery;

/// <summary>
/// The service of DNS-SD (RFC 6763) that a room is an instance of, and the keys of its TXT record. The name of the
/// instance is the name of the room.
/// </summary>
internal static class RoomService
{
    /// <summary>1 for a room of this program; another service may use the same name.</summary>
    public const string ChatKey = "chat";

    /// <summary>The version of the server.</summary>
    public const string VersionKey = "v";

    /// <summary>The epoch of the log: two servers of one room have the same.</summary>
    public const string EpochKey = "epoch";

    /// <summary>The number of people in the room.</summary>
    public const string MembersKey = "members";

    /// <summary>The topic; absent if there is none.</summary>
    public const string TopicKey = "topic";

    /// <summary>The public key of the room; absent if it is not encrypted.</summary>
    public const string PublicKeyKey = "key";

    /// <summary>1 if a newcomer needs a secret; otherwise absent.</summary>
    public const string SecretKey = "secret";

    // A string of a TXT record has its length in a byte.
    private const int MostTextBytes = 255;

    /// <summary>The whole name of the service.</summary>
    public static ReadOnlySpan<byte> Name => "\u0005_chat\u0004_tcp\u0005local\0"u8;

    /// <summary>The name under which all services are listed (RFC 6763, 9).</summary>
    public static ReadOnlySpan<byte> ServicesName => "\u0009_services\u0007_dns-sd\u0004_udp\u0005local\0"u8;

    /// <summary>The whole name of an instance.</summary>
    public static byte[] InstanceName(string room) => DnsName.Of(room, "_chat", "_tcp", "local");

    /// <summary>Adds a key and its value to the data of a TXT record; a longer value is cut at a character.</summary>
    /// <returns>The bytes written; 0 if they do not fit.</returns>
    public static int WriteText(Span<byte> into, string key, ReadOnlySpan<byte> value)
    {
        int head = 1 + key.Length + 1;
        int length = Math.Min(value.Length, MostTextBytes - (key.Length + 1));
        // A byte after the first of a character is 10xxxxxx.
        while (length > 0 && length < value.Length && (value[length] & 0xC0) == 0x80)
            length--;
        if (into.Length < head + length)
            return 0;
        into[0] = (byte)(head - 1 + length);
        Encoding.UTF8.GetBytes(key, into[1..]);
        into[head - 1] = (byte)'=';
        value[..length].CopyTo(into[head..]);
        return head + length;
    }

    /// <summary>Finds the value of a key in the data of a TXT record (RFC 6763, 6.4).</summary>
    /// <param name="data">The data, from any sender.</param>
    /// <param name="key">The key; the case of its letters does not matter.</param>
    /// <param name="value">The bytes behind the first =, not cleaned; empty for a key without a value.</param>
    public static bool TryReadText(ReadOnlySpan<byte> data, string key, out ReadOnlySpan<byte> value)
    {
        value = default;
        while (!data.IsEmpty && data[0] < data.Length)
        {
            ReadOnlySpan<byte> text = data.Slice(1, data[0]);
            data = data[(1 + data[0])..];
            int equals = text.IndexOf((byte)'=');
            ReadOnlySpan<byte> found = equals < 0 ? text : text[..equals];
            if (!Ascii.EqualsIgnoreCase(found, key))
                continue;
            value = equals < 0 ? default : text[(equals + 1)..];
            return true;
        }
        return false;
    }
}
