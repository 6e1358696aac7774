using System.Buffers.Binary;
using System.Text;

namespace Chat.Tests.Support;

/// <summary>
/// The client's side of a WebSocket (RFC 6455) by hand: makes masked frames and reads those of a server.
/// </summary>
internal sealed class WebSocketFrames
{
    public const int Continuation = 0,
        Text = 1,
        Binary = 2,
        Close = 8,
        Ping = 9,
        Pong = 10;

    private readonly List<byte> _received = [];

    /// <summary>Every control frame of the server: its opcode and its payload.</summary>
    public List<(int Opcode, byte[] Payload)> Controls { get; } = [];

    /// <summary>The code of the server's close frame; null if none came.</summary>
    public int? CloseCode =>
        Controls.Find(static frame => frame.Opcode == Close).Payload is { Length: >= 2 } payload
            ? BinaryPrimitives.ReadUInt16BigEndian(payload)
            : null;

    /// <summary>The request of a browser whose page came from this host.</summary>
    /// <param name="host">The fields Host and Origin.</param>
    /// <param name="key">16 bytes in base 64.</param>
    public static string Handshake(string host, string key = "dGhlIHNhbXBsZSBub25jZQ==") =>
        $"GET /chat HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nConnection: keep-alive, Upgrade\r\n"
        + $"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n";

    /// <summary>A frame of a client.</summary>
    /// <param name="first">The opcode, with FIN (0x80) and reserved bits.</param>
    /// <param name="payload">Any length.</param>
    /// <param name="mask">The four bytes of the mask; empty for none.</param>
    /// <param name="lengthBytes">Bytes of the extended length: 0, 2 or 8; null for the fewest.</param>
    public static byte[] Frame(int first, ReadOnlySpan<byte> payload, byte[]? mask = null, int? lengthBytes = null)
    {
        mask ??= [0x37, 0xFA, 0x21, 0x3D];
        int extended =
            lengthBytes
            ?? (
                payload.Length < 126 ? 0
                : payload.Length < 65_536 ? 2
                : 8
            );
        byte[] frame = new byte[2 + extended + mask.Length + payload.Length];
        frame[0] = (byte)first;
        frame[1] = (byte)(
            (mask.Length > 0 ? 0x80 : 0)
            | (
                extended == 0 ? payload.Length
                : extended == 2 ? 126
                : 127
            )
        );
        if (extended == 2)
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
        else if (extended == 8)
            BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(2), (ulong)payload.Length);
        mask.CopyTo(frame, 2 + extended);
        for (int i = 0; i < payload.Length; i++)
            frame[2 + extended + mask.Length + i] = (byte)(payload[i] ^ (mask.Length > 0 ? mask[i % 4] : 0));
        return frame;
    }

    public static byte[] Frame(int first, string payload) => Frame(first, Encoding.UTF8.GetBytes(payload));

    /// <summary>Takes bytes of the server and returns the payload of the data frames that are whole.</summary>
    public byte[] Take(ReadOnlySpan<byte> bytes)
    {
        _received.AddRange(bytes);
        List<byte> data = [];
        while (TryTakeFrame() is (int first, byte[] payload))
        {
            // The server sends whole binary messages and control frames (0x8n), and masks nothing.
            Assert.True(
                first is (0x80 | Binary) or (0x80 | Close) or (0x80 | Ping) or (0x80 | Pong),
                $"frame {first:x}"
            );
            if (first == (0x80 | Binary))
                data.AddRange(payload);
            else
                Controls.Add((first & 0xF, payload));
            Assert.False(first == (0x80 | Binary) && CloseCode is not null, "a frame stands behind the close frame");
        }
        return [.. data];
    }

    private (int First, byte[] Payload)? TryTakeFrame()
    {
        if (_received.Count < 2)
            return null;
        int extended = _received[1] switch
        {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if (_received.Count < 2 + extended)
            return null;
        Assert.True(_received[1] < 128, "the server masks a frame");
        int length = _received[1];
        if (extended > 0)
        {
            length = 0;
            foreach (byte b in _received.Slice(2, extended))
                length = (length << 8) | b;
            Assert.True(length >= (extended == 2 ? 126 : 65_536), "the length has more bytes than it needs");
        }
        if (_received.Count < 2 + extended + length)
            return null;
        (int, byte[]) frame = (_received[0], [.. _received.Slice(2 + extended, length)]);
        _received.RemoveRange(0, 2 + extended + length);
        return frame;
    }
}
