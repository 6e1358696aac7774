using System.Net;
using Chat.Server.Access;
using Chat.Server.Networking;

namespace Chat.Server.Sessions;

/// <summary>
/// Limits the handshakes of TLS. A ClientHello costs its sender nothing and the server 0.25 ms, and one wait may report
/// a thousand. So a pass makes at most <see cref="ServerLimits.HandshakesPerPass"/> steps. One address gets
/// <see cref="ServerLimits.HandshakesAtOnce"/> at once and then <see cref="ServerLimits.HandshakesPerSecond"/>.
/// </summary>
/// <remarks>
/// A ClientHello in several pieces, or a second one after a HelloRetryRequest (RFC 8446, 4.1.4), is work as well. Each
/// step until one is accepted counts as a handshake. The one behind them costs less, and happens once.
/// <para>
/// A connection in the queue has its time fixed, and nothing more is read from it. If its time lies behind
/// <see cref="ServerLimits.HandshakeMilliseconds"/>, it is closed at once: its peer would not wait either.
/// </para>
/// </remarks>
internal sealed class HandshakeQueue(ServerOptions options, SessionTable sessions, SessionLifecycle lifecycle)
{
    private const int KeptCapacity = 64,
        OrderBits = 16;
    private const long Interval = 1000 / ServerLimits.HandshakesPerSecond;

    // The order is the time, and behind OrderBits the order of arrival: 8 KB of the binary less than with a pair.
    private readonly PriorityQueue<Session, long> _waiting = new();
    private readonly Queue<(Session Session, TlsChannel Channel, long Due)> _deadlines = [];

    // The uptime at which the handshakes of an address are paid off (see RateLimit).
    private readonly NetworkTable<long> _paidAt = new(ServerLimits.HandshakeAddresses);
    private long _order;

    /// <summary>Uptime of the next work here; <see cref="long.MaxValue"/> for none.</summary>
    public long NextDue
    {
        get
        {
            long due = _deadlines.TryPeek(out (Session, TlsChannel, long Due) first) ? first.Due : long.MaxValue;
            return _waiting.TryPeek(out _, out long next) ? Math.Min(due, next >> OrderBits) : due;
        }
    }

    /// <summary>Gives a session a channel for TLS.</summary>
    /// <param name="session">Undetected, or detected just now.</param>
    /// <param name="received">May be the next bytes of a ClientHello.</param>
    /// <param name="now">The time.</param>
    public void Begin(Session session, ReadOnlySpan<byte> received, ClockReading now)
    {
        if (session.Channel is not TlsChannel channel)
        {
            session.Channel = channel = new TlsChannel(options.RoomKey!);
            SetDeadline(session, channel, now);
        }
        channel.AddToHead(received);
        Continue(session, channel, now);
    }

    /// <summary>Queues the next step of the handshake once it can be made. Call it after input.</summary>
    public void Continue(Session session, TlsChannel channel, ClockReading now)
    {
        if (!channel.IsReady || channel.Handshake is not HandshakeState { IsQueued: false } handshake)
            return;
        handshake.IsQueued = true;
        if (TryReserve(session.Peer, now, out long due))
            _waiting.Enqueue(session, (due << OrderBits) | (_order++ & ((1 << OrderBits) - 1)));
        else
            lifecycle.RefuseHandshake(session, now);
        sessions.Watch(session);
    }

    /// <summary>Makes the steps that are due, and ends handshakes that take too long.</summary>
    public void Tick(ClockReading now)
    {
        int steps = 0;
        while (
            steps < ServerLimits.HandshakesPerPass
            && _waiting.TryPeek(out _, out long next)
            && next >> OrderBits <= now.Uptime
        )
        {
            Session session = _waiting.Dequeue();
            if (session.Channel is not TlsChannel channel || !IsShaking(session, channel))
                continue;
            steps++;
            if (!channel.HasBegun)
                SetDeadline(session, channel, now);
            channel.Handshake!.IsQueued = false;
            channel.Step(now);
            if (channel.Failure is string failure)
                lifecycle.AbortTls(session, failure, now);
            sessions.FlushSoon(session);
            sessions.Watch(session);
        }
        while (_deadlines.TryPeek(out (Session Session, TlsChannel Channel, long Due) first))
        {
            bool counts =
                IsShaking(first.Session, first.Channel)
                && (first.Channel.HasBegun || !first.Channel.Handshake!.IsQueued)
                && first.Channel.Handshake!.Due == first.Due;
            if (counts && first.Due > now.Uptime)
                break;
            _deadlines.Dequeue();
            if (counts)
                sessions.CloseSoon(first.Session, "the TLS handshake took too long");
        }
        // Ten thousand handshakes at once left 1.3 MB here.
        if (steps == 0 && _waiting.Count == 0 && _waiting.Capacity > KeptCapacity)
            _waiting.TrimExcess();
        if (_deadlines.Count == 0 && _deadlines.Capacity > KeptCapacity)
            _deadlines.TrimExcess();
    }

    private static bool IsShaking(Session session, TlsChannel channel) =>
        session.Channel == channel
        && session is { LeaveReason: null, CloseReason: null }
        && channel is { IsEstablished: false };

    private void SetDeadline(Session session, TlsChannel channel, ClockReading now)
    {
        long due = channel.Handshake!.Due = now.Uptime + ServerLimits.HandshakeMilliseconds;
        _deadlines.Enqueue((session, channel, due));
    }

    /// <summary>Finds the time for the next handshake of an address.</summary>
    /// <returns>False if that is too far away.</returns>
    internal bool TryReserve(PeerAddress peer, ClockReading now, out long due)
    {
        due = now.Uptime;
        if (peer.IsThisMachine)
            return true;
        IPAddress address = peer.Address;
        long paidAt = Math.Max(_paidAt[address], now.Uptime) + Interval;
        due = Math.Max(due, paidAt - ServerLimits.HandshakesAtOnce * Interval);
        if (due - now.Uptime > ServerLimits.HandshakeMilliseconds)
            return false;
        _paidAt.Set(address, paidAt);
        return true;
    }
}
