using Chat.Server;
using Chat.Tests.Support;

namespace Chat.Tests.Server.History;

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
    public void Lines_sent_after_another_program_replaced_the_file_are_in_it(string command)
    {
        SteppedServer server = _folder.Start();
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.Send("say 1 before");
        alice.News();
        Obey(command);
        alice.Send("say 2 after");
        alice.News();
        Until(server, static line => line.Contains("is new, with", StringComparison.Ordinal));
        alice.Send("say 3 later");
        alice.News();

        // As after a kill: no end is written.
        Obey("cp history left");
        Assert.Contains(
            server.Log.Lines,
            line =>
                line.StartsWith(
                    $"{_folder.File} was removed, replaced or changed by another program",
                    StringComparison.Ordinal
                )
        );
        server.Dispose();
        File.Move(_folder["left"], _folder.File, overwrite: true);
        using SteppedServer again = _folder.Start();
        Assert.Equal(
            ["say alice 1.1 before", "say alice 1.2 after", "say alice 1.3 later"],
            again
                .JoinRich("alice", person: 1)
                .News()
                .Where(static line => line.StartsWith("say", StringComparison.Ordinal))
        );
    }

    [LinuxFact]
    public void Lines_sent_while_a_directory_replaces_the_file_are_in_the_next_file()
    {
        using SteppedServer server = _folder.Start();
        RichPeer alice = server.JoinRich("alice", person: 1);
        Obey("rm history; mkdir history; echo x >history/x");
        alice.Send("say 1 meanwhile");
        alice.News();
        Until(
            server,
            static line =>
                line.Contains("a new one cannot be made: a directory stands in its place", StringComparison.Ordinal)
        );
        Assert.DoesNotContain(
            server.Log.Lines,
            static line => line.Contains("by another program", StringComparison.Ordinal)
        );
        Obey("rm -r history");
        Until(server, static line => line.Contains("is new, with", StringComparison.Ordinal));
        Obey("grep -q 'alice 1.1 meanwhile$' history");
    }

    [LinuxFact]
    public void Bytes_of_another_program_stay_while_no_new_file_can_be_created()
    {
        using SteppedServer server = _folder.Start();
        RichPeer alice = server.JoinRich("alice", person: 1);
        Obey("mkdir history.new; echo more >>history");
        alice.Send("say 1 after");
        alice.News();
        Until(server, static line => line.Contains("a new one cannot be made", StringComparison.Ordinal));
        Obey("tail -n 1 history | grep -qx more");
        // Nothing was moved yet, and one sentence is enough for one error.
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.TickMilliseconds));
        Assert.Single(server.Log.Lines, static line => line.Contains("history", StringComparison.Ordinal));

        Obey("rmdir history.new");
        Until(server, static line => line.Contains("is new, with", StringComparison.Ordinal));
        Assert.EndsWith("more\n", File.ReadAllText(_folder.File + ".replaced"), StringComparison.Ordinal);
        Assert.Single(
            server.Log.Lines,
            line => line.EndsWith($"; what stood there is kept as {_folder.File}.replaced", StringComparison.Ordinal)
        );
        Obey("grep -q 'alice 1.1 after$' history");
    }

    [LinuxFact]
    public void A_program_that_replaces_the_file_again_and_again_does_not_fill_the_disk()
    {
        using SteppedServer server = _folder.Start();
        server.JoinRich("alice", person: 1);
        for (int i = 0; i <= ServerLimits.KeptHistories; i++)
        {
            int begun = server.Log.Lines.Count(static line => line.Contains("is new, with", StringComparison.Ordinal));
            Obey("echo more >>history");
            server.Advance(TimeSpan.FromMilliseconds(ServerLimits.TickMilliseconds));
            Assert.Equal(Math.Min(i, ServerLimits.KeptHistories), begun);
        }
        Until(
            server,
            static line => line.Contains("history.replaced are kept already; remove", StringComparison.Ordinal)
        );
        Assert.Equal(ServerLimits.KeptHistories, Directory.GetFiles(_folder[""], "history.replaced*").Length);
        Obey("rm history.replaced*");
        Until(
            server,
            static line =>
                line.Contains("again, with everything since", StringComparison.Ordinal)
                || line.EndsWith("history.replaced", StringComparison.Ordinal)
        );
    }

    [LinuxFact]
    public void A_file_of_another_program_at_the_path_is_kept()
    {
        using SteppedServer server = _folder.Start();
        server.JoinRich("alice", person: 1);
        File.Delete(_folder.File);
        File.WriteAllText(_folder.File, "my notes\n");
        Eventually.Is(
            () =>
            {
                server.Advance(TimeSpan.FromMilliseconds(ServerLimits.TickMilliseconds));
                return File.Exists(_folder.File + ".replaced");
            },
            "the file to be looked at"
        );

        Assert.Equal("my notes\n", File.ReadAllText(_folder.File + ".replaced"));
        Assert.Contains(
            server.Log.Lines,
            line => line.EndsWith($"; what stood there is kept as {_folder.File}.replaced", StringComparison.Ordinal)
        );
    }

    private static void Until(SteppedServer server, Predicate<string> logged) =>
        Eventually.Is(
            () =>
            {
                server.Advance(TimeSpan.FromMilliseconds(ServerLimits.TickMilliseconds));
                return server.Log.Lines.Exists(logged);
            },
            "a line of the log"
        );

    // The other program does not know the server's lock.
    private void Obey(string command)
    {
        using RunningProgram shell = ToolProcess.Start("sh", "-c", $"cd {_folder[""]} && {command}");
        Assert.Equal(0, shell.WaitForExit());
    }
}
