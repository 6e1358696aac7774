using System.Collections;
using System.Net;
using Chat.Server.Networking;

namespace Chat.Server.Sessions;

/// <summary>
/// All connections: their keys, what the poller is told of each, and the two lists of a pass, who is to be flushed though the log has not
/// moved, and who is to be closed at its end. Nobody is ever closed inside a walk over the others.
/// </summary>
internal sealed class SessionTable(Poller poller) : IEnumerable<Session>
{
    private readonly List<Session?> _byKey = [];
    private readonly Stack<int> _freeKeys = [];
    private readonly List<Session> _closing = [];
    private List<Session> _due = [],
        _dueNow = [];

    public int Count => _byKey.Count - _freeKeys.Count;

    /// <summary>Connections that came so far, and connections that are gone.</summary>
    public long Turnover { get; private set; }

    public Session this[int key] => _byKey[key]!;

    /// <summary>Whether a flush is due though the log has not moved.</summary>
    public bool AnyDue => _due.Count > 0;

    /// <summary>Takes a new connection in.</summary>
    /// <returns>Null when the system can wait for no more; the connection is still the caller's then.</returns>
    public Session? Add(Connection connection, IPEndPoint peer, ClockReading now)
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
        Turnover++;
        return session;
    }

    /// <summary>Tells the poller what this session wants now, if it wants something else than before.</summary>
    public void Watch(Session session)
    {
        Interest wanted = session.DesiredInterest;
        if (session.RegisteredInterest == wanted || session.Ended || session.CloseReason is not null)
            return;
        poller.Set(session.Connection, session.Key, session.RegisteredInterest, wanted);
        session.RegisteredInterest = wanted;
    }

    /// <summary>Waits for this session no more.</summary>
    public void Unwatch(Session session)
    {
        if (session.RegisteredInterest is not null)
            poller.Remove(session.Connection);
        session.RegisteredInterest = null;
    }

    /// <summary>Has this session flushed in the next flush, even if the log has not moved.</summary>
    public void FlushSoon(Session session)
    {
        if (session.IsFlushQueued)
            return;
        session.IsFlushQueued = true;
        _due.Add(session);
    }

    /// <summary>Those whose flush is due; who becomes due from now on is in the next list. Valid until the next call.</summary>
    public List<Session> TakeDue()
    {
        _dueNow.Clear();
        (_due, _dueNow) = (_dueNow, _due);
        foreach (Session session in _dueNow)
            session.IsFlushQueued = false;
        return _dueNow;
    }

    /// <summary>Has this session closed at the end of the pass.</summary>
    public void CloseSoon(Session session, string reason)
    {
        if (session.CloseReason is not null)
            return;
        session.CloseReason = reason;
        _closing.Add(session);
    }

    /// <summary>Closes those that are to be closed.</summary>
    /// <param name="closed">Called for each, before its connection is gone.</param>
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
            Turnover++;
            _freeKeys.Push(session.Key);
        }
        _closing.Clear();
    }

    public Enumerator GetEnumerator() => new(_byKey);

    IEnumerator<Session> IEnumerable<Session>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Walks the sessions that are there, without garbage.</summary>
    internal struct Enumerator(List<Session?> byKey) : IEnumerator<Session>
    {
        private int _at = -1;

        public readonly Session Current => byKey[_at]!;

        readonly object IEnumerator.Current => Current;

        public bool MoveNext()
        {
            while (++_at < byKey.Count)
            {
                if (byKey[_at] is not null)
                    return true;
            }
            return false;
        }

        public void Reset() => _at = -1;

        public readonly void Dispose()
        {
            // Nothing is held.
        }
    }
}
