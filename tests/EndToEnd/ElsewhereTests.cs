using System.Net;
using System.Net.Sockets;
using System.Text;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>Our client on foreign servers: it acts as a plain client and never speaks first.</summary>
// A line is sent in pieces with pauses. If the servers here read late, they take two pieces for one.
[CollectionDefinition(nameof(ElsewhereTests), DisableParallelization = true)]
[Collection(nameof(ElsewhereTests))]
public sealed class ElsewhereTests
{
    [Fact]
    public void The_client_works_on_the_originals_server()
    {
        using var server = new OriginalServer();
        using RunningProgram client = Client(server.EndPoint);
        client.Out.WaitForLine(OriginalServer.Banner.Equals);
        using var other = Peer.Connect(server.EndPoint);
        other.WaitFor(() => other.Text == OriginalServer.Banner, "the banner");
        Assert.Empty(server.Chunks);

        other.SendText("hello, ünï\n");
        Assert.Equal("<127.0.0.1> hello, ünï", client.Out.WaitForLine(_ => true));
        client.Send("one\n漢字\nthree\n");
        other.WaitFor(() => other.Text.EndsWith("three\n", StringComparison.Ordinal), "the third line");

        Assert.All(server.Chunks, chunk => Assert.EndsWith("\n", chunk, StringComparison.Ordinal));
        Assert.Equal("hello, ünï\none\n漢字\nthree\n", string.Concat(server.Chunks));
        client.CloseInput();
        Assert.Equal(0, client.WaitForExit());
    }

    [Fact]
    public void An_unfinished_line_of_the_original_server_is_shown()
    {
        using var server = new OriginalServer();
        using RunningProgram client = Client(server.EndPoint);
        client.Out.WaitForLine(OriginalServer.Banner.Equals);
        using var other = Peer.Connect(server.EndPoint);

        other.SendText("half a");
        client.Out.WaitForLine("<127.0.0.1> half a".Equals);
        other.SendText(" line\n");

        client.Out.WaitForLine("<127.0.0.1>  line".Equals);
    }

    [Fact]
    public void A_message_glued_to_the_originals_banner_stands_on_its_own()
    {
        using var listener = new Listener();
        using RunningProgram client = Client(listener.EndPoint);
        using Socket server = listener.Accept();

        server.Send(
            Encoding.UTF8.GetBytes(OriginalServer.Banner + "<10.0.0.7> first\n<10.0.0.8> second<10.0.0.9> third\n")
        );

        client.Out.WaitForLine(OriginalServer.Banner.Equals);
        client.Out.WaitForLine("<10.0.0.7> first".Equals);
        client.Out.WaitForLine("<10.0.0.8> second<10.0.0.9> third".Equals);
    }

    [Fact]
    public void Words_are_read_through_ncats_octal()
    {
        using var server = new NcatChatServer();
        using RunningProgram client = Client(server.EndPoint);
        client.Out.WaitForLine("<announce> 127.0.0.1 is connected as <user4>.".Equals);
        using var other = Peer.Connect(server.EndPoint);
        client.Out.WaitForLine("<announce> already connected: 127.0.0.1 as <user4>.".Equals);

        other.SendText("é 漢 👩‍👧 \\303 C:\\111\\222 \e[2J\n");
        client.Out.WaitForLine(@"<user5> é 漢 👩‍👧 \303 C:\111\222 \033[2J".Equals);
        client.SendLine("plain words");
        other.WaitForLine("<user4> plain words".Equals);
        server.OperatorSays("grüße");
        client.Out.WaitForLine("<user0> grüße".Equals);
        client.CloseInput();
        Assert.Equal(0, client.WaitForExit());
    }

    [Fact]
    public void The_client_works_on_smallchat()
    {
        using var server = new SmallchatServer();
        using RunningProgram client = Client(server.EndPoint, "--commands");
        client.Out.WaitForLine("Welcome to Simple Chat! Use /nick <nick> to set your nick.".Equals);
        using var other = Peer.Connect(server.EndPoint);
        other.ReceiveLine();

        client.Send("/nick alice\nhello\n");
        other.WaitForLine("alice> hello".Equals);
        other.SendText("hi alice\n");
        client.Out.WaitForLine("user:5> hi alice".Equals);
    }

    /// <summary>Lines typed before the greeting are sent too.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_long_line_is_sent_in_pieces_that_smallchat_relays_whole(bool early)
    {
        using var server = new SmallchatServer();
        using var other = Peer.Connect(server.EndPoint);
        other.ReceiveLine();
        using RunningProgram client = Client(server.EndPoint);
        string words = string.Concat(Enumerable.Range(0, 100).Select(i => $"wört{i} "));
        if (!early)
            client.Out.WaitForLine("Welcome to Simple Chat!");

        client.SendLine(words + "end");

        const string Prefix = "user:5> ";
        other.WaitForLine(line => line.EndsWith("end", StringComparison.Ordinal));
        Assert.All(other.Lines.Skip(1), line => Assert.StartsWith(Prefix, line, StringComparison.Ordinal));
        Assert.Equal(words + "end", string.Concat(other.Lines.Skip(1).Select(line => line[Prefix.Length..])));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_long_line_is_sent_in_pieces_that_the_originals_server_takes_whole(bool early)
    {
        using var server = new OriginalServer();
        using RunningProgram client = Client(server.EndPoint);
        string line = string.Concat(Enumerable.Range(0, 700).Select(i => $"{i}é"));
        if (!early)
            client.Out.WaitForLine(OriginalServer.Banner.Equals);

        client.SendLine(line);

        Eventually.Is(
            () => string.Concat(server.Chunks).Replace("\n", "", StringComparison.Ordinal) == line,
            "the line",
            seen: () => string.Join('|', server.Chunks)
        );
        Assert.True(server.Chunks.Count > 1);
        Assert.All(server.Chunks, chunk => Assert.EndsWith("\n", chunk, StringComparison.Ordinal));
    }

    [Fact]
    public void A_script_sends_to_a_plain_server_after_its_first_words()
    {
        using var listener = new Listener();
        using RunningProgram client = Client(listener.EndPoint);
        using Socket server = listener.Accept();

        client.SendLine("is anybody there?");
        server.Send("hello\n"u8);

        Assert.Equal("is anybody there?\n", Receive(server));
        server.Send("yes\n"u8);
        client.Out.WaitForLine("yes".Equals);
        client.CloseInput();
        Assert.Equal(0, client.WaitForExit());
    }

    [Fact]
    public void A_greeting_in_two_parts_is_a_greeting()
    {
        using var listener = new Listener();
        using RunningProgram client = Client(listener.EndPoint);
        using Socket server = listener.Accept();

        server.Send("Welcome to this chatroom! [ch"u8);
        server.Send("at/1]\nwelcome alice 0123456789abcdef 0 1 0 0 0\n0 0 say bob 0 hello\n"u8);

        client.Out.WaitForLine("<bob> hello".Equals);
        Assert.Equal(["Welcome to this chatroom!", "<bob> hello"], client.Out.Lines);
    }

    [Fact]
    public void With_plain_the_chat_server_is_a_plain_server()
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port, "--plain");

        client.Out.WaitForLine("Welcome to this chatroom! [chat/1] [tls]".Equals);
        client.SendLine("plainly");
        server.Program.Out.WaitForLine("<guest> plainly".Equals);
        client.CloseInput();
        Assert.Equal(0, client.WaitForExit());
    }

    private static RunningProgram Client(IPEndPoint server, params string[] options) =>
        ChatProcess.Start(["client", server.Address.ToString(), $"{server.Port}", .. options]);

    private static string Receive(Socket socket)
    {
        socket.ReceiveTimeout = (int)Eventually.Deadline.TotalMilliseconds;
        byte[] buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }
}
