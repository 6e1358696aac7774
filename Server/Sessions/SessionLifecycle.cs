using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Server.Rooms;
using Microsoft.Extensions.Logging;

namespace Chat.Server.Sessions;

/// <summary>
/// Turns sessions into members and ends them. A session ends in one of three ways. It leaves: by a goodbye, or a
/// plain tool closes its side. It breaks: a rich client without a goodbye may return. Or the server rejects it. In
/// each case no more input is read, the remaining output is sent if possible, and the log has the
/// reason.
/// </summary>
internal sealed class SessionLifecycle(SessionTable sessions, IRoomEvents room, ILogger log)
{
    // The logged reason of a session that left by itself.
    private const string LeftByItself = "left";

    // The sessions of rich members, because the room tells which member a newer connection has replaced.
    private readonly Dictionary<Member, Session> _rich = [];

    private long _lastRejected = -ServerLimits.LogEveryMilliseconds;
    private int _rejected;

    /// <summary>Adds a plain tool to the room.</summary>
    public void Join(Session session, ClockReading now)
    {
        session.Member = room.JoinPlain(now);
        log.Joined(session.Member.Name, $"{session.Peer}");
        sessions.FlushSoon(session);
    }

    /// <summary>
    /// Adds a rich client. A slow client may already be in the room as a plain tool; a hello as its first line
    /// makes it rich.
    /// </summary>
    public void Join(Session session, Hello hello, ClockReading now)
    {
        session.Member = room.Join(hello, session.Member, now, out Member? replaced);
        session.Framer.Limit = ProtocolLimits.SnippetLineBytes - 1;
        _rich.Add(session.Member, session);
        if (replaced is not null)
        {
            Session old = _rich[replaced];
            old.LeaveReason = "replaced by a newer connection";
            sessions.CloseSoon(old, old.LeaveReason);
        }
        log.Joined(session.Member.Name, $"{session.Peer}");
    }

    /// <summary>Ends the session of a member that has left the room by a goodbye.</summary>
    public void Leave(Session session, ClockReading now) => Disconnect(session, LeftByItself, now);

    /// <summary>Handles a peer that closed its side.</summary>
    public void HangUp(Session session, ClockReading now)
    {
        if (session.LeaveReason is not null)
            return;
        if (session.Member is { Seat: not null } rich)
        {
            Release(session, "connection closed");
            Lose(session, rich, session.LeaveReason!, now);
            return;
        }
        if (session.Member is Member plain)
            room.HangUp(plain, now);
        Disconnect(session, LeftByItself, now);
    }

    /// <summary>
    /// Sends one line with the reason and ends the session. A silent session was never announced, so no leave
    /// is announced either.
    /// </summary>
    public void Reject(Session session, string words, ClockReading now)
    {
        if (session.LeaveReason is not null)
            return;
        if (session.Member is Member member)
        {
            room.Reject(member, words, now);
        }
        else
        {
            Span<byte> line = stackalloc byte[ProtocolLimits.RelayedLineBytes];
            session.Send(line[..PlainWire.Notice(line, words)], out _);
        }
        Disconnect(session, words, now);
    }

    /// <summary>
    /// Closes the session at shutdown, once its output is sent. All members leave, so no leave is announced.
    /// </summary>
    public void DisconnectAtShutdown(Session session)
    {
        if (session.LeaveReason is not null)
            return;
        session.Member?.Feed.EndHere();
        Release(session, "the server ended");
    }

    /// <summary>Call when a session closes: its member is lost unless it has left already.</summary>
    public void Closed(Session session, ClockReading now)
    {
        if (session.Member is not Member member)
            return;
        _rich.Remove(member);
        if (session.LeaveReason is null)
            Lose(session, member, session.CloseReason!, now);
    }

    /// <summary>Queues the session of a rich member for the next flush.</summary>
    public void FlushSoon(Member member)
    {
        if (_rich.TryGetValue(member, out Session? session))
            sessions.FlushSoon(session);
    }

    private void Disconnect(Session session, string reason, ClockReading now)
    {
        Release(session, reason);
        if (session.Member is Member member)
            log.Left(member.Name, $"{session.Peer}", reason);
        else if (reason != LeftByItself)
            ReportRejected(session, reason, now);
    }

    // At most one log line a second: a scanner or a web page may connect a hundred times a second.
    private void ReportRejected(Session session, string reason, ClockReading now)
    {
        _rejected++;
        if (now.Uptime - _lastRejected < ServerLimits.LogEveryMilliseconds)
            return;
        log.Rejected($"{session.Peer}", reason, _rejected);
        (_lastRejected, _rejected) = (now.Uptime, 0);
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
        sessions.FlushSoon(session);
        sessions.Watch(session);
    }
}
