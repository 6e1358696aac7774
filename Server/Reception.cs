using System.Net;
using System.Net.Sockets;
using Chat.Protocol;
using Microsoft.Extensions.Logging;

namespace Chat.Server;

/// <summary>
/// What comes in, and what becomes of it: connections become sessions, sessions become members, bytes become lines of the room.
/// </summary>
/// <remarks>
/// Two bounds hold here, and neither loses a byte, because what is not taken stays with its sender. A pass appends at most a quarter of the
/// log, counted over everybody and taken in turns: one burst could otherwise run over readers that were never given a chance to read. And a
/// member that has used up its <see cref="Allowance"/> is not read from until that is paid off; the words already received are held.
/// </remarks>
internal sealed class Reception(ServerOptions options, Entrance entrance, Sessions sessions, Room room, ILogger log)
{
    private readonly Commands _commands = new(room);
    private readonly Requests _requests = new(room);
    private readonly Queue<Session> _silent = [];
    private readonly List<Session> _holding = [];
    private readonly byte[] _received = GC.AllocateUninitializedArray<byte>(Limits.ReceiveBytes, pinned: true);
    private long _passStart;
    private int _turn;

    // What a session that left by itself is logged as having done.
    private const string LeftByItself = "left";

    private bool BudgetSpent => room.Rich.Tail - _passStart >= options.PassBytes;

    /// <summary>Takes in what is ready, within the bounds.</summary>
    public void Receive(ReadOnlySpan<Ready> ready, Moment now)
    {
        _passStart = room.Rich.Tail;
        // Each pass begins with another of those that are ready, so that it is not always the same ones who find the budget spent.
        int first = ready.Length == 0 ? 0 : _turn++ % ready.Length;
        for (int i = 0; i < ready.Length; i++)
        {
            Ready one = ready[(first + i) % ready.Length];
            if (Entrance.IsListener(one.Key))
                Accept(one.Key, now);
            else
                Serve(sessions[one.Key], one, now);
        }
        TakeHeld(now);
    }

    /// <summary>Lets those in who have been silent for long enough to be a person at a plain tool.</summary>
    public void Tick(Moment now)
    {
        while (_silent.TryPeek(out Session? session))
        {
            // Who has spoken or gone meanwhile must not keep those behind it waiting.
            bool silent = session is { Member: null, Leaving: null, Closing: null };
            if (silent && now.Uptime - session.TookAt < Limits.HelloMilliseconds)
                return;
            _silent.Dequeue();
            if (silent)
                Enter(session, now);
        }
    }

    /// <summary>Uptime at which something is to be done here though nothing comes in; <see cref="long.MaxValue"/> for never.</summary>
    public long NextDue()
    {
        long due = _silent.TryPeek(out Session? silent) ? silent.TookAt + Limits.HelloMilliseconds : long.MaxValue;
        foreach (Session session in _holding)
        {
            if (session.CanBeAnswered)
                due = Math.Min(due, session.Allowance.NextAt(options));
        }
        return due;
    }

    /// <summary>From here on the session hears nothing new; it is closed when it has taken what it is owed.</summary>
    /// <param name="reason">For the log.</param>
    /// <param name="toRoom">For the others; null when it left in the ordinary way.</param>
    public void Dismiss(Session session, string reason, string? toRoom, Moment now)
    {
        if (session.Leaving is not null)
            return;
        Release(session, reason);
        if (session.Member is Member member)
            Leave(session, member, reason, toRoom, now);
        else if (reason != LeftByItself)
            log.TurnedAway(session.Peer, reason);
    }

    /// <summary>The server ends: the session is closed when it has taken what it is owed. Who leaves is not told; everybody does.</summary>
    public void DismissAtEnd(Session session)
    {
        if (session.Leaving is null)
            Release(session, "the server ended");
    }

    /// <summary>A session is being closed: whoever it was leaves, if that has not been said yet.</summary>
    public void Closed(Session session, Moment now)
    {
        if (session is { Leaving: null, Member: Member member })
            Lose(session, member, session.Closing!, now);
        entrance.Return(session.Peer.Address);
    }

    // ---- Connections ----

    private void Accept(int key, Moment now)
    {
        for (int i = 0; i < Limits.AcceptsPerPass && entrance.TryAccept(key, sessions.Count, now, out Socket socket, out IPEndPoint peer); i++)
        {
            _silent.Enqueue(sessions.Add(socket, peer, now));
            // The buffer of a new socket is empty: the greeting fits, or the peer is gone and reading will tell.
            socket.Send(PlainWire.Greeting, SocketFlags.None, out _);
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
        else if (ready.Ended && session.Held.Length > 0)
            Outlive(session);
        else if (ready.Readable && !BudgetSpent)
            ReceiveFrom(session, now);
    }

    // Over in both directions: nothing can be sent any more, but what was said is still to be heard, at its own pace.
    private void Outlive(Session session)
    {
        session.Ended = true;
        sessions.Unwatch(session);
    }

    private void ReceiveFrom(Session session, Moment now)
    {
        session.HeardAt = now.Uptime;
        int received = session.Socket.Receive(_received, SocketFlags.None, out SocketError error);
        bool nothing = error is SocketError.WouldBlock or SocketError.IOPending or SocketError.Interrupted;
        if (nothing && !session.Ended)
            return;
        if (error is not SocketError.Success)
            sessions.CloseSoon(session, session.Leaving ?? ReasonFor(error));
        else if (received > 0 && !session.Lingering)
            Take(session, _received.AsSpan(0, received), now);
        else if (received == 0 && session.Lingering)
            sessions.CloseSoon(session, session.Leaving!);
        else if (received == 0)
            EndOfInput(session, now);
    }

    private static string ReasonFor(SocketError error) => error switch
    {
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => "connection reset",
        SocketError.TimedOut or SocketError.HostUnreachable or SocketError.NetworkUnreachable => "connection lost",
        _ => $"connection failed ({error})",
    };

    // The end of a rich client's words without a goodbye is a break like others.
    private void EndOfInput(Session session, Moment now)
    {
        if (session.Member?.Seat is null && session.Framer.Finish(out ReadOnlySpan<byte> line))
            Hear(session, line, now);
        if (session is { Member: { Seat: not null } member, Leaving: null })
        {
            Release(session, "connection closed");
            Lose(session, member, "connection closed", now);
        }
        else
        {
            Dismiss(session, LeftByItself, toRoom: null, now);
        }
    }

    // ---- Words ----

    private void TakeHeld(Moment now)
    {
        for (int i = _holding.Count - 1; i >= 0; i--)
        {
            Session session = _holding[i];
            if (session is { Held.Length: > 0, Closing: null })
                Take(session, session.Held, now);
            while (session is { Ended: true, Held.Length: 0, Leaving: null, Closing: null } && !BudgetSpent)
                ReceiveFrom(session, now);
            if (session.Closing is not null || session.Leaving is not null || (session.Held.Length == 0 && !session.Ended))
            {
                _holding[i] = _holding[^1];
                _holding.RemoveAt(_holding.Count - 1);
            }
        }
    }

    // Takes line after line while this member may say more; what is left is held, and its socket not read meanwhile.
    private void Take(Session session, ReadOnlySpan<byte> words, Moment now)
    {
        bool held = session.Held.Length > 0;
        if (session.Member is null && !held && session.Framer.Unterminated == 0 && ForeignProtocol.OfFirstBytes(words) is string hint)
            TurnAway(session, hint, now);
        while (session.Leaving is null && !BudgetSpent && session.CanBeAnswered && session.Allowance.NextAt(options) <= now.Uptime)
        {
            if (!session.Framer.Next(ref words, out ReadOnlySpan<byte> line))
                break;
            Hear(session, line, now);
            session.Allowance.Spend(line.Length + 1, options, now);
        }
        if (session.Framer.Unterminated > Limits.UnterminatedBytes)
            TurnAway(session, $"a line is at most {Limits.LineBytes} bytes, and yours does not end; goodbye", now);
        session.Hold(session.Leaving is null ? words : []);
        if (!held && session.Held.Length > 0 && !session.Ended)
            _holding.Add(session);
        sessions.Watch(session);
    }

    private void Hear(Session session, ReadOnlySpan<byte> line, Moment now)
    {
        bool first = !session.HasSpoken;
        session.HasSpoken = true;
        if (first && RichWire.TryHello(line, out Hello hello))
            Enter(session, hello, now);
        else if (first && ForeignProtocol.OfFirstLine(line) is string hint)
            TurnAway(session, hint, now);
        else if (session.Member?.Seat is not null)
            HearRich(session, session.Member, line, now);
        else
            HearPlain(session, line, now);
        sessions.FlushSoon(session);
    }

    private void HearPlain(Session session, ReadOnlySpan<byte> line, Moment now)
    {
        if (session.Member is null)
            Enter(session, now);
        Member member = session.Member!;
        if (!_commands.Hear(member, line, now))
        {
            room.Answer(member, "goodbye");
            Dismiss(session, LeftByItself, toRoom: null, now);
        }
        else if (session.Framer.Dropped is > 0 and int dropped)
        {
            room.Answer(member, $"your line had {line.Length + dropped} bytes; the last {dropped} were left out, because {line.Length} is the most");
        }
    }

    private void HearRich(Session session, Member member, ReadOnlySpan<byte> line, Moment now)
    {
        if (!_requests.Hear(member, line, now))
            Dismiss(session, LeftByItself, toRoom: null, now);
    }

    // ---- Come and go ----

    private void Enter(Session session, Moment now)
    {
        session.Member = room.Enter(session.Peer.Address.ToString(), now);
        log.Joined(session.Member.Name, session.Peer);
        sessions.FlushSoon(session);
    }

    // Whoever was slow enough to be taken for a person at a plain tool, and then says hello before anything else, is none.
    private void Enter(Session session, Hello hello, Moment now)
    {
        if (session.Member is Member plain)
            room.Leave(plain, why: null, now);
        session.Member = room.Enter(hello, now, out Member? ghost);
        session.Member.Key = session.Key;
        session.Framer.Limit = Limits.RelayedLineBytes - 1;
        if (ghost is not null)
        {
            Session old = sessions[ghost.Key];
            old.Leaving = "replaced by a newer connection";
            sessions.CloseSoon(old, old.Leaving);
        }
        log.Joined(session.Member.Name, session.Peer);
    }

    private void Leave(Session session, Member member, string reason, string? toRoom, Moment now)
    {
        log.Left(member.Name, session.Peer, reason);
        room.Leave(member, toRoom, now);
    }

    private void Lose(Session session, Member member, string reason, Moment now)
    {
        if (member.Seat is null)
        {
            Leave(session, member, reason, reason, now);
            return;
        }
        log.Away(member.Name, session.Peer, reason);
        room.Lose(member, reason, now);
    }

    // One line that says why, and the end. If it was never anybody, nobody else hears of it.
    private void TurnAway(Session session, string words, Moment now)
    {
        if (session.Member is not null)
        {
            room.Answer(session.Member, words);
        }
        else
        {
            Span<byte> line = stackalloc byte[Limits.RelayedLineBytes];
            session.Socket.Send(line[..PlainWire.Notice(line, words)], SocketFlags.None, out _);
        }
        Dismiss(session, words, toRoom: "sent away", now);
    }

    private void Release(Session session, string reason)
    {
        session.Leaving = reason;
        session.Member?.Feed.EndHere();
        sessions.FlushSoon(session);
        sessions.Watch(session);
    }
}
