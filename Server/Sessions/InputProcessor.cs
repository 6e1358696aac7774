using System.Net.Sockets;
using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Server.Access;
using Chat.Server.Log;
using Chat.Server.Networking;
using Chat.Server.Rooms;
using Chat.Server.Web;

namespace Chat.Server.Sessions;

/// <summary>
/// Handles input: connections become sessions, sessions become members, bytes become lines of the room.
/// </summary>
/// <remarks>
/// Two bounds apply. Neither loses a byte, because unread input stays with its sender. A pass appends at most a
/// quarter of the log, shared by all members in turn; otherwise a burst could overwrite lines before any reader
/// could receive them. And a member above its <see cref="RateLimit"/> is not read from until it is paid off;
/// input already received is kept. Pending input has its turn before new input, so a flood from other members
/// cannot delay it for ever.
/// </remarks>
internal sealed class InputProcessor(
    ServerOptions options,
    Acceptor acceptor,
    SessionLifecycle lifecycle,
    SessionTable sessions,
    ProtocolDetector detector,
    HandshakeQueue handshakes,
    SecretGate gate,
    IRoomEvents room,
    RoomLog log
)
{
    private readonly Queue<Session> _silent = [];
    private readonly Queue<Session> _doubtful = [];
    private readonly Queue<Session> _pending = [];
    private readonly List<(Session Session, long Since)> _longLines = [];
    private readonly byte[] _received = GC.AllocateUninitializedArray<byte>(
        ServerLimits.ReceiveBytes + TlsChannel.HeadroomBytes,
        pinned: true
    );
    private long _passStart;
    private int _turn;
    private bool _ending;

    private const string BrokenHello =
        "this hello cannot be read, and was not said: send hello NAME TOKEN SEAT EPOCH OFFSET with single spaces";

    private const string LateTls = "TLS begins at once or not at all: call again";

    private static ReadOnlySpan<byte> WontTimingMark => [0xFF, 0xFC, 0x06];

    private bool BudgetSpent => log.Tail - _passStart >= options.PassBytes;

    /// <summary>Handles the ready connections, within the bounds.</summary>
    public void Receive(ReadOnlySpan<Ready> ready, ClockReading now)
    {
        _passStart = log.Tail;
        ProcessPendingInput(now);
        // Rotates the start by session key: otherwise the same sessions would always find the budget of the pass spent.
        int first = 0;
        for (int i = 1; i < ready.Length; i++)
        {
            if ((uint)(ready[i].Key - _turn) < (uint)(ready[first].Key - _turn))
                first = i;
        }
        if (ready.Length > 0 && !BudgetSpent)
            _turn = ready[first].Key + 1;
        for (int i = 0; i < ready.Length; i++)
        {
            Ready one = ready[(first + i) % ready.Length];
            if (one.IsDiscovery)
                continue;
            if (one.IsListener)
                Accept(one.Key, now);
            else
                Serve(sessions[one.Key], one, now);
        }
    }

    /// <summary>
    /// Adds sessions to the room that have been silent for the hello time: they are plain tools, unless a browser may
    /// have opened them.
    /// </summary>
    public void Tick(ClockReading now)
    {
        // First, because the hello time begins with the greeting, also after a stall of this process.
        detector.Tick(now);
        handshakes.Tick(now);
        while (_silent.TryPeek(out Session? session))
        {
            // A session that spoke or left in the meantime must not delay those behind it.
            bool silent =
                session
                    is { Member: null, PendingProof: null, DoubtfulLine: null, LeaveReason: null, CloseReason: null }
                && session.MayBePlain;
            long waited = now.Uptime - session.LastProgressAt;
            if (silent && (waited < ServerLimits.HelloMilliseconds || IsUnread(session, waited)))
                break;
            _silent.Dequeue();
            if (silent && !detector.HoldSpare(session))
                JoinSilent(session, now);
        }
        while (detector.NextSpare(now) is Session spare)
            JoinSilent(spare, now);
        EndLongLines(now);
        while (_doubtful.TryPeek(out Session? session))
        {
            bool isHeld = session is { DoubtfulLine: not null, LeaveReason: null, CloseReason: null };
            if (isHeld && now.Uptime < session.DoubtEndsAt)
                break;
            _doubtful.Dequeue();
            if (isHeld)
                EndDoubt(session, now);
        }
    }

    // In a storm, the hello of a newcomer may be read some passes later.
    private static bool IsUnread(Session session, long waited) =>
        session.PendingInput.IsEmpty && waited < ServerLimits.UnreadHelloMilliseconds && session.HasUnreadInput;

    private void JoinSilent(Session session, ClockReading now)
    {
        if (!session.IsDetected)
            ProcessInput(session, detector.EndDetection(session, now), now);
        // In place of the greeting, the room may have asked for the secret, or for TLS.
        if (session is { Member: null, PendingProof: null, LeaveReason: null, CloseReason: null })
            lifecycle.Join(session, now);
        NoteTelnet(session);
    }

    /// <summary>Uptime of the next work here without new input; <see cref="long.MaxValue"/> for none.</summary>
    public long NextDue()
    {
        long due = _silent.TryPeek(out Session? silent)
            ? silent.LastProgressAt + ServerLimits.HelloMilliseconds
            : long.MaxValue;
        due = Math.Min(due, Math.Min(detector.NextDue, handshakes.NextDue));
        if (_doubtful.TryPeek(out Session? doubtful))
            due = Math.Min(due, doubtful.DoubtEndsAt);
        foreach (Session session in _pending)
        {
            if (session.CanBeAnswered)
                due = Math.Min(due, Math.Max(session.RateLimit.NextAt(options), session.PendingProof?.NextTryAt ?? 0));
        }
        return due;
    }

    // ---- Connections ----

    private void Accept(int key, ClockReading now)
    {
        for (
            int i = 0;
            i < ServerLimits.AcceptsPerPass
                && acceptor.TryAccept(key, sessions.Count, now, out Connection connection, out PeerAddress peer);
            i++
        )
        {
            if (sessions.Add(connection, peer, now) is not Session session)
            {
                acceptor.Reject(connection, peer, now);
                continue;
            }
            _silent.Enqueue(session);
            detector.Add(session, now);
        }
    }

    private void Serve(Session session, Ready ready, ClockReading now)
    {
        if (session.CloseReason is not null)
            return;
        if (ready.Writable)
        {
            session.IsBlocked = false;
            sessions.FlushSoon(session);
        }
        if (ready.Ended && session.LeaveReason is not null)
            sessions.CloseSoon(session, session.LeaveReason);
        else if (ready.Ended && session.Member?.Seat is not null)
            sessions.CloseSoon(session, "connection reset");
        else if (ready.Ended && session.PendingInput.Length > 0)
            DrainAfterHangup(session, now);
        else if (ready.Readable && !BudgetSpent)
            ReceiveFrom(session, now);
    }

    // Both directions are closed: nothing can be sent, but the input received is still handled, at its allowed rate.
    private void DrainAfterHangup(Session session, ClockReading now)
    {
        session.HasEnded = true;
        session.LastReceivedAt = now.Uptime;
        sessions.Unwatch(session);
    }

    private void ReceiveFrom(Session session, ClockReading now)
    {
        if (!session.HasEnded)
            session.LastReceivedAt = now.Uptime;
        int received = session.Receive(_received, now, out SocketError error);
        if (session.Channel is HttpChannel http && session.IsDetected && !session.IsLingering)
            detector.HandleRequest(session, http, now);
        if (session is { IsDetected: true, IsGreeted: false, LeaveReason: null, Channel: TlsChannel tls })
            HandleHandshake(session, tls, now);
        if (session.Channel is { HasOutput: true })
            sessions.FlushSoon(session);
        bool nothing = !session.HasEnded && error is SocketError.WouldBlock or SocketError.IOPending;
        if (nothing || error is SocketError.Interrupted)
            return;
        // A send that met the reset has consumed its error, so the receive after it looks like an end.
        if (error is SocketError.Success && received == 0 && session.HasSendFailed)
            error = SocketError.ConnectionReset;
        if (error is not SocketError.Success)
        {
            EndDoubt(session, now);
            sessions.CloseSoon(session, session.LeaveReason ?? ReasonFor(error));
        }
        else if (received > 0 && !session.IsLingering)
            ProcessInput(session, detector.Lines(session, _received.AsSpan(0, received), now), now);
        else if (received == 0 && session.IsLingering)
            sessions.CloseSoon(session, session.LeaveReason!);
        else if (received == 0)
            EndOfInput(session, now);
    }

    // The greeting precedes the first line, which may have come with the end of the handshake.
    private void HandleHandshake(Session session, TlsChannel tls, ClockReading now)
    {
        handshakes.Continue(session, tls, now);
        if (!tls.IsEstablished)
            return;
        detector.GreetInTls(session, now);
        _silent.Enqueue(session);
    }

    private static string ReasonFor(SocketError error) =>
        error switch
        {
            SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => "connection reset",
            SocketError.TimedOut or SocketError.HostUnreachable or SocketError.NetworkUnreachable => "connection lost",
            _ => $"connection failed ({error})",
        };

    private void EndOfInput(Session session, ClockReading now)
    {
        if (!session.IsDetected)
            ProcessInput(session, detector.EndDetection(session, now), now);
        // A rich client repeats an unfinished line. Half a hello may contain half a secret and must not reach the room.
        // A line that does not end inside TLS may have been cut.
        if (
            session.Member?.Seat is null
            && session.Channel is not TlsChannel { HasEndedInOrder: false }
            && session.Framer.Finish(out ReadOnlySpan<byte> line)
            && (session.HasSpoken || !RichWire.IsPartOfHello(line))
        )
            HandleLine(session, line, now);
        EndDoubt(session, now);
        if (session.Channel is TlsChannel { Failure: string failure })
            lifecycle.AbortTls(session, failure, now);
        lifecycle.HangUp(session, now);
    }

    // ---- Input ----

    /// <summary>Handles all pending input at shutdown, regardless of rate limits, up to the budget of a pass.</summary>
    public void ProcessAllPendingInput(ClockReading now)
    {
        _ending = true;
        while (_doubtful.TryDequeue(out Session? session))
            EndDoubt(session, now);
        ProcessPendingInput(now);
    }

    // A session that had its turn goes to the end; a session that the budget did not reach comes first in the
    // next pass.
    private void ProcessPendingInput(ClockReading now)
    {
        for (int left = _pending.Count; left > 0 && !BudgetSpent; left--)
        {
            Session session = _pending.Dequeue();
            if (session.HasEnded && now.Uptime - session.LastReceivedAt >= ServerLimits.DrainAfterHangupMilliseconds)
                sessions.CloseSoon(session, "connection reset; some of its input was not handled in time");
            if (session is { PendingInput.Length: > 0, CloseReason: null })
                ProcessInput(session, session.PendingInput, now);
            while (
                session is { HasEnded: true, PendingInput.Length: 0, LeaveReason: null, CloseReason: null }
                && !BudgetSpent
            )
                ReceiveFrom(session, now);
            if (
                session is { CloseReason: null, LeaveReason: null }
                && (session.PendingInput.Length > 0 || session.HasEnded)
            )
                _pending.Enqueue(session);
        }
    }

    // Handles line after line while the rate limit allows. The rest is kept, and the socket is not read meanwhile.
    private void ProcessInput(Session session, ReadOnlySpan<byte> words, ClockReading now)
    {
        bool held = session.PendingInput.Length > 0;
        bool isUnknown = session is { Member: null, HasSpoken: false } or { DoubtfulLine: not null };
        if (
            isUnknown
            && session.PendingProof is null
            && !held
            && Explain(JudgeFirstBytes(session, words)) is string hint
        )
            lifecycle.Reject(session, hint, now);
        while (
            session.LeaveReason is null
            && !BudgetSpent
            && session.CanBeAnswered
            && (_ending || session.RateLimit.NextAt(options) <= now.Uptime)
            && (session.PendingProof is null || session.PendingProof.NextTryAt <= now.Uptime)
        )
        {
            if (!session.Framer.Next(ref words, out ReadOnlySpan<byte> line))
                break;
            HandleLine(session, line, now);
            // Of a snippet at most the bytes of the largest one count, however many it has with its escapes.
            int bytes = Math.Min(line.Length, ProtocolLimits.SnippetBytes) + session.Framer.Dropped + 1;
            session.RateLimit.Spend(bytes, options, now);
        }
        NoteTelnet(session);
        if (session.Framer.Unterminated > Math.Max(ProtocolLimits.UnterminatedBytes, session.Framer.Limit))
            lifecycle.Reject(
                session,
                $"a line is at most {session.Framer.Limit + 1} bytes, and yours does not end; goodbye",
                now
            );
        if (session.Framer.Unterminated > ProtocolLimits.RelayedLineBytes)
            NoteLongLine(session, now);
        session.KeepPending(session.LeaveReason is null ? words : []);
        if (!held && session.PendingInput.Length > 0 && !session.HasEnded)
            _pending.Enqueue(session);
        sessions.Watch(session);
        // A channel may end behind its last line, and its socket stays open.
        if (session is { Channel.HasEnded: true, PendingInput.Length: 0, LeaveReason: null, CloseReason: null })
            EndOfInput(session, now);
    }

    // The framer of a rich member keeps a long line until it ends. Their number and their time are bounded.
    private void NoteLongLine(Session session, ClockReading now)
    {
        if (session.Framer.Limit < ProtocolLimits.RelayedLineBytes)
            return;
        EndLongLines(now);
        if (_longLines.Exists(line => line.Session == session))
            return;
        if (_longLines.Count < ServerLimits.LongLines)
            _longLines.Add((session, now.Uptime));
        else
            lifecycle.Reject(session, "too many long messages arrive at once; send it again later", now);
    }

    private void EndLongLines(ClockReading now)
    {
        for (int i = _longLines.Count - 1; i >= 0; i--)
        {
            (Session session, long since) = _longLines[i];
            bool isOpen =
                session is { LeaveReason: null, CloseReason: null }
                && session.Framer.Unterminated > ProtocolLimits.RelayedLineBytes;
            if (isOpen && now.Uptime - since < ServerLimits.LongLineMilliseconds)
                continue;
            _longLines.RemoveAt(i);
            if (isOpen)
                lifecycle.Reject(session, "your line does not end; goodbye", now);
        }
    }

    // After its Ctrl-C a telnet client shows nothing until each DO TIMING-MARK is answered with WONT (RFC 860).
    private void NoteTelnet(Session session)
    {
        if (!session.Framer.SpokeTelnet || session.Member is not { Seat: null } member)
            return;
        room.NoteTelnet(member);
        if (session.Framer is { TimingMarks: 0, IsAskedForLife: false })
            return;
        for (; session.Framer.TimingMarks > 0; session.Framer.TimingMarks--)
            member.Feed.Answer(WontTimingMark);
        if (session.Framer.IsAskedForLife)
        {
            Span<byte> answer = stackalloc byte[ProtocolLimits.HeadBytes];
            member.Feed.Answer(answer[..PlainWire.Notice(answer, "yes, the room is here")]);
        }
        session.Framer.IsAskedForLife = false;
        sessions.FlushSoon(session);
    }

    // Telnet options may contain NULs, such as the window size.
    private static string? JudgeFirstBytes(Session session, ReadOnlySpan<byte> bytes)
    {
        Span<byte> text = stackalloc byte[ForeignProtocol.HeaderBytes];
        text = text[..session.Framer.PeekText(bytes, text)];
        if (session.Framer.Unterminated > 0)
            return ForeignProtocol.OfMoreBytes(text);
        return ForeignProtocol.OfFirstBytes(text)
            ?? (session.Member is null ? ForeignProtocol.OfFirstSegment(bytes) : null);
    }

    private void HandleLine(Session session, ReadOnlySpan<byte> line, ClockReading now)
    {
        if (session.PendingProof is not null)
        {
            if (gate.Handle(session, line, now))
                _silent.Enqueue(session);
            sessions.FlushSoon(session);
            return;
        }
        bool first = !session.HasSpoken;
        // An empty line has no text, and some clients send one first. The next line is judged as the first one.
        if (line.IsEmpty && (first || session.DoubtfulLine is not null))
            return;
        session.HasSpoken = true;
        if (first && RichWire.TryHello(line, out Hello hello))
            lifecycle.Join(session, hello, now);
        else if (first && RichWire.TryExportHello(line, out ExportHello export))
            lifecycle.BeginExport(session, export, now);
        else if (first && (!session.CarriesPlainLines || RichWire.IsHelloWithSecret(line)))
            lifecycle.Reject(session, BrokenHello, now);
        else if (Explain(ForeignHint(session, line, first, now)) is string hint)
            lifecycle.Reject(session, hint, now);
        else if (session.DoubtfulLine is not null)
            sessions.Watch(session);
        else
            HandleLineOfMember(session, line, session.Framer.Dropped, now);
        sessions.FlushSoon(session);
    }

    // A server with a key takes TLS, but not in this place.
    private string? Explain(string? hint) =>
        hint == ForeignProtocol.NoTls && options.RoomKey is not null ? LateTls : hint;

    // Holds the line back when the next one must decide. The line behind a doubtful one decides, and the
    // doubtful one is handled first.
    private string? ForeignHint(Session session, ReadOnlySpan<byte> line, bool first, ClockReading now)
    {
        if (session.DoubtfulLine is not null)
        {
            string? next = ForeignProtocol.OfNextLine(line);
            if (next is null)
                EndDoubt(session, now);
            return next;
        }
        if (!first)
            return null;
        bool isEarly = session.Member is null;
        string? hint = ForeignProtocol.OfFirstLine(line, session.Framer.HadReturn, isEarly, out bool isDoubtful);
        if (isDoubtful)
        {
            session.DoubtfulLine = line.ToArray();
            session.DoubtEndsAt = now.Uptime + ServerLimits.HelloMilliseconds;
            _doubtful.Enqueue(session);
        }
        return hint;
    }

    private void EndDoubt(Session session, ClockReading now)
    {
        if (session.DoubtfulLine is not byte[] line)
            return;
        session.DoubtfulLine = null;
        if (session is not { LeaveReason: null, CloseReason: null })
            return;
        if (session.Member is null)
            lifecycle.Join(session, now);
        NoteTelnet(session);
        HandleLineOfMember(session, line, dropped: 0, now);
        sessions.FlushSoon(session);
    }

    private void HandleLineOfMember(Session session, ReadOnlySpan<byte> line, int dropped, ClockReading now)
    {
        if (session.Member is null)
            lifecycle.Join(session, now);
        // A banned peer does not join.
        if (session.Member is not Member member)
            return;
        if (!room.HandleLine(member, line, dropped, now))
            lifecycle.Leave(session, now);
        lifecycle.HandleHosts(now);
    }
}
