using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Unicode;
using Chat.Server.Networking;

namespace Chat.Server.Web;

/// <summary>
/// The server's side of a WebSocket (RFC 6455): binary frames out, text and binary frames in. Messages and frames carry
/// the bytes of the rich dialect, and their bounds mean nothing.
/// </summary>
/// <remarks>
/// A frame begun is finished before another one begins. The bytes that finish it need not be those that were next when
/// it began: its header only promises a length. So this channel keeps no payload.
/// </remarks>
internal sealed class WebSocketChannel : Channel
{
    /// <summary>RFC 6455, 7.4.1.</summary>
    public const int NormalClosure = 1000,
        ProtocolError = 1002,
        InvalidPayload = 1007,
        PolicyViolation = 1008,
        TooBig = 1009;

    private const byte FinalBit = 0x80,
        ReservedBits = 0x70,
        OpcodeBits = 0x0F,
        MaskBit = 0x80,
        LengthBits = 0x7F;
    private const byte Continuation = 0,
        Text = 1,
        Binary = 2,
        Close = 8,
        PingOpcode = 9,
        Pong = 10;
    private const int Length16 = 126,
        Length64 = 127;
    private const int MaskBytes = 4,
        MostControlBytes = 125;

    // Two bytes, a length of eight and, from a client, a mask.
    private const int MostHeaderBytes = 2 + sizeof(ulong) + MaskBytes;

    private static readonly byte[] PingFrame = [FinalBit | PingOpcode, 0];

    // ---- Output ----

    // Bytes that come first: the answer to the handshake, or the rest of a header.
    private byte[]? _head;

    // A control frame that waits for the end of the frame begun. A newer one replaces it (RFC 6455, 5.5.3).
    private byte[]? _control;

    // Bytes of payload that the last header promised and that are not sent yet.
    private int _promised;

    // The close frame was composed. Nothing follows it.
    private bool _isClosing;

    // ---- Input ----

    private Header _header;
    private int _headerBytes;

    // Bytes of the current frame that have not arrived yet.
    private int _missing;

    // Where the mask begins in the header, and the bytes unmasked so far.
    private int _maskAt,
        _unmasked;
    private byte[]? _controlPayload;
    private int _emptyFrames;
    private bool _insideFrame,
        _insideMessage,
        _isText;
    private Utf8Check _utf8;

    [InlineArray(MostHeaderBytes)]
    private struct Header
    {
        private byte _first;
    }

    /// <param name="handshake">The answer to the handshake, which is sent first.</param>
    public WebSocketChannel(byte[] handshake) => _head = handshake;

    /// <inheritdoc/>
    public override bool HasOutput => _head is not null || _control is not null;

    /// <inheritdoc/>
    public override void Ping() => (_control, _emptyFrames) = (_control ?? PingFrame, 0);

    /// <inheritdoc/>
    public override void Finish()
    {
        if (!HasEnded)
            End(NormalClosure);
    }

    // ---- Sending ----

    /// <inheritdoc/>
    public override int Send(Poller poller, Connection connection, ReadOnlySpan<byte> payload, out SocketError error)
    {
        Span<byte> composed = stackalloc byte[2 + MostControlBytes + MostHeaderBytes];
        int taken = 0;
        while (true)
        {
            scoped ReadOnlySpan<byte> head = _head;
            if (head.IsEmpty && _promised == 0)
                head = composed[..Compose(composed, payload.Length - taken)];
            ReadOnlySpan<byte> body = payload.Slice(taken, Math.Min(_promised, payload.Length - taken));
            error = SocketError.Success;
            if (head.Length + body.Length == 0)
                return _isClosing ? payload.Length : taken;
            int sent = poller.Send(connection, head, body, out error);
            int ofBody = Math.Max(0, sent - head.Length);
            _head = sent < head.Length ? head[sent..].ToArray() : null;
            _promised -= ofBody;
            taken += ofBody;
            if (sent < head.Length + body.Length)
            {
                if (taken > 0)
                    error = SocketError.Success;
                return taken;
            }
        }
    }

    // The control frame that waits, and the header of the next frame.
    private int Compose(Span<byte> into, int payload)
    {
        int length = 0;
        if (_control is not null)
        {
            _control.CopyTo(into);
            length = _control.Length;
            _isClosing |= _control[0] == (FinalBit | Close);
            _control = null;
        }
        if (payload == 0 || _isClosing)
            return length;
        _promised = payload;
        into = into[length..];
        into[0] = FinalBit | Binary;
        if (payload < Length16)
        {
            into[1] = (byte)payload;
            return length + 2;
        }
        if (payload <= ushort.MaxValue)
        {
            into[1] = Length16;
            BinaryPrimitives.WriteUInt16BigEndian(into[2..], (ushort)payload);
            return length + 2 + sizeof(ushort);
        }
        into[1] = Length64;
        BinaryPrimitives.WriteUInt64BigEndian(into[2..], (ulong)payload);
        return length + 2 + sizeof(ulong);
    }

    private void End(int code)
    {
        byte[] frame = [FinalBit | Close, sizeof(ushort), 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)code);
        (_control, HasEnded) = (frame, true);
    }

    // ---- Receiving ----

    /// <inheritdoc/>
    public override int Unframe(Span<byte> received, ClockReading now)
    {
        int payload = 0;
        for (int at = 0; at < received.Length && !HasEnded; )
        {
            if (!_insideFrame)
            {
                ReadHeader(received[at++]);
                continue;
            }
            Span<byte> piece = received.Slice(at, Math.Min(_missing, received.Length - at));
            Unmask(piece);
            at += piece.Length;
            _missing -= piece.Length;
            if (_controlPayload is not null)
                piece.CopyTo(_controlPayload.AsSpan(_controlPayload.Length - _missing - piece.Length));
            else if (Opcode != Pong && _isText && !_utf8.Accept(piece))
                End(InvalidPayload);
            else if (Opcode != Pong)
            {
                piece.CopyTo(received[payload..]);
                payload += piece.Length;
                _emptyFrames = 0;
            }
            if (_missing == 0 && !HasEnded)
                EndFrame();
        }
        return payload;
    }

    private byte Opcode => (byte)(_header[0] & OpcodeBits);

    private bool IsFinal => (_header[0] & FinalBit) != 0;

    private void ReadHeader(byte next)
    {
        _header[_headerBytes++] = next;
        if (_headerBytes < 2)
            return;
        if (_headerBytes == 2 && !IsAllowed())
        {
            End(ProtocolError);
            return;
        }
        int length = _header[1] & LengthBits;
        int lengthBytes = length switch
        {
            Length16 => sizeof(ushort),
            Length64 => sizeof(ulong),
            _ => 0,
        };
        if (_headerBytes < 2 + lengthBytes + MaskBytes)
            return;
        ReadOnlySpan<byte> extended = ((ReadOnlySpan<byte>)_header).Slice(2, lengthBytes);
        ulong missing = lengthBytes switch
        {
            sizeof(ushort) => BinaryPrimitives.ReadUInt16BigEndian(extended),
            sizeof(ulong) => BinaryPrimitives.ReadUInt64BigEndian(extended),
            _ => (ulong)length,
        };
        _maskAt = 2 + lengthBytes;
        BeginFrame(missing, isShortest: lengthBytes == 0 || missing > (lengthBytes == sizeof(ushort) ? 125u : 0xFFFF));
    }

    // RFC 6455, 5.1, 5.2, 5.4 and 5.5: no extension, a mask, known opcodes, control frames short and whole, and no
    // message inside another.
    private bool IsAllowed()
    {
        if ((_header[0] & ReservedBits) != 0 || (_header[1] & MaskBit) == 0)
            return false;
        return Opcode switch
        {
            Continuation => _insideMessage,
            Text or Binary => !_insideMessage,
            Close or PingOpcode or Pong => IsFinal && (_header[1] & LengthBits) <= MostControlBytes,
            _ => false,
        };
    }

    private void BeginFrame(ulong length, bool isShortest)
    {
        if (!isShortest || length > long.MaxValue)
        {
            End(ProtocolError);
            return;
        }
        if (length > ServerLimits.WebSocketFrameBytes)
        {
            End(TooBig);
            return;
        }
        if (Opcode is Text or Binary)
            (_isText, _utf8) = (Opcode == Text, default);
        _controlPayload = Opcode is Close or PingOpcode ? new byte[length] : null;
        (_missing, _insideFrame) = ((int)length, true);
        if (_missing == 0)
            EndFrame();
    }

    private void Unmask(Span<byte> piece)
    {
        foreach (ref byte one in piece)
            one ^= _header[_maskAt + (_unmasked++ % MaskBytes)];
    }

    private void EndFrame()
    {
        (_insideFrame, _headerBytes, _unmasked) = (false, 0, 0);
        if (++_emptyFrames > ServerLimits.EmptyFrames)
        {
            End(PolicyViolation);
            return;
        }
        byte[]? control = _controlPayload;
        _controlPayload = null;
        if (Opcode == Pong)
            return;
        if (control is null)
        {
            _insideMessage = !IsFinal;
            if (IsFinal && _isText && !_utf8.IsWhole)
                End(InvalidPayload);
        }
        else if (Opcode == Close)
        {
            End(CodeOf(control));
        }
        else if (Opcode == PingOpcode)
        {
            _control = [FinalBit | Pong, (byte)control.Length, .. control];
        }
    }

    // The answer to a close frame has the code of that frame (RFC 6455, 5.5.1).
    private static int CodeOf(ReadOnlySpan<byte> close)
    {
        if (close.IsEmpty)
            return NormalClosure;
        if (close.Length < sizeof(ushort))
            return ProtocolError;
        int code = BinaryPrimitives.ReadUInt16BigEndian(close);
        if (code is not ((>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999)))
            return ProtocolError;
        return Utf8.IsValid(close[sizeof(ushort)..]) ? code : InvalidPayload;
    }

    /// <summary>Checks a text that arrives in pieces (RFC 3629, 4).</summary>
    private struct Utf8Check
    {
        private byte _expected,
            _lowest,
            _highest;

        public readonly bool IsWhole => _expected == 0;

        public bool Accept(ReadOnlySpan<byte> piece)
        {
            foreach (byte next in piece)
            {
                if (!Accept(next))
                    return false;
            }
            return true;
        }

        private bool Accept(byte next)
        {
            if (_expected > 0)
            {
                bool fits = next >= _lowest && next <= _highest;
                (_expected, _lowest, _highest) = ((byte)(_expected - 1), 0x80, 0xBF);
                return fits;
            }
            (int expected, int lowest, int highest) = next switch
            {
                < 0x80 => (0, 0, 0),
                >= 0xC2 and <= 0xDF => (1, 0x80, 0xBF),
                0xE0 => (2, 0xA0, 0xBF),
                0xED => (2, 0x80, 0x9F),
                >= 0xE1 and <= 0xEF => (2, 0x80, 0xBF),
                0xF0 => (3, 0x90, 0xBF),
                >= 0xF1 and <= 0xF3 => (3, 0x80, 0xBF),
                0xF4 => (3, 0x80, 0x8F),
                _ => (-1, 0, 0),
            };
            if (expected < 0)
                return false;
            (_expected, _lowest, _highest) = ((byte)expected, (byte)lowest, (byte)highest);
            return true;
        }
    }
}
