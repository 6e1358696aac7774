using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Chat.Protocol;
using Chat.Protocol.Text;
using Chat.Protocol.Tls;
using Chat.Server.Access;
using Chat.Server.History;
using Chat.Server.Networking;
using Chat.Server.Output;
using Microsoft.Extensions.Logging;

namespace Chat.Server;

/// <summary>
/// <c>chat server</c>: resolves the addresses, opens the log and the history, listens, prints how to connect,
/// and runs the loop until a signal ends it.
/// </summary>
internal static class ServerRole
{
    /// <summary>Destination and format of the log.</summary>
    /// <param name="File">A file to append to instead of stderr.</param>
    /// <param name="Json">One JSON object a line.</param>
    /// <param name="Level">The lowest level that is written.</param>
    internal sealed record LogOptions(string? File, bool Json, LogLevel Level);

    /// <summary>Where the conversation is stored.</summary>
    /// <param name="File">Null to store nothing.</param>
    /// <param name="MaxBytes">The size at which a new file begins.</param>
    internal sealed record HistoryOptions(string? File, long MaxBytes);

    /// <summary>The server's terminal, for its QR code.</summary>
    /// <param name="Columns">The width of the window.</param>
    /// <param name="Rows">The height of the window.</param>
    /// <param name="HasColours">The terminal shows colours.</param>
    internal sealed record Window(int Columns, int Rows, bool HasColours);

    /// <summary>Runs a server until a signal or its host ends it.</summary>
    /// <param name="at">Where it listens.</param>
    /// <param name="options">The settings of the server.</param>
    /// <param name="logOptions">The log.</param>
    /// <param name="historyOptions">The history.</param>
    /// <param name="motd">The file with the message for newcomers; null for none.</param>
    /// <param name="window">Shows a QR code; null for none.</param>
    /// <param name="output">Stdout.</param>
    /// <param name="errors">Stderr, or the host's window.</param>
    /// <param name="host">The host at this terminal; null for a server that shows the room there.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="StartupException">The server cannot start.</exception>
    public static int Run(
        HostPort at,
        ServerOptions options,
        LogOptions logOptions,
        HistoryOptions historyOptions,
        string? motd,
        Window? window,
        Stream output,
        Stream errors,
        ITerminalHost? host = null
    )
    {
        int port = at.Port ?? ProtocolLimits.Port;
        IPAddress[] addresses = Resolve(at);
        options = options with
        {
            OwnAddresses =
            [
                .. addresses
                    .Where(static a => !a.Equals(IPAddress.Any) && !a.Equals(IPAddress.IPv6Any))
                    .Select(AddressRange.Of),
            ],
            HasHostHere = host is not null,
            Motd = motd is null ? [] : MessageOfTheDay.Load(motd),
        };
        using BackgroundWriter? screen = host is null ? new(output, ServerLimits.BackgroundWriterBytes) : null;
        if (logOptions.File is string logName && historyOptions.File is string historyName)
            RefuseOneFile(logName, historyName);
        using LogFile? logFile = logOptions.File is null ? null : new LogFile(logOptions.File, errors);
        using BackgroundWriter logOutlet = new(logFile ?? errors, ServerLimits.BackgroundWriterBytes);
        using Poller poller = Poller.Create();
        screen?.Drained = poller.Wake;
        ILogger log = LogOutput.To(logOutlet, logOptions.Level, logOptions.Json, TimeProvider.System, "chat.server");
        // Opened before the listeners: without free descriptors, files could not be opened later.
        using RoomHistory? history = historyOptions.File is string file
            ? RoomHistory.Open(
                file,
                options.LogBytes,
                Math.Max(historyOptions.MaxBytes, ServerLimits.RingsPerHistory * (long)options.LogBytes),
                ClockReading.Read(TimeProvider.System),
                log
            )
            : null;
        using ChatServer server = new(options, TimeProvider.System, log, poller, screen, history);

        // Before the first client can connect: a signal that comes earlier would end the process without a goodbye.
        using Signals signals = new(server);
        // This takes 80 ms and 32 MiB for a moment, so no client waits for it.
        string? words = options.RoomKey is null ? null : RoomKeyWords.Of(options.RoomKey.PublicKey);
        foreach (IPAddress address in addresses)
            Listen(server, new IPEndPoint(address, port));
        if (options.RoomKeyLoss is not null)
            log.HasTemporaryKey(options.RoomKeyLoss);
        string? room = server.Announce() ? options.RoomName : null;
        string invitation = Invitation(
            server.EndPoints,
            options.HasPage && !options.IsEncryptedOnly,
            window,
            room,
            words,
            options.IsEncryptedOnly
        );
        if (options is { NewSecretFile: string secretFile, Secret: RoomSecret secret })
            invitation += NewSecret(SafeText.Clean(secretFile), secret.Text);
        if (host is not null)
            return RunBeside(host, server, signals, invitation, words);
        screen!.TryWriteWhole(Encoding.UTF8.GetBytes(invitation));
        server.Run();
        return 0;
    }

    // The words are for a person alone: a pipe may end in a journal.
    private static string NewSecret(string file, string words) =>
        Console.IsOutputRedirected
            ? $"-- the secret of the room is in {file}\n"
            : $"-- the secret of the room, in {file}: {words}\n";

    // The loop runs on a thread of its own, and the host's client on this one. A failure of the loop ends the client
    // first, so that the terminal is restored, and is then reported as without a host.
    private static int RunBeside(ITerminalHost host, ChatServer server, Signals signals, string invitation, string? key)
    {
        // Read before the loop runs: a signal may close the listeners.
        IPEndPoint own = OwnAddress(server.EndPoints.First());
        Task loop = Task.Factory.StartNew(
            server.Run,
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
        _ = loop.ContinueWith(_ => host.End(), TaskScheduler.Default);
        try
        {
            signals.IsInterruptKey = true;
            return host.Run(own, invitation, key, () => server.People);
        }
        finally
        {
            signals.IsInterruptKey = false;
            server.Stop();
            loop.GetAwaiter().GetResult();
        }
    }

    // A listener on all addresses also has the loopback one.
    private static IPEndPoint OwnAddress(IPEndPoint listener)
    {
        bool isForAll = listener.Address.Equals(IPAddress.Any) || listener.Address.Equals(IPAddress.IPv6Any);
        IPAddress loopback = Socket.OSSupportsIPv4 ? IPAddress.Loopback : IPAddress.IPv6Loopback;
        return isForAll ? new IPEndPoint(loopback, listener.Port) : listener;
    }

    private static void RefuseOneFile(string log, string history)
    {
        // Two paths can be compared only once the file exists.
        new LogFile(log).Dispose();
        if (HistoryFile.IsSame(history, log))
            throw new StartupException("the log and the history cannot be one file; name another file with --log");
    }

    private static IPAddress[] Resolve(HostPort at)
    {
        if (at.Host is null)
            return Socket.OSSupportsIPv6 ? [IPAddress.IPv6Any] : [IPAddress.Any];
        if (IPAddress.TryParse(at.Host, out IPAddress? address))
        {
            if (address is { IsIPv6LinkLocal: true, ScopeId: 0 })
                throw new StartupException(at.InterfaceRefusal());
            return [address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address];
        }
        try
        {
            return Dns.GetHostAddresses(at.Host);
        }
        catch (SocketException)
        {
            throw new StartupException(
                at.ColonsRefusal()
                    ?? $"no machine called {SafeText.Clean(at.Host)} is known here; give an address of this "
                        + $"machine: {string.Join(", ", OwnAddresses())}"
            );
        }
    }

    // Multicast and broadcast addresses. The system can listen on them, but no client can connect to them.
    private static bool IsForGroups(IPAddress address) =>
        address.IsIPv6Multicast
        || (address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] >= 224);

    private static void Listen(ChatServer server, IPEndPoint endPoint)
    {
        if (IsForGroups(endPoint.Address))
            throw new StartupException(
                $"{endPoint.Address} is an address for groups; choose one of this machine: "
                    + $"{string.Join(", ", OwnAddresses())}"
            );
        try
        {
            server.Listen(endPoint);
        }
        catch (SocketException error)
        {
            throw new StartupException(
                error.SocketErrorCode switch
                {
                    SocketError.AddressAlreadyInUse =>
                        $"{endPoint} is taken, perhaps by another server; choose another port, such as "
                            + $"{(endPoint.Port == 65535 ? 8082 : endPoint.Port + 1)}",
                    SocketError.AccessDenied =>
                        $"{endPoint} may not be used: ports below 1024 belong to the administrator; choose a "
                            + $"higher one, such as {ProtocolLimits.Port}",
                    SocketError.AddressNotAvailable =>
                        $"{endPoint.Address} is not an address of this machine; choose one of "
                            + $"{string.Join(", ", OwnAddresses())}",
                    SocketError.AddressFamilyNotSupported =>
                        $"{endPoint.Address}: this machine does not speak that kind of address; choose one of "
                            + $"{string.Join(", ", OwnAddresses())}",
                    _ => $"cannot listen on {endPoint}: {error.Message}",
                }
            );
        }
    }

    /// <summary>
    /// The command to type on other machines, one line for each address of the listeners, and the page's address.
    /// </summary>
    /// <param name="endPoints">The listeners.</param>
    /// <param name="hasPage">Browsers get the page.</param>
    /// <param name="window">Shows a QR code of the page's address, if it is large enough; null for none.</param>
    /// <param name="room">The name under which the room is announced; null if it is not.</param>
    /// <param name="key">The words of the room's key; null for a room without encryption.</param>
    /// <param name="isEncryptedOnly">Other computers join inside TLS only.</param>
    internal static string Invitation(
        IEnumerable<IPEndPoint> endPoints,
        bool hasPage,
        Window? window = null,
        string? room = null,
        string? key = null,
        bool isEncryptedOnly = false
    )
    {
        StringBuilder words = new();
        string? page = null,
            first = null;
        bool isForPhones = false;
        foreach (IPEndPoint endPoint in endPoints)
        {
            words.Append("-- room open. Others join with one of:\n");
            foreach (string address in AddressesToType(endPoint.Address))
            {
                string command = $"--   chat client {address} {endPoint.Port}";
                words.Append($"{command}\n");
                first ??= command;
                if (page is not null)
                    continue;
                page = PageAt(address, endPoint.Port);
                // A phone cannot reach the loopback address of this machine.
                isForPhones = page is not null && !IPAddress.IsLoopback(IPAddress.Parse(address));
            }
            if (endPoint.Address.IsIPv6LinkLocal)
                words.Append("--   with the name of your own network interface after the %, such as eth0\n");
        }
        if (key is not null)
            words.Append($"-- with the key of the room, a client accepts no other room:\n{first} --room-key {key}\n");
        if (room is not null)
            words.Append($"-- the room is called {room}; others in this network find it with: chat client\n");
        if (hasPage && page is not null)
        {
            words.Append($"-- or in a browser: {page}\n");
            if (window is not null && isForPhones)
                words.Append(QrCodeOf(page, window, words.ToString().Count('\n')));
        }
        string tools =
            isEncryptedOnly ? "ncat --ssl in place of chat client"
            : key is null ? "nc or telnet in place of chat client"
            : "nc or telnet, without encryption";
        return words.Append($"-- or use {tools}; Ctrl-C ends the room\n").ToString();
    }

    // A browser takes no interface in an address (RFC 3986 has none).
    private static string? PageAt(string address, int port) =>
        address.Contains('%', StringComparison.Ordinal) ? null
        : address.Contains(':', StringComparison.Ordinal) ? $"http://[{address}]:{port}"
        : $"http://{address}:{port}";

    // Empty if the window has no room for it.
    private static string QrCodeOf(string page, Window window, int lines)
    {
        string[] rows = QrCode.Draw(page, window.HasColours);
        int columns = rows[0].Count(static c => c is ' ' or '█' or '▀' or '▄');
        // One line follows, and one is the cursor's.
        return columns <= window.Columns && lines + rows.Length + 2 <= window.Rows
            ? string.Concat(rows.Select(static row => $"{row}\n"))
            : "";
    }

    // A listener on 0.0.0.0 receives no IPv6. An interface number has no meaning on another machine.
    private static IEnumerable<string> AddressesToType(IPAddress address)
    {
        if (address.Equals(IPAddress.IPv6Any))
            return OwnAddresses();
        if (address.Equals(IPAddress.Any))
            return OwnAddresses().Where(static a => !a.Contains(':', StringComparison.Ordinal));
        return [address.IsIPv6LinkLocal ? $"{new IPAddress(address.GetAddressBytes())}%INTERFACE" : address.ToString()];
    }

    // Routable addresses first, loopback last. Link-local IPv6 addresses are left out: they need the interface
    // of the reader's machine.
    private static IEnumerable<string> OwnAddresses()
    {
        IEnumerable<IPAddress> addresses;
        try
        {
            addresses = NetworkInterface
                .GetAllNetworkInterfaces()
                .Where(static i => i.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
                .SelectMany(static i => i.GetIPProperties().UnicastAddresses)
                .Select(static a => a.Address);
        }
        catch (NetworkInformationException)
        {
            addresses = [IPAddress.Loopback];
        }
        return addresses
            .Where(static a =>
                !a.IsIPv6LinkLocal && !(a.AddressFamily == AddressFamily.InterNetworkV6 && IPAddress.IsLoopback(a))
            )
            .OrderBy(static a => (IPAddress.IsLoopback(a), a.AddressFamily == AddressFamily.InterNetworkV6))
            .Select(static a => a.ToString())
            .Distinct();
    }

    /// <summary>
    /// The first SIGINT or SIGTERM shuts the room down, the second ends it at once. SIGHUP ends it only if the
    /// server has a terminal. Handlers run on a thread of the runtime; they only set a flag and wake the loop.
    /// </summary>
    private sealed class Signals : IDisposable
    {
        private readonly List<PosixSignalRegistration> _registrations = [];
        private readonly ChatServer _server;
        private int _count;
        private volatile bool _isInterruptKey;

        /// <summary>The host's client handles SIGINT, as its key Ctrl-C.</summary>
        public bool IsInterruptKey
        {
            get => _isInterruptKey;
            set => _isInterruptKey = value;
        }

        public Signals(ChatServer server)
        {
            _server = server;
            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, End));
            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, End));
            // Ctrl-Break is the only signal that a Windows program can send to one chosen process.
            if (OperatingSystem.IsWindows())
                _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGQUIT, End));
            bool terminal = !Console.IsInputRedirected || !Console.IsOutputRedirected || !Console.IsErrorRedirected;
            _registrations.Add(
                PosixSignalRegistration.Create(
                    PosixSignal.SIGHUP,
                    terminal ? End : static context => context.Cancel = true
                )
            );
        }

        public void Dispose() => _registrations.ForEach(static r => r.Dispose());

        private void End(PosixSignalContext context)
        {
            context.Cancel = true;
            if (IsInterruptKey && context.Signal is (PosixSignal.SIGINT or PosixSignal.SIGQUIT))
                return;
            if (Interlocked.Increment(ref _count) > 1)
                Environment.Exit(context.Signal == PosixSignal.SIGINT ? 130 : 143);
            _server.Stop();
            // Windows ends the process when the handlers return, or after 5 s, so the handler waits until the
            // room is empty.
            if (OperatingSystem.IsWindows() && context.Signal is (PosixSignal.SIGHUP or PosixSignal.SIGTERM))
                Thread.Sleep(Timeout.Infinite);
        }
    }
}
