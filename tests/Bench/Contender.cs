using System.Globalization;

namespace Chat.Bench;

/// <summary>A kind of server to be measured, with the dialect that its members speak.</summary>
/// <param name="Name">As tables show it.</param>
/// <param name="Dialect">What its members speak.</param>
/// <param name="MostMembers">How many it can have, by its own limits.</param>
/// <param name="Command">The program and its arguments for a port and a folder that is gone afterwards.</param>
internal sealed record Contender(string Name, Dialect Dialect, int MostMembers, Func<int, string, string[]> Command)
{
    /// <summary>Ours, with members that speak the plain dialect.</summary>
    public const string Plain = "chat, plain";

    /// <summary>Ours, with members that speak the rich one.</summary>
    public const string Rich = "chat, rich";

    private static readonly string[] Folders = ["/usr/bin/", "/usr/sbin/", "/usr/local/bin/"];

    /// <summary>Whether it is our own server.</summary>
    public bool IsOurs => Name is Plain or Rich;

    /// <summary>Our own server, twice: the same program, with members that speak either dialect.</summary>
    public static IEnumerable<Contender> Ours(string binary)
    {
        string[] Command(int port, string folder) =>
            [
                binary,
                "server",
                "127.0.0.1",
                port.ToString(CultureInfo.InvariantCulture),
                "--rate",
                "0",
                "--max-clients",
                "20000",
                "--max-per-address",
                "20000",
            ];
        yield return new(Plain, Dialect.Plain, 20_000, Command);
        yield return new(Rich, Dialect.Rich, 20_000, Command);
    }

    /// <summary>Others, as far as they are installed, with every limit raised that would slow them down.</summary>
    public static IEnumerable<Contender> Peers()
    {
        if (Find("ngircd") is string ngircd)
            yield return new(
                "ngircd",
                Dialect.Irc,
                10_000,
                (port, folder) => [ngircd, "--nodaemon", "--config", NgircdConfiguration(port, folder)]
            );
        // It waits with select(2), which knows no descriptor above 1023.
        if (Find("ncat") is string ncat)
        {
            yield return new(
                "ncat --chat",
                Dialect.Ncat,
                1000,
                (port, _) =>
                    [
                        ncat,
                        "--listen",
                        "--chat",
                        "--max-conns",
                        "1010",
                        "127.0.0.1",
                        port.ToString(CultureInfo.InvariantCulture),
                    ]
            );
        }
        if (Find("inspircd") is string inspircd)
        {
            yield return new(
                "inspircd",
                Dialect.IrcInSteps,
                10_000,
                (port, folder) => [inspircd, "--runasroot", "--nofork", "--config", InspircdConfiguration(port, folder)]
            );
        }
        if (Find("nats-server") is string nats)
            yield return new(
                "nats-server",
                Dialect.Nats,
                10_000,
                (port, folder) => [nats, "--config", NatsConfiguration(port, folder)]
            );
    }

    private static string? Find(string program) =>
        Array.ConvertAll(Folders, folder => folder + program).FirstOrDefault(File.Exists);

    private static string Write(string folder, string text)
    {
        string path = Path.Combine(folder, "server.conf");
        File.WriteAllText(path, text);
        return path;
    }

    private static string InspircdConfiguration(int port, string folder) =>
        Write(
            folder,
            $"""
            <server name="irc.bench.local" description="bench" network="Bench">
            <admin name="bench" nick="bench" email="bench@bench.local">
            <bind address="127.0.0.1" port="{port}" type="clients">
            <connect allow="*" timeout="60" pingfreq="3600" hardsendq="64M" softsendq="64M" recvq="1M" threshold="1000000" commandrate="1000000000" fakelag="no"
                localmax="20000" globalmax="20000" limit="20000" maxchans="10" maxconnwarn="no" resolvehostnames="no" useident="no" useconnflood="no">
            <performance softlimit="20000" somaxconn="4096" quietbursts="yes" clonesonconnect="no">
            <log method="file" type="*" level="none" target="{folder}/log">

            """
        );

    private static string NatsConfiguration(int port, string folder) =>
        Write(
            folder,
            $"""
            listen: "127.0.0.1:{port}"
            max_connections: 20000
            max_pending: 256MB
            ping_interval: "1h"
            write_deadline: "60s"

            """
        );

    private static string NgircdConfiguration(int port, string folder) =>
        Write(
            folder,
            $"""
            [Global]
            Name = irc.bench.local
            Info = bench
            Listen = 127.0.0.1
            Ports = {port}
            ServerUID = root
            ServerGID = root
            [Limits]
            MaxConnections = 0
            MaxConnectionsIP = 0
            MaxJoins = 0
            MaxPenaltyTime = 0
            PingTimeout = 3600
            [Options]
            DNS = no
            Ident = no
            PAM = no

            """
        );
}
