using System.Net;
using Chat.Protocol.Tls;
using Chat.Protocol.Wire;
using Chat.Server;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>A room with a secret, and strangers at its door.</summary>
public sealed class SecretTests
{
    private const string Secret = "rumor-parrot-airport-sanity-mend-metric",
        Greeting = "Welcome to this chatroom! [chat/1] [secret]",
        GreetingInClear = "Welcome to this chatroom! [chat/1] [tls] [secret]",
        Question = "-- this room asks for its secret",
        Wrong = "-- that is not it",
        TooMany = "-- too many wrong secrets came from your address; try again in a minute";

    private static readonly RoomKey Key = new(new byte[RoomKey.Bytes]);

    private static readonly RoomSecret Known = new(Secret, Key.PublicKey);

    private static readonly ServerOptions Options = SteppedServer.Unbounded with { RoomKey = Key, Secret = Known };

    private static Peer Call(SteppedServer server, out TlsConnection tls, IPAddress? from = null)
    {
        Peer peer = server.ConnectSilently(from);
        tls = peer.UseTls();
        Assert.Equal(Greeting, peer.ReceiveLine());
        Assert.Equal(Question, peer.ReceiveLine());
        return peer;
    }

    private static void Send(Peer peer, byte[] proof) => peer.SendBytes(RichWire.Proof(proof));

    private static Peer JoinPlain(SteppedServer server)
    {
        Peer peer = Call(server, out _);
        peer.SendText($"{Secret}\n");
        server.Settle();
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.HelloMilliseconds));
        peer.WaitForLine(static line => line.StartsWith("-- you are ", StringComparison.Ordinal));
        return peer;
    }

    private static void Fail(SteppedServer server, Peer peer)
    {
        for (int tries = 0; tries < ServerLimits.SecretTries; tries++)
        {
            peer.SendText("a guess\n");
            Assert.Equal(Wrong, peer.ReceiveLine());
            server.Advance(TimeSpan.FromMilliseconds(ServerLimits.SecretPauseMilliseconds));
        }
        peer.WaitForEnd();
    }

    [Fact]
    public void A_client_proves_first_and_then_the_server_and_then_it_says_hello()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer peer = Call(server, out TlsConnection tls);

        Send(peer, Known.ClientProof(tls.Exported));

        string answer = $"secret {Convert.ToHexStringLower(Known.ServerProof(tls.Exported))}";
        Assert.Equal(answer, peer.ReceiveLine());
        RichPeer alice = RichPeer.Hello(server, peer, "alice", person: 1, seat: 1, "- 20");
        Peer bob = JoinPlain(server);
        bob.SendText("hi\n");
        peer.WaitForLine(static line => line.EndsWith(" 0 hi", StringComparison.Ordinal));
    }

    [Fact]
    public void The_typed_secret_makes_a_plain_member_whose_next_line_is_said()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer alice = JoinPlain(server),
            bob = Call(server, out _);

        bob.SendText("  Rumor parrot airport SANITY mend metric\nhello there\n");

        alice.WaitForLine(static line => line.EndsWith("> hello there", StringComparison.Ordinal));
    }

    [Fact]
    public void The_proof_of_another_connection_or_of_the_server_is_wrong()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer victim = Call(server, out TlsConnection there),
            between = Call(server, out TlsConnection here);
        Assert.NotEqual(there.Exported, here.Exported);

        Send(between, Known.ClientProof(there.Exported));
        Assert.Equal(Wrong, between.ReceiveLine());
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.SecretPauseMilliseconds));
        Send(between, Known.ServerProof(here.Exported));

        Assert.Equal(Wrong, between.ReceiveLine());
    }

    [Fact]
    public void A_stranger_learns_nothing_of_the_room_and_the_room_nothing_of_the_stranger()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer alice = JoinPlain(server),
            bob = JoinPlain(server);
        Peer[] strangers = [Call(server, out _), Call(server, out _), Call(server, out _), Call(server, out _)];

        strangers[1].SendText("hello bob - 0123456789abcdef0123456789abcdef - 20\n");
        strangers[2].SendText("hello export 0123456789abcdef0123456789abcdef - 0\n");
        strangers[3].SendText("GET / HTTP/1.1\r\n\r\n");
        server.Advance(TimeSpan.FromSeconds(5));
        bob.SendText("among us\n");
        alice.WaitForLine(static line => line.EndsWith("> among us", StringComparison.Ordinal));
        server.Settle();

        Assert.Single(alice.Lines, static line => line.EndsWith("2 joined", StringComparison.Ordinal));
        Assert.Equal(2, alice.Lines.Count(static line => line.EndsWith(" joined", StringComparison.Ordinal)));
        foreach (Peer stranger in strangers)
        {
            stranger.Pump();
            Assert.DoesNotContain(stranger.Lines, static line => line is not (Greeting or Question or Wrong));
            Assert.False(stranger.Ended);
        }
        Assert.Equal(2, server.Server.People);
        Assert.DoesNotContain(server.Log.Lines, static line => line.Contains("rumor", StringComparison.Ordinal));
    }

    [Fact]
    public void Three_wrong_secrets_end_the_connection()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer peer = Call(server, out _);

        Fail(server, peer);

        Assert.Equal(3, peer.Lines.Count(static line => line == Wrong));
    }

    [Fact]
    public void Each_wrong_secret_is_logged_once_a_second_at_most_and_without_its_text()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer alice = Call(server, out _),
            bob = Call(server, out _);

        alice.SendText("a guess\n");
        Assert.Equal(Wrong, alice.ReceiveLine());
        bob.SendText("another guess\n");
        Assert.Equal(Wrong, bob.ReceiveLine());
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.LogEveryMilliseconds));
        alice.SendText("a third guess\n");
        Assert.Equal(Wrong, alice.ReceiveLine());

        Assert.Collection(
            server.Log.Lines.Where(static line => line.StartsWith("wrong secret from 127", StringComparison.Ordinal)),
            static line => Assert.EndsWith("; 1 since the last such line", line, StringComparison.Ordinal),
            static line => Assert.EndsWith("; 2 since the last such line", line, StringComparison.Ordinal)
        );
        Assert.DoesNotContain(server.Log.Lines, static line => line.Contains("guess", StringComparison.Ordinal));
    }

    [Fact]
    public void A_second_lies_between_two_attempts_and_an_empty_line_is_none()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer peer = Call(server, out _);

        peer.SendText($"\n\na guess\n{Secret}\nhi\n");
        Assert.Equal(Wrong, peer.ReceiveLine());
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.SecretPauseMilliseconds - 1));
        Assert.Equal(0, server.Server.People);
        server.Advance(TimeSpan.FromMilliseconds(1));
        server.Settle();

        Assert.Equal(1, server.Server.People);
    }

    [Fact]
    public void Ten_wrong_secrets_a_minute_are_taken_from_one_address_and_loopback_is_no_exception()
    {
        IPAddress guesser = IPAddress.Parse("127.0.0.9");
        using SteppedServer server = new(Readiness.Epoll, Options);
        for (int i = 0; i < 3; i++)
            Fail(server, Call(server, out _, guesser));
        Peer last = Call(server, out _, guesser);
        last.SendText("the tenth\n");
        Assert.Equal(Wrong, last.ReceiveLine());
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.SecretPauseMilliseconds));

        last.SendText($"{Secret}\n");

        Assert.Equal(TooMany, last.ReceiveLine());
        last.WaitForEnd();
        JoinPlain(server);
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.SecretWindowMilliseconds));
        Peer later = Call(server, out TlsConnection tls, guesser);
        Send(later, Known.ClientProof(tls.Exported));
        Assert.StartsWith("secret ", later.ReceiveLine(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_session_that_sends_no_secret_is_no_member_and_ends_after_two_minutes()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer peer = Call(server, out _);

        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.SecretMilliseconds - 1000));
        Assert.Equal(0, server.Server.People);
        peer.Pump();
        Assert.False(peer.Ended);
        server.Advance(TimeSpan.FromMilliseconds(2000));

        Assert.Equal("-- the secret did not come in time; call again", peer.ReceiveLine());
        peer.WaitForEnd();
    }

    [Fact]
    public void This_computer_types_the_secret_in_the_clear()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer peer = server.Connect();
        Assert.Equal(GreetingInClear, peer.Lines[0]);
        Assert.Equal(Question, peer.ReceiveLine());

        server.Advance(TimeSpan.FromMilliseconds(2 * ServerLimits.HelloMilliseconds));
        Assert.Equal(0, server.Server.People);
        peer.SendText($"{Secret}\n");
        server.Settle();
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.HelloMilliseconds));

        peer.WaitForLine(static line => line.StartsWith("-- you are ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_proof_in_the_clear_is_a_wrong_secret()
    {
        using SteppedServer server = new(Readiness.Epoll, Options);
        Peer peer = server.Connect();
        Assert.Equal(Question, peer.ReceiveLine());

        Send(peer, Known.ClientProof(new byte[32]));

        Assert.Equal(Wrong, peer.ReceiveLine());
    }

    [Fact]
    public void The_page_is_asked_behind_its_hello()
    {
        const string Hello = "hello web - 0123456789abcdef0123456789abcdef - 20\n";
        using SteppedServer server = new(Readiness.Epoll, Options, hasPage: true);
        Peer peer = server.ConnectWeb(out _);

        peer.SendText(Hello);
        Assert.Equal(Question, peer.ReceiveLine());
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.RequestMilliseconds));
        peer.SendText("a guess\n" + Hello);
        Assert.Equal(Wrong, peer.ReceiveLine());
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.SecretPauseMilliseconds));
        Assert.Equal(Question, peer.ReceiveLine());
        peer.SendText($"{Secret}\n{Hello}");

        peer.WaitForLine(static line => line.StartsWith("welcome ", StringComparison.Ordinal));
    }
}
