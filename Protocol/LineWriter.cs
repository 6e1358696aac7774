using System.Buffers.Text;
using System.Text;

namespace Chat.Protocol;

/// <summary>Puts the parts of a line one after the other into a buffer of its caller's, as UTF-8. The buffer must hold the whole line.</summary>
internal ref struct LineWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    public void Put(scoped ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(_buffer[Length..]);
        Length += utf8.Length;
    }

    public void Put(string text) => Length += Encoding.UTF8.GetBytes(text, _buffer[Length..]);

    public void Put(long number)
    {
        _ = Utf8Formatter.TryFormat(number, _buffer[Length..], out int digits);
        Length += digits;
    }

    /// <summary>A token or a seat's secret: 32 hexadecimal digits.</summary>
    public void Put(UInt128 secret)
    {
        _ = secret.TryFormat(_buffer[Length..], out int digits, "x32");
        Length += digits;
    }
}
