using System.Net.Sockets;
using System.Text;
using Chat.Client.Storage;
using Chat.Protocol;
using Chat.Protocol.Text;
using Chat.Protocol.Wire;

namespace Chat.Client.Networking;

/// <summary>
/// Reads the whole conversation that a server keeps, without joining the room. It knows no terminal and never blocks;
/// its owner waits for the socket and calls <see cref="Turn"/>.
/// </summary>
/// <remarks>
/// A server disconnects a client that reads nothing for half a minute, as behind a pager. So after a break the export
/// goes on at its offset, as long as each connection brings lines. The last line of the server shows that it is whole.
/// <para>
/// The first connection asks with a random secret. A server of version 0.1.0 takes the request for talk and says it
/// to its room; only a server that understands it is sent the person's own token.
/// </para>
/// </remarks>
internal sealed class HistoryExport : IDisposable
{
    private readonly HostPort _to;
    private readonly UInt128? _identity;
    private readonly RoomTrust _trust;
    private readonly RoomEntry _entry;
    private readonly TimeProvider _clock;
    private readonly Queue<ChatEvent> _events = [];
    private Connector _connector;
    private LinkConnection? _connection;
    private RichSession _session = new(new UnacknowledgedQueue(int.MaxValue), new RosterQuery());
    private string? _epoch;
    private UInt128? _token;
    private bool _isUnderstood;
    private long _offset,
        _welcomedAt,
        _calledAt;
    private string _lastWords = "",
        _brokenBy = "";

    /// <param name="to">The server's address.</param>
    /// <param name="identity">The secret of the person, whose whispers are exported; null for none.</param>
    /// <param name="trust">Decides about encryption and the room's key.</param>
    /// <param name="clock">The time, for deadlines.</param>
    public HistoryExport(HostPort to, UInt128? identity, RoomTrust trust, TimeProvider clock)
    {
        (_to, _identity, _trust, _clock) = (to, identity, trust, clock);
        _entry = new RoomEntry(trust, _ => Hello());
        _connector = new Connector(to, clock);
    }

    /// <summary>The server has sent the last line.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The error that ended the export, in words; null while it runs and after its last line.</summary>
    public string? Failure { get; private set; }

    /// <summary>News about the encryption; empty without any.</summary>
    public string Notice { get; private set; } = "";

    /// <summary>Bytes of the conversation that the server could not read any more.</summary>
    public long LostBytes { get; private set; }

    /// <summary>The handle of the socket to wait for; -1 without a connection.</summary>
    public nint WaitHandle => _connection?.Handle ?? -1;

    /// <summary>The longest wait until <see cref="Turn"/> must run again, if the socket stays silent.</summary>
    public TimeSpan Patience =>
        TimeSpan.FromMilliseconds(
            _connection is null
                ? ClientLimits.DialLookMilliseconds
                : Math.Max(0, _connection.LastReceivedAt + ProtocolLimits.DeadMilliseconds - Now)
        );

    /// <summary>Takes the next line as an event. Its texts are clean.</summary>
    public bool TryTake(out ChatEvent @event) => _events.TryDequeue(out @event!);

    /// <summary>The reader has taken all events. Silence before this call says nothing about the server.</summary>
    public void NoteTaken()
    {
        if (_connection is not null)
            _connection.LastReceivedAt = Now;
    }

    /// <summary>Does all work that needs no waiting: connect and receive once.</summary>
    public void Turn()
    {
        if (_connection is null)
            Connect();
        if (_connection is not null)
            Receive(_connection);
    }

    public void Dispose()
    {
        _connector.Dispose();
        _connection?.Dispose();
    }

    private long Now => (long)_clock.GetElapsedTime(0).TotalMilliseconds;

    private bool IsGreeted => _connection is { IsHelloSent: true };

    private void Connect()
    {
        Socket? socket = _connector.Look();
        if (socket is not null)
        {
            _connection = _entry.Open(socket, _clock, _to, _connector.EndPoint!);
            _calledAt = Now;
        }
        else if (_connector.Failure is string failure)
            Failure = _epoch is null ? failure : Incomplete(_brokenBy);
    }

    private void Receive(LinkConnection connection)
    {
        // Notices without end are no answer.
        if (!connection.IsRich && Now - _calledAt >= ProtocolLimits.DeadMilliseconds)
        {
            string late = $"the server has not answered in {ProtocolLimits.DeadMilliseconds / 1000} s";
            Failure = _epoch is null ? late : Incomplete(late);
            return;
        }
        if (!connection.TryReceive(out ReadOnlySpan<byte> bytes, out SocketError error))
        {
            if (Now - connection.LastReceivedAt >= ProtocolLimits.DeadMilliseconds)
                HandleEnd($"the server has sent no data for {ProtocolLimits.DeadMilliseconds / 1000} s");
            return;
        }
        if (connection.IsAnsweredInTheClear)
        {
            Follow(_entry.HandleClearAnswer(connection, bytes));
            return;
        }
        Failure = _entry.Refusal;
        if (Failure is null && connection.EncryptionFailure is string failure)
            HandleEnd(failure);
        if (Failure is not null || _connection != connection)
            return;
        if (IsGreeted)
            HandleLines(connection, bytes);
        else
            HandleGreeting(connection, bytes);
        bool isOpen = !bytes.IsEmpty && !connection.HasEncryptionEnded;
        if (isOpen || _connection != connection || Failure is not null || IsComplete)
            return;
        bool isClosed = error is SocketError.Success;
        HandleEnd(isClosed ? "the server closed the connection" : new SocketException((int)error).Message);
    }

    // The client never speaks first: another server would relay its words to a room.
    private void HandleGreeting(LinkConnection connection, ReadOnlySpan<byte> bytes)
    {
        connection.AddToGreeting(bytes);
        if (ServerKind.TryReadRefusal(connection.Greeting, out ReadOnlySpan<byte> refusal, out _))
        {
            Failure = Refused(SafeText.Clean(Encoding.UTF8.GetString(refusal)));
            return;
        }
        ServerKind? kind = ServerKind.Recognize(connection.Greeting);
        if (kind is null && !bytes.IsEmpty && connection.Greeting.Length < ProtocolLimits.LineBytes)
            return;
        string? service = ForeignService.NameOf(connection.Greeting);
        if (kind is not null && service is null)
        {
            Follow(_entry.HandleGreeting(connection, kind.IsOurs));
            if (_connection != connection || Failure is not null)
                return;
        }
        if (kind is { IsOurs: true } && !connection.IsEncrypted && !connection.IsLocal)
            Notice = LinkSecurity.ExposedWords;
        HandleLines(connection, connection.Greeting);
        if (kind is { IsOurs: true })
            return;
        bool isRefused = kind is not null && service is null && _lastWords.StartsWith("-- ", StringComparison.Ordinal);
        Failure =
            isRefused ? Refused(_lastWords[3..])
            : connection.Greeting.Length == 0 || connection.IsEncrypted
                ? $"{_to} closed the connection at once; is it a chat room?"
            : $"{_to} is {service ?? (kind ?? ServerKind.Plain).Name}, which keeps no conversation to export";
    }

    private void HandleProof(LinkConnection connection, ReadOnlySpan<byte> line)
    {
        if (SecretProof.IsQuestion(line))
            return;
        EntryStep step = _entry.HandleProof(connection, line);
        if (step == EntryStep.Wait)
            _lastWords = SafeText.Clean(Encoding.UTF8.GetString(line));
        Follow(step, SecretProof.Wrong);
    }

    private void Follow(EntryStep step, string withoutSecret = SecretProof.Missing)
    {
        Failure =
            step == EntryStep.Refuse ? _entry.Refusal
            : step == EntryStep.TurnedAway ? Refused(_entry.Refusal!)
            : step == EntryStep.AskSecret ? withoutSecret
            : null;
        if (step == EntryStep.CallAgain)
            Reconnect(_connector.Again());
    }

    // An export that goes on at another address of the room is of the same person.
    private UInt128 Token =>
        _token ??=
            _identity is not UInt128 known ? IdentityFile.NewSecret()
            : _trust.PublicKey is byte[] key ? RoomToken.InRoom(known, key)
            : RoomToken.InTheClear(known, _connector.EndPoint!);

    private byte[] Hello()
    {
        Span<byte> line = stackalloc byte[ProtocolLimits.HeadBytes];
        LineWriter writer = new(line);
        writer.Put("hello export"u8);
        writer.PutField(_isUnderstood ? Token : IdentityFile.NewSecret());
        writer.PutField(_epoch ?? "-");
        writer.PutField(_offset);
        writer.Put("\n"u8);
        return line[..writer.Length].ToArray();
    }

    private void HandleLines(LinkConnection connection, ReadOnlySpan<byte> bytes)
    {
        while (
            _connection == connection
            && !IsComplete
            && Failure is null
            && connection.Framer.Next(ref bytes, out ReadOnlySpan<byte> line)
        )
            HandleLine(connection, line);
    }

    private void HandleLine(LinkConnection connection, ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> rest = line;
        if (!connection.IsGreetingHandled)
            (connection.IsGreetingHandled, _lastWords) = (true, SafeText.Clean(Encoding.UTF8.GetString(line)));
        else if (connection.IsProofAwaited)
            HandleProof(connection, line);
        else if (!connection.IsRich)
            HandleLineBeforeWelcome(connection, line);
        else if (line.SequenceEqual(RichWire.ExportEnd[..^1]))
            IsComplete = true;
        else if (RichWire.Word(ref rest).SequenceEqual("lost"u8) && RichWire.TryNumber(rest, out long bytes))
            ReportGap(bytes);
        else if (!line.IsEmpty && char.IsAsciiDigit((char)line[0]))
            _session.HandleLine(line, _events);
        else if (!line.IsEmpty)
            _lastWords = SafeText.Clean(Encoding.UTF8.GetString(line));
    }

    private void HandleLineBeforeWelcome(LinkConnection connection, ReadOnlySpan<byte> line)
    {
        RichSession session = new(new UnacknowledgedQueue(int.MaxValue), new RosterQuery());
        if (!session.TryWelcome(line, _events))
        {
            _lastWords = SafeText.Clean(Encoding.UTF8.GetString(line));
            return;
        }
        if (!_isUnderstood)
        {
            _isUnderstood = true;
            if (_trust.Welcome(out string notice) is not null)
                Notice = notice;
            Reconnect(new Connector(_to, _clock));
            return;
        }
        connection.BeginRich();
        if (_epoch is not null && session.Offset < _offset)
        {
            Failure = Incomplete("the server has lost the end of the conversation");
            return;
        }
        if (_epoch is not null && session.Epoch != _epoch)
        {
            Failure = Incomplete("the server has another conversation now");
            return;
        }
        if (_epoch is not null && session.Offset > _offset)
            ReportGap(session.Offset - _offset);
        (_session, _epoch, _welcomedAt) = (session, session.Epoch, session.Offset);
    }

    private void ReportGap(long bytes)
    {
        LostBytes = Math.Min(long.MaxValue / 2, LostBytes) + Math.Min(long.MaxValue / 2, bytes);
        _events.Enqueue(new ChatEvent(EventKind.Gap) { Bytes = bytes });
    }

    private void Reconnect(Connector connector)
    {
        _connection?.Dispose();
        _connection = null;
        _lastWords = "";
        _connector.Dispose();
        _connector = connector;
    }

    private void HandleEnd(string why)
    {
        bool wasWelcome = _connection is { IsRich: true };
        _connection!.Dispose();
        _connection = null;
        if (wasWelcome && _session.Offset > _welcomedAt)
        {
            (_offset, _brokenBy) = (_session.Offset, why);
            Reconnect(new Connector(_to, _clock));
            return;
        }
        Failure =
            _epoch is not null
                ? Incomplete(
                    !wasWelcome && _lastWords.StartsWith("-- ", StringComparison.Ordinal) ? _lastWords[3..] : why
                )
            : _lastWords.StartsWith("-- this hello cannot be read", StringComparison.Ordinal)
                ? "this server is older than chat history and exports nothing; start a newer one there"
            : _lastWords.StartsWith("-- ", StringComparison.Ordinal) ? Refused(_lastWords[3..])
            : why;
    }

    private static string Refused(string words) => $"the server refused: {words}";

    private static string Incomplete(string why) => $"the export is not complete: {why}";
}
