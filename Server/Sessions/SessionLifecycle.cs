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

    // The room tells which member a newer connection has replaced, and which one a host has removed.
    private readonly Dictionary<Member, Session> _members = [];

    /// <summary>The sessions with an export, which an <see cref="ExportWorker"/> runs.</summary>
    public List<Session> Exporting { get; } = [];

    private LogRate _arrivals;

    private EventCounter _rejected,
        _wrongSecrets;

    /// <summary>Adds a plain tool to the room.</summary>
    public void Join(Session session, ClockReading now)
    {
        if (OfAddress(session, now) is string objection)
        {
            Reject(session, objection, now);
            return;
        }
        session.Member = room.JoinPlain(now, session.Peer, session.IsEncrypted);
        _members.Add(session.Member, session);
        if (AllowsArrival(now))
            log.Joined(session.Member.Name, $"{session.Peer}");
        sessions.FlushSoon(session);
    }

    /// <summary>
    /// Adds a rich client. A slow client may already be in the room as a plain tool; a hello as its first line
    /// makes it rich.
    /// </summary>
    public void Join(Session session, Hello hello, ClockReading now)
    {
        if ((OfAddress(session, now) ?? room.Objection(hello, now)) is string objection)
        {
            TurnAway(session, objection, now);
            return;
        }
        if (session.Member is Member plain)
            _members.Remove(plain);
        session.Member = room.Join(hello, session.Member, now, out Member? replaced, session.Peer, session.IsEncrypted);
        session.Framer.Limit = ProtocolLimits.SnippetLineBytes - 1;
        _members.Add(session.Member, session);
        if (replaced is not null)
        {
            Session old = _members[replaced];
            old.LeaveReason = "replaced by a newer connection";
            sessions.CloseSoon(old, old.LeaveReason);
        }
        if (AllowsArrival(now))
            log.Joined(session.Member.Name, $"{session.Peer}");
    }

    /// <summary>
    /// Ends the sessions of the members that a host has removed, and logs what hosts did. Call after each line.
    /// </summary>
    public void HandleHosts(ClockReading now)
    {
        while (room.TryTakeRemoved(out Member? member))
        {
            if (_members.TryGetValue(member, out Session? session) && session.LeaveReason is null)
                Disconnect(session, member.RemovedBecause!, now);
        }
        while (room.TryTakeRecord(out string? record))
            log.Hosted(record);
    }

    /// <summary>
    /// Begins an export. The session is no member, nothing more is read from it, and it ends when everything was sent.
    /// </summary>
    public void BeginExport(Session session, ExportHello hello, ClockReading now)
    {
        // A banned person does not read the conversation either.
        Hello asPerson = new(Name: null, hello.Token, Secret: 0, Epoch: null, Offset: 0);
        if ((OfAddress(session, now) ?? room.Objection(asPerson, now)) is string objection)
        {
            Reject(session, objection, now);
            return;
        }
        if (Exporting.Count >= ServerLimits.Exports)
        {
            Reject(session, "other exports are under way; try again later", now);
            return;
        }
        if (session.Member is Member plain)
            _members.Remove(plain);
        session.Export = room.Export(hello, session.Member, now);
        session.Member = null;
        Exporting.Add(session);
        log.Exported($"{session.Peer}");
        Release(session, LeftByItself);
    }

    /// <summary>Ends the session of a member that has left the room by a goodbye.</summary>
    public void Leave(Session session, ClockReading now) => Disconnect(session, LeftByItself, now);

    /// <summary>Ends a connection that was never in the room, once its output is sent.</summary>
    public void Finish(Session session) => Release(session, LeftByItself);

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

    /// <summary>Ends a session whose TLS has failed; its alert is still sent. A rich client may return.</summary>
    public void AbortTls(Session session, string failure, ClockReading now)
    {
        if (session.LeaveReason is not null)
            return;
        Release(session, session.Member is null ? failure : $"connection failed ({failure})");
        if (session.Member is Member member)
            Lose(session, member, session.LeaveReason!, now);
        else
            ReportRejected(session, $"spoke TLS that could not be understood ({failure})", now);
    }

    /// <summary>Ends a session silently whose address shakes hands too often.</summary>
    public void RefuseHandshake(Session session, ClockReading now) =>
        Disconnect(session, "too many TLS handshakes from one address", now);

    /// <summary>Reports a wrong secret, without its text. The last one that a session may send ends it.</summary>
    public void RefuseSecret(Session session, bool isLast, ClockReading now)
    {
        // Other rejections do not hide the guesses of a secret.
        if (_wrongSecrets.Count(now, out int times))
            log.WrongSecret($"{session.Peer}", times);
        if (isLast)
            Release(session, "it sent a wrong secret");
    }

    // The address may have been banned since the connection was accepted.
    private string? OfAddress(Session session, ClockReading now) => room.Objection(session.Peer, now);

    // A rich client recognizes this line and does not come back by itself.
    private void TurnAway(Session session, string words, ClockReading now)
    {
        if (session.Member is null)
        {
            Span<byte> line = stackalloc byte[ProtocolLimits.RelayedLineBytes];
            if (words.Length > 0)
                session.Send(line[..RichWire.Answer(line, "gone"u8, 0, words)], out _);
            Disconnect(session, words.Length > 0 ? words : "still may not join", now);
        }
        else
        {
            Reject(session, words, now);
        }
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
        _members.Remove(member);
        if (session.LeaveReason is null)
            Lose(session, member, session.CloseReason!, now);
    }

    /// <summary>Queues the session of a rich member for the next flush.</summary>
    public void FlushSoon(Member member)
    {
        if (_members.TryGetValue(member, out Session? session))
            sessions.FlushSoon(session);
    }

    private void Disconnect(Session session, string reason, ClockReading now)
    {
        Release(session, reason);
        if (session.Member is Member member)
            ReportLeft(session, member, reason, now);
        else if (reason != LeftByItself)
            ReportRejected(session, reason, now);
    }

    // At most one log line a second: a scanner or a web page may connect a hundred times a second.
    private void ReportRejected(Session session, string reason, ClockReading now)
    {
        if (_rejected.Count(now, out int times))
            log.Rejected($"{session.Peer}", reason, times);
    }

    private void ReportLeft(Session session, Member member, string reason, ClockReading now)
    {
        if (AllowsArrival(now))
            log.Left(member.Name, $"{session.Peer}", reason);
    }

    // A script may connect and leave a thousand times a second.
    private bool AllowsArrival(ClockReading now)
    {
        if (!_arrivals.Allows(now, out int withheld))
            return false;
        if (withheld == 0)
            return true;
        // This line counts, too.
        log.ArrivalsWithheld(withheld);
        return _arrivals.Allows(now, out _);
    }

    private void Lose(Session session, Member member, string reason, ClockReading now)
    {
        if (member.Seat is null)
            ReportLeft(session, member, reason, now);
        else if (AllowsArrival(now))
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
