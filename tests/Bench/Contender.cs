using System.Globalization;

namespace Chat.Bench;

/// <summary>A kind of server to be measured, with the dialect that its members speak.</summary>
/// <param name="Name">As tables show it.</param>
/// <param name="Dialect">What its members speak.</param>
/// <param name="MostMembers">How many it can have, by its own limits.</param>
/// <param name="Command">The program and its arguments for a port and a folder that is gone afterwards.</param>
internal sealed record Contender(string Name, Dialect Dialect, int MostMembers, Func<int, string, string[]> Command)
{
    private static readonly string[] Folders = ["/usr/bin/", "/usr/sbin/", "/usr/local/bin/"];

    /// <summary>Our own server, twice: the same program, with members that speak either dialect.</summary>
    public static IEnumerable<Contender> Ours(string binary)
    {
        string[] Command(int port, string folder) =>
        [
            binary, "server", "127.0.0.1", port.ToString(CultureInfo.InvariantCulture), "--rate", "0", "--max-clients", "20000", "--max-per-address", "20000",
        ];
        yield return new("chat, plain", Dialect.Plain, 20_000, Command);
        yield return new("chat, rich", Dialect.Rich, 20_000, Command);
    }

    /// <summary>Others, as far as they are installed, with every limit raised that would slow them down.</summary>
    public static IEnumerable<Contender> Peers()
    {
        if (Find("ngircd") is string ngircd)
            yield return new("ngircd", Dialect.Irc, 10_000, (port, folder) => [ngircd, "--nodaemon", "--config", NgircdConfiguration(port, folder)]);
        // It waits with select(2), which knows no descriptor above 1023.
        if (Find("ncat") is string ncat)
        {
            yield return new("ncat --chat", Dialect.Ncat, 1000,
                (port, _) => [ncat, "--listen", "--chat", "--max-conns", "1010", "127.0.0.1", port.ToString(CultureInfo.InvariantCulture)]);
        }
    }

    private static string? Find(string program) => Array.ConvertAll(Folders, folder => folder + program).FirstOrDefault(File.Exists);

    private static string NgircdConfiguration(int port, string folder)
    {
        string path = Path.Combine(folder, "ngircd.conf");
        File.WriteAllText(path, $"""
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

            """);
        return path;
    }
}
