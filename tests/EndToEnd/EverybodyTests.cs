using System.Globalization;
using System.Text.RegularExpressions;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>
/// One server and every kind of client at once. The server's output is the conversation. Every client must have
/// received the same lines in the same order, in pipes without its own.
/// </summary>
public sealed class EverybodyTests
{
    private const int Rounds = 20;

    /// <summary>A client in the room.</summary>
    /// <param name="Name">The requested name.</param>
    /// <param name="Say">Types a line.</param>
    /// <param name="Sees">Every line received so far.</param>
    private sealed record Speaker(string Name, Action<string> Say, Func<IReadOnlyList<string>> Sees);

    [LinuxFact]
    public void Every_kind_of_client_reads_every_other()
    {
        using var server = ChatServerProcess.Start();
        using var pty = Pty.Open(columns: 100);
        pty.Start(ChatProcess.BinaryPath, ["client", server.Address, server.Port]);
        using RunningProgram piped = ChatProcess.Start("client", server.Address, server.Port, "--commands");
        using RunningProgram nc = ToolProcess.Start("nc", server.Address, server.Port);
        // -E: without it the last byte of some letters is telnet's escape character.
        using RunningProgram telnet = ToolProcess.Start("telnet", "-E", server.Address, server.Port);
        using RunningProgram ncat = ToolProcess.Start("ncat", server.Address, server.Port);
        using RunningProgram socat = ToolProcess.Start("socat", "-", $"TCP:{server.Address}:{server.Port}");
        using var original = OriginalClient.Connect(server.EndPoint);
        Speaker atTerminal = new(
            "Ada",
            line => pty.Send(line + "\r"),
            () => [.. pty.Screen.ScrollbackAndScreen.Select(AsPlain)]
        );
        Speaker[] others =
        [
            InPipes("Bob", piped),
            InPipes("Cyd", nc),
            InPipes("Dan", telnet),
            InPipes("Eve", ncat),
            InPipes("Fay", socat),
            new("Gus", original.Types, () => original.Printed.Split('\n')),
        ];
        Speaker[] everybody = [atTerminal, .. others];
        pty.WaitForText(">");
        foreach (Speaker speaker in everybody)
        {
            speaker.Say("/nick " + speaker.Name);
            server.Program.Out.WaitForLine("is now " + speaker.Name);
        }

        for (int round = 0; round < Rounds; round++)
        {
            string half = $"half of thought {round}";
            pty.Send(half);
            foreach (Speaker speaker in others)
                speaker.Say(Words(speaker, round));
            foreach (Speaker speaker in others)
            {
                string said = $"<{speaker.Name}> {Words(speaker, round)}";
                Eventually.Is(() => server.Program.Out.Lines.Contains(said), said, seen: server.Program.Out.Describe);
                pty.WaitForText($"{speaker.Name}: {Words(speaker, round)}");
            }

            pty.WaitFor(() => pty.Screen.Row(pty.Screen.Cursor.Row) == "Ada> " + half, $"the prompt with \"{half}\"");
            pty.Send(", and the other half\r");
            server.Program.Out.WaitForLine($"<Ada> {half}, and the other half");
            original.WaitForPrinted($"<Ada> {half}");
        }

        string[] conversation = Said(server.Program.Out.Lines, everybody);
        Assert.Equal(Rounds * everybody.Length, conversation.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(Rounds * everybody.Length, conversation.Length);
        foreach (Speaker speaker in everybody)
        {
            // At our terminal the own lines stand where all other clients read them.
            string[] due = conversation
                .Where(line => speaker == atTerminal || !line.StartsWith($"<{speaker.Name}>", StringComparison.Ordinal))
                .ToArray();
            Eventually.Is(
                () => Said(speaker.Sees(), everybody).Length >= due.Length,
                $"{speaker.Name} to see all",
                seen: () => string.Join('\n', speaker.Sees())
            );
            Assert.Equal(due, Said(speaker.Sees(), everybody));
        }
    }

    [LinuxFact]
    public void An_original_client_sees_no_echo_of_its_line_and_reads_the_goodbye()
    {
        using var server = ChatServerProcess.Start();
        using var original = OriginalClient.Connect(server.EndPoint);
        original.WaitForPrinted("Welcome to this chatroom!");
        original.Types("am I heard?");
        server.Program.Out.WaitForLine("<guest> am I heard?");

        server.Program.Signal(Signals.Terminate);
        original.WaitFor(() => original.ServerIsGone, "the end");

        Assert.DoesNotContain("<guest> am I heard?", original.Printed, StringComparison.Ordinal);
        Assert.Contains("-- the server is shutting down; goodbye", original.Printed, StringComparison.Ordinal);
        Assert.Equal(0, server.Program.WaitForExit());
    }

    private static Speaker InPipes(string name, RunningProgram program) =>
        new(name, program.SendLine, () => [.. program.Out.Lines.Select(line => line.TrimEnd('\r'))]);

    // The rows of our terminal, in the form of the other clients.
    private static string AsPlain(string row) => Regex.Replace(row, "^[0-9:]{5} ([A-Z][a-z]+): ", "<$1> ");

    private static string Words(Speaker speaker, int round) =>
        string.Create(CultureInfo.InvariantCulture, $"{speaker.Name}'s line {round}: schön, 漢字, שלום, 🎉");

    private static string[] Said(IReadOnlyList<string> lines, Speaker[] by) =>
        [
            .. lines.Where(line =>
                Array.Exists(by, speaker => line.StartsWith($"<{speaker.Name}> ", StringComparison.Ordinal))
            ),
        ];

    [LinuxFact]
    public void Telnet_still_shows_and_sends_lines_after_its_Ctrl_C()
    {
        using var server = ChatServerProcess.Start();
        using Peer alice = server.Join();
        using var pty = Pty.Open(80, 18);
        pty.Start("telnet", [server.Address, server.Port]);
        pty.WaitForText("you are guest2");
        pty.Send("\u0003");
        pty.Send("after the interrupt\r");
        alice.WaitForLine(line => line == "<guest2> after the interrupt");
        alice.SendText("I read you\n");
        pty.WaitForText("<guest> I read you");
    }
}
