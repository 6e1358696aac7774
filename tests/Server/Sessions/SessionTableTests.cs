using System.Net;
using System.Net.Sockets;
using Chat.Server;
using Chat.Server.Access;
using Chat.Server.Networking;
using Chat.Server.Sessions;

namespace Chat.Tests.Server.Sessions;

public sealed class SessionTableTests : IDisposable
{
    private readonly SelectPoller _poller = new();
    private readonly SessionTable _table;

    public SessionTableTests() => _table = new SessionTable(_poller);

    [Fact]
    public void A_walk_goes_from_the_oldest_session_to_the_newest_although_keys_are_reused()
    {
        List<Session> expected = [.. Enumerable.Range(0, 10).Select(_ => Add())];

        for (int turn = 0; turn < 100; turn++)
        {
            Session leaving = expected[turn * 7 % expected.Count];
            expected.Remove(leaving);
            _table.CloseSoon(leaving, "left");
            _table.Reap(static _ => { });
            expected.Add(Add());

            Assert.Equal(leaving.Key, expected[^1].Key);
            Assert.Equal(expected, _table);
        }
        Assert.Equal(expected.Count, _table.Count);
    }

    [Fact]
    public void Sessions_that_close_together_leave_the_others_in_order()
    {
        Session[] sessions = [.. Enumerable.Range(0, 100).Select(_ => Add())];

        foreach (Session session in sessions.Where((_, i) => i % 10 != 3))
            _table.CloseSoon(session, "lost");
        _table.Reap(static _ => { });

        Assert.Equal(sessions.Where((_, i) => i % 10 == 3), _table);
    }

    public void Dispose()
    {
        foreach (Session session in _table)
            session.Close();
        _poller.Dispose();
    }

    private Session Add()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        PeerAddress peer = new(new IPEndPoint(IPAddress.Loopback, 1));
        return _table.Add(Connection.From(socket), peer, new ClockReading())!;
    }
}
