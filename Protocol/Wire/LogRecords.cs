using System.Text;

namespace Chat.Protocol.Wire;

/// <summary>
/// The text of a <see cref="LineKind.Key"/> line, which names the owner of a seat: the person's number and token,
/// and the secret of the seat. The line itself has the name of the person and the number of the seat.
/// </summary>
/// <param name="Person">The number of the person.</param>
/// <param name="Token">Identifies the person.</param>
/// <param name="Secret">Identifies the client of the person.</param>
internal readonly record struct SeatRecord(long Person, UInt128 Token, UInt128 Secret)
{
    /// <summary>Writes the text.</summary>
    /// <param name="text">Holds <see cref="ProtocolLimits.HeadBytes"/>.</param>
    /// <returns>Bytes written.</returns>
    public int Write(Span<byte> text)
    {
        LineWriter writer = new(text);
        writer.Put(Person);
        writer.PutField(Token);
        writer.PutField(Secret);
        return writer.Length;
    }

    /// <summary>Parses the text. False when it is malformed.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out SeatRecord record)
    {
        record = default;
        if (
            !RichWire.TryNumber(RichWire.Word(ref text), out long person)
            || !RichWire.TrySecret(RichWire.Word(ref text), out UInt128 token)
            || !RichWire.TrySecret(text, out UInt128 secret)
        )
        {
            return false;
        }
        record = new SeatRecord(person, token, secret);
        return true;
    }
}

/// <summary>The text of a <see cref="LineKind.Pair"/> line: the two readers of the next whisper.</summary>
/// <param name="From">The number of the sender.</param>
/// <param name="To">The number of the recipient.</param>
internal readonly record struct PairRecord(long From, long To)
{
    /// <summary>Writes the text.</summary>
    /// <param name="text">Holds <see cref="ProtocolLimits.HeadBytes"/>.</param>
    /// <returns>Bytes written.</returns>
    public int Write(Span<byte> text)
    {
        LineWriter writer = new(text);
        writer.Put(From);
        writer.PutField(To);
        return writer.Length;
    }

    /// <summary>Parses the text. False when it is malformed.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out PairRecord record)
    {
        record = default;
        if (!RichWire.TryNumber(RichWire.Word(ref text), out long from) || !RichWire.TryNumber(text, out long to))
            return false;
        record = new PairRecord(from, to);
        return true;
    }
}

/// <summary>What a host decided.</summary>
internal enum RuleKind
{
    /// <summary>A decision unknown to this build.</summary>
    Unknown,
    Op,
    Deop,
    Ban,
    Unban,
    Mute,
    Unmute,

    /// <summary>The name of the person is not kept any more.</summary>
    Free,

    /// <summary>The room has a topic. The record has it in the place of the range, in base64url.</summary>
    Topic,
}

/// <summary>
/// The text of a <see cref="LineKind.Rule"/> line. The line itself has the name of the person. A person is a number,
/// because an older server would send the line to clients: it has no token.
/// </summary>
/// <param name="Kind">The decision.</param>
/// <param name="Person">The number of the person; 0 for none.</param>
/// <param name="Range">The address, the network or the topic, as a word; <c>-</c> for none.</param>
/// <param name="Until">When it ends, in milliseconds since the log began; 0 for never.</param>
internal readonly record struct RuleRecord(RuleKind Kind, long Person, string Range, long Until)
{
    /// <summary>Writes the text.</summary>
    /// <param name="text">Holds <see cref="ProtocolLimits.HeadBytes"/>.</param>
    /// <returns>Bytes written.</returns>
    public int Write(Span<byte> text)
    {
        LineWriter writer = new(text);
        writer.Put(RichWire.WordOf(Kind));
        writer.PutField(Person);
        writer.PutField(Range);
        writer.PutField(Until);
        return writer.Length;
    }

    /// <summary>Parses the text. False when it is malformed.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out RuleRecord record)
    {
        RuleKind kind = RichWire.RuleKindOf(RichWire.Word(ref text));
        bool isValid = RichWire.TryNumber(RichWire.Word(ref text), out long person);
        ReadOnlySpan<byte> range = RichWire.Word(ref text);
        isValid &= !range.IsEmpty & RichWire.TryNumber(text, out long until);
        record = new RuleRecord(kind, person, Encoding.UTF8.GetString(range), until);
        return isValid;
    }
}
