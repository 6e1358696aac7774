namespace Chat.Bench;

/// <summary>A server to measure.</summary>
/// <param name="Name">Its column in the table.</param>
/// <param name="Protocol">How its members speak.</param>
/// <param name="Command">
/// The command line; <c>{port}</c> is its port, and <c>{conf}</c> its configuration, a copy of the file in this folder.
/// </param>
internal sealed record ServerKind(string Name, MemberProtocol Protocol, string[] Command)
{
    private static readonly string[] Folders = ["/usr/bin/", "/usr/sbin/", "/usr/local/bin/"];

    // ngircd finishes logins once a second and has a short queue of connections.
    private static readonly MemberProtocol Irc = new(" 366 ")
    {
        LoginsAtOnce = 10,
        Greeting = "NICK m{index}\r\nUSER m 0 * :m\r\n",
        Reply = (" 001 ", "JOIN #room\r\n"),
        Head = "PRIVMSG #room :"u8.ToArray(),
    };

    private static readonly MemberProtocol Nats = new("PONG")
    {
        LoginsAtOnce = 500,
        Greeting = "CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false}\r\nSUB room 1\r\nPING\r\n",
        Head = "PUB room 63\r\n"u8.ToArray(),
        LineEnd = "\r\n"u8.ToArray(),
    };

    private static readonly MemberProtocol Ncat = new("is connected as") { LoginsAtOnce = 10 };

    private static readonly ServerKind[] AllPeers =
    [
        new("ngircd", Irc, ["ngircd", "--nodaemon", "--config", "{conf}"]),
        new("inspircd", Irc with { LoginsAtOnce = 500 }, ["inspircd", "--runasroot", "--nofork", "--config", "{conf}"]),
        new("nats-server", Nats, ["nats-server", "--config", "{conf}"]),
        new("ncat", Ncat, ["ncat", "--listen", "--chat", "--max-conns", "1010", "127.0.0.1", "{port}"]),
    ];

    /// <summary>Whether it is the build of chat that must deliver every line.</summary>
    public bool IsChat { get; private init; }

    /// <summary>The other column that this one is compared with: an older build, or members in the clear.</summary>
    public ServerKind? Baseline { get; private init; }

    /// <summary>The heading of the comparison.</summary>
    public string Ratio { get; private init; } = "new/old";

    /// <summary>
    /// A build of chat with plain members, rich ones and browsers, each behind its baseline. Rich members inside TLS
    /// are compared with those in the clear.
    /// </summary>
    public static IEnumerable<ServerKind> Chat(string binary, string? baseline)
    {
        (string, MemberProtocol)[] members =
        [
            ("chat, plain", MemberProtocol.Plain),
            ("chat, rich", MemberProtocol.Rich),
            ("chat, web", MemberProtocol.Web),
        ];
        foreach ((string name, MemberProtocol protocol) in members)
        {
            ServerKind? old = baseline is null ? null : new("baseline " + name, protocol, ChatCommand(baseline));
            if (old is not null)
                yield return old;
            ServerKind kind = new(name, protocol, ChatCommand(binary)) { IsChat = true, Baseline = old };
            yield return kind;
            if (protocol == MemberProtocol.Rich)
                yield return new("chat, rich TLS", MemberProtocol.Encrypted, kind.Command)
                {
                    IsChat = true,
                    Baseline = kind,
                    Ratio = "TLS/clear",
                };
        }
    }

    /// <summary>The other servers that this machine has, with every limit raised that would slow them down.</summary>
    public static IEnumerable<ServerKind> Peers()
    {
        foreach (ServerKind peer in AllPeers)
        {
            if (Array.Find(Folders, folder => File.Exists(folder + peer.Name)) is string folder)
                yield return peer with
                {
                    Command = [folder + peer.Name, .. peer.Command[1..]],
                };
            else
                Console.Error.WriteLine($"bench: {peer.Name} is not installed, so it is not measured");
        }
    }

    /// <summary>The command line for a port, and in a folder the configuration that it needs.</summary>
    public string[] Prepare(int port, string folder)
    {
        string conf = Path.Combine(folder, "server.conf");
        if (Command.Contains("{conf}"))
        {
            string text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, $"{Name}.conf"));
            File.WriteAllText(conf, text.Replace("{port}", $"{port}"));
        }
        return [.. Command.Select(word => word.Replace("{port}", $"{port}").Replace("{conf}", conf))];
    }

    private static string[] ChatCommand(string binary) =>
        [binary, .. "server 127.0.0.1 {port} --rate 0 --max-clients 20000 --max-per-address 20000".Split(' ')];
}
