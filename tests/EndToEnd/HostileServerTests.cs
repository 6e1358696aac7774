using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>
/// A malicious server. The screen throws on every byte that the client may not send, so each test also proves
/// that no sequence of the server came through.
/// </summary>
public sealed class HostileServerTests
{
    private const long LargestRss = 48 * 1024 * 1024;

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void No_byte_of_the_server_reaches_the_terminal_as_a_control(bool asOurs)
    {
        using var listener = new Listener();
        using var pty = Pty.Open();
        pty.Start(ChatProcess.BinaryPath, ["client", "127.0.0.1", listener.Port]);
        using Socket server = listener.Accept();
        if (asOurs)
            Welcome(server);
        else
            server.Send("<announce> 127.0.0.1 is connected as <user4>.\n"u8);
        pty.WaitFor(() => pty.Screen.PasteIsBracketed, "the prompt");
        pty.Send("my words");

        string[] tricks =
        [
            "\e]0;owned\a",
            "\e]52;c;aGk=\a",
            "\e[2J\e[H\e[31m",
            "\eP$q\e\\",
            "\e_x\e\\",
            "\ec",
            "\u009b31m",
            "\u009d0;owned\u009c",
            "\u202Eevil\u2066",
            "z\u200Bero",
            "\e[6n\e[c\eZ",
            "a\b\b\bb",
            "a\rb",
            "Z" + new string('\u0301', 5000),
            "a\0b",
            "\uFEFF",
            "\U000E0041\U000E0042",
            "\a\a\a",
            "\x0e\x0f",
            "\u2028x\u2029",
            "\t\tx",
            @"\033[2J \233[2J \302\233[2J \033]0;owned\007",
        ];
        foreach (string trick in tricks)
            server.Send(
                Encoding.UTF8.GetBytes(
                    asOurs
                        ? $"{trick}\n0 0 say {trick} 0 {trick}\n9 9 say eve 0 {trick}\ninfo 0 {trick}\n"
                        : $"<eve> {trick}\n"
                )
            );
        for (int b = 0; b < 256; b++)
            server.Send([(byte)'<', (byte)b, (byte)b, (byte)'>', (byte)'\n']);
        server.Send("<eve> the end\n"u8);

        pty.WaitForText("<eve> the end");
        pty.WaitFor(
            () => pty.Screen.Row(pty.Screen.Cursor.Row) == (asOurs ? "kim> my words" : "> my words"),
            "the prompt, whole"
        );
        Assert.Equal(0, pty.Screen.Bells);
        // Clears the line and leaves.
        pty.Send("\x03\x03");
        Assert.Equal(0, pty.WaitForExit());
    }

    [LinuxFact]
    public void A_line_that_never_ends_costs_no_memory_and_the_person_can_leave()
    {
        using var listener = new Listener();
        using var pty = Pty.Open();
        pty.Start(ChatProcess.BinaryPath, ["client", "127.0.0.1", listener.Port]);
        using Socket server = listener.Accept();
        Welcome(server);
        pty.WaitFor(() => pty.Screen.PasteIsBracketed, "the prompt");

        byte[] block = new byte[1024 * 1024];
        block.AsSpan().Fill((byte)'x');
        for (int sent = 0; sent < 64; sent++)
            server.Send(block);

        Assert.InRange(PeakRss(pty.Pid), 1, LargestRss);
        pty.Send("\x03");
        Assert.Equal(0, pty.WaitForExit());
    }

    [LinuxFact]
    public void A_line_that_never_ends_is_no_greeting_either()
    {
        using var listener = new Listener();
        using RunningProgram client = ChatProcess.Start("client", "127.0.0.1", listener.Port);
        using Socket server = listener.Accept();

        byte[] block = new byte[1024 * 1024];
        block.AsSpan().Fill((byte)'x');
        for (int sent = 0; sent < 64; sent++)
            server.Send(block);

        Assert.InRange(PeakRss(client.Pid), 1, LargestRss);
        server.Send("\nstill here\n"u8);
        client.Out.WaitForLine("still here".Equals);
    }

    [LinuxFact]
    public void A_flood_neither_fills_memory_nor_keeps_the_person_from_leaving()
    {
        using var listener = new Listener();
        using var pty = Pty.Open();
        pty.Start(ChatProcess.BinaryPath, ["client", "127.0.0.1", listener.Port]);
        using Socket server = listener.Accept();
        Welcome(server);
        pty.WaitFor(() => pty.Screen.PasteIsBracketed, "the prompt");
        using var flood = new CancellationTokenSource();
        var flooding = Task.Run(() => Flood(server, flood.Token));
        pty.WaitForText("line 2000 ");

        Assert.InRange(PeakRss(pty.Pid), 1, LargestRss);
        pty.Send("\x03");
        Assert.Equal(0, pty.WaitForExit());
        flood.Cancel();
        Assert.True(flooding.Wait(Eventually.Deadline));
    }

    [LinuxTheory]
    [InlineData()]
    [InlineData("--json")]
    public void A_flood_into_a_pipe_fills_no_memory(params string[] options)
    {
        using var listener = new Listener();
        using RunningProgram client = ChatProcess.Start(["client", "127.0.0.1", listener.Port, .. options]);
        using Socket server = listener.Accept();
        Welcome(server);

        // 32 MiB; without early collection the client used 80 MiB after it.
        byte[] line = Encoding.UTF8.GetBytes($"<eve> {new string('x', 4000)}\n");
        for (int sent = 0; sent < 32 * 1024 * 1024; sent += line.Length)
            server.Send(line);
        server.Send("<eve> the end\n"u8);

        client.Out.WaitForLine(static last => last.Contains("the end", StringComparison.Ordinal));
        Assert.InRange(PeakRss(client.Pid), 1, LargestRss);
    }

    // As our server does: the first line identifies it, and it answers the hello.
    private static void Welcome(Socket server) =>
        server.Send("Welcome to this chatroom! [chat/1]\nwelcome kim 0123456789abcdef 0 1 0 0 0\n"u8);

    // The loop runs until it is stopped or the client is gone.
    private static void Flood(Socket server, CancellationToken stop)
    {
        for (int i = 0; !stop.IsCancellationRequested; i++)
        {
            server.Send(Encoding.UTF8.GetBytes($"<eve> line {i} of many\n"), SocketFlags.None, out SocketError error);
            if (error != SocketError.Success)
                return;
        }
    }

    private static long PeakRss(int pid) =>
        1024
        * long.Parse(
            File.ReadLines($"/proc/{pid}/status")
                .First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))[6..]
                .Replace("kB", "", StringComparison.Ordinal),
            CultureInfo.InvariantCulture
        );
}
