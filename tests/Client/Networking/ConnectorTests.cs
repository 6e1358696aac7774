using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Chat.Client;
using Chat.Client.Networking;
using Chat.Protocol;
using Chat.Tests.EndToEnd;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Networking;

public sealed class ConnectorTests
{
    private readonly TestClock _clock = new();

    [Fact]
    public void A_server_that_listens_is_reached()
    {
        using var listener = new Listener();
        using Connector connector = new(new HostPort("127.0.0.1", listener.EndPoint.Port), _clock);
        Socket? reached = null;

        Eventually.Is(() => (reached = connector.Look()) is not null, "the connection");

        Assert.Equal(listener.EndPoint, reached!.RemoteEndPoint);
        Assert.False(reached.Blocking);
        reached.Dispose();
    }

    /// <summary>A port forwarder closes at once when it cannot reach the machine behind it.</summary>
    [Fact]
    public void A_listener_that_resets_at_once_is_reached_or_fails_in_words()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        HostPort to = new("127.0.0.1", ((IPEndPoint)listener.LocalEndPoint!).Port);
        const int Calls = 3000;
        Thread resetter = new(() =>
        {
            try
            {
                for (int i = 0; i < Calls; i++)
                    listener.Accept().Close(timeout: 0);
            }
            catch (SocketException)
            {
                // The test has failed and closed the listener.
            }
        });
        resetter.Start();
        for (int i = 0; i < Calls; i++)
        {
            using Connector connector = new(to, _clock, Task.FromResult(new Located([IPAddress.Loopback])));
            Socket? reached = null;
            while (reached is null && connector.Failure is null)
                reached = connector.Look();
            Assert.Equal(reached is null ? null : IPAddress.Loopback, connector.Address);
            reached?.Dispose();
        }
        resetter.Join();
    }

    [Theory]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::FFFF:7F00:1")]
    public void An_IPv4_address_in_IPv6_form_is_reached(string host)
    {
        using var listener = new Listener();
        using Connector connector = new(new HostPort(host, listener.EndPoint.Port), _clock);
        Socket? reached = null;

        Eventually.Is(
            () => (reached = connector.Look()) is not null || connector.Failure is not null,
            "the connection"
        );

        Assert.Null(connector.Failure);
        reached!.Dispose();
    }

    [Theory]
    [InlineData("fe80::1", "fe80::1 is an address behind one network interface")]
    [InlineData("fe80::1%nosuch", "this machine has no network interface called nosuch")]
    [InlineData("::1:28090", "'::1:28090' is no address")]
    [InlineData("ff02::1", "there is no way to ff02::1 1")]
    public void An_address_that_leads_nowhere_is_explained(string host, string words)
    {
        using Connector connector = new(new HostPort(host, 1), _clock);

        Eventually.Is(() => connector.Look() is null && connector.Failure is not null, "the failure");

        Assert.StartsWith(words, connector.Failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("0.0.0.0")]
    public void The_advice_for_this_machine_opens_a_room_that_others_can_enter(string host)
    {
        using Connector connector = new(new HostPort(host, 1), _clock);

        Eventually.Is(() => connector.Look() is null && connector.Failure is not null, "the refusal");

        Assert.Equal(
            $"no server listens at {host} 1; to open a room that other machines can join too, type: chat server 1",
            connector.Failure
        );
    }

    [Fact]
    public void The_advice_for_another_machine_says_where_to_start_the_server() =>
        Assert.Equal(
            "no server listens at 192.168.1.65 8082; to start one, type on that machine: chat server 192.168.1.65 8082",
            Connector.Refused(new HostPort("192.168.1.65", null), isThisMachine: false)
        );

    [LinuxFact]
    public void A_silent_host_fails_at_the_timeout_and_not_before()
    {
        using Hole hole = new(IPAddress.Loopback, 0);
        using Connector connector = new(new HostPort("127.0.0.1", int.Parse(hole.Port)), _clock);

        _clock.Advance(TimeSpan.FromMilliseconds(ClientLimits.ConnectMilliseconds - 1));
        Assert.Null(connector.Look());
        Assert.Null(connector.Failure);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(connector.Look());

        Assert.StartsWith(
            $"no answer from 127.0.0.1 {hole.Port} within 10 s",
            connector.Failure,
            StringComparison.Ordinal
        );
        Assert.Contains($"no firewall there blocks port {hole.Port}", connector.Failure, StringComparison.Ordinal);
    }

    [LinuxFact]
    public void After_the_answer_of_one_address_no_other_is_tried()
    {
        using var listener = new Listener();
        IPAddress slow = IPAddress.Parse("127.0.0.2");
        IPEndPoint silent = new(slow, listener.EndPoint.Port);
        using Hole hole = new(slow, listener.EndPoint.Port);
        const int OfTheHole = 3;
        Eventually.Is(() => Calls(silent) == OfTheHole, "the hole's own calls to be under way");
        using Connector connector = new(
            new HostPort("somebox", listener.EndPoint.Port),
            _clock,
            Task.FromResult(new Located([slow, IPAddress.Loopback]))
        );
        Assert.Null(connector.Look());
        Eventually.Is(() => Calls(silent) == OfTheHole + 1, "the connector's call to be under way");
        _clock.Advance(TimeSpan.FromMilliseconds(ClientLimits.NextAddressMilliseconds));
        Socket? reached = null;

        Eventually.Is(() => (reached = connector.Look()) is not null, "the connection");

        Assert.Equal(listener.EndPoint, reached!.RemoteEndPoint);
        Eventually.Is(() => Calls(silent) == OfTheHole, "the end of the connector's call");
        reached.Dispose();
    }

    // Pending connections to this port. The system's list is read in pieces and may repeat entries when it
    // changes.
    private static int Calls(IPEndPoint to) =>
        IPGlobalProperties
            .GetIPGlobalProperties()
            .GetActiveTcpConnections()
            .Where(connection => connection.State == TcpState.SynSent && connection.RemoteEndPoint.Equals(to))
            .DistinctBy(static connection => connection.LocalEndPoint.Port)
            .Count();

    [Fact]
    public void An_unknown_host_name_is_in_the_error()
    {
        using Connector connector = new(new HostPort("nosuch.invalid", 8082), _clock);

        Eventually.Is(
            () => connector.Look() is null && connector.Failure is not null,
            "the answer of the name service"
        );

        Assert.StartsWith("no machine called nosuch.invalid", connector.Failure, StringComparison.Ordinal);
    }
}
