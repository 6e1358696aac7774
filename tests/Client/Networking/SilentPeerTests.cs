using System.Net;
using System.Net.Sockets;
using Chat.Client;
using Chat.Client.Networking;
using Chat.Protocol;
using Chat.Tests.Support;
using static Chat.Tests.Support.ScriptedServer;

namespace Chat.Tests.Client.Networking;

/// <summary>Lines that the server does not take, and a server whose system is silent.</summary>
public sealed class SilentPeerTests
{
    private bool _isSilent;
    private int _questions;

    [Fact]
    public void A_line_is_late_two_seconds_after_it_was_sent_until_the_server_takes_it()
    {
        using ScriptedServer server = Member();
        server.Link.Say("one");
        Assert.Equal("say 1 one", server.Hear());
        server.Pass(1);
        server.Link.Say("two");
        Assert.Equal("say 2 two", server.Hear());
        Assert.Equal(ClientLimits.LateMilliseconds - 1, server.Link.Patience.TotalMilliseconds);

        server.Pass(ClientLimits.LateMilliseconds - 2);
        Assert.Equal(0, server.Link.LateCount);
        server.Pass(1);
        Assert.Equal(1, server.Link.LateCount);
        Assert.Equal(1, server.Link.Patience.TotalMilliseconds);
        server.Pass(1);
        Assert.Equal(2, server.Link.LateCount);

        server.Send("100 1000 say alice 7.1 one\n");
        server.Until(() => server.Link.UnsentCount == 1);
        Assert.Equal(1, server.Link.LateCount);
    }

    [Fact]
    public void A_line_that_was_never_sent_is_not_late()
    {
        using ScriptedServer server = Member(options => options with { PasteWindowLines = 1 });
        server.Link.Say("one", isPasted: true);
        server.Link.Say("two", isPasted: true);
        Assert.Equal("say 1 one", server.Hear());

        server.Pass(10 * ClientLimits.LateMilliseconds / 4);

        Assert.Equal(1, server.Link.LateCount);
    }

    [Fact]
    public void No_line_is_late_while_the_link_is_down_and_the_next_connection_counts_from_its_own_send()
    {
        using ScriptedServer server = Member();
        server.Link.Say("one");
        server.Link.Say("two");
        server.Hear();
        server.Pass(ClientLimits.LateMilliseconds);
        Assert.Equal(2, server.Link.LateCount);

        server.Break();
        Assert.Equal(0, server.Link.LateCount);
        server.Greet();
        server.Send($"welcome alice {Epoch} 0 7 100 200 0\n");
        Assert.Equal("say 1 one", server.Hear());
        server.Pass(ClientLimits.LateMilliseconds - 1);
        Assert.Equal(0, server.Link.LateCount);
        server.Pass(1);

        Assert.Equal(2, server.Link.LateCount);
    }

    [Fact]
    public void A_line_that_the_server_took_on_an_earlier_connection_is_not_late()
    {
        using ScriptedServer server = Member();
        server.Link.Say("one");
        server.Hear();
        server.Break();
        server.Greet();
        server.Send($"welcome alice {Epoch} 0 7 100 200 1\n");
        server.Until(() => server.Link.State == LinkState.Joined);

        server.Pass(ClientLimits.LateMilliseconds);

        Assert.Equal(1, server.Link.UnsentCount);
        Assert.Equal(0, server.Link.LateCount);
    }

    [Fact]
    public void A_late_line_that_arrived_is_followed_by_one_ping()
    {
        using ScriptedServer server = Member();
        server.Link.Say("one");
        Assert.Equal("say 1 one", server.Hear());

        server.Pass(ClientLimits.LateMilliseconds);
        Assert.Equal("ping 0", server.Hear());
        server.Pass(ClientLimits.SilentPeerMilliseconds);

        // The server is slow, not silent.
        Assert.True(server.IsSilent);
        Assert.Equal(LinkState.Joined, server.Link.State);
    }

    [Fact]
    public void Many_late_lines_send_at_most_one_ping_a_second()
    {
        using ScriptedServer server = Member();
        for (int line = 0; line < 20; line++)
        {
            server.Link.Say($"{line}");
            server.Hear();
            server.Pass(100);
        }

        List<string> heard = [];
        for (int step = 0; step < 20; step++)
        {
            server.Pass(100);
            while (!server.IsSilent)
                heard.Add(server.Hear());
        }

        Assert.InRange(heard.Count, 1, 2);
        Assert.All(heard, static line => Assert.Equal("ping 0", line));
    }

    [Fact]
    public void A_silent_system_is_a_lost_connection_after_three_seconds_and_the_link_calls_at_once()
    {
        using ScriptedServer server = Member();
        server.Pass(ClientLimits.HurryMilliseconds);
        server.Link.Say("one");
        Assert.Equal("say 1 one", server.Hear());
        _isSilent = true;

        server.Pass(ClientLimits.SilentPeerMilliseconds - 1);
        Assert.Equal(LinkState.Joined, server.Link.State);
        // The line itself is the probe.
        Assert.True(server.IsSilent);
        server.Pass(1);

        Assert.Equal(1, server.Events.Count(static e => e is { Kind: EventKind.Link, State: LinkState.Lost }));
        _isSilent = false;
        server.Greet();
        server.Send($"welcome alice {Epoch} 0 7 100 100 0\n");
        Assert.Equal("say 1 one", server.Hear());
    }

    [Fact]
    public void A_hello_to_a_silent_system_is_a_lost_connection_after_three_seconds()
    {
        using ScriptedServer server = Member();
        server.Break();
        server.Greet();
        _isSilent = true;

        server.Pass(ClientLimits.SilentPeerMilliseconds);

        Assert.Equal(2, server.Events.Count(static e => e is { Kind: EventKind.Link, State: LinkState.Lost }));
    }

    [Fact]
    public void A_plain_server_with_a_silent_system_is_not_given_up()
    {
        using ScriptedServer server = new(options => options with { IsAcknowledgementMissing = IsMissing });
        server.Accept();
        server.Send("Welcome to Simple Chat!\n");
        server.Link.Say("one");
        server.Hear();
        _isSilent = true;

        server.Pass(10 * ClientLimits.SilentPeerMilliseconds);

        Assert.Equal(LinkState.Joined, server.Link.State);
        Assert.Equal(0, _questions);
    }

    [Fact]
    public void An_answered_line_sets_no_timer()
    {
        using ScriptedServer server = Member();
        server.Pass(0);
        double idle = server.Link.Patience.TotalMilliseconds;
        server.Link.Say("one");
        server.Hear();
        Assert.Equal(ClientLimits.LateMilliseconds, server.Link.Patience.TotalMilliseconds);

        server.Send("100 1000 say alice 7.1 one\n");
        server.Until(() => server.Link.UnsentCount == 0);

        Assert.Equal(idle, server.Link.Patience.TotalMilliseconds);
        Assert.Equal(0, _questions);
    }

    [Fact]
    public void A_changed_network_sends_at_most_one_ping_a_second()
    {
        using ScriptedServer server = Member();
        for (int change = 0; change < 10; change++)
            server.Link.HandleNetworkChange();
        Assert.Equal("ping 0", server.Hear());
        Assert.True(server.IsSilent);

        server.Pass(ClientLimits.HurryMilliseconds);
        server.Link.HandleNetworkChange();

        Assert.Equal("ping 0", server.Hear());
    }

    [Fact]
    public void A_changed_network_calls_at_once_but_at_most_once_a_second()
    {
        using ScriptedServer server = Member(random: static () => 0.999);
        server.Break();
        server.Accept();
        server.EndSpeech();
        server.Until(() => server.Link.State == LinkState.Waiting);
        Assert.InRange(server.Link.RetryMilliseconds, ClientLimits.HurryMilliseconds + 1, int.MaxValue);

        server.Link.HandleNetworkChange();

        Assert.Equal(ClientLimits.HurryMilliseconds, server.Link.RetryMilliseconds);
        server.Pass(ClientLimits.HurryMilliseconds);
        server.Accept();
    }

    [LinuxFact]
    public void A_network_that_keeps_changing_lets_an_attempt_end()
    {
        using Socket listener = new(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        HostPort to = new("127.0.0.1", ((IPEndPoint)listener.LocalEndPoint!).Port);
        TestClock clock = new();
        using Link link = new(new LinkOptions(to), clock);
        Turn(link, LinkState.Greeting);
        listener.Accept().Close();
        Turn(link, LinkState.Waiting);
        // Its queue is full now, so the system ignores the next connections.
        using Socket one = new(SocketType.Stream, ProtocolType.Tcp),
            two = new(SocketType.Stream, ProtocolType.Tcp);
        foreach (Socket socket in (ReadOnlySpan<Socket>)[one, two])
        {
            socket.Blocking = false;
            _ = socket.ConnectAsync(listener.LocalEndPoint!);
        }
        clock.Advance(TimeSpan.FromMilliseconds(link.RetryMilliseconds));
        Turn(link, LinkState.Connecting);

        for (int elapsed = 0; elapsed < 2 * ClientLimits.ConnectMilliseconds; elapsed += 1100)
        {
            clock.Advance(TimeSpan.FromMilliseconds(1100));
            link.HandleNetworkChange();
            link.Turn();
            if (link.State == LinkState.Waiting)
                return;
        }
        Assert.Fail("no attempt ended");
    }

    private static void Turn(Link link, LinkState state) =>
        Eventually.Is(
            () =>
            {
                link.Turn();
                return link.State == state;
            },
            $"the link to be {state}",
            seen: () => $"{link.State}"
        );

    [Fact]
    public void The_system_of_a_peer_that_reads_nothing_is_not_silent()
    {
        using Socket listener = new(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        listener.Listen();
        using Socket client = new(SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        using Socket deaf = listener.Accept();
        client.Blocking = false;
        byte[] bytes = new byte[65536];
        while (client.Send(bytes, SocketFlags.None, out SocketError error) > 0 && error == SocketError.Success) { }

        // The window is closed, and the system probes it.
        Assert.False(PeerAcknowledgement.IsMissing(client, 0, 0));
    }

    private ScriptedServer Member(Func<LinkOptions, LinkOptions>? options = null, Func<double>? random = null) =>
        WithMember(usual => (options?.Invoke(usual) ?? usual) with { IsAcknowledgementMissing = IsMissing }, random);

    private bool IsMissing(Socket socket, long milliseconds, long laterBytes)
    {
        _questions++;
        return _isSilent;
    }
}
