using System.Net;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>
/// The command line and its errors: one line on stderr that names the fault and the remedy, nothing on stdout,
/// no stack. The exit code is 2 for a usage error, 1 for a failure of the system.
/// </summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("'0' is no port", "server", "127.0.0.1", "0")]
    [InlineData("'65536' is no port", "server", "127.0.0.1", "65536")]
    [InlineData("'-1' is no port", "server", "127.0.0.1", "-1")]
    [InlineData("'abc' is no port", "server", "127.0.0.1", "abc")]
    [InlineData("'0' is no port", "client", "127.0.0.1", "0")]
    [InlineData("'65536' is no port", "client", "127.0.0.1:65536")]
    [InlineData("'-1' is no port", "client", "127.0.0.1", "-1")]
    [InlineData("'abc' is no port", "client", "[::1]:abc")]
    [InlineData("'99999999999999999999' is no port", "client", "::1", "99999999999999999999")]
    [InlineData("two ports", "client", "127.0.0.1:1", "2")]
    [InlineData("the name of the file for --history is empty", "server", "--history", "")]
    [InlineData("the name of the file for --log is empty", "server", "--log", "")]
    [InlineData("the address is empty", "client", "", "22999")]
    [InlineData("the command is empty", "")]
    [InlineData("is no address", "client", "some/box", "8082")]
    [InlineData("--nonsense", "server", "--nonsense")]
    [InlineData("--nonsense", "client", "--nonsense")]
    [InlineData("--nonsense", "client", "127.0.0.1", "8082", "--nonsense")]
    [InlineData("fourth", "server", "127.0.0.1", "8082", "fourth")]
    [InlineData("sever", "sever")]
    [InlineData("'-a' is neither an address nor a port", "client", "--", "-a")]
    [InlineData("'-1' is no port", "client", "--", "127.0.0.1", "-1")]
    [InlineData("--name cannot take the value -h", "client", "--name", "-h")]
    [InlineData("--log cannot take the value --; write ./--", "server", "--log=--", "127.0.0.1", "8082")]
    [InlineData("--ring takes a number from", "server", "--ring=12")]
    [InlineData(
        "--history-max takes a size, such as 500K, 100M or 2G",
        "server",
        "--history-max",
        "10X",
        "--history",
        "x"
    )]
    [InlineData("--allow takes an address or a network", "server", "--allow", "")]
    [InlineData("--allow takes an address or a network", "server", "--allow=,")]
    [InlineData("--allow takes an address or a network", "server", "--allow", "10.0.0.1", "--allow", "lab")]
    [InlineData("--color: say auto, always or never", "client", "--color", "red")]
    [InlineData("--ring takes a number from", "server", "--ring", "12")]
    [InlineData("--rate takes a number from", "server", "--rate", "fast")]
    [InlineData("--max-clients takes a number from", "server", "--max-clients", "0")]
    [InlineData("--log needs a value: --log FILE", "server", "--log")]
    [InlineData("there is no option --nam; did you mean --name?", "client", "--nam", "x", "127.0.0.1", "8999")]
    [InlineData("there is no option --nam; did you mean --name?", "client", "127.0.0.1", "8999", "--nam", "x")]
    [InlineData("there is no option --hist; did you mean --history?", "server", "--hist", "x")]
    [InlineData("there is no command clinet; did you mean client?", "clinet")]
    [InlineData("--version stands alone", "--version", "server")]
    [InlineData(
        "--log-level: say one of Trace Debug Information Warning Error Critical None",
        "server",
        "--log-level",
        "loud"
    )]
    [InlineData(
        "--log-level: say one of Trace Debug Information Warning Error Critical None",
        "server",
        "--log-level",
        "2"
    )]
    [InlineData("--history-max has no effect without --history", "server", "--history-max", "10M")]
    [InlineData("--burst has no effect with --rate 0", "server", "--burst", "5", "--rate", "0")]
    [InlineData("--byte-rate has no effect with --rate 0", "server", "--rate=0", "--byte-rate=5")]
    [InlineData("--room: the name of the room is empty", "server", "--room", " ")]
    [InlineData(
        "--room: the name of the room contains characters that cannot be shown",
        "server",
        "--room",
        "a\u001B[m"
    )]
    [InlineData(
        "--room: the name of the room is too long",
        "server",
        "--room=Room 3 of the long, long corridor on the third floor of the house"
    )]
    [InlineData("--room-key: no key has the word airprt;", "client", "--room-key", "rumor-parrot-airprt-mend-ice-hat")]
    [InlineData("--room-key takes the 6 words that the server shows", "client", "--room-key", "rumor-parrot")]
    [InlineData("--name \"\": a name has at least one character", "client", "--name", "")]
    [InlineData("--name \" \": a name has no spaces in it", "client", "--name", " ")]
    [InlineData("--name 123: a name begins with a letter", "client", "--name", "123")]
    [InlineData("--name ---: a name begins with a letter", "client", "--name=---")]
    [InlineData("--name admin: that name is reserved", "client", "--name", "admin")]
    [InlineData("--name \U0001F600: a name is made of letters", "client", "--name", "\U0001F600")]
    [InlineData("a name is at most", "client", "--name", "alice-in-wonderland-and-back")]
    [InlineData("--name 10.0.0.1: a name is not an address", "client", "--name", "10.0.0.1")]
    public void Unreadable_arguments_are_reported_in_one_line(string named, params string[] args)
    {
        using RunningProgram chat = ChatProcess.Start(args);

        MustFail(chat, 2, named);
        Assert.Contains("--help", chat.Err.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_arguments_the_usage_has_four_lines()
    {
        using RunningProgram chat = ChatProcess.Start();

        Assert.Equal(2, chat.WaitForExit());
        Assert.Empty(chat.Out.Text);
        Assert.Equal(4, chat.Err.Lines.Count);
        Assert.Contains("chat server", chat.Err.Text, StringComparison.Ordinal);
        Assert.Contains("chat client", chat.Err.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--name", "john.smith", "you are johnsmith: a name is made of letters, digits, _ and -")]
    [InlineData("--name", "o'brien", "you are obrien: a name is made of letters, digits, _ and -")]
    [InlineData("--name", "two words", "you are twowords: a name has no spaces in it")]
    [InlineData("--name", "DOM\\user", "you are DOMuser: a name is made of letters, digits, _ and -")]
    public void A_name_loses_only_invalid_characters_and_a_notice_says_so(string option, string asked, string told)
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port, option, asked);

        client.Err.WaitForLine($"chat: {told}");
        client.CloseInput();
        Assert.Equal(0, client.WaitForExit());
    }

    [LinuxFact]
    public void An_invalid_name_from_the_environment_is_refused_like_a_typed_one()
    {
        using Wrapped wrapped = new("CHAT_NAME=123 exec $CHAT client 127.0.0.1 1");
        using RunningProgram chat = wrapped.Start();

        MustFail(chat, 2, "CHAT_NAME 123: a name begins with a letter");
    }

    [LinuxTheory]
    [InlineData(
        "mkdir dir; exec $CHAT server 127.0.0.1 1 --history dir",
        "dir is a directory; name a file in it with --history"
    )]
    [InlineData(
        "exec $CHAT server 127.0.0.1 1 --history no/x",
        "cannot keep the history in no/x: its folder is not there; name another file with --history"
    )]
    [InlineData(
        "touch f; exec $CHAT server 127.0.0.1 1 --history f/x",
        "cannot keep the history in f/x: its folder is not there; name another file with --history"
    )]
    [InlineData(
        "ln -s x f; exec $CHAT server 127.0.0.1 1 --history x --log f",
        "the log and the history cannot be one file"
    )]
    [InlineData(
        "touch f; ln f g; exec $CHAT server 127.0.0.1 1 --history f --log g",
        "the log and the history cannot be one file; name another file with --log"
    )]
    [InlineData(
        "ln -s . d; touch f; exec $CHAT server 127.0.0.1 1 --history f --log d/f",
        "the log and the history cannot be one file"
    )]
    [InlineData(
        "exec $CHAT server 127.0.0.1 1 --log no/x",
        "cannot write the log to no/x: its folder is not there; name another file with --log"
    )]
    [InlineData(
        "exec $CHAT server 127.0.0.1 1 --log /",
        "cannot write the log to /: it is a directory; name another file with --log"
    )]
    [InlineData(
        "exec $CHAT server 127.0.0.1 1 --history $(printf 'x%.0s' $(seq 300))",
        ": the name is too long; name another file with --history"
    )]
    public void A_file_that_cannot_be_opened_is_reported_in_own_words(string line, string told)
    {
        using Wrapped wrapped = new($"""cd "$HERE"; {line}""");
        using RunningProgram chat = wrapped.Start();

        MustFail(chat, 1, told);
    }

    [Theory]
    [InlineData("help")]
    [InlineData("help", "client")]
    [InlineData("help", "server")]
    [InlineData("client", "--help")]
    [InlineData("-h")]
    public void Help_fits_80_columns(params string[] args)
    {
        using RunningProgram chat = ChatProcess.Start(args);

        Assert.Equal(0, chat.WaitForExit());
        Assert.All(chat.Out.Lines, static line => Assert.InRange(line.Length, 0, 80));
    }

    [Fact]
    public void A_port_in_use_is_named_and_another_offered()
    {
        using var first = ChatServerProcess.Start();
        using RunningProgram second = ChatProcess.Start("server", first.Address, first.Port);

        MustFail(second, 1, $"127.0.0.1:{first.Port} is taken");
        Assert.Contains("choose another port", second.Err.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_in_use_on_one_address_is_in_use_for_all_addresses()
    {
        using var first = ChatServerProcess.Start();
        using RunningProgram second = ChatProcess.Start("server", first.Port);

        MustFail(second, 1, $"{first.Port} is taken");
    }

    [LinuxFact]
    public void A_privileged_port_is_refused_with_a_hint()
    {
        // A privileged test process becomes the user nobody; any other has no privilege to drop.
        using Wrapped asNobody = new(
            Environment.IsPrivilegedProcess
                ? """cp "$CHAT" "$HERE/chat"; chmod a+rx "$HERE" "$HERE/chat"; exec setpriv --reuid 65534 --regid 65534 --clear-groups "$HERE/chat" "$@" """
                : """exec "$CHAT" "$@" """
        );
        using RunningProgram chat = asNobody.Start("server", "127.0.0.1", "80");

        MustFail(chat, 1, "127.0.0.1:80 may not be used");
    }

    [Theory]
    [InlineData("203.0.113.7 is not an address of this machine", "203.0.113.7")]
    [InlineData("2001:db8::7 is not an address of this machine", "2001:db8::7")]
    [InlineData("no machine called nosuch.invalid", "nosuch.invalid")]
    public void A_server_can_only_listen_on_this_machine(string named, string address)
    {
        using RunningProgram chat = ChatProcess.Start("server", address, "8082");

        MustFail(chat, 1, named);
        Assert.Contains("127.0.0.1", chat.Err.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/nowhere/at/all/chat.log")]
    [InlineData("/")]
    public void A_log_that_cannot_be_written_is_named(string file)
    {
        using RunningProgram chat = ChatProcess.Start("server", "127.0.0.1", "8082", "--log", file);

        MustFail(chat, 1, "--log");
    }

    [Theory]
    [InlineData("fe80::1", "fe80::1 is an address behind one network interface")]
    [InlineData("fe80::1%nosuch", "this machine has no network interface called nosuch")]
    [InlineData("224.0.0.1", "224.0.0.1 is an address for groups")]
    [InlineData("255.255.255.255", "255.255.255.255 is an address for groups")]
    public void An_address_that_cannot_hold_a_room_is_explained(string address, string words)
    {
        using RunningProgram chat = ChatProcess.Start("server", address, $"{ChatServerProcess.FreePort()}");

        MustFail(chat, 1, words);
    }

    [LinuxFact]
    public void A_room_on_an_IPv4_address_in_IPv6_form_is_open()
    {
        using RunningProgram chat = ChatProcess.Start("server", "::ffff:127.0.0.1", $"{ChatServerProcess.FreePort()}");

        chat.Out.WaitForLine("chat client 127.0.0.1 ");
    }

    [Theory]
    [InlineData("no machine called nosuch.invalid", "nosuch.invalid", "8082")]
    [InlineData("no server listens at 127.0.0.1 1;", "127.0.0.1", "1")]
    [InlineData("no server listens at 127.0.0.1 1;", "127.0.0.1:1")]
    [InlineData("no server listens at ::1 1;", "::1", "1")]
    [InlineData("no server listens at ::1 1;", "[::1]:1")]
    [InlineData("255.255.255.255 1", "255.255.255.255", "1")]
    public void A_missing_server_is_named(string named, params string[] where)
    {
        using RunningProgram chat = ChatProcess.Start(["client", .. where]);

        MustFail(chat, 1, named);
    }

    /// <summary>
    /// A listener with a full queue drops packets, as a firewall does. The test takes ten seconds, the client's
    /// timeout.
    /// </summary>
    [LinuxFact]
    public void A_server_that_never_answers_fails_after_the_timeout()
    {
        using var hole = new Hole(IPAddress.Loopback, 0);
        using RunningProgram chat = ChatProcess.Start("client", "127.0.0.1", hole.Port);

        MustFail(chat, 1, $"no answer from 127.0.0.1 {hole.Port}");
    }

    /// <summary>
    /// The name's IPv6 address drops every packet. A client that waits for it gives up after ten seconds.
    /// </summary>
    [LinuxFact]
    public void A_name_whose_IPv6_address_is_dead_is_reached_over_IPv4()
    {
        using var server = ChatServerProcess.Start();
        using var hole = new Hole(IPAddress.IPv6Loopback, server.EndPoint.Port);
        using Wrapped withHosts = new(
            $"""
            printf '::1 twofaced\n127.0.0.1 twofaced\n' >"$HERE/hosts"
            exec unshare {(
                Environment.IsPrivilegedProcess ? "" : "--map-root-user"
            )} --mount bash -c 'mount --bind "$1" /etc/hosts; shift; exec "$@"' - "$HERE/hosts" "$CHAT" "$@"
            """
        );
        using RunningProgram client = withHosts.Start("client", "twofaced", server.Port);

        client.Out.WaitForLine("Welcome to this chatroom!");
        client.CloseInput();
        Assert.Equal(0, client.WaitForExit());
    }

    [LinuxTheory]
    [InlineData("::1", "::1")]
    [InlineData("::", "127.0.0.1")]
    [InlineData("::", "::1")]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [InlineData("localhost", "localhost")]
    public void A_server_listens_at_its_address_argument(string there, string from)
    {
        string port = ChatServerProcess.FreePort().ToString(System.Globalization.CultureInfo.InvariantCulture);
        using RunningProgram server = ChatProcess.Start("server", there, port);
        server.Out.WaitForLine("-- room open. Others join with one of:");
        server.Out.WaitForLine($" {port}");
        using RunningProgram client = ChatProcess.Start("client", from, port);

        client.Out.WaitForLine("Welcome to this chatroom!");
        client.CloseInput();
        Assert.Equal(0, client.WaitForExit());
    }

    [Theory]
    [InlineData("chat server", "--help")]
    [InlineData("chat client 192.168.1.65", "--help")]
    [InlineData("chat server 192.168.1.65 8082", "server", "--help")]
    [InlineData("chat client 192.168.1.65 8082", "client", "--help")]
    public void Help_has_an_example(string example, params string[] args)
    {
        using RunningProgram chat = ChatProcess.Start(args);

        Assert.Equal(0, chat.WaitForExit());
        Assert.Contains(chat.Out.Lines, line => line.Trim().StartsWith(example, StringComparison.Ordinal));
        Assert.Empty(chat.Err.Text);
    }

    /// <summary>Text only: no escape sequence of the runtime.</summary>
    [LinuxTheory]
    [InlineData("--help")]
    [InlineData("server", "--help")]
    [InlineData("--version")]
    [InlineData("nonsense")]
    public void A_terminal_is_sent_text_and_nothing_else(params string[] args)
    {
        using var pty = Pty.Open();
        pty.Start(ChatProcess.BinaryPath, args);
        pty.WaitForExit();

        Assert.NotEmpty(pty.TranscriptRaw);
        Assert.DoesNotContain((byte)'\e', pty.TranscriptRaw);
    }

    [LinuxTheory]
    [InlineData("exec $CHAT --version >/dev/full", "chat: cannot write: No space left on device")]
    [InlineData("exec $CHAT server --help > >(exec true)", null)]
    [InlineData("exec $CHAT client 127.0.0.1 0 2>/dev/full", null)]
    [InlineData("exec $CHAT client 127.0.0.1 1 2>&-", null)]
    public void Words_that_cannot_be_written_are_no_crash(string line, string? said)
    {
        using Wrapped wrapped = new(line);
        using RunningProgram chat = wrapped.Start();

        Assert.InRange(chat.WaitForExit(), said is null ? 0 : 1, 2);
        Assert.DoesNotContain("   at ", chat.Err.Text, StringComparison.Ordinal);
        if (said is not null)
            Assert.Equal(said + "\n", chat.Err.Text);
    }

    [Theory]
    [InlineData("--version")]
    [InlineData("version")]
    [InlineData("-v")]
    [InlineData("-V")]
    public void The_version_names_the_commit(string word)
    {
        using RunningProgram chat = ChatProcess.Start(word);

        Assert.Equal(0, chat.WaitForExit());
        Assert.Matches(@"^chat \d+\.\d+\.\d+( \([0-9a-f]{7,}\))?$", Assert.Single(chat.Out.Lines));
    }

    private static void MustFail(RunningProgram chat, int code, string named)
    {
        Assert.True(chat.WaitForExit() == code, chat.Describe());
        Assert.Empty(chat.Out.Text);
        string line = Assert.Single(chat.Err.Lines);
        Assert.Equal(line + "\n", chat.Err.Text);
        Assert.StartsWith("chat: ", line, StringComparison.Ordinal);
        Assert.Contains(named, line, StringComparison.Ordinal);
    }
}
