using System.Net;
using System.Text;
using Chat.Protocol.Tls;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>A server at a terminal: its host is a member with the full client.</summary>
public sealed class HostAtTerminalTests
{
    private const string Goodbye = "-- the server is shutting down; goodbye";

    private readonly int _port = ChatServerProcess.FreePort();

    [LinuxFact]
    public void The_host_speaks_and_hears_under_the_own_name_with_the_mark()
    {
        using Pty host = Hosted();
        using Peer guest = Join("guest");

        host.Send("hello all\r");
        guest.WaitForLine("<@kim> hello all".Equals);
        guest.SendText("hello host\n");
        host.WaitForText("guest: hello host");

        Assert.True(host.Screen.Shows($"--   chat client 127.0.0.1 {_port}"), host.Screen.Draw());
    }

    [LinuxFact]
    public void A_name_can_be_chosen_for_the_host()
    {
        using Pty host = Hosted("--name", "ada");

        Assert.Equal("@ada>", CaretRow(host));
    }

    [LinuxFact]
    public void The_host_reads_the_words_of_the_key_again()
    {
        using Pty host = Hosted();

        host.Send("/key\r");

        host.WaitForText($"-- the key of this room is {RoomKeyWords.Of(Home.Key.PublicKey)}");
    }

    [LinuxFact]
    public void The_host_removes_a_person()
    {
        using Pty host = Hosted();
        using Peer guest = Join("guest");

        host.Send("/kick guest\r");

        guest.WaitForLine(line => line.Contains("@kim removed you", StringComparison.Ordinal));
        guest.WaitForEnd();
    }

    [LinuxFact]
    public void Text_typed_before_the_room_opens_waits()
    {
        using var host = Pty.Open();
        host.Start("/bin/sh", ["-c", $"read go; exec {ChatProcess.BinaryPath} server 127.0.0.1 {_port}"]);

        host.Send("go\rearly words\r");

        host.WaitForText("kim: early words");
    }

    [LinuxTheory]
    [InlineData("\x03", "Ctrl-C")]
    [InlineData("\x04", "Ctrl-D")]
    [InlineData("/quit\r", "/quit")]
    public void Leaving_a_room_with_others_in_it_asks_once(string keys, string name)
    {
        using var host = Pty.Open();
        string modes = host.Stty();
        Start(host);
        using Peer one = Join("guest");

        host.Send(keys);
        host.WaitForText($"-- end the room for 1 person? {name} again ends it");
        using Peer two = Join("guest2");
        host.WaitForText("guest2");
        host.Send("still here\r");
        two.WaitForLine("<@kim> still here".Equals);
        host.Send(keys);
        host.WaitForText($"-- end the room for 2 people? {name} again ends it");
        host.Send(keys);

        one.WaitForLine(Goodbye.Equals);
        two.WaitForLine(Goodbye.Equals);
        Assert.Equal(0, host.WaitForExit());
        Assert.Equal(modes, host.Stty());
    }

    [LinuxFact]
    public void The_question_counts_the_others()
    {
        using Pty host = Hosted();
        using Peer one = Join("guest"),
            two = Join("guest2");
        host.WaitForText("guest2");

        host.Send("\x03");

        host.WaitForText("-- end the room for 2 people? Ctrl-C again ends it");
    }

    [LinuxFact]
    public void A_host_alone_is_not_asked()
    {
        using Pty host = Hosted();

        host.Send("\x03");

        Assert.Equal(0, host.WaitForExit());
    }

    [LinuxTheory]
    [InlineData((int)Signals.Terminate)]
    [InlineData((int)Signals.Interrupt)]
    public void A_signal_ends_the_room_in_order_and_restores_the_terminal(int signal)
    {
        using var host = Pty.Open();
        string modes = host.Stty();
        Start(host);
        using Peer guest = Join("guest");

        host.Signal((Signals)signal);

        guest.WaitForLine(Goodbye.Equals);
        Assert.Equal(0, host.WaitForExit());
        Assert.Equal(modes, host.Stty());
    }

    [LinuxFact]
    public void A_closed_terminal_ends_the_room_in_order()
    {
        using Pty host = Hosted();
        using Peer guest = Join("guest");

        host.Hangup();

        guest.WaitForLine(Goodbye.Equals);
        guest.WaitForEnd();
    }

    [LinuxFact]
    public void Ctrl_Z_and_its_signal_do_not_stop_the_room()
    {
        using Pty host = Hosted();
        using Peer guest = Join("guest");

        host.Send("\x1a");
        host.WaitForText("-- Ctrl-Z does nothing here");
        host.Signal(Signals.TerminalStop);
        host.Send("still here\r");

        guest.WaitForLine("<@kim> still here".Equals);
    }

    [LinuxFact]
    public void A_terminal_that_takes_nothing_does_not_hold_up_the_others()
    {
        using Pty host = Hosted("--rate", "0");
        host.Send("\x13");
        using Peer one = Join("guest"),
            two = Join("guest2");

        string line = new('x', 400);
        for (int i = 0; i < 3000; i++)
            one.SendText($"{line}\n");
        one.SendText("the last\n");

        two.WaitForLine("<guest> the last".Equals);
    }

    [LinuxFact]
    public void A_port_that_is_taken_is_reported_at_an_untouched_terminal()
    {
        using var server = ChatServerProcess.StartOn(_port);
        using var host = Pty.Open();
        string modes = host.Stty();
        host.Start(ChatProcess.BinaryPath, ["server", "127.0.0.1", $"{_port}"]);

        Assert.Equal(1, host.WaitForExit());
        Assert.Equal(modes, host.Stty());
        Assert.DoesNotContain("\e", Encoding.UTF8.GetString(host.TranscriptRaw), StringComparison.Ordinal);
        host.WaitForText("is taken");
    }

    [LinuxTheory]
    [InlineData("--headless", "")]
    [InlineData("", "< /dev/null")]
    public void A_headless_server_shows_the_room_as_guests_see_it(string option, string input)
    {
        using var pty = Pty.Open();
        pty.Start("/bin/sh", ["-c", $"exec {ChatProcess.BinaryPath} server 127.0.0.1 {_port} {option} {input}"]);
        pty.WaitForText("-- or use nc");
        using Peer guest = Join("guest");

        guest.SendText("hello\n");

        pty.WaitForText("<guest> hello");
        Assert.False(pty.Screen.Shows("@kim"), pty.Screen.Draw());
    }

    [LinuxFact]
    public void A_place_for_the_host_is_beside_those_of_the_others()
    {
        using Pty host = Hosted("--max-clients", "1");
        using Peer guest = Join("guest");
        using var second = Peer.Connect(new IPEndPoint(IPAddress.Loopback, _port));

        second.WaitForLine(line => line.Contains("the room is full", StringComparison.Ordinal));
    }

    [LinuxFact]
    public void A_room_on_another_address_of_this_computer_lets_its_host_in()
    {
        IPAddress own = Dns.GetHostAddresses(Dns.GetHostName())
            .First(static a => !IPAddress.IsLoopback(a) && a is { IsIPv6LinkLocal: false });
        using var host = Pty.Open();

        host.Start(ChatProcess.BinaryPath, ["server", $"{own}", $"{_port}", "--allow", "192.0.2.77"]);

        host.WaitFor(() => CaretRow(host) == "@kim>", "the prompt of the host");
    }

    [LinuxFact]
    public void A_line_of_the_log_is_a_row_above_the_draft()
    {
        using Pty host = Hosted("--log-level", "Information");
        host.Send("half a thou");
        host.WaitFor(() => CaretRow(host) == "@kim> half a thou", "the draft");

        using Peer guest = Join("guest");

        host.WaitForText("info: guest joined from 127.0.0.1:");
        host.WaitFor(() => CaretRow(host) == "@kim> half a thou", "the draft below the row");
    }

    [LinuxFact]
    public void A_resize_keeps_the_draft()
    {
        using Pty host = Hosted();
        host.Send("half a thou");
        host.WaitFor(() => CaretRow(host) == "@kim> half a thou", "the draft");

        host.Resize(60, 12);
        host.Send("ght");

        host.WaitFor(() => CaretRow(host) == "@kim> half a thought", "the whole draft");
    }

    private Pty Hosted(params string[] options)
    {
        var host = Pty.Open();
        Start(host, options);
        return host;
    }

    private void Start(Pty host, params string[] options)
    {
        host.Start(ChatProcess.BinaryPath, ["server", "127.0.0.1", $"{_port}", .. options]);
        host.WaitFor(() => CaretRow(host).StartsWith('@'), "the prompt of the host");
    }

    private Peer Join(string name)
    {
        var peer = Peer.Connect(new IPEndPoint(IPAddress.Loopback, _port));
        peer.WaitForLine(line => line.Contains($"you are {name}", StringComparison.Ordinal));
        return peer;
    }

    private static string CaretRow(Pty pty) => pty.Screen.Row(pty.Screen.Cursor.Row);
}
