using System.Text.Json;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>The client as other programs use it: an exit code to rely on, JSON to read, and who it is when several run at once.</summary>
[Collection(ProcessHeavy.Collection)]
public sealed class BotTests
{
    [LinuxFact]
    public void A_line_that_the_server_did_not_take_in_time_is_a_failure()
    {
        using var server = ChatServerProcess.Start();
        using var client = ChatProcess.Start("client", server.Address, server.Port, "--timeout", "2");
        server.Program.Out.WaitForLine("-- kim joined");
        server.Program.Signal(Signals.Stop);

        client.SendLine("is anybody there?");
        client.CloseInput();

        Assert.Equal(1, client.WaitForExit());
        Assert.Equal("chat: the server has taken nothing for 2 s; 1 line may not have been said", Assert.Single(client.Err.Lines));
    }

    [LinuxFact]
    public void A_line_said_through_a_pipe_is_in_the_room_when_it_exits()
    {
        using var server = ChatServerProcess.Start();
        using Wrapped wrapped = new("""echo "the build is green" | $CHAT "$@" """);
        using var client = wrapped.Start("client", server.Address, server.Port);

        Assert.Equal(0, client.WaitForExit());

        using var late = server.Join();
        late.WaitForLine("<kim> the build is green".Equals);
    }

    [Fact]
    public void Who_listens_stays_when_the_input_has_ended()
    {
        using var server = ChatServerProcess.Start();
        using var client = ChatProcess.Start("client", server.Address, server.Port, "--listen");
        client.CloseInput();
        server.Program.Out.WaitForLine("-- kim joined");
        using var speaker = server.Join();

        speaker.SendText("still there?\n");

        client.Out.WaitForLine("> still there?");
        Assert.False(client.HasExited);
    }

    [Fact]
    public void Without_history_nothing_is_shown_that_was_said_before()
    {
        using var server = ChatServerProcess.Start();
        using var speaker = server.Join();
        speaker.SendText("long ago\n");
        server.Program.Out.WaitForLine("> long ago");
        using var all = ChatProcess.Start("client", server.Address, server.Port);
        using var none = ChatProcess.Start("client", server.Address, server.Port, "--no-history");
        server.Program.Out.WaitForLine("-- kim2 joined");

        speaker.SendText("just now\n");

        all.Out.WaitForLine("> just now");
        none.Out.WaitForLine("> just now");
        Assert.Contains("<guest> long ago", all.Out.Lines);
        Assert.DoesNotContain("<guest> long ago", none.Out.Lines);
    }

    [LinuxFact]
    public void Two_that_start_at_once_for_the_first_time_are_one_person()
    {
        using var server = ChatServerProcess.Start();
        var home = Home.New();
        RunningProgram[] clients = [.. Enumerable.Range(0, 4).AsParallel().WithDegreeOfParallelism(4)
            .Select(_ => ChatProcess.StartWith(home, "client", server.Address, server.Port, "--json", "--listen"))];

        foreach (var client in clients)
            client.Out.WaitForLine("\"state\":\"joined\"");
        clients[0].SendLine("one voice");
        foreach (var client in clients)
            client.Out.WaitForLine("\"one voice\",\"mine\":true");

        server.Program.Out.WaitForLine("> one voice");
        Assert.Equal(["-- kim joined"], server.Program.Out.Lines.Where(line => line.Contains("joined", StringComparison.Ordinal)));
        var folder = Path.Combine(home["XDG_CONFIG_HOME"]!, "chat");
        var file = Assert.Single(Directory.GetFiles(folder));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        foreach (var client in clients)
            client.Dispose();
    }

    [Fact]
    public void Nobody_in_particular_leaves_nothing_behind()
    {
        using var server = ChatServerProcess.Start();
        var home = Home.New();
        for (var run = 0; run < 2; run++)
        {
            using var client = ChatProcess.StartWith(home, "client", server.Address, server.Port, "--no-identity");
            client.SendLine("hello");
            client.CloseInput();
            Assert.Equal(0, client.WaitForExit());
        }

        Assert.False(Directory.Exists(home["XDG_CONFIG_HOME"]));
        // Two persons: the second has not come back as the first.
        Eventually.Is(() => server.Program.Out.Lines.Count(line => line.EndsWith(" joined", StringComparison.Ordinal)) == 2, "two to have joined", seen: server.Program.Out.Describe);
    }

    [Fact]
    public void A_name_that_somebody_else_has_is_kept_for_them_while_they_are_away()
    {
        using var server = ChatServerProcess.Start();
        using (var first = ChatProcess.Start("client", server.Address, server.Port, "--name", "alice"))
        {
            first.CloseInput();
            Assert.Equal(0, first.WaitForExit());
        }

        using var second = ChatProcess.Start("client", server.Address, server.Port, "--name", "alice", "--json");

        using var info = JsonDocument.Parse(second.Out.WaitForLine("\"type\":\"info\""));
        Assert.Equal("alice is kept for a person who is away; you are alice2.", info.RootElement.GetProperty("text").GetString());
        server.Program.Out.WaitForLine("-- alice2 joined");
    }

    [Fact]
    public void Everything_that_happens_is_an_object_a_line()
    {
        using var server = ChatServerProcess.Start();
        using var client = ChatProcess.Start("client", server.Address, server.Port, "--json", "--listen");
        client.SendLine("/this is no command");
        client.Out.WaitForLine("\"type\":\"say\"");
        using var other = server.Join();
        other.SendText("/me waves\n/msg kim psst\n/nick zoe\n/quit\n");
        client.Out.WaitForLine("\"type\":\"leave\"");

        var types = client.Out.Lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("type").GetString()!).ToArray();
        Assert.Equal(["say", "join", "me", "whisper", "rename", "leave"], types.SkipWhile(type => type != "say"));
        using var said = JsonDocument.Parse(client.Out.Lines.First(line => line.Contains("\"say\"", StringComparison.Ordinal)));
        Assert.Equal("/this is no command", said.RootElement.GetProperty("text").GetString());
        Assert.True(said.RootElement.GetProperty("mine").GetBoolean());
        Assert.True(said.RootElement.GetProperty("offset").GetInt64() > 0);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", said.RootElement.GetProperty("time").GetString());
    }
}
