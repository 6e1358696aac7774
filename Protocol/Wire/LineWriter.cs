using System.Buffers.Text;
using System.Text;

namespace Chat.Protocol.Wire;

/// <summary>
/// Writes the parts of a line to a buffer of the caller, as UTF-8. The buffer must hold the whole line.
/// </summary>
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

    /// <summary>Writes a token or the secret of a seat: 32 hexadecimal digits.</summary>
    public void Put(UInt128 secret)
    {
        _ = secret.TryFormat(_buffer[Length..], out int digits, "x32");
        Length += digits;
    }

    /// <summary>Writes a space and a field.</summary>
    public void PutField(scoped ReadOnlySpan<byte> utf8)
    {
        Put(" "u8);
        Put(utf8);
    }

    /// <summary>Writes a space and a field.</summary>
    public void PutField(string text)
    {
        Put(" "u8);
        Put(text);
    }

    /// <summary>Writes a space and a field.</summary>
    public void PutField(long number)
    {
        Put(" "u8);
        Put(number);
    }

    /// <summary>Writes a space and a token or secret.</summary>
    public void PutField(UInt128 secret)
    {
        Put(" "u8);
        Put(secret);
    }

    /// <summary>Writes a space and the id of a line: SEAT.ID, or 0 for a line that no client numbered.</summary>
    public void PutField(LineId id)
    {
        PutField(id.Seat);
        if (id.Seat == 0)
            return;
        Put("."u8);
        Put(id.Id);
    }
}
