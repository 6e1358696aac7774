using System.Collections;
using Chat.Server.Access;
using Chat.Server.Networking;

namespace Chat.Server.Sessions;

/// <summary>
/// All sessions: their keys, their interest registered with the poller, and two lists for each pass: sessions
/// to flush although the log has not changed, and sessions to close. Closing waits for the end of the pass, so
/// no walk over the sessions sees one disappear.
/// <para>
/// A walk goes from the oldest session to the newest. A line to ten thousand members takes 50 ms and more of sends.
/// When thousands reconnect, the members that stayed get it first.
/// </para>
/// </summary>
internal sealed class SessionTable(Poller poller) : IEnumerable<Session>
{
    private readonly List<Session?> _byKey = [];

    // Null for a closed session, until the list is compacted.
    private readonly List<Session?> _byAge = [];
    private readonly Stack<int> _freeKeys = [];
    private readonly List<Session> _closing = [];
    private List<Session> _flushQueue = [],
        _flushNow = [];

    public int Count => _byKey.Count - _freeKeys.Count;

    /// <summary>Connections opened plus connections closed, so far.</summary>
    public long Turnover { get; private set; }

    public Session this[int key] => _byKey[key]!;

    /// <summary>Whether a session waits for a flush although the log has not changed.</summary>
    public bool HasQueuedFlush => _flushQueue.Count > 0;

    /// <summary>Adds a new connection.</summary>
    /// <returns>Null when the system can watch no more sockets; the caller still owns the connection then.</returns>
    public Session? Add(Connection connection, PeerAddress peer, ClockReading now)
    {
        if (!_freeKeys.TryPop(out int key))
        {
            key = _byKey.Count;
            _byKey.Add(null);
        }
        Session session = new(poller, connection, peer, key, now.Uptime);
        Interest wanted = session.DesiredInterest;
        if (!poller.Set(connection, key, had: null, wanted))
        {
            _freeKeys.Push(key);
            return null;
        }
        session.RegisteredInterest = wanted;
        _byKey[key] = session;
        session.AgeIndex = _byAge.Count;
        _byAge.Add(session);
        Turnover++;
        return session;
    }

    /// <summary>Registers the interest of this session with the poller if it has changed.</summary>
    public void Watch(Session session)
    {
        Interest wanted = session.DesiredInterest;
        if (session.RegisteredInterest == wanted || session.HasEnded || session.CloseReason is not null)
            return;
        poller.Set(session.Connection, session.Key, session.RegisteredInterest, wanted);
        session.RegisteredInterest = wanted;
    }

    /// <summary>Removes this session from the poller.</summary>
    public void Unwatch(Session session)
    {
        if (session.RegisteredInterest is not null)
            poller.Remove(session.Connection);
        session.RegisteredInterest = null;
    }

    /// <summary>Queues this session for the next flush, even if the log does not change.</summary>
    public void FlushSoon(Session session)
    {
        if (session.IsFlushQueued)
            return;
        session.IsFlushQueued = true;
        _flushQueue.Add(session);
    }

    /// <summary>The sessions queued for a flush; later ones go to the next list. Valid until the next call.</summary>
    public List<Session> DrainFlushQueue()
    {
        _flushNow.Clear();
        (_flushQueue, _flushNow) = (_flushNow, _flushQueue);
        foreach (Session session in _flushNow)
            session.IsFlushQueued = false;
        return _flushNow;
    }

    /// <summary>Marks this session to be closed at the end of the pass.</summary>
    public void CloseSoon(Session session, string reason)
    {
        if (session.CloseReason is not null)
            return;
        session.CloseReason = reason;
        _closing.Add(session);
    }

    /// <summary>Closes the sessions marked by <see cref="CloseSoon"/>.</summary>
    /// <param name="closed">Called for each session before its connection is closed.</param>
    public void Reap(Action<Session> closed)
    {
        if (_closing.Count == 0)
            return;
        foreach (Session session in _closing)
        {
            closed(session);
            Unwatch(session);
            session.Close();
            _byKey[session.Key] = null;
            _byAge[session.AgeIndex] = null;
            Turnover++;
            _freeKeys.Push(session.Key);
        }
        _closing.Clear();
        if (_byAge.Count > 2 * Count)
            Compact();
    }

    public Enumerator GetEnumerator() => new(_byAge);

    IEnumerator<Session> IEnumerable<Session>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // Each compaction follows as many closes as it keeps sessions, so a close costs one move.
    private void Compact()
    {
        int kept = 0;
        foreach (Session session in this)
        {
            _byAge[kept] = session;
            session.AgeIndex = kept++;
        }
        _byAge.RemoveRange(kept, _byAge.Count - kept);
    }

    /// <summary>Walks the open sessions, the oldest first, without allocating.</summary>
    internal struct Enumerator(List<Session?> byAge) : IEnumerator<Session>
    {
        private int _at = -1;

        public readonly Session Current => byAge[_at]!;

        readonly object IEnumerator.Current => Current;

        public bool MoveNext()
        {
            while (++_at < byAge.Count)
            {
                if (byAge[_at] is not null)
                    return true;
            }
            return false;
        }

        public void Reset() => _at = -1;

        public readonly void Dispose()
        {
            // There is nothing to release.
        }
    }
}
