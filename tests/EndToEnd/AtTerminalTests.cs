using System.Net.Sockets;
using System.Text;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>The client at a terminal. Every way of ending restores the terminal's settings.</summary>
public sealed class AtTerminalTests
{
    [LinuxTheory]
    [InlineData("\x03", 0)]
    [InlineData("\x04", 0)]
    public void A_key_ends_the_client(string key, int code) => Ends(pty => pty.Send(key), code);

    [LinuxFact]
    public void The_command_quit_ends_the_client() => Ends(pty => pty.Send("/quit\r"), 0);

    [LinuxTheory]
    [InlineData((int)Signals.Terminate)]
    [InlineData((int)Signals.Interrupt)]
    [InlineData((int)Signals.Quit)]
    [InlineData((int)Signals.Hangup)]
    [InlineData((int)Signals.User1)]
    [InlineData((int)Signals.User2)]
    [InlineData((int)Signals.Alarm)]
    public void A_signal_ends_the_client(int signal) => Ends(pty => pty.Signal((Signals)signal), 128 + signal);

    [LinuxFact]
    public void A_closed_terminal_ends_the_client()
    {
        using var server = ChatServerProcess.Start();
        using Pty pty = Joined(server);

        pty.Hangup();

        // The end of input, the end of output and the signal arrive together, and no process remains to see the
        // order.
        Assert.Contains(pty.WaitForExit(), (int[])[0, 1, 128 + (int)Signals.Hangup]);
        server.Program.Out.WaitForLine("-- kim left");
    }

    [LinuxFact]
    public void A_mention_behind_another_window_is_a_notice_and_the_title_is_put_back_at_the_end()
    {
        using var server = ChatServerProcess.Start();
        using Pty pty = Joined(server, "--notify", "osc777");
        pty.WaitFor(() => pty.Screen.Title == "chat - kim" && pty.Screen.ReportsFocus, "the title");
        using var bob = Peer.Connect(server.EndPoint);

        pty.Send("\e[O");
        pty.Send("here\r");
        server.Program.Out.WaitForLine("<kim> here".Equals);
        bob.SendText("kim, the build is red\n");
        pty.WaitFor(() => pty.Screen.Title == "(1) chat - kim", "the count in the title");
        Assert.EndsWith(": kim, the build is red", Assert.Single(pty.Screen.Notices), StringComparison.Ordinal);
        Assert.StartsWith("777;notify;chat;", pty.Screen.Notices[0], StringComparison.Ordinal);

        pty.Send("\x04");
        pty.WaitForExit();
        Assert.Equal("shell", pty.Screen.Title);
        Assert.False(pty.Screen.ReportsFocus);
    }

    [LinuxFact]
    public void A_server_lost_during_typing_is_reported_and_found_again_and_the_draft_stays()
    {
        using var server = ChatServerProcess.Start();
        using Pty pty = Joined(server);
        pty.Send("half a thou");
        pty.WaitFor(() => CaretRow(pty) == "kim> half a thou", "the prompt");

        server.Program.Kill();
        pty.WaitForText("-- the connection was lost: ");
        pty.WaitFor(
            () => CaretRow(pty).EndsWith(")> half a thou", StringComparison.Ordinal),
            "the prompt that says so"
        );
        pty.Send("g");
        using var next = ChatServerProcess.StartOn(server.EndPoint.Port);
        pty.WaitFor(() => CaretRow(pty) == "kim> half a thoug", "the prompt with the member's name");
        pty.Send("ht\r");

        next.Program.Out.WaitForLine("<kim> half a thought".Equals);
    }

    [LinuxFact]
    public void A_missing_server_leaves_the_terminal_unchanged()
    {
        using var pty = Pty.Open();
        string before = pty.Stty();
        pty.Start(ChatProcess.BinaryPath, ["client", "127.0.0.1", "1"]);

        Assert.Equal(1, pty.WaitForExit());
        Assert.Equal(before, pty.Stty());
        Assert.True(pty.Screen.Shows("chat: no server listens at 127.0.0.1 1;"), pty.Screen.Draw());
    }

    [LinuxFact]
    public void Ctrl_C_ends_the_wait_for_a_server_that_never_speaks()
    {
        using var listener = new Listener();
        using var pty = Pty.Open();
        string before = pty.Stty();
        pty.Start(ChatProcess.BinaryPath, ["client", "127.0.0.1", listener.Port]);
        using Socket server = listener.Accept();
        pty.WaitFor(() => pty.Screen.PasteIsBracketed, "the prompt");

        pty.Send("\x03");

        Assert.Equal(0, pty.WaitForExit());
        Assert.Equal(before, pty.Stty());
    }

    [LinuxFact]
    public void A_client_under_a_shell_can_be_suspended_and_resumed_in_a_window_of_another_size()
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram speaker = ToolProcess.Start("nc", server.Address, server.Port);
        using var pty = Pty.Open();
        pty.Start(
            "bash",
            ["--norc", "--noprofile", "--noediting", "-i"],
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["PS1"] = "shell$ ", ["HISTFILE"] = null }
        );
        pty.WaitForText("shell$");
        string before = pty.Stty();
        pty.Send($"{ChatProcess.BinaryPath} client {server.Address} {server.Port}\n");
        pty.WaitForText("kim>");
        pty.Send("half a thou");
        pty.WaitFor(() => CaretRow(pty) == "kim> half a thou", "the prompt");

        pty.Send("\x1a");
        pty.WaitForText("Stopped");
        pty.WaitFor(() => CaretRow(pty) == "shell$", "the shell's prompt");
        Assert.False(pty.Screen.PasteIsBracketed);
        Eventually.Is(() => pty.Stty() == before, "the shell's modes", seen: pty.Stty);
        speaker.SendLine("said in between");
        server.Program.Out.WaitForLine("said in between");
        string beyond = new string('x', 60);

        pty.Resize(50, 12);
        pty.Send("fg\n");
        pty.WaitForText(": said in between");
        speaker.SendLine($"{beyond} end");
        pty.WaitForText(" end");
        Assert.False(pty.Screen.Shows(beyond), pty.Screen.Draw());
        pty.WaitFor(() => CaretRow(pty) == "kim> half a thou", "the prompt again");
        pty.Send("ght\r");
        server.Program.Out.WaitForLine("> half a thought");
        pty.Send("\x04");
        pty.WaitFor(() => CaretRow(pty) == "shell$", "the shell's prompt");
        Eventually.Is(() => pty.Stty() == before, "the shell's modes", seen: pty.Stty);
    }

    [LinuxFact]
    public void A_terminal_that_knows_no_sequences_gets_none()
    {
        using var server = ChatServerProcess.Start();
        using var pty = Pty.Open();
        pty.Start(
            ChatProcess.BinaryPath,
            ["client", server.Address, server.Port],
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["TERM"] = "dumb" }
        );
        server.Program.Out.WaitForLine("kim joined");
        using var speaker = Peer.Connect(server.EndPoint);
        speaker.SendText("\e[2J hello\n");
        pty.WaitForText("hello");

        pty.Send("and back\n");
        server.Program.Out.WaitForLine("<kim> and back");
        pty.Send("\x04");

        Assert.Equal(0, pty.WaitForExit());
        Assert.DoesNotContain((byte)'\e', pty.TranscriptRaw);
        Assert.All(
            Encoding.UTF8.GetString(pty.TranscriptRaw),
            c => Assert.True(c >= ' ' || c is '\r' or '\n', $"{(int)c:x}")
        );
    }

    [LinuxFact]
    public void Keys_work_when_only_the_output_is_a_pipe()
    {
        using var server = ChatServerProcess.Start();
        using var pty = Pty.Open();
        pty.Start("sh", ["-c", $"'{ChatProcess.BinaryPath}' client {server.Address} {server.Port} | cat"]);
        server.Program.Out.WaitForLine("kim joined");

        pty.Send("typed\n");
        server.Program.Out.WaitForLine("<kim> typed");
        pty.Send("\x04");

        Assert.Equal(0, pty.WaitForExit());
        Assert.DoesNotContain((byte)'\e', pty.TranscriptRaw);
    }

    [LinuxFact]
    public void A_paste_of_200_lines_is_said_at_once_and_a_typed_line_follows_it()
    {
        using var server = ChatServerProcess.Start();
        using Pty pty = Joined(server);
        pty.Send($"\e[200~{string.Concat(Enumerable.Range(1, 200).Select(i => $"\tP{i}.\n"))}\e[201~y");
        server.Program.Out.WaitForLine(static line => line.EndsWith("P200.", StringComparison.Ordinal));
        pty.Send("typed after it\r");
        server.Program.Out.WaitForLine("<kim> typed after it".Equals);
        Assert.Equal(
            Enumerable.Range(1, 200).Select(i => $"P{i}."),
            server.Program.Out.Lines.Where(static line => line.EndsWith('.')).Select(static line => line[6..].Trim())
        );

        pty.Send("/quit\r");
        Assert.Equal(0, pty.WaitForExit());
    }

    private static void Ends(Action<Pty> how, int code)
    {
        using var server = ChatServerProcess.Start();
        using var pty = Pty.Open();
        string before = pty.Stty();
        pty.Start(ChatProcess.BinaryPath, ["client", server.Address, server.Port]);
        pty.WaitForText("kim>");
        pty.WaitFor(() => CaretRow(pty) == "kim>", "the prompt");
        Assert.NotEqual(before, pty.Stty());

        how(pty);

        Assert.Equal(code, pty.WaitForExit());
        Assert.Equal(before, pty.Stty());
        Assert.False(pty.Screen.PasteIsBracketed);
        Assert.Equal("", CaretRow(pty));
        Assert.Equal(0, pty.Screen.Cursor.Column);
        server.Program.Out.WaitForLine("-- kim left");
    }

    private static Pty Joined(ChatServerProcess server, params string[] options)
    {
        var pty = Pty.Open();
        pty.Start(ChatProcess.BinaryPath, ["client", server.Address, server.Port, .. options]);
        pty.WaitForText("kim>");
        pty.WaitFor(() => CaretRow(pty) == "kim>", "the prompt");
        return pty;
    }

    private static string CaretRow(Pty pty) => pty.Screen.Row(pty.Screen.Cursor.Row);
}
