using System.Net;
using System.Net.Sockets;
using Chat.Protocol;

namespace Chat.Server;

/// <summary>
/// What comes in, and what becomes of it: connections become sessions, sessions become members, bytes become lines of the room.
/// </summary>
/// <remarks>
/// Two bounds hold here, and neither loses a byte, because what is not taken stays with its sender. A pass appends at most a quarter of the
/// log, counted over everybody and taken in turns: one burst could otherwise run over readers that were never given a chance to read. And a
/// member that has used up its <see cref="Allowance"/> is not read from until that is paid off; the words already received are held. What is held
/// goes before what comes: nothing is added to it before it had its turn, so no flood of others' keeps it waiting for ever.
/// </remarks>
internal sealed class Reception(
    ServerOptions options,
    Entrance entrance,
    Admission admission,
    Sessions sessions,
    Room room
)
{
    private readonly Commands _commands = new(room);
    private readonly Requests _requests = new(room);
    private readonly Queue<Session> _silent = [];
    private readonly Queue<Session> _doubtful = [];
    private readonly Queue<Session> _holding = [];
    private readonly byte[] _received = GC.AllocateUninitializedArray<byte>(Limits.ReceiveBytes, pinned: true);
    private long _passStart;
    private int _turn;
    private bool _ending;

    private const string BrokenHello =
        "this hello cannot be read, and was not said: send hello NAME TOKEN SEAT EPOCH OFFSET with single spaces";

    private static ReadOnlySpan<byte> WontTimingMark => [0xFF, 0xFC, 0x06];

    private bool BudgetSpent => room.Rich.Tail - _passStart >= options.PassBytes;

    /// <summary>Takes in what is ready, within the bounds.</summary>
    public void Receive(ReadOnlySpan<Ready> ready, Moment now)
    {
        _passStart = room.Rich.Tail;
        TakeHeld(now);
        // Somebody else is heard first each time, in the order of their keys, so that it is not always the same ones who find the budget spent.
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
            if (Entrance.IsListener(one.Key))
                Accept(one.Key, now);
            else
                Serve(sessions[one.Key], one, now);
        }
    }

    /// <summary>Lets those in who have been silent for long enough to be a person at a plain tool.</summary>
    public void Tick(Moment now)
    {
        while (_silent.TryPeek(out Session? session))
        {
            // Who has spoken or gone meanwhile must not keep those behind it waiting.
            bool silent = session is { Member: null, Doubtful: null, Leaving: null, Closing: null };
            if (silent && now.Uptime - session.TookAt < Limits.HelloMilliseconds)
                break;
            _silent.Dequeue();
            if (!silent)
                continue;
            admission.Enter(session, now);
            NoteTelnet(session);
        }
        while (_doubtful.TryPeek(out Session? session))
        {
            bool isHeld = session is { Doubtful: not null, Leaving: null, Closing: null };
            if (isHeld && now.Uptime < session.DoubtEndsAt)
                break;
            _doubtful.Dequeue();
            if (isHeld)
                EndDoubt(session, now);
        }
    }

    /// <summary>Uptime at which something is to be done here though nothing comes in; <see cref="long.MaxValue"/> for never.</summary>
    public long NextDue()
    {
        long due = _silent.TryPeek(out Session? silent) ? silent.TookAt + Limits.HelloMilliseconds : long.MaxValue;
        if (_doubtful.TryPeek(out Session? doubtful))
            due = Math.Min(due, doubtful.DoubtEndsAt);
        foreach (Session session in _holding)
        {
            if (session.CanBeAnswered)
                due = Math.Min(due, session.Allowance.NextAt(options));
        }
        return due;
    }

    // ---- Connections ----

    private void Accept(int key, Moment now)
    {
        for (
            int i = 0;
            i < Limits.AcceptsPerPass
                && entrance.TryAccept(key, sessions.Count, now, out Connection connection, out IPEndPoint peer);
            i++
        )
        {
            if (sessions.Add(connection, peer, now) is not Session session)
            {
                entrance.TurnAway(connection, peer, now);
                continue;
            }
            _silent.Enqueue(session);
            // The buffer of a new connection is empty: the greeting fits, or the peer is gone and reading will tell.
            session.Send(PlainWire.Greeting, out _);
        }
    }

    private void Serve(Session session, Ready ready, Moment now)
    {
        if (session.Closing is not null)
            return;
        if (ready.Writable)
        {
            session.Blocked = false;
            sessions.FlushSoon(session);
        }
        if (ready.Ended && session.Leaving is not null)
            sessions.CloseSoon(session, session.Leaving);
        else if (ready.Ended && session.Member?.Seat is not null)
            sessions.CloseSoon(session, "connection reset");
        else if (ready.Ended && session.Held.Length > 0)
            Outlive(session, now);
        else if (ready.Readable && !BudgetSpent)
            ReceiveFrom(session, now);
    }

    // Over in both directions: nothing can be sent any more, but what was said is still to be heard, at its own pace.
    private void Outlive(Session session, Moment now)
    {
        session.Ended = true;
        session.HeardAt = now.Uptime;
        sessions.Unwatch(session);
    }

    private void ReceiveFrom(Session session, Moment now)
    {
        if (!session.Ended)
            session.HeardAt = now.Uptime;
        int received = session.Receive(_received, out SocketError error);
        bool nothing = error is SocketError.WouldBlock or SocketError.IOPending or SocketError.Interrupted;
        if (nothing && !session.Ended)
            return;
        // A send that met the reset has taken its error, and the receive behind it reads as an end.
        if (error is SocketError.Success && received == 0 && session.Deaf)
            error = SocketError.ConnectionReset;
        if (error is not SocketError.Success)
        {
            EndDoubt(session, now);
            sessions.CloseSoon(session, session.Leaving ?? ReasonFor(error));
        }
        else if (received > 0 && !session.Lingering)
            Take(session, _received.AsSpan(0, received), now);
        else if (received == 0 && session.Lingering)
            sessions.CloseSoon(session, session.Leaving!);
        else if (received == 0)
            EndOfInput(session, now);
    }

    private static string ReasonFor(SocketError error) =>
        error switch
        {
            SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => "connection reset",
            SocketError.TimedOut or SocketError.HostUnreachable or SocketError.NetworkUnreachable => "connection lost",
            _ => $"connection failed ({error})",
        };

    private void EndOfInput(Session session, Moment now)
    {
        // What a rich client left unfinished it will say again; and half a hello, with half a secret in it, is nothing to be said to the room.
        if (
            session.Member?.Seat is null
            && session.Framer.Finish(out ReadOnlySpan<byte> line)
            && (session.HasSpoken || !RichWire.IsPartOfHello(line))
        )
            Hear(session, line, now);
        EndDoubt(session, now);
        admission.HangUp(session, now);
    }

    // ---- Words ----

    /// <summary>Takes what has been received and waits, whatever its senders may say, as far as the budget of a pass goes: there will be no later.</summary>
    public void TakeAllHeld(Moment now)
    {
        _ending = true;
        while (_doubtful.TryDequeue(out Session? session))
            EndDoubt(session, now);
        TakeHeld(now);
    }

    // Whoever had a turn goes to the end; whom the budget did not reach begins the next pass.
    private void TakeHeld(Moment now)
    {
        for (int left = _holding.Count; left > 0 && !BudgetSpent; left--)
        {
            Session session = _holding.Dequeue();
            if (session.Ended && now.Uptime - session.HeardAt >= Limits.OutliveMilliseconds)
                sessions.CloseSoon(session, "connection reset with more in hand than could be said");
            if (session is { Held.Length: > 0, Closing: null })
                Take(session, session.Held, now);
            while (session is { Ended: true, Held.Length: 0, Leaving: null, Closing: null } && !BudgetSpent)
                ReceiveFrom(session, now);
            if (session is { Closing: null, Leaving: null } && (session.Held.Length > 0 || session.Ended))
                _holding.Enqueue(session);
        }
    }

    // Takes line after line while this member may say more; what is left is held, and its socket not read meanwhile.
    private void Take(Session session, ReadOnlySpan<byte> words, Moment now)
    {
        bool held = session.Held.Length > 0;
        bool isUnknown = session is { Member: null, HasSpoken: false } or { Doubtful: not null };
        if (isUnknown && !held && JudgeFirstBytes(session, words) is string hint)
            admission.TurnAway(session, hint, now);
        while (
            session.Leaving is null
            && !BudgetSpent
            && session.CanBeAnswered
            && (_ending || session.Allowance.NextAt(options) <= now.Uptime)
        )
        {
            if (!session.Framer.Next(ref words, out ReadOnlySpan<byte> line))
                break;
            Hear(session, line, now);
            session.Allowance.Spend(line.Length + session.Framer.Dropped + 1, options, now);
        }
        NoteTelnet(session);
        if (session.Framer.Unterminated > Limits.UnterminatedBytes)
            admission.TurnAway(
                session,
                $"a line is at most {Limits.LineBytes} bytes, and yours does not end; goodbye",
                now
            );
        session.Hold(session.Leaving is null ? words : []);
        if (!held && session.Held.Length > 0 && !session.Ended)
            _holding.Enqueue(session);
        sessions.Watch(session);
    }

    // The client of telnet shows nothing behind its Ctrl-C until each DO TIMING-MARK has been answered with WONT (RFC 860).
    private void NoteTelnet(Session session)
    {
        if (!session.Framer.SpokeTelnet || session.Member is not { Seat: null } member)
            return;
        member.Person.Client = ClientKind.Telnet;
        if (session.Framer is { TimingMarks: 0, IsAskedForLife: false })
            return;
        for (; session.Framer.TimingMarks > 0; session.Framer.TimingMarks--)
            member.Feed.Answer(WontTimingMark);
        if (session.Framer.IsAskedForLife)
            room.Answer(member, "yes, the room is here");
        session.Framer.IsAskedForLife = false;
        sessions.FlushSoon(session);
    }

    // The options of telnet hold NULs: the size of a window does.
    private static string? JudgeFirstBytes(Session session, ReadOnlySpan<byte> bytes)
    {
        Span<byte> text = stackalloc byte[ForeignProtocol.HeaderBytes];
        text = text[..session.Framer.PeekText(bytes, text)];
        if (session.Framer.Unterminated > 0)
            return ForeignProtocol.OfMoreBytes(text);
        return ForeignProtocol.OfFirstBytes(text)
            ?? (session.Member is null ? ForeignProtocol.OfFirstSegment(bytes) : null);
    }

    private void Hear(Session session, ReadOnlySpan<byte> line, Moment now)
    {
        bool first = !session.HasSpoken;
        // An empty line says nothing, and some clients send one first. The line behind it is judged as the first.
        if (line.IsEmpty && (first || session.Doubtful is not null))
            return;
        session.HasSpoken = true;
        if (first && RichWire.TryHello(line, out Hello hello))
            admission.Enter(session, hello, now);
        else if (first && RichWire.IsHelloWithSecret(line))
            admission.TurnAway(session, BrokenHello, now);
        else if (ForeignHint(session, line, first, now) is string hint)
            admission.TurnAway(session, hint, now);
        else if (session.Doubtful is not null)
            sessions.Watch(session);
        else if (session.Member?.Seat is null)
            HearPlain(session, line, now);
        else if (!_requests.Hear(session.Member, line, now))
            admission.Leave(session, now);
        sessions.FlushSoon(session);
    }

    // Holds the line when the next one must decide. A line behind a doubtful one decides, and the doubtful one is said first.
    private string? ForeignHint(Session session, ReadOnlySpan<byte> line, bool first, Moment now)
    {
        if (session.Doubtful is not null)
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
            session.Doubtful = line.ToArray();
            session.DoubtEndsAt = now.Uptime + Limits.HelloMilliseconds;
            _doubtful.Enqueue(session);
        }
        return hint;
    }

    private void EndDoubt(Session session, Moment now)
    {
        if (session.Doubtful is not byte[] line)
            return;
        session.Doubtful = null;
        if (session is not { Leaving: null, Closing: null })
            return;
        if (session.Member is null)
            admission.Enter(session, now);
        NoteTelnet(session);
        _commands.Hear(session.Member!, line, now);
        sessions.FlushSoon(session);
    }

    private void HearPlain(Session session, ReadOnlySpan<byte> line, Moment now)
    {
        if (session.Member is null)
            admission.Enter(session, now);
        Member member = session.Member!;
        if (!_commands.Hear(member, line, now))
        {
            room.Answer(member, "goodbye");
            admission.Leave(session, now);
        }
        else if (session.Framer.Dropped is > 0 and int dropped)
        {
            room.Answer(
                member,
                $"your line had {line.Length + dropped} bytes; the last {dropped} were left out, because {line.Length} is the most"
            );
        }
    }
}
