using System.Net;
using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Server.Networking;
using Chat.Server.Web;

namespace Chat.Server.Sessions;

/// <summary>
/// Answers connections from addresses that may not join, before anything is made for them: one line, or a page for a
/// browser. A second one from the address within a second is closed without an answer, and so are those above
/// <see cref="ServerLimits.Visitors"/>.
/// </summary>
/// <param name="poller">Sends, and closes the connections.</param>
/// <param name="hasPage">A browser may come: the first bytes of a connection are awaited.</param>
internal sealed class Doorman(Poller poller, bool hasPage) : IDisposable
{
    private readonly List<Visitor> _visitors = [];

    private readonly record struct Visitor(Connection Connection, IPAddress Address, string Words, long Since)
    {
        public bool IsAnswered { get; init; }
    }

    /// <summary>Uptime at which a connection is answered; <see cref="long.MaxValue"/> for none.</summary>
    public long NextDue
    {
        get
        {
            long due = long.MaxValue;
            foreach (Visitor visitor in _visitors)
                due = visitor.IsAnswered ? due : Math.Min(due, visitor.Since + ServerLimits.GreetingMilliseconds);
            return due;
        }
    }

    /// <summary>Answers and closes a connection, now or when its first bytes have had their time.</summary>
    public void TurnAway(Connection connection, IPAddress address, string words, ClockReading now)
    {
        Tick(now);
        foreach (Visitor known in _visitors)
        {
            if (!known.Address.Equals(address) && _visitors.Count < ServerLimits.Visitors)
                continue;
            poller.Close(connection);
            return;
        }
        _visitors.Add(Attend(new Visitor(connection, address, words, now.Uptime), now));
    }

    /// <summary>Answers the connections whose first bytes have come or are not awaited any more.</summary>
    public void Tick(ClockReading now)
    {
        for (int i = _visitors.Count - 1; i >= 0; i--)
        {
            Visitor visitor = _visitors[i] = Attend(_visitors[i], now);
            if (visitor.IsAnswered && now.Uptime - visitor.Since >= ServerLimits.LogEveryMilliseconds)
                _visitors.RemoveAt(i);
        }
    }

    public void Dispose()
    {
        foreach (Visitor visitor in _visitors)
        {
            if (!visitor.IsAnswered)
                poller.Close(visitor.Connection);
        }
        _visitors.Clear();
    }

    private Visitor Attend(Visitor visitor, ClockReading now)
    {
        bool isDue = !hasPage || now.Uptime - visitor.Since >= ServerLimits.GreetingMilliseconds;
        if (visitor.IsAnswered || !(isDue || poller.HasInput(visitor.Connection)))
            return visitor;
        Answer(visitor.Connection, visitor.Words);
        return visitor with { IsAnswered = true };
    }

    // Input that is not read would make the close a reset, and the peer could lose the answer.
    private void Answer(Connection connection, string words)
    {
        Span<byte> bytes = stackalloc byte[ProtocolLimits.LineBytes];
        ReadOnlySpan<byte> first = bytes[..Math.Max(0, poller.Receive(connection, bytes, out _))];
        if (hasPage && (first.StartsWith("GET "u8) || first.StartsWith("HEAD "u8)))
        {
            HttpResponse page = HttpResponse.Refusal("403 Forbidden", words);
            poller.Send(connection, [.. page.Head, .. page.Body.Span], out _);
        }
        else
        {
            // The mark tells a client that this is a room.
            string refusal = PlainWire.Refusal(words, isFinal: true);
            poller.Send(connection, bytes[..PlainWire.Notice(bytes, refusal)], out _);
        }
        poller.Close(connection);
    }
}
