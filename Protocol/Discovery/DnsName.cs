using System.Buffers.Binary;
using System.Text;

namespace Chat.Protocol.Discovery;

/// <summary>
/// Names in the form of the wire (RFC 1035, 3.1): labels, each after a byte with its length, and a zero. Length bytes
/// are below 64, so folding letters changes none of them.
/// </summary>
internal static class DnsName
{
    /// <summary>Bytes of the longest name.</summary>
    public const int MostBytes = 255;

    /// <summary>Bytes of the longest label.</summary>
    public const int MostLabelBytes = 63;

    // Behind the header a name may begin.
    private const int HeaderBytes = 12;

    private const int PointerMark = 0xC0;

    /// <summary>Makes a name of labels; each has at most <see cref="MostLabelBytes"/> bytes.</summary>
    public static byte[] Of(params ReadOnlySpan<string> labels)
    {
        Span<byte> name = stackalloc byte[MostBytes];
        int length = 0;
        foreach (string label in labels)
        {
            int bytes = Encoding.UTF8.GetBytes(label, name[(length + 1)..^1]);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, MostLabelBytes, nameof(labels));
            name[length] = (byte)bytes;
            length += 1 + bytes;
        }
        name[length++] = 0;
        return name[..length].ToArray();
    }

    /// <summary>The first label of a whole name.</summary>
    public static ReadOnlySpan<byte> FirstLabel(ReadOnlySpan<byte> name) => name.Slice(1, name[0]);

    /// <summary>The rest of a whole name after its first label.</summary>
    public static ReadOnlySpan<byte> Rest(ReadOnlySpan<byte> name) => name[(1 + name[0])..];

    /// <summary>Compares two whole names, or parts of them; the case of ASCII letters does not matter.</summary>
    public static bool IsSame(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        if (a.Length != b.Length)
            return false;
        for (int i = 0; i < a.Length; i++)
        {
            if (Fold(a[i]) != Fold(b[i]))
                return false;
        }
        return true;
    }

    private static int Fold(byte b) => b is >= (byte)'A' and <= (byte)'Z' ? b + 32 : b;

    /// <summary>
    /// Goes through the labels of a name in a message. It ends whatever the bytes are: a pointer must point before
    /// the name in which it stands, a name has at most 255 bytes, and the number of pointers is limited.
    /// </summary>
    internal ref struct Labels(ReadOnlySpan<byte> message, int at)
    {
        private readonly ReadOnlySpan<byte> _message = message;
        private int _at = at,
            _limit = at,
            _length,
            _pointers;

        /// <summary>The label with its length byte.</summary>
        public ReadOnlySpan<byte> Current { get; private set; }

        /// <summary>The place behind the name, when all labels are read; -1 if the name is broken.</summary>
        public int End { get; private set; } = -1;

        /// <summary>Goes to the next label.</summary>
        /// <returns>False at the end.</returns>
        public bool MoveNext()
        {
            int behindPointer = End;
            while (_at < _message.Length && _message[_at] >= PointerMark)
            {
                if (_at + 1 >= _message.Length)
                    return Break();
                int target = BinaryPrimitives.ReadUInt16BigEndian(_message[_at..]) & 0x3FFF;
                if (behindPointer < 0)
                    behindPointer = _at + 2;
                if (target < HeaderBytes || target >= _limit || ++_pointers > ProtocolLimits.NamePointers)
                    return Break();
                _at = _limit = target;
            }
            if (_at >= _message.Length)
                return Break();
            int bytes = 1 + _message[_at];
            _length += bytes;
            if (bytes > 1 + MostLabelBytes || _at + bytes > _message.Length || _length > MostBytes)
                return Break();
            Current = _message.Slice(_at, bytes);
            _at += bytes;
            End = behindPointer < 0 && bytes == 1 ? _at : behindPointer;
            return bytes > 1;
        }

        private bool Break()
        {
            End = -1;
            return false;
        }
    }
}
