using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>A search of the room's history: at a terminal, by a program, and in a history of many slices.</summary>
public sealed class FindTests
{
    [LinuxFact]
    public void A_line_from_before_the_restart_is_found_at_a_terminal_and_by_a_program()
    {
        using Wrapped folder = new("");
        string file = folder["history"];
        using (var before = ChatServerProcess.Start("--history", file, "--rate", "0"))
        {
            using Peer bob = before.JoinWith("the first needle", "> the first needle");
            // More than the ring holds, so only the file has the first line.
            bob.SendText(string.Concat(Enumerable.Range(1, 400).Select(static i => $"{new string('x', 4000)} {i}\n")));
            before.Program.Out.WaitForLine("x 400");
            bob.SendText("the last needle\n");
            before.Program.Out.WaitForLine("> the last needle");
        }
        using var server = ChatServerProcess.Start("--history", file);
        using var pty = Pty.Open();
        pty.Start(ChatProcess.BinaryPath, ["client", server.Address, server.Port, "--no-history"]);
        pty.WaitForText("kim>");
        pty.Send("/find NEEDLE\r");
        pty.WaitForText("-- found 2 in the room's history:");
        pty.WaitForText("guest: the last needle");
        string[] rows = [.. pty.Screen.ScrollbackAndScreen.Select(static row => row.TrimEnd())];
        int head = Array.FindIndex(rows, static row => row.StartsWith("-- found 2", StringComparison.Ordinal));
        Assert.EndsWith("guest: the first needle", rows[head + 1], StringComparison.Ordinal);
        Assert.EndsWith("guest: the last needle", rows[head + 2], StringComparison.Ordinal);

        using RunningProgram program = server.RunPipe(
            """{"type":"find","text":"needle","id":1}""" + "\n" + """{"type":"find","id":2}""" + "\n",
            "--json",
            "--no-history",
            "--name",
            "robot"
        );
        string found = Assert.Single(
            program.Out.Lines,
            static line => line.StartsWith("""{"type":"found","text":"needle",""", StringComparison.Ordinal)
        );
        Assert.Contains("the first needle", found, StringComparison.Ordinal);
        Assert.EndsWith(""" "more":false,"id":1}""".Trim(), found, StringComparison.Ordinal);
        // The second request came before the answer to the first.
        Assert.Contains("""{"type":"error","text":"no older line has: needle","line":2,"id":2}""", program.Out.Lines);
    }
}
