using System.Net;
using Chat.Server;

namespace Chat.Tests.Server;

/// <summary>The lines that show the command to type on other machines.</summary>
public sealed class InvitationTests
{
    [Theory]
    [InlineData("fe80::1%3", "--   chat client fe80::1%INTERFACE 8082")]
    [InlineData("192.168.1.65", "--   chat client 192.168.1.65 8082")]
    [InlineData("fd00::1", "--   chat client fd00::1 8082")]
    public void An_address_is_written_as_another_machine_can_type_it(string address, string line)
    {
        string[] lines = ServerRole
            .Invitation([new IPEndPoint(IPAddress.Parse(address), 8082)], hasPage: true)
            .Split('\n');

        Assert.Contains(line, lines);
        Assert.DoesNotContain(lines, static words => words.Contains("%3", StringComparison.Ordinal));
        Assert.Equal(
            address.Contains('%', StringComparison.Ordinal),
            lines.Any(static words => words.Contains("your own network interface", StringComparison.Ordinal))
        );
    }

    [Fact]
    public void The_name_of_the_room_is_shown_while_it_is_announced()
    {
        IPEndPoint at = new(IPAddress.Any, 8082);
        const string Line = "-- the room is called lab; others in this network find it with: chat client\n";

        Assert.Contains(Line, ServerRole.Invitation([at], hasPage: true, room: "lab"), StringComparison.Ordinal);
        Assert.DoesNotContain("called", ServerRole.Invitation([at], hasPage: true), StringComparison.Ordinal);
    }

    [Fact]
    public void The_key_stands_behind_the_first_command_once()
    {
        IPEndPoint[] at = [new(IPAddress.Parse("192.168.1.65"), 8082), new(IPAddress.Loopback, 8082)];

        string[] lines = ServerRole.Invitation(at, hasPage: true, key: "one-two-three-four-five-six").Split('\n');

        Assert.Equal(
            "--   chat client 192.168.1.65 8082 --room-key one-two-three-four-five-six",
            Assert.Single(lines, static line => line.Contains("one-two", StringComparison.Ordinal))
        );
        Assert.Contains("-- or use nc or telnet, without encryption; Ctrl-C ends the room", lines);
    }

    [Fact]
    public void A_room_that_needs_encryption_names_no_tool_without_it()
    {
        IPEndPoint at = new(IPAddress.Parse("192.168.1.65"), 8082);

        string text = ServerRole.Invitation([at], hasPage: false, key: "a-b-c-d-e-f", isEncryptedOnly: true);

        Assert.EndsWith(
            "-- or use ncat --ssl in place of chat client; Ctrl-C ends the room\n",
            text,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("browser", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_on_loopback_alone_is_not_announced()
    {
        using SteppedServer server = new(Readiness.Epoll, new ServerOptions { IsAnnounced = true, RoomName = "lab" });

        Assert.False(server.Server.Announce());
        Assert.DoesNotContain(server.Log.Lines, static line => line.Contains("announced", StringComparison.Ordinal));
    }

    [Fact]
    public void A_room_with_only_IPv4_names_no_IPv6_address()
    {
        string[] lines = ServerRole.Invitation([new IPEndPoint(IPAddress.Any, 8082)], hasPage: true).Split('\n');

        Assert.Contains("--   chat client 127.0.0.1 8082", lines);
        Assert.DoesNotContain(
            lines,
            static words =>
                words.StartsWith("--   chat client", StringComparison.Ordinal)
                && words.Contains(':', StringComparison.Ordinal)
        );
    }
}
