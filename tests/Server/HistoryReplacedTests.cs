using Chat.Protocol;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>A history that another program moves, replaces or changes while the server runs.</summary>
public sealed class HistoryReplacedTests : IDisposable
{
    private readonly HistoryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [LinuxTheory]
    [InlineData("mv history old; : >history")]
    [InlineData("mv history old; echo my notes >history")]
    [InlineData("sed -i s/before/XXXXXX/ history")]
    [InlineData("sed -i s/before/after/ history")]
    [InlineData("cp -p history copy; mv copy history")]
    [InlineData("cp history history.1; : >history")]
    [InlineData("truncate -s 100 history")]
    [InlineData("echo more >>history")]
    [InlineData("rm history")]
    [InlineData("mv history old")]
    [InlineData("rm history; mkfifo history")]
    [InlineData("mv history old; ln -s old history")]
    [InlineData("rm history; mkdir history; echo x >history/x; (sleep 0.1; rm -r history)&")]
    public void Lines_said_after_another_program_replaced_the_file_are_in_it(string command)
    {
        SteppedServer server = _folder.Start();
        RichPeer alice = server.JoinRich("alice", who: 1);
        alice.Send("say 1 before");
        alice.News();
        Obey(command);
        alice.Send("say 2 after");
        alice.News();
        Eventually.Is(
            () =>
            {
                server.Advance(TimeSpan.FromMilliseconds(Limits.TickMilliseconds));
                return server.Log.Lines.Exists(static line => line.Contains("begins anew", StringComparison.Ordinal));
            },
            "the file to be looked at");
        alice.Send("say 3 later");
        alice.News();

        // As a kill leaves it: nothing is written at an end.
        Obey("cp history left");
        Assert.Contains(server.Log.Lines, line => line.StartsWith($"{_folder.File} was removed, replaced or changed by another program", StringComparison.Ordinal));
        server.Dispose();
        File.Move(_folder["left"], _folder.File, overwrite: true);
        using SteppedServer again = _folder.Start();
        Assert.Equal(
            ["say alice 1.1 before", "say alice 1.2 after", "say alice 1.3 later"],
            again.JoinRich("alice", who: 1).News().Where(static line => line.StartsWith("say", StringComparison.Ordinal)));
    }

    [LinuxFact]
    public void A_file_of_another_program_in_its_place_is_kept()
    {
        using SteppedServer server = _folder.Start();
        server.JoinRich("alice", who: 1);
        File.Delete(_folder.File);
        File.WriteAllText(_folder.File, "my notes\n");
        Eventually.Is(
            () =>
            {
                server.Advance(TimeSpan.FromMilliseconds(Limits.TickMilliseconds));
                return File.Exists(_folder.File + ".replaced");
            },
            "the file to be looked at");

        Assert.Equal("my notes\n", File.ReadAllText(_folder.File + ".replaced"));
        Assert.Contains(server.Log.Lines, line => line.EndsWith($"; what stands there now is kept as {_folder.File}.replaced", StringComparison.Ordinal));
    }

    // Another program is one that does not know of the lock the server has.
    private void Obey(string command)
    {
        using RunningProgram shell = ToolProcess.Start("sh", "-c", $"cd {_folder[""]} && {command}");
        Assert.Equal(0, shell.WaitForExit());
    }
}
