using System.Globalization;
using Chat.Tests.Support;

namespace Chat.Tests.SupportTests;

public sealed class ForeignServerTests
{
    [Fact]
    public void The_original_relays_each_recv_after_the_senders_address_to_all_others()
    {
        using var server = new OriginalServer();
        using Peer alice = Joined(server);
        using Peer bob = Joined(server);
        alice.SendText("one\ntwo\n");
        bob.WaitFor(() => bob.Text.EndsWith("two\n", StringComparison.Ordinal), "the message of alice");
        Assert.Equal("Welcome to this chatroom!<127.0.0.1> one\ntwo\n", bob.Text);
        bob.SendText("half");
        alice.WaitFor(() => alice.Rest.Length > 25, "the message of bob");
        Assert.Equal("Welcome to this chatroom!<127.0.0.1> half", alice.Text);
        Assert.Equal(["one\ntwo\n", "half"], server.Chunks);
    }

    [Fact]
    public void Smallchat_names_people_by_nick_and_leaves_their_commands_unanswered()
    {
        using var server = new SmallchatServer();
        using Peer alice = Joined(server);
        using Peer bob = Joined(server);
        alice.SendText("/nick alice\nlost");
        Eventually.Is(() => server.Chunks.Count == 1, "the first command");
        alice.SendText("/away\n");
        Assert.Equal("Unsupported command", alice.ReceiveLine());
        alice.SendText("hi\n");
        Assert.Equal("alice> hi", bob.ReceiveLine());
        bob.SendText(new string('x', 254) + "\n");
        alice.WaitFor(() => alice.Text.EndsWith('x'), "the long line");
        Assert.Equal(255, alice.Rest.Length);
    }

    [Fact]
    public void The_stand_in_for_ncat_and_ncat_itself_say_the_same()
    {
        string real = NcatItself();
        string ours = OurNcat();
        Assert.Equal(real, ours);
        Assert.Contains(@"<user5> h\303\251\033[1m", ours, StringComparison.Ordinal);

        static string NcatItself()
        {
            int port = ChatServerProcess.FreePort();
            using RunningProgram ncat = ToolProcess.Start(
                "ncat",
                "-v",
                "--chat",
                "-l",
                "127.0.0.1",
                port.ToString(CultureInfo.InvariantCulture)
            );
            ncat.Err.WaitForLine("Listening on");
            return Conversation(port, ncat.SendLine);
        }

        static string OurNcat()
        {
            using var server = new NcatChatServer();
            return Conversation(server.EndPoint.Port, server.OperatorSays);
        }
    }

    /// <summary>The lines that two members receive in a short conversation.</summary>
    private static string Conversation(int port, Action<string> operatorSays)
    {
        var endPoint = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, port);
        using var alice = Peer.Connect(endPoint);
        alice.WaitForLine(line => line.Contains("already", StringComparison.Ordinal));
        using var bob = Peer.Connect(endPoint);
        bob.WaitForLine(line => line.Contains("already", StringComparison.Ordinal));
        bob.SendText("hé\e[1m\tx\n");
        alice.WaitForLine(line => line.Contains('x'));
        operatorSays("welcome");
        bob.WaitForLine(line => line.Contains("welcome", StringComparison.Ordinal));
        bob.HalfClose();
        alice.WaitForLine(line => line.Contains("disconnected", StringComparison.Ordinal));
        return $"{alice.Text}---\n{bob.Text}";
    }

    private static Peer Joined(ForeignServer server)
    {
        int members = server.MemberCount;
        var peer = Peer.Connect(server.EndPoint);
        Eventually.Is(() => server.MemberCount == members + 1, "the server to take us in");
        peer.WaitFor(() => peer.Text.Contains("Welcome", StringComparison.Ordinal), "the greeting");
        if (server is SmallchatServer)
            peer.ReceiveLine();
        return peer;
    }
}
