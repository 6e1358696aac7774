using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Chat.Client;
using Chat.Client.Display;
using Chat.Client.Networking;
using Chat.Client.Storage;
using Chat.Client.Terminals;
using Chat.Client.Terminals.Unix;
using Chat.Client.Terminals.Windows;
using Chat.Client.Views;
using Chat.Protocol;
using Chat.Protocol.CommandLine;
using Chat.Protocol.Discovery;
using Chat.Protocol.Text;
using Chat.Protocol.Tls;
using Chat.Server;
using Chat.Server.Access;
using ConsoleAppFramework;
using Microsoft.Extensions.Logging;

namespace Chat;

/// <summary>Starts the program: reads the command line, runs the verb and returns the exit code.</summary>
/// <remarks>
/// Exit codes: 0, success; 1, the system or the network failed, with the reason on one line of stderr; 2, the
/// command line is wrong, with a correction on one line of stderr.
/// </remarks>
internal static partial class Program
{
    private const int Success = 0,
        Failure = 1,
        Usage = 2;

    private static int Main(string[] args)
    {
        UseOwnNameResolution();
        (Stream output, Stream errors) = Outputs();
        if (!RuntimeFeature.IsDynamicCodeSupported)
            AppDomain.CurrentDomain.UnhandledException += static (_, e) =>
                Report(CrashReport(e.ExceptionObject), Failure);
        PosixSignalRegistration? continued = LeaveTerminalModesAlone();
        try
        {
            return Run(args, output, errors);
        }
        catch (OutputGoneException gone)
        {
            return Report($"cannot write: {gone.Message}", Failure);
        }
        finally
        {
            GC.KeepAlive(continued);
        }
    }

    private static int Run(string[] args, Stream output, Stream errors)
    {
        if (CommandLineArguments.Refusal(args, Verbs.Rules, out string[] words) is string refusal)
            return ReportUsage(refusal);
        switch (words)
        {
            case []:
                return ShowUsage();
            case ["--version"]:
                return Show($"{Version}\n");
            case ["--help"]:
                return Show(HelpText.Format(Verbs.Description, Verbs.Rules));
            case [string verb, "--help"]:
                return Show(HelpText.Format(Verbs.Rules.First(rule => rule.Name == verb)));
        }
        Verbs verbs = new(output, errors);
        string error = "";
        ConsoleApp.Log = message => error = message;
        ConsoleApp.ConsoleAppBuilder app = ConsoleApp.Create();
        app.Add("server", verbs.Server);
        app.Add("client", verbs.Client);
        app.Add("history", verbs.History);
        app.Add("find", verbs.Find);
        app.Run(words);
        try
        {
            return verbs.Run?.Invoke() ?? ReportUsage(error);
        }
        catch (StartupException exception)
        {
            return exception.IsUsage
                ? ReportUsage(exception.Message)
                : Report(SafeText.Clean(exception.Message), Failure);
        }
    }

    private static int Show(string text)
    {
        Console.Out.Write(text);
        return Success;
    }

    private static int ShowUsage() =>
        Report(
            """
            say what to do:
              chat server                  open a room on every address of this machine
              chat client                  join the room of this network
              chat --help                  more
            """,
            Usage
        );

    /// <summary>Reports a wrong command line.</summary>
    /// <returns>The exit code.</returns>
    internal static int ReportUsage(string what) =>
        Report($"{SafeText.Clean(what)} (chat --help shows how it is used)", Usage);

    private static int Report(string what, int exitCode)
    {
        try
        {
            Console.Error.WriteLine($"chat: {what}");
        }
        catch (OutputGoneException)
        {
            // Nothing can be printed; the exit code remains.
        }
        return exitCode;
    }

    // Once any signal handler is registered, the runtime reacts to SIGCONT by restoring the terminal modes of
    // the start. In the background that stops the process again (SIGTTOU); in the foreground it undoes a
    // client's raw mode. A canceled signal prevents it. This registration comes first, so that no signal
    // arrives before it.
    private static PosixSignalRegistration? LeaveTerminalModesAlone() =>
        OperatingSystem.IsWindows()
            ? null
            : PosixSignalRegistration.Create(PosixSignal.SIGCONT, static context => context.Cancel = true);

    // All output goes through these two streams.
    private static (Stream Output, Stream Errors) Outputs()
    {
        Stream output,
            errors;
        if (OperatingSystem.IsWindows())
        {
            (output, errors) = (new WindowsStandardStream(Win32.StdOutput), new WindowsStandardStream(Win32.StdError));
        }
        else
        {
            UnixStandardStream.ReserveStandardDescriptors();
            (output, errors) = (new UnixStandardStream(1), new UnixStandardStream(2));
        }
        Console.SetOut(new StreamWriter(output) { AutoFlush = true });
        Console.SetError(new StreamWriter(errors) { AutoFlush = true });
        return (output, errors);
    }

    /// <summary>
    /// The addresses of the calls that led to an error. The static binary has no names of methods, which would take
    /// 250 KB: <c>addr2line -f -e chat.dbg ADDRESS</c> names the method and the line.
    /// </summary>
    internal static string CrashReport(object error)
    {
        StringBuilder report = new($"crash of {Version} at");
        if (error is Exception exception)
        {
            foreach (StackFrame frame in new StackTrace(exception).GetFrames())
                report.Append(CultureInfo.InvariantCulture, $" 0x{frame.GetNativeIP():x}");
        }
        return report.ToString();
    }

    // The number, and the commit if it is known.
    private static string[] VersionParts =>
        (
            typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? ""
        ).Split('+');

    /// <summary>The number of the version.</summary>
    internal static string ShortVersion => VersionParts[0];

    private static string Version
    {
        get
        {
            string[] parts = VersionParts;
            return parts.Length > 1
                ? $"chat {parts[0]} ({parts[1][..Math.Min(12, parts[1].Length)]})"
                : $"chat {parts[0]}";
        }
    }

#if STATIC_GLIBC
    // The C library linked into the binary must not load the resolver modules of this machine's nsswitch.conf:
    // they belong to another C library, and mixing the two aborts the process. The hosts file and DNS need no
    // module.
    private static void UseOwnNameResolution() => _ = __nss_configure_lookup("hosts", "files dns");

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int __nss_configure_lookup(string database, string service);
#else
    private static void UseOwnNameResolution()
    {
        // The system's own library resolves names as this machine is configured.
    }
#endif
}

/// <summary>The verbs: one method each, whose parameters are the options.</summary>
/// <remarks>
/// ConsoleAppFramework reads the words into the parameters and catches every exception of a method. A method therefore
/// only sets <see cref="Run"/>, and the caller runs it. <see cref="Rules"/> names the same options in the same order.
/// </remarks>
internal sealed class Verbs(Stream output, Stream errors)
{
    /// <summary>The description of the program in its help.</summary>
    public const string Description =
        "Chat for a local network: one computer runs the server, every other one joins it. nc and telnet can join too.";

    private const string DateAndTime = "%Y-%m-%d %H:%M:%S";

    private static readonly string[] Levels = Enum.GetNames<LogLevel>();

    /// <summary>
    /// The options with their values, descriptions and defaults. They check the command line before the
    /// framework reads it.
    /// </summary>
    public static IReadOnlyList<VerbRule> Rules { get; } =
    [
        new(
            "server",
            [
                new("--history", "FILE", "Save the conversation to a file and continue it after a restart"),
                new(
                    "--history-max",
                    "SIZE",
                    "Begin a new file at this size, such as 100M or 2G, and keep the last one as FILE.1; "
                        + "at least four times --ring",
                    "never"
                )
                {
                    Refusal = static text =>
                        SizeOf(text) is null ? "--history-max takes a size, such as 500K, 100M or 2G" : null,
                },
                Number(
                    "--grace",
                    "SECONDS",
                    "How long chat client may be away before the others are told",
                    ServerLimits.GraceMilliseconds / 1000,
                    0,
                    86_400
                ),
                Number(
                    "--ring",
                    "BYTES",
                    "How much of the conversation is kept in memory, rounded up to a power of two; "
                        + "a client that falls further behind is disconnected",
                    ServerLimits.LogBytes,
                    ServerLimits.SmallestLogBytes,
                    ServerLimits.LargestLogBytes
                ),
                Number(
                    "--rate",
                    "LINES",
                    "Lines a second from one client; 0 removes this limit and that of bytes",
                    ServerLimits.LinesPerSecond,
                    0,
                    1_000_000
                ),
                Number(
                    "--burst",
                    "LINES",
                    "Lines at once from one client after a pause",
                    ServerLimits.BurstLines,
                    1,
                    1_000_000
                ),
                Number(
                    "--byte-rate",
                    "BYTES",
                    "Bytes a second from one client",
                    ServerLimits.BytesPerSecond,
                    1,
                    1_000_000_000
                ),
                Number(
                    "--max-clients",
                    "N",
                    "Clients at once; fewer if the system allows fewer open files",
                    ProtocolLimits.Clients,
                    1,
                    1_000_000
                ),
                Number(
                    "--max-per-address",
                    "N",
                    "Clients from one address; this computer itself has no such limit",
                    ServerLimits.ClientsPerAddress,
                    1,
                    1_000_000
                ),
                new(
                    "--allow",
                    "ADDRESS/BITS",
                    "Only these addresses may connect, beside this computer itself; may be given several times"
                )
                {
                    IsRepeatable = true,
                    Refusal = static text =>
                        Ranges(text) is null
                            ? $"--allow takes an address or a network, such as 192.168.1.0/24, and not '{text}'"
                            : null,
                },
                new(
                    "--host-key",
                    "FILE",
                    "A key that makes a client a host, from anywhere; created if absent. See chat client --host-key"
                ),
                new(
                    "--key",
                    "FILE",
                    "The key by which clients know the room; created if absent",
                    "room.key in the configuration folder"
                ),
                new("--encrypted", null, "Other computers join with encryption or not at all"),
                new("--secret-file", "FILE", "Newcomers need the secret in this file; created if absent"),
                new("--room", "NAME", "The name under which others find the room", "the name of this computer")
                {
                    Refusal = static text => RoomName.Refusal(text) is string wrong ? $"--room: {wrong}" : null,
                },
                new("--no-announce", null, "Do not announce the room in the local network"),
                new("--name", "NAME", "Your name, as the host at this terminal", "CHAT_NAME, or the name of the login"),
                new("--headless", null, "Only show the room at this terminal, instead of joining it as its host"),
                new("--motd", "FILE", "Show the rows of this file to newcomers, such as the rules of the room"),
                new("--no-web", null, "Do not serve the page for browsers"),
                new(
                    "--web-host",
                    "NAMES",
                    "Names of this computer that browsers may use, with commas; addresses and local names always work"
                )
                {
                    Refusal = static text =>
                        HostNames(text) is null ? "--web-host takes names such as chat.example.org" : null,
                },
                new("--no-qr", null, "Do not show the page's address as a QR code"),
                new("--log", "FILE", "Append the log to a file instead of stderr"),
                new("--log-json", null, "Write the log as JSON, one object a line"),
                Choice(
                    "--log-level",
                    "LEVEL",
                    $"The lowest level to log: {string.Join(", ", Levels)}",
                    "Information; Warning when the log goes to a terminal",
                    static text => LevelOf(text) is null ? $"say one of {string.Join(" ", Levels)}" : null
                ),
            ]
        )
        {
            Description = "Open a chat room on this computer",
            Address = "The address to listen on [default: all, IPv4 and IPv6]",
            Examples =
            [
                ("chat server", "open a room on every address"),
                ("chat server 192.168.1.65 8082", "open a room on one address and port"),
            ],
        },
        new(
            "client",
            [
                new("--name", "NAME", "Your name in the room", "CHAT_NAME, or the name of the login"),
                new("--no-identity", null, "Join anonymously; do not read or create the identity file"),
                new("--host-key", "FILE", "Become a host with a copy of the server's key file"),
                new("--no-history", null, "Do not show earlier messages"),
                new("--listen", null, "Stay connected after the end of the input"),
                new(
                    "--json",
                    null,
                    "Write every event as JSON, one object a line; an input line that begins with { is a request"
                ),
                new("--quiet", null, "Print nothing but errors, for cron; the input is still sent"),
                new("--snippet", null, "Say the whole input as one message, with its line ends and indentation"),
                new("--commands", null, "Read lines that begin with a slash as commands, even from a pipe"),
                Number(
                    "--timeout",
                    "SECONDS",
                    "Fail if, after the end of the input, the server accepts no data for this long",
                    ClientLimits.FarewellMilliseconds / 1000,
                    1,
                    86_400
                ),
                Choice(
                    "--time",
                    "FORMAT",
                    "How to write times, in the letters of strftime",
                    "%H:%M",
                    static text => TimeFormat.Read(text, out _)
                ),
                Choice(
                    "--color",
                    "WHEN",
                    "When to use colours: auto, always or never",
                    "auto",
                    static text => ColourOf(text) is null ? "say auto, always or never" : null
                ),
                Choice(
                    "--bell",
                    "MODE",
                    $"When to ring: {string.Join(", ", Bell.Modes.Keys)}",
                    "mention,whisper",
                    static text => Bell.TryRead(text, out _) ? null : $"say one of {string.Join(" ", Bell.Modes.Keys)}"
                ),
                Choice(
                    "--notify",
                    "FORM",
                    $"Desktop notices: {string.Join(", ", TerminalCapabilities.Notices.Keys)}",
                    "auto",
                    static text =>
                        TerminalCapabilities.Notices.ContainsKey(text)
                            ? null
                            : $"say one of {string.Join(" ", TerminalCapabilities.Notices.Keys)}"
                ),
                new("--private", null, "Do not save what you type, or the address, for the next run"),
                new("--plain", null, "Treat the server as a plain one, whatever it announces"),
                new("--encrypted", null, "Never join in the clear"),
                RoomKeyRule("Join only the room with this key; never in the clear"),
                SecretRule("CHAT_SECRET, or asked at a terminal"),
                new("--new-key", null, "Take another key of the room than before, and keep it"),
            ]
        )
        {
            Description = "Join a chat room",
            Address =
                "Where the server is: an address, a name, or the name of a room "
                + "[default: this computer, or else the only room found]",
            Examples =
            [
                ("chat client", "join the only room, or choose one from a list"),
                ("chat client 192.168.1.65", "join the room there"),
                ("chat client 192.168.1.65 8082", "join at this port"),
            ],
        },
        new(
            "history",
            [
                new("--json", null, "Write each line as JSON, in the objects of chat client --json"),
                Choice(
                    "--time",
                    "FORMAT",
                    "How to write times in text, in the letters of strftime",
                    DateAndTime,
                    static text => TimeFormat.Read(text, out _)
                ),
                new("--no-identity", null, "Leave out the whispers from and to you; do not read the identity file"),
                new("--encrypted", null, "Never export in the clear"),
                RoomKeyRule("Export only from the room with this key; never in the clear"),
                SecretRule("CHAT_SECRET"),
            ]
        )
        {
            Description = "Print the whole conversation that a server keeps, without joining the room",
            Address = "Where the server is: a name or an address [default: this computer]",
            Examples = [("chat history 192.168.1.65 > room.txt", "export the conversation there")],
        },
        new(
            "find",
            [
                new("--json", null, "Write each room as JSON, one object a line"),
                Number("--seconds", "N", "How long to search", ClientLimits.SearchMilliseconds / 1000, 1, 86_400),
            ]
        )
        {
            Description = "List the rooms on this network as they appear",
            Address = null,
            Examples = [("chat find --seconds 10", "search a little longer")],
        },
    ];

    /// <summary>Runs the parsed verb and returns the exit code; null if there is none.</summary>
    public Func<int>? Run { get; private set; }

    internal void Server(
        [Argument] string? address = null,
        [Argument] string? port = null,
        string? history = null,
        string? historyMax = null,
        int grace = ServerLimits.GraceMilliseconds / 1000,
        int ring = ServerLimits.LogBytes,
        int rate = ServerLimits.LinesPerSecond,
        int? burst = null,
        int? byteRate = null,
        int maxClients = ProtocolLimits.Clients,
        int maxPerAddress = ServerLimits.ClientsPerAddress,
        string? allow = null,
        string? hostKey = null,
        string? key = null,
        bool encrypted = false,
        string? secretFile = null,
        string? room = null,
        bool noAnnounce = false,
        string? name = null,
        bool headless = false,
        string? motd = null,
        bool noWeb = false,
        string? webHost = null,
        bool noQr = false,
        string? log = null,
        bool logJson = false,
        string? logLevel = null
    ) =>
        Run = () =>
        {
            if (HostPort.Parse(address, port, out HostPort at) is string wrong)
                return Program.ReportUsage(wrong);
            string? useless =
                historyMax is not null && history is null ? "--history-max has no effect without --history"
                : rate == 0 && burst is not null ? "--burst has no effect with --rate 0"
                : rate == 0 && byteRate is not null ? "--byte-rate has no effect with --rate 0"
                : noWeb && noQr ? "--no-qr has no effect with --no-web"
                : noWeb && webHost is not null ? "--web-host has no effect with --no-web"
                : null;
            if (useless is not null)
                return Program.ReportUsage(useless);
            if (name is not null && IdentityFile.RefusalOfChosen(name) is string rule)
                return Program.ReportUsage($"--name {name}: {rule}");
            RoomKey roomKey = RoomKeyOf(key, out string? loss);
            RoomSecret? secret = SecretOfRoom(secretFile, roomKey, out string? newSecretFile);
            UInt128? ownKey = !headless && IsAtTerminal ? IdentityFile.NewSecret() : null;
            ServerOptions options = new()
            {
                LogBytes = (int)BitOperations.RoundUpToPowerOf2((uint)ring),
                LinesPerSecond = rate,
                BurstLines = burst ?? ServerLimits.BurstLines,
                BytesPerSecond = byteRate ?? ServerLimits.BytesPerSecond,
                Clients = maxClients,
                ClientsPerAddress = maxPerAddress,
                GraceMilliseconds = 1000 * grace,
                IsAnnounced = !noAnnounce,
                RoomName = room?.Trim() ?? RoomName.Of(Environment.MachineName),
                Version = Program.ShortVersion,
                HasPage = !noWeb,
                Allowed = allow is null ? [] : Ranges(allow)!,
                HostKeys = new HostKeys(ownKey, hostKey is null ? null : HostKeyFile.Load(hostKey, isCreated: true)),
                WebHosts = HostNames(webHost ?? "") ?? [],
                RoomKey = roomKey,
                IsEncryptedOnly = encrypted,
                Secret = secret,
                NewSecretFile = newSecretFile,
                RoomKeyLoss = loss,
            };
            bool isShown = log is null && !Console.IsErrorRedirected;
            LogLevel level = LevelOf(logLevel) ?? (isShown ? LogLevel.Warning : LogLevel.Information);
            // On a terminal with `stty tostop`, a write from the background would stop the server.
            if (!OperatingSystem.IsWindows())
                Libc.Ignore(Libc.SigTtou);
            using OwnRoom own = new();
            TerminalHost? host = ownKey is null ? null : new(own, name, ownKey.Value, secret?.Text, output);
            ServerRole.HistoryOptions past = new(history, SizeOf(historyMax) ?? long.MaxValue);
            return ServerRole.Run(
                at,
                options,
                new ServerRole.LogOptions(log, logJson, level),
                past,
                motd,
                noQr ? null : Window(),
                output,
                isShown && host is not null ? own : errors,
                host
            );
        };

    private static bool IsAtTerminal => !Console.IsInputRedirected && !Console.IsOutputRedirected && Terminal.IsFree;

    private static RoomKey RoomKeyOf(string? file, out string? loss)
    {
        loss = null;
        UserPaths paths = new(Environment.GetEnvironmentVariable, OperatingSystem.IsWindows());
        return file is null ? RoomKeyFile.Load(paths.Config, out loss) : RoomKeyFile.LoadFrom(file);
    }

    // The file is named if the secret is new.
    private static RoomSecret? SecretOfRoom(string? file, RoomKey key, out string? newFile)
    {
        newFile = null;
        if (file is null)
            return null;
        string text = RoomSecretFile.LoadOrCreate(file, out bool isCreated);
        newFile = isCreated ? file : null;
        return new RoomSecret(text, key.PublicKey);
    }

    // The terminal that shows the conversation; null if stdout is none, or if it has no escape sequences.
    private static unsafe ServerRole.Window? Window()
    {
        string? term = Environment.GetEnvironmentVariable("TERM");
        if (Console.IsOutputRedirected || term == "dumb")
            return null;
        bool hasColours = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        if (OperatingSystem.IsWindows())
            return new ServerRole.Window(Console.WindowWidth, Console.WindowHeight, HasColours: false);
        WindowSize size = default;
        return Libc.GetWindowSize(1, &size) == 0 ? new ServerRole.Window(size.Columns, size.Rows, hasColours) : null;
    }

    // Addresses and networks with commas between them; null if one is neither.
    private static AddressRange[]? Ranges(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        AddressRange[] ranges = new AddressRange[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!AddressRange.TryParse(parts[i], out ranges[i]))
                return null;
        }
        // No range would mean all addresses.
        return ranges.Length > 0 ? ranges : null;
    }

    // Names with commas between them; null if one is no name.
    private static string[]? HostNames(string text)
    {
        string[] names = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return names.All(HostPort.IsName) ? names : null;
    }

    internal void Client(
        [Argument] string? address = null,
        [Argument] string? port = null,
        string? name = null,
        bool noIdentity = false,
        string? hostKey = null,
        bool noHistory = false,
        bool listen = false,
        bool json = false,
        bool quiet = false,
        bool snippet = false,
        bool commands = false,
        int timeout = ClientLimits.FarewellMilliseconds / 1000,
        string time = "%H:%M",
        string color = "auto",
        string? bell = null,
        string notify = "auto",
        // The framework writes this name into its code unescaped, and private is a keyword.
        bool Private = false,
        bool plain = false,
        bool encrypted = false,
        string? roomKey = null,
        string? secretFile = null,
        bool newKey = false
    ) =>
        Run = () =>
        {
            // An address has no spaces, so such a text is the name of a room.
            bool isRoomName = address?.Trim().Contains(' ', StringComparison.Ordinal) ?? false;
            if (HostPort.Parse(isRoomName ? "room" : address, port, out HostPort at) is string wrong)
                return Program.ReportUsage(wrong);
            if (isRoomName)
                at = at with { Host = address!.Trim() };
            if (json && commands)
                return Program.ReportUsage(
                    "--commands does not go with --json, where an input line that begins with { is a request"
                );
            if (snippet && (json || commands))
                return Program.ReportUsage($"--snippet does not go with {(json ? "--json" : "--commands")}");
            string? encrypts =
                encrypted ? "--encrypted"
                : newKey ? "--new-key"
                : roomKey is not null ? "--room-key"
                : secretFile is not null ? "--secret-file"
                : null;
            if (plain && encrypts is not null)
                return Program.ReportUsage($"--plain does not go with {encrypts}: it never encrypts");
            LinkOptions link = new(at)
            {
                Trust = new TrustRules
                {
                    IsPlain = plain,
                    IsEncrypted = encrypted,
                    RoomKey = WordsOf(roomKey),
                    TakesNewKey = newKey,
                    Secret = plain ? null : SecretOf(secretFile),
                },
                Rooms = isRoomName ? RoomLookup.Only : RoomLookup.BesideResolver,
                Plain = plain,
                HostKey = hostKey is null ? null : HostKeyFile.Load(hostKey, isCreated: false),
                Name = name,
                BacklogLines = noHistory ? 0 : ProtocolLimits.BacklogLines,
                TimeoutMilliseconds = 1000 * timeout,
            };
            _ = TimeFormat.Read(time, out TimeFormat written);
            return ClientRole.Run(
                new ClientOptions(link)
                {
                    Json = json,
                    Quiet = quiet,
                    Snippet = snippet,
                    Commands = commands,
                    Listen = listen,
                    Private = Private,
                    Notify = TerminalCapabilities.Notices[notify],
                    KeepsIdentity = !noIdentity,
                    Colours = ColourOf(color).GetValueOrDefault(),
                    View = new TerminalViewOptions
                    {
                        Time = written,
                        Bell = bell is not null && Bell.TryRead(bell, out BellMode mode) ? mode : null,
                    },
                }
            );
        };

    internal void History(
        [Argument] string? address = null,
        [Argument] string? port = null,
        bool json = false,
        string time = DateAndTime,
        bool noIdentity = false,
        bool encrypted = false,
        string? roomKey = null,
        string? secretFile = null
    ) =>
        Run = () =>
        {
            if (HostPort.Parse(address, port, out HostPort at) is string wrong)
                return Program.ReportUsage(wrong);
            if (json && time != DateAndTime)
                return Program.ReportUsage("--time has no effect with --json");
            _ = TimeFormat.Read(time, out TimeFormat written);
            TrustRules trust = new()
            {
                IsEncrypted = encrypted,
                RoomKey = WordsOf(roomKey),
                Secret = SecretOf(secretFile),
            };
            return HistoryRole.Run(at, trust, json, written, noIdentity);
        };

    internal void Find(bool json = false, int seconds = ClientLimits.SearchMilliseconds / 1000) =>
        Run = () => FindRole.Run(json, seconds);

    private static OptionRule RoomKeyRule(string description) =>
        new("--room-key", "WORDS", description)
        {
            Refusal = static text =>
                RoomKeyWords.Normalize(text) is not null ? null
                : RoomKeyWords.FindUnknown(text) is string unknown
                    ? $"--room-key: no key has the word {unknown}; look at the screen of the server again"
                : $"--room-key takes the {RoomKeyWords.Count} words that the server shows, with - between them",
        };

    // Not the secret itself: the command line of a process is no secret.
    private static OptionRule SecretRule(string usual) =>
        new("--secret-file", "FILE", "The file with the secret of the room", usual);

    private static string? SecretOf(string? file)
    {
        if (file is not null)
            return RoomSecretFile.Load(file);
        string? set = Environment.GetEnvironmentVariable("CHAT_SECRET");
        return string.IsNullOrWhiteSpace(set) ? null : RoomSecret.Normalize(set);
    }

    private static string? WordsOf(string? roomKey) => roomKey is null ? null : RoomKeyWords.Normalize(roomKey);

    private static OptionRule Number(string name, string unit, string description, int usual, int least, int most) =>
        new(name, unit, description, usual.ToString(CultureInfo.InvariantCulture))
        {
            Refusal = text =>
                int.TryParse(text, out int value) && value >= least && value <= most
                    ? null
                    : $"{name} takes a number from {least} to {most}",
        };

    private static OptionRule Choice(
        string name,
        string kind,
        string description,
        string usual,
        Func<string, string?> refusal
    ) =>
        new(name, kind, description, usual)
        {
            Refusal = text => refusal(text) is string wrong ? $"{name}: {wrong}" : null,
        };

    // Accepts names only; the runtime would also accept a number.
    private static LogLevel? LevelOf(string? text)
    {
        int level = Array.FindIndex(Levels, name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
        return level < 0 ? null : (LogLevel)level;
    }

    private static ColorChoice? ColourOf(string text) =>
        text switch
        {
            "auto" => ColorChoice.Auto,
            "always" => ColorChoice.Always,
            "never" => ColorChoice.Never,
            _ => null,
        };

    // Accepts sizes such as 1048576, 512K, 100M and 2G.
    private static long? SizeOf(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        int power = "KMG".IndexOf(char.ToUpperInvariant(text[^1]), StringComparison.Ordinal) + 1;
        string digits = power > 0 ? text[..^1] : text;
        bool isSize = long.TryParse(digits, NumberStyles.None, null, out long number) && number is > 0 and < (1L << 32);
        return isSize ? number << (10 * power) : null;
    }
}

/// <summary>
/// Joins the server at this terminal with the full client of its host. The client proves the key that was made for
/// this run; the key never leaves the process.
/// </summary>
internal sealed class TerminalHost(OwnRoom own, string? name, UInt128 hostKey, string? secret, Stream output)
    : ITerminalHost
{
    public int Run(IPEndPoint room, string invitation, string? key, Func<int> people)
    {
        (own.People, own.Key) = (people, key);
        // The client does not draw yet, so these rows stand above its first one.
        output.Write(Encoding.UTF8.GetBytes(invitation));
        output.Flush();
        int code = ClientRole.Run(
            new ClientOptions(
                new LinkOptions(new HostPort($"{room.Address}", room.Port))
                {
                    HostKey = hostKey,
                    Name = name,
                    IsOwnRoom = true,
                    Trust = new TrustRules { IsPlain = true, Secret = secret },
                }
            )
            {
                Own = own,
                KeepsIdentity = true,
            }
        );
        // A signal ends the room in order, which is no failure of a server.
        return code > 128 ? 0 : code;
    }

    public void End() => own.End();
}
