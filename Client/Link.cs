using System.Net.Sockets;
using System.Text;
using Chat.Protocol;

namespace Chat.Client;

/// <summary>How far a link has come.</summary>
internal enum LinkState
{
    /// <summary>Reaching the server.</summary>
    Connecting,

    /// <summary>Connected; the server has not said yet what it is, and until then nothing is sent.</summary>
    Greeting,

    /// <summary>In the room.</summary>
    Joined,

    /// <summary>Over; <see cref="Link.Ending"/> says why.</summary>
    Ended,
}

/// <summary>
/// The connection to a server, as a state machine: lines out, lines in. It knows no terminal and never waits; its owner waits for its socket
/// and turns it.
/// </summary>
/// <remarks>
/// The client never speaks first: a foreign server relays the first bytes it gets to its whole room. So lines said early wait in the outbox
/// until the server has shown what it is, by the mark in its greeting or by half a second without one (<see cref="Dialect"/>).
/// <para>
/// A failed send ends nothing: what the server said before it went is still to be read, and after it comes the end.
/// </para>
/// </remarks>
internal sealed class Link : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly bool _plain;
    private readonly Dial _dial;
    private readonly Outbox _outbox = new();
    private readonly LineFramer _framer = new(Limits.RelayedLineBytes - 1);
    private readonly Queue<string> _arrived = [];
    private readonly byte[] _received = new byte[Limits.ClientReceiveBytes];
    private readonly byte[] _clean = new byte[Limits.RelayedLineBytes];
    private Socket? _socket;
    private byte[] _greeting = [];
    private long _since, _lastReceived, _nextSend;
    private bool _blocked, _deaf, _finishing, _halfClosed;

    /// <param name="to">Where the server is.</param>
    /// <param name="plain">Take it for a plain one whatever it says.</param>
    /// <param name="clock">Moves deadlines.</param>
    public Link(HostPort to, bool plain, TimeProvider clock)
    {
        (_clock, _plain) = (clock, plain);
        _dial = new Dial(to, clock);
    }

    public LinkState State { get; private set; }

    /// <summary>What kind of server this is; null until that is known.</summary>
    public Dialect? Dialect { get; private set; }

    /// <summary>Why it is over, in words; null when it ended as wished.</summary>
    public string? Ending { get; private set; }

    /// <summary>Whether the server was ever reached.</summary>
    public bool WasReached { get; private set; }

    /// <summary>The socket to wait for; -1 when there is none.</summary>
    public nint WaitHandle => _socket?.Handle ?? -1;

    /// <summary>Whether to wait for the socket to take bytes as well.</summary>
    public bool WantsToSend => State == LinkState.Joined && _blocked && !_deaf;

    /// <summary>Whether lines may be said now. False only while too many wait.</summary>
    public bool TakesLines => !_outbox.IsFull;

    /// <summary>How long it may be left alone when its socket is silent.</summary>
    public TimeSpan Patience => TimeSpan.FromMilliseconds(Math.Max(0, State switch
    {
        LinkState.Connecting => Limits.DialLookMilliseconds,
        LinkState.Greeting => _since + Limits.MarkMilliseconds - Now,
        LinkState.Joined => PatienceWhenJoined(),
        _ => 0,
    }));

    private long Now => Moment(_clock);

    /// <summary>Says a line, of any length. It is sent when the server is ready for it, in several lines when it takes none so long.</summary>
    public void Say(string text) => _outbox.Add(text);

    /// <summary>Nothing more will be said: the link ends when the server has taken everything.</summary>
    public void Finish() => _finishing = true;

    /// <summary>Takes the next line that arrived, safe to be shown.</summary>
    public bool TryTake(out string line) => _arrived.TryDequeue(out line!);

    /// <summary>Does whatever can be done now.</summary>
    public void Turn()
    {
        if (State == LinkState.Connecting)
            Connect();
        if (State is LinkState.Greeting or LinkState.Joined)
            Receive();
        if (State == LinkState.Greeting && Now - _since >= Limits.MarkMilliseconds)
            Join(Dialect.OfUnfinished(_greeting));
        if (State == LinkState.Joined)
        {
            ShowUnfinished();
            Send();
            SayFarewell();
        }
    }

    public void Dispose()
    {
        _dial.Dispose();
        _socket?.Dispose();
    }

    private static long Moment(TimeProvider clock) => (long)clock.GetElapsedTime(0).TotalMilliseconds;

    private void Connect()
    {
        _socket = _dial.Look();
        if (_dial.Failure is string failure)
            End(failure);
        if (_socket is null)
            return;
        State = LinkState.Greeting;
        WasReached = true;
        _since = _lastReceived = Now;
    }

    private void Receive()
    {
        int count = _socket!.Receive(_received, SocketFlags.None, out SocketError error);
        if (error is SocketError.WouldBlock or SocketError.IOPending or SocketError.Interrupted)
            return;
        if (error is not SocketError.Success || count == 0)
        {
            if (State == LinkState.Greeting)
                Join(Dialect.OfUnfinished(_greeting));
            if (_framer.Finish(out ReadOnlySpan<byte> line))
                Arrive(line);
            End(_halfClosed && count == 0 && error is SocketError.Success ? null : EndingFor(error));
            return;
        }

        _lastReceived = Now;
        ReadOnlySpan<byte> bytes = _received.AsSpan(0, count);
        if (State == LinkState.Joined)
        {
            Frame(bytes);
            return;
        }
        _greeting = [.. _greeting, .. bytes];
        if (!_plain && Dialect.Of(_greeting) is Dialect dialect)
            Join(dialect);
        else if (_greeting.Length > Limits.RelayedLineBytes)
            Join(Dialect.Plain);
    }

    private static string EndingFor(SocketError error) =>
        error is SocketError.Success ? "the server closed the connection" : "the connection to the server was lost";

    private void Join(Dialect dialect)
    {
        Dialect = _plain ? Dialect.Plain : dialect;
        State = LinkState.Joined;
        Frame(_greeting);
        _greeting = [];
    }

    private void Frame(ReadOnlySpan<byte> bytes)
    {
        while (_framer.Next(ref bytes, out ReadOnlySpan<byte> line))
            Arrive(line);
    }

    private void Arrive(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> first = Dialect!.Read(line, out ReadOnlySpan<byte> more);
        if (Dialect.IsOurs && first.SequenceEqual(PlainWire.Greeting[..^1]))
            first = first[..^(PlainWire.Mark.Length + 1)];
        _arrived.Enqueue(Encoding.UTF8.GetString(_clean.AsSpan(0, SafeText.Clean(first, _clean))));
        if (!more.IsEmpty)
            Arrive(more);
    }

    // A foreign server may leave a line open: a banner without an end, or half of what somebody wrote.
    private void ShowUnfinished()
    {
        if (!Dialect!.IsOurs && _framer.Unterminated > 0 && Now - _lastReceived >= Limits.UnfinishedMilliseconds
            && _framer.Finish(out ReadOnlySpan<byte> line))
        {
            Arrive(line);
        }
    }

    private void Send()
    {
        _blocked = false;
        while (!_outbox.IsEmpty && !_deaf && Now >= _nextSend)
        {
            ReadOnlySpan<byte> line = _outbox.Next(Dialect!.LineBytes);
            int sent = _socket!.Send(line, SocketFlags.None, out SocketError error);
            if (error is SocketError.Interrupted)
                continue;
            _blocked = error is SocketError.WouldBlock or SocketError.IOPending or SocketError.NoBufferSpaceAvailable;
            _deaf = !_blocked && error is not SocketError.Success;
            if (_blocked || _deaf)
                return;
            _outbox.Advance(sent);
            if (sent == line.Length)
                _nextSend = Now + Dialect.GapMilliseconds;
        }
    }

    private void SayFarewell()
    {
        if (!_finishing || !_outbox.IsEmpty)
            return;
        if (!_halfClosed && Now >= _nextSend)
        {
            _halfClosed = true;
            _since = _lastReceived = Now;
            try
            {
                _socket!.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                // It is gone already; receiving says so.
            }
        }
        // Ours answers our end with everything it owes us and then its own end. Others say nothing; silence must do.
        if (_halfClosed && Dialect!.IsOurs && Now - _since >= Limits.FarewellMilliseconds)
            End("the server has not taken everything in time");
        else if (_halfClosed && !Dialect!.IsOurs && Now - _lastReceived >= Limits.ForeignFarewellMilliseconds)
            End(null);
    }

    private long PatienceWhenJoined()
    {
        long due = long.MaxValue;
        if (!_outbox.IsEmpty && !_blocked && !_deaf)
            due = _nextSend;
        if (!Dialect!.IsOurs && _framer.Unterminated > 0)
            due = Math.Min(due, _lastReceived + Limits.UnfinishedMilliseconds);
        if (_halfClosed)
            due = Math.Min(due, Dialect.IsOurs ? _since + Limits.FarewellMilliseconds : _lastReceived + Limits.ForeignFarewellMilliseconds);
        else if (_finishing && _outbox.IsEmpty)
            due = Math.Min(due, _nextSend);
        return due == long.MaxValue ? int.MaxValue : due - Now;
    }

    private void End(string? why)
    {
        State = LinkState.Ended;
        Ending = why;
    }
}
