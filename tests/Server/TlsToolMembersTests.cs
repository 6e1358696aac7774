using System.Globalization;
using System.Net;
using Chat.Protocol;
using Chat.Protocol.Tls;
using Chat.Server;
using Chat.Server.Networking;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>Programs of others that speak TLS, as members of a server on a thread of its own.</summary>
public sealed class TlsToolMembersTests : IDisposable
{
    private readonly Poller _poller = Poller.Create();
    private readonly SteppedServer.LogLines _log = new();
    private readonly ChatServer _server;
    private readonly Thread _thread;
    private readonly IPEndPoint _to;

    public TlsToolMembersTests()
    {
        _server = new ChatServer(
            new ServerOptions { RoomKey = new RoomKey(new byte[RoomKey.Bytes]), LinesPerSecond = 0 },
            TimeProvider.System,
            _log,
            _poller
        );
        _server.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        _to = _server.EndPoints.Single();
        _thread = new Thread(_server.Run);
        _thread.Start();
    }

    public void Dispose()
    {
        _server.Stop();
        _thread.Join();
        _server.Dispose();
        _poller.Dispose();
    }

    [LinuxFact]
    public void Ncat_openssl_and_a_plain_tool_talk_in_one_room()
    {
        using RunningProgram ncat = Start("ncat", "--ssl", "127.0.0.1", Port),
            openssl = StartOpenssl("-quiet", "-no_ign_eof"),
            plain = Start("nc", "127.0.0.1", Port);
        (RunningProgram From, string Name)[] all = [(ncat, "ncat"), (openssl, "openssl"), (plain, "plain")];
        foreach ((RunningProgram from, string name) in all)
        {
            from.SendLine($"/nick {name}");
            from.Out.WaitForLine(line => line.EndsWith($" is now {name}", StringComparison.Ordinal));
        }
        foreach ((RunningProgram from, string name) in all)
        {
            from.SendLine($"from {name}");
            foreach ((RunningProgram to, string _) in all.Where(other => other.From != from))
                to.Out.WaitForLine($"<{name}> from {name}");
        }
        openssl.CloseInput();
        ncat.Out.WaitForLine("-- openssl left");
        Assert.Equal(0, openssl.WaitForExit());
    }

    [LinuxTheory]
    [InlineData("protocol_version", "-tls1_2")]
    [InlineData("handshake_failure", "-groups", "P-256")]
    [InlineData("no_application_protocol", "-alpn", "h2,http/1.1")]
    public void A_client_with_other_algorithms_gets_an_alert_and_a_line_in_the_log(
        string failure,
        params string[] options
    )
    {
        using RunningProgram openssl = StartOpenssl(options);
        Assert.NotEqual(0, openssl.WaitForExit());
        Assert.Contains("alert", openssl.Err.Text, StringComparison.Ordinal);
        Eventually.Is(
            () =>
                _log
                    .Lines.ToArray()
                    .Any(line =>
                        line.EndsWith(
                            $": spoke TLS that could not be understood ({failure}); "
                                + "1 rejected since the last such line",
                            StringComparison.Ordinal
                        )
                    ),
            "the line in the log"
        );
    }

    // s_client takes this line for the order to update its keys, and to ask for the same.
    [LinuxFact]
    public void Keys_may_be_updated_sixteen_times_a_minute()
    {
        using RunningProgram openssl = StartOpenssl();
        openssl.SendLine("/nick alice");
        openssl.Out.WaitForLine(static line => line.EndsWith(" is now alice", StringComparison.Ordinal));
        for (int i = 0; i < ProtocolLimits.KeyUpdates; i++)
        {
            openssl.SendLine("K");
            openssl.Err.WaitForLine("KEYUPDATE");
            openssl.SendLine("/who");
            openssl.Out.WaitForLine("-- 1 here:");
        }
        openssl.SendLine("K");
        Assert.NotEqual(0, openssl.WaitForExit());
        Eventually.Is(
            () =>
                _log.Lines.ToArray().Any(static line => line.Contains("unexpected_message", StringComparison.Ordinal)),
            "the line in the log"
        );
    }

    private string Port => _to.Port.ToString(CultureInfo.InvariantCulture);

    private RunningProgram StartOpenssl(params IEnumerable<string> options) =>
        Start("openssl", ["s_client", "-connect", $"127.0.0.1:{Port}", .. options]);

    private static RunningProgram Start(string tool, params IEnumerable<string> arguments) =>
        ToolProcess.Start(tool, arguments);
}
