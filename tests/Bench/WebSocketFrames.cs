using System.Buffers.Binary;

namespace Chat.Bench;

/// <summary>The client side of a WebSocket (RFC 6455): a masked frame for each line, as the page sends them.</summary>
internal sealed class WebSocketFrames
{
    private const int MaskBytes = 4,
        HeaderBytes = 2 + MaskBytes;
    private const byte Binary = 0x82,
        Ping = 0x89,
        Masked = 0x80;

    private static readonly byte[] Framed = new byte[128 * 1024];

    private int _missingPayload;

    private static ReadOnlySpan<byte> Mask => [0x37, 0xFA, 0x21, 0x3D];

    /// <summary>The beginning of a header whose end has not come.</summary>
    public byte[] PartialHeader { get; private set; } = [];

    /// <summary>Frames lines of at most 125 bytes. The next call overwrites the frames.</summary>
    public static ReadOnlySpan<byte> Frame(ReadOnlySpan<byte> lines)
    {
        int at = 0;
        while (lines.IndexOf((byte)'\n') is >= 0 and int end)
        {
            (Framed[at], Framed[at + 1]) = (Binary, (byte)(Masked | (end + 1)));
            Mask.CopyTo(Framed.AsSpan(at + 2));
            at += HeaderBytes;
            for (int i = 0; i <= end; i++)
                Framed[at++] = (byte)(lines[i] ^ Mask[i % MaskBytes]);
            lines = lines[(end + 1)..];
        }
        return Framed.AsSpan(0, at);
    }

    /// <summary>
    /// Moves the payload of received frames to the start. Pings need no answer: the member pings as often itself.
    /// </summary>
    /// <returns>Bytes of payload.</returns>
    public int Unframe(Span<byte> bytes)
    {
        int payload = 0;
        for (int at = 0; ; )
        {
            int piece = Math.Min(_missingPayload, bytes.Length - at);
            bytes.Slice(at, piece).CopyTo(bytes[payload..]);
            (at, payload, _missingPayload) = (at + piece, payload + piece, _missingPayload - piece);
            ReadOnlySpan<byte> rest = bytes[at..];
            int header =
                rest is [_, 126, ..] ? 4
                : rest is [_, 127, ..] ? 10
                : 2;
            if (rest.Length < header)
            {
                PartialHeader = rest.ToArray();
                return payload;
            }
            if (rest is not ([Binary, ..] or [Ping, 0, ..]))
                throw new MeasurementException($"a browser got a frame {rest[0]:x2} {rest[1]:x2}");
            _missingPayload = header switch
            {
                4 => BinaryPrimitives.ReadUInt16BigEndian(rest[2..]),
                10 => checked((int)BinaryPrimitives.ReadUInt64BigEndian(rest[2..])),
                _ => rest[1],
            };
            at += header;
        }
    }
}
