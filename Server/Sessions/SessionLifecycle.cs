using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Server.Rooms;
using Microsoft.Extensions.Logging;

namespace Chat.Server.Sessions;

/// <summary>
/// How sessions become members and cease to be. A session ends in one of three ways: it leaves (it said so, or a plain tool closed its side),
/// it breaks (a rich client that said no goodbye may come back), or it is sent away. In all of them nothing more is heard from it, what it is
/// still owed is sent if it can be, and the log says why.
/// </summary>
internal sealed class SessionLifecycle(SessionTable sessions, Room room, ILogger log)
{
    // What a session that left by itself is logged as having done.
    private const string LeftByItself = "left";

    private long _lastTurnedAway = -ServerLimits.LogEveryMilliseconds;
    private int _turnedAway;

    /// <summary>A person at a plain tool.</summary>
    public void Enter(Session session, ClockReading now)
    {
        session.Member = room.Enter(now);
        log.Joined(session.Member.Name, $"{session.Peer}");
        sessions.FlushSoon(session);
    }

    /// <summary>A rich client. Whoever was so slow as to be taken for a person at a plain tool, and then says hello before anything else, is one, too.</summary>
    public void Enter(Session session, Hello hello, ClockReading now)
    {
        bool torn = session.Member is { Feed.IsInsideLine: true };
        if (session.Member is Member plain)
            room.Leave(plain, why: null, now);
        session.Member = room.Enter(hello, now, torn, out Member? ghost);
        session.Member.Key = session.Key;
        session.Framer.Limit = ProtocolLimits.RelayedLineBytes - 1;
        if (ghost is not null)
        {
            Session old = sessions[ghost.Key];
            old.LeaveReason = "replaced by a newer connection";
            sessions.CloseSoon(old, old.LeaveReason);
        }
        log.Joined(session.Member.Name, $"{session.Peer}");
    }

    /// <summary>Somebody said goodbye.</summary>
    public void Leave(Session session, ClockReading now) => Disconnect(session, LeftByItself, toRoom: null, now);

    /// <summary>A peer has closed its side.</summary>
    public void HangUp(Session session, ClockReading now)
    {
        if (session.LeaveReason is not null)
            return;
        if (session.Member?.Seat is null)
        {
            Leave(session, now);
            return;
        }
        Release(session, "connection closed");
        Lose(session, session.Member, session.LeaveReason!, now);
    }

    /// <summary>One line that says why, and the end. If it was never anybody, nobody else hears of it.</summary>
    public void Reject(Session session, string words, ClockReading now)
    {
        if (session.Member is Member member)
        {
            room.Refuse(member, words);
        }
        else
        {
            Span<byte> line = stackalloc byte[ProtocolLimits.RelayedLineBytes];
            session.Send(line[..PlainWire.Notice(line, words)], out _);
        }
        Disconnect(session, words, toRoom: "sent away", now);
    }

    /// <summary>The server ends: the session is closed when it has taken what it is owed. Who leaves is not told; everybody does.</summary>
    public void DisconnectAtShutdown(Session session)
    {
        if (session.LeaveReason is null)
            Release(session, "the server ended");
    }

    /// <summary>A session is being closed: whoever it was is lost, if it has not left already.</summary>
    public void Closed(Session session, ClockReading now)
    {
        if (session is { LeaveReason: null, Member: Member member })
            Lose(session, member, session.CloseReason!, now);
    }

    private void Disconnect(Session session, string reason, string? toRoom, ClockReading now)
    {
        if (session.LeaveReason is not null)
            return;
        Release(session, reason);
        if (session.Member is Member member)
        {
            log.Left(member.Name, $"{session.Peer}", reason);
            room.Leave(member, toRoom, now);
        }
        else if (reason != LeftByItself)
        {
            ReportRejected(session, reason, now);
        }
    }

    // At most one line a second: a scanner or a web page may connect a hundred times a second.
    private void ReportRejected(Session session, string reason, ClockReading now)
    {
        _turnedAway++;
        if (now.Uptime - _lastTurnedAway < ServerLimits.LogEveryMilliseconds)
            return;
        log.TurnedAwaySome($"{session.Peer}", reason, _turnedAway);
        (_lastTurnedAway, _turnedAway) = (now.Uptime, 0);
    }

    private void Lose(Session session, Member member, string reason, ClockReading now)
    {
        if (member.Seat is null)
            log.Left(member.Name, $"{session.Peer}", reason);
        else
            log.Away(member.Name, $"{session.Peer}", reason);
        room.Lose(member, reason, now);
    }

    private void Release(Session session, string reason)
    {
        session.LeaveReason = reason;
        session.Member?.Feed.EndHere();
        sessions.FlushSoon(session);
        sessions.Watch(session);
    }
}
