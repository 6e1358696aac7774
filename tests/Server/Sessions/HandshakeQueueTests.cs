using System.Net;
using Chat.Server;
using Chat.Server.Access;
using Chat.Server.Sessions;
using Chat.Tests.Support;

namespace Chat.Tests.Server.Sessions;

/// <summary>The times of the handshakes of an address. TlsTests has the queue with real connections.</summary>
public sealed class HandshakeQueueTests
{
    private static readonly IPAddress Remote = IPAddress.Parse("192.0.2.1"),
        Own = IPAddress.Parse("192.0.2.2");

    private readonly TestClock _clock = new();
    private readonly HandshakeQueue _queue = new(new ServerOptions(), sessions: null!, lifecycle: null!);

    [Fact]
    public void An_address_has_twenty_at_once_and_then_five_a_second_within_five_seconds()
    {
        long[] waits = [.. Enumerable.Range(0, 100).Select(_ => Wait(Remote))];
        Assert.All(waits[..20], static wait => Assert.Equal(0, wait));
        Assert.Equal(Enumerable.Range(1, 25).Select(static i => 200L * i), waits[20..45]);
        Assert.All(waits[45..], static wait => Assert.Equal(-1, wait));

        // A refused handshake costs nothing later.
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([4200, 4400, 4600, 4800, 5000, -1], Enumerable.Range(0, 6).Select(_ => Wait(Remote)));
        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(20, Enumerable.Range(0, 21).Count(_ => Wait(Remote) == 0));
    }

    [Fact]
    public void Addresses_of_this_computer_never_wait_and_others_wait_each_for_itself()
    {
        for (int i = 0; i < 100; i++)
        {
            Wait(Remote);
            Assert.Equal(0, Wait(Own));
            Assert.Equal(0, Wait(IPAddress.Loopback));
            Assert.Equal(0, Wait(IPAddress.IPv6Loopback));
        }
        Assert.Equal(0, Wait(IPAddress.Parse("192.0.2.3")));
        Assert.Equal(-1, Wait(Remote));
    }

    [Fact]
    public void A_bounded_number_of_addresses_is_counted()
    {
        while (Wait(Remote) >= 0)
            continue;
        for (int i = 1; i < ServerLimits.HandshakeAddresses; i++)
            Wait(IPAddress.Parse($"10.0.{i / 256}.{i % 256}"));
        Assert.Equal(-1, Wait(Remote));
        Wait(IPAddress.Parse("198.51.100.1"));
        Assert.Equal(0, Wait(Remote));
    }

    // -1 for none.
    private long Wait(IPAddress address)
    {
        ClockReading now = ClockReading.Read(_clock);
        PeerAddress peer = new(new IPEndPoint(address, 0), local: Own);
        return _queue.TryReserve(peer, now, out long due) ? due - now.Uptime : -1;
    }
}
