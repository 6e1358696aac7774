namespace Chat.Protocol.Wire;

/// <summary>
/// Splits received bytes into lines. Pure: no I/O and no clock. The owner passes each input and takes lines
/// until there are none.
/// </summary>
/// <remarks>
/// A line ends with LF, CR LF, or the CR NUL that telnet sends for Enter in its character mode (RFC 854). A
/// carriage return alone is text, which is cleaned later. Telnet sequences (IAC, RFC 854 and 855) are removed;
/// UTF-8 never contains FF, so no letter is lost.
/// <para>
/// A whole line that needs no rewriting is returned in place. Only a line cut by the end of the input, or one
/// with telnet sequences, is copied. The buffer grows as needed and is released with its line, so an idle
/// connection has none.
/// </para>
/// <para>
/// Invariant: at most <see cref="Limit"/> bytes are kept. The excess of a longer line is counted and dropped.
/// <see cref="Unterminated"/> shows the owner a peer that never ends a line.
/// </para>
/// </remarks>
/// <param name="limit">The most bytes of one line that are kept, without its end.</param>
internal sealed class LineFramer(int limit)
{
    private const byte Iac = 255,
        Sb = 250,
        Se = 240,
        Will = 251,
        Do = 253,
        Dont = 254;
    private const byte AreYouThere = 246,
        TimingMark = 6;

    private byte[]? _kept;
    private int _keptLength;
    private State _state;
    private bool _handedOut,
        _isDo;

    private enum State : byte
    {
        Text,
        AfterReturn,
        Command,
        Option,
        Subnegotiation,
        SubnegotiationCommand,
    }

    /// <summary>The most bytes of one line that are kept, without its end. Change it only between two lines.</summary>
    public int Limit { get; set; } = limit;

    /// <summary>Bytes received since the last line end, including dropped ones.</summary>
    public int Unterminated { get; private set; }

    /// <summary>
    /// Telnet requests that wait for an answer: DO TIMING-MARK (RFC 860). The owner answers each and sets this
    /// to 0.
    /// </summary>
    public int TimingMarks { get; set; }

    /// <summary>
    /// The telnet client asked whether the server is alive (AYT, RFC 854). The owner answers and sets this to
    /// false.
    /// </summary>
    public bool IsAskedForLife { get; set; }

    /// <summary>A telnet command or option was received, not only a byte FF in text.</summary>
    public bool SpokeTelnet { get; private set; }

    /// <summary>Bytes dropped from the line returned last, above the limit.</summary>
    public int Dropped { get; private set; }

    /// <summary>The line returned last ended with CR LF.</summary>
    public bool HadReturn { get; private set; }

    /// <summary>
    /// Reads <paramref name="input"/> up to and including the next line end. Returns false when there is none:
    /// the whole input is then consumed and kept.
    /// </summary>
    /// <param name="input">The rest of the input; shortened by the bytes consumed.</param>
    /// <param name="line">The line without its end, valid until the next call.</param>
    public bool Next(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> line)
    {
        Release();
        if (_state == State.Text && _keptLength == 0 && Dropped == 0)
        {
            // The common case: a whole line that needs no rewriting.
            int end = input.IndexOfAny((byte)'\n', (byte)'\r', Iac);
            if (end >= 0 && input[end] == '\r' && end + 1 < input.Length && input[end + 1] is (byte)'\n' or 0)
                return HandOut(ref input, end, 2, out line);
            if (end >= 0 && input[end] == '\n')
                return HandOut(ref input, end, 1, out line);
        }
        return Gather(ref input, out line);
    }

    /// <summary>
    /// Copies as much of <paramref name="input"/> as fits, without telnet commands. Consumes nothing.
    /// </summary>
    /// <returns>The bytes copied to <paramref name="text"/>.</returns>
    public int PeekText(ReadOnlySpan<byte> input, Span<byte> text)
    {
        State state = _state;
        int length = 0;
        for (int i = 0; i < input.Length && length < text.Length; i++)
        {
            byte b = input[i];
            if (state == State.Command && b is < Se or Iac)
                text[length++] = Iac;
            if (state == State.Command && b < Se && length < text.Length)
                text[length++] = b;
            else if (state is State.Text or State.AfterReturn && b != Iac)
                text[length++] = b;
            state = state switch
            {
                State.Command => AfterIac(b),
                State.Subnegotiation or State.SubnegotiationCommand => InSubnegotiation(state, b),
                State.Text or State.AfterReturn when b == Iac => State.Command,
                _ => State.Text,
            };
        }
        return length;
    }

    /// <summary>
    /// The unfinished line at the end of the input, after the peer has closed its side. Returns false when
    /// there is none.
    /// </summary>
    public bool Finish(out ReadOnlySpan<byte> line)
    {
        Release();
        if (_state == State.AfterReturn)
            Keep((byte)'\r');
        _state = State.Text;
        return Complete(out line) && line.Length > 0;
    }

    private bool HandOut(ref ReadOnlySpan<byte> input, int length, int endLength, out ReadOnlySpan<byte> line)
    {
        line = input[..Math.Min(length, Limit)];
        Dropped = length - line.Length;
        HadReturn = endLength == 2 && input[length + 1] == '\n';
        _handedOut = true;
        Unterminated = 0;
        input = input[(length + endLength)..];
        return true;
    }

    private bool Gather(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> line)
    {
        for (int i = 0; i < input.Length; i++)
        {
            byte b = input[i];
            switch (_state)
            {
                case State.AfterReturn when b is (byte)'\n' or 0:
                case State.Text when b == '\n':
                    HadReturn = _state == State.AfterReturn && b == '\n';
                    _state = State.Text;
                    input = input[(i + 1)..];
                    return Complete(out line);
                case State.AfterReturn:
                    Keep((byte)'\r');
                    _state = State.Text;
                    i--;
                    continue;
                case State.Text when b == '\r':
                    _state = State.AfterReturn;
                    break;
                case State.Text when b == Iac:
                    _state = State.Command;
                    break;
                case State.Text:
                    int run = input[i..].IndexOfAny((byte)'\n', (byte)'\r', Iac);
                    run = run < 0 ? input.Length - i : run;
                    Keep(input.Slice(i, run));
                    Unterminated += run - 1;
                    i += run - 1;
                    break;
                case State.Command:
                    AfterCommand(b);
                    if (b < Se)
                    {
                        i--;
                        continue;
                    }
                    break;
                case State.Option:
                    if (_isDo && b == TimingMark)
                        TimingMarks++;
                    _state = State.Text;
                    break;
                case State.Subnegotiation or State.SubnegotiationCommand:
                    _state = InSubnegotiation(_state, b);
                    break;
            }
            Unterminated++;
        }
        input = [];
        line = default;
        return false;
    }

    // FF before a byte that is no command is not telnet but, for example, a letter of Latin-1. It stays text,
    // and so do the bytes after it.
    private void AfterCommand(byte b)
    {
        if (b is < Se or Iac)
            Keep(Iac);
        else
            SpokeTelnet = true;
        _isDo = b == Do;
        IsAskedForLife |= b == AreYouThere;
        _state = AfterIac(b);
    }

    private static State AfterIac(byte b) =>
        b switch
        {
            Sb => State.Subnegotiation,
            >= Will and <= Dont => State.Option,
            _ => State.Text,
        };

    private static State InSubnegotiation(State state, byte b) =>
        (state, b) switch
        {
            (State.Subnegotiation, Iac) => State.SubnegotiationCommand,
            (State.SubnegotiationCommand, Se) => State.Text,
            _ => State.Subnegotiation,
        };

    private bool Complete(out ReadOnlySpan<byte> line)
    {
        line = _kept.AsSpan(0, _keptLength);
        _handedOut = true;
        Unterminated = 0;
        return true;
    }

    private void Release()
    {
        if (!_handedOut)
            return;
        _handedOut = false;
        _kept = null;
        _keptLength = 0;
        Dropped = 0;
    }

    private void Keep(byte b) => Keep([b]);

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        int room = Math.Min(bytes.Length, Limit - _keptLength);
        Dropped += bytes.Length - room;
        if (room == 0)
            return;
        if (_kept is null || _kept.Length < _keptLength + room)
            Array.Resize(ref _kept, Math.Min(Limit, Math.Max(_keptLength + room, 2 * _keptLength)));
        bytes[..room].CopyTo(_kept.AsSpan(_keptLength));
        _keptLength += room;
    }
}
