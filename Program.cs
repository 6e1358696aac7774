using System.CommandLine;
using System.CommandLine.Help;
using System.Reflection;
using System.Runtime.InteropServices;
using Chat.Client;
using Chat.Client.Terminals;
using Chat.Protocol;
using Chat.Server;
using Microsoft.Extensions.Logging;

namespace Chat;

/// <summary>
/// The command line: verbs, options, exit codes. It decides nothing else.
/// </summary>
/// <remarks>
/// This is the one file that names System.CommandLine. ConsoleAppFramework would take its place with one method per verb,
/// <c>ConsoleApp.Create().Add("server", Server).Add("client", Client)</c>, whose parameters are the arguments and options below; what the two
/// verbs call stays the same.
/// <para>Exit codes: 0, all went well; 1, the world's trouble, one line on stderr says which; 2, what was typed cannot be understood.</para>
/// </remarks>
internal static partial class Program
{
    private const int Success = 0, Failure = 1, Usage = 2;

    private const int HelpColumns = 80;

    private static int Main(string[] args)
    {
        UseOwnNameResolution();
        (Stream output, Stream errors) = Outputs();
        PosixSignalRegistration? continued = LeaveTerminalModesAlone();
        try
        {
            return Obey(args, output, errors);
        }
        catch (OutputGoneException gone)
        {
            return Tell($"cannot write: {gone.Message}", Failure);
        }
        finally
        {
            GC.KeepAlive(continued);
        }
    }

    private static int Obey(string[] args, Stream output, Stream errors)
    {
        RootCommand root = new("Chat for a local network: one server, everybody else a client; nc and telnet can join.\n\n"
            + "Examples:\n  chat server                      open a room on every address of this machine\n"
            + "  chat client 192.168.1.65         join the room there");
        root.Options.Remove(root.Options.OfType<VersionOption>().Single());
        Option<bool> version = new("--version") { Description = "Show the version and the commit it was built from" };
        root.Options.Add(version);
        root.SetAction(result =>
        {
            if (!result.GetValue(version))
                return ShowUsage();
            Console.Out.WriteLine(Version);
            return Success;
        });
        root.Subcommands.Add(ServerVerb(output, errors));
        root.Subcommands.Add(ClientVerb());
        if (Arguments.Refusal(args, [.. root.Subcommands.Select(RuleOf)], out args) is string refusal)
            return Wrong(refusal);

        // Asked for by the library itself, the width of the window would cost a terminal the runtime's own sequences.
        ((HelpAction)root.Options.OfType<HelpOption>().Single().Action!).MaxWidth = HelpColumns;
        ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
            return Wrong(parsed.Errors[0].Message);
        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Trouble trouble)
        {
            return Tell(SafeText.Clean(trouble.Message), Failure);
        }
    }

    private static VerbRule RuleOf(Command verb) =>
        new(verb.Name, [.. verb.Options.Select(static option => new OptionRule(option.Name, option.HelpName))]);

    private static int ShowUsage() =>
        Tell("""
            say what to do:
              chat server                  open a room on every address of this machine
              chat client 192.168.1.65     join the room there
              chat --help                  more
            """, Usage);

    private static Command ServerVerb(Stream output, Stream errors)
    {
        Argument<string?> address = new("ADDRESS") { Arity = ArgumentArity.ZeroOrOne, Description = "The address to listen on [default: all, IPv4 and IPv6]" };
        Argument<string?> port = Port();
        Option<string?> logFile = new("--log") { HelpName = "FILE", Description = "Append the log to a file instead of stderr" };
        Option<bool> logJson = new("--log-json") { Description = "Write the log as JSON, one object a line" };
        Option<string?> logLevel = new("--log-level") { HelpName = "LEVEL", Description = "Least level logged [default: Information; Warning when the log goes to a terminal]" };
        logLevel.Validators.Add(static result =>
        {
            if (result.Tokens.Count > 0 && LevelOf(result.Tokens[0].Value) is null)
                result.AddError($"--log-level: say one of {string.Join(" ", Enum.GetNames<LogLevel>())}");
        });
        Option<int> ring = Number("--ring", "BYTES", Limits.LogBytes, Limits.SmallestLogBytes, Limits.LargestLogBytes, "How much of the conversation is kept, which is also how far behind a member may fall; rounded up to a power of two");
        Option<int> rate = Number("--rate", "LINES", Limits.LinesPerSecond, 0, 1_000_000, "Lines a second from one member; 0 for no bound");
        Option<int> burst = Number("--burst", "LINES", Limits.BurstLines, 1, 1_000_000, "Lines at once from one member after a rest");
        Option<int> byteRate = Number("--byte-rate", "BYTES", Limits.BytesPerSecond, 1, 1_000_000_000, "Bytes a second from one member");
        Option<int> clients = Number("--max-clients", "N", Limits.Clients, 1, 1_000_000, "Members at once, if the system has the descriptors");
        Option<int> perAddress = Number("--max-per-address", "N", Limits.ClientsPerAddress, 1, 1_000_000, "Members from one address; this machine itself is exempt");
        Option<string?> history = new("--history") { HelpName = "FILE", Description = "Keep the conversation in a file, and go on with it after a restart" };
        Option<long?> historyMax = Size("--history-max", "Size at which a new file is begun, the last one being kept as FILE.1 [default: never]");
        Option<int> grace = Number("--grace", "SECONDS", Limits.GraceMilliseconds / 1000, 0, 86_400, "How long chat client may be away before the others are told");
        Command verb = new("server", "Open a room.\n\nExample:\n  chat server 192.168.1.65 8082")
        {
            address, port, history, historyMax, grace, ring, rate, burst, byteRate, clients, perAddress, logFile, logJson, logLevel,
        };
        verb.SetAction(result =>
        {
            if (HostPort.Parse(result.GetValue(address), result.GetValue(port), out HostPort at) is string wrong)
                return Wrong(wrong);
            bool hasNoBound = result.GetValue(rate) == 0;
            if (result.GetResult(historyMax) is { Implicit: false } && result.GetValue(history) is null)
                return Wrong("--history-max has no effect without --history");
            foreach (Option bound in (Option[])[burst, byteRate])
            {
                if (hasNoBound && result.GetResult(bound) is { Implicit: false })
                    return Wrong($"{bound.Name} has no effect with --rate 0");
            }
            ServerOptions options = new()
            {
                LogBytes = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)result.GetValue(ring)),
                LinesPerSecond = result.GetValue(rate),
                BurstLines = result.GetValue(burst),
                BytesPerSecond = result.GetValue(byteRate),
                Clients = result.GetValue(clients),
                ClientsPerAddress = result.GetValue(perAddress),
                GraceMilliseconds = 1000 * result.GetValue(grace),
            };
            string? file = result.GetValue(logFile);
            LogLevel level = LevelOf(result.GetValue(logLevel)) ?? (file is null && !Console.IsErrorRedirected ? LogLevel.Warning : LogLevel.Information);
            ServerRole.LogOptions log = new(file, result.GetValue(logJson), level);
            // On a terminal with `stty tostop` a line written from the background would stop the whole room.
            if (!OperatingSystem.IsWindows())
                Libc.Ignore(Libc.SigTtou);
            ServerRole.HistoryOptions past = new(result.GetValue(history), result.GetValue(historyMax) ?? long.MaxValue);
            return ServerRole.Run(at, options, log, past, output, errors);
        });
        return verb;
    }

    private static Command ClientVerb()
    {
        Argument<string?> address = new("ADDRESS") { Arity = ArgumentArity.ZeroOrOne, Description = "Where the server is: a name or an address [default: this machine]" };
        Argument<string?> port = Port();
        Option<string?> name = new("--name") { HelpName = "NAME", Description = "What to be called [default: CHAT_NAME, or the name of the login]" };
        Option<bool> noIdentity = new("--no-identity") { Description = "Join anonymously; neither read nor create the identity file" };
        Option<bool> noHistory = new("--no-history") { Description = "Show nothing of what was said before" };
        Option<bool> listen = new("--listen") { Description = "Stay when the input has ended" };
        Option<bool> json = new("--json") { Description = "Write everything that happens as JSON, an object a line; an input line that begins with { is a request" };
        Option<bool> quiet = new("--quiet") { Description = "Print nothing but errors, for cron; what is typed or piped in is sent all the same" };
        Option<bool> commands = new("--commands") { Description = "Obey lines that begin with a slash also when they come from a pipe" };
        Option<int> timeout = Number("--timeout", "SECONDS", Limits.FarewellMilliseconds / 1000, 1, 86_400, "After the end of the input: how long the server may take nothing before this is a failure");
        Option<string> time = Choice("--time", "FORMAT", "%H:%M", "How times are written, in the letters of strftime", static text => TimeFormat.Read(text, out _));
        Option<string> colour = Choice("--color", "WHEN", "auto", "Colours: auto, always or never", static text => ColourOf(text) is null ? "say auto, always or never" : null);
        Option<string> bell = Choice("--bell", "MODE", "mention,whisper", "Ring for: off, mention, whisper, mention,whisper or all", static text => Bell.Modes.ContainsKey(text) ? null : $"say one of {string.Join(" ", Bell.Modes.Keys)}");
        Option<bool> isPrivate = new("--private") { Description = "Do not keep what is typed for the next run" };
        Option<bool> plain = new("--plain") { Description = "Take the server for a plain one whatever it says" };
        Command verb = new("client", "Join a room.\n\nExample:\n  chat client 192.168.1.65 8082")
        {
            address, port, name, noIdentity, noHistory, listen, json, quiet, commands, timeout, time, colour, bell, isPrivate, plain,
        };
        verb.SetAction(result =>
        {
            if (HostPort.Parse(result.GetValue(address), result.GetValue(port), out HostPort at) is string wrong)
                return Wrong(wrong);
            if (result.GetValue(name) is { Length: > 0 } chosen && Identity.RefusalOfChosen(chosen) is string rule)
                return Wrong($"--name {chosen}: {rule}");
            if (result.GetValue(json) && result.GetValue(commands))
                return Wrong("--commands does not go with --json, where an input line that begins with { is a request");
            LinkOptions link = new(at)
            {
                Plain = result.GetValue(plain),
                Name = result.GetValue(name),
                BacklogLines = result.GetValue(noHistory) ? 0 : Limits.BacklogLines,
                TimeoutMilliseconds = 1000 * result.GetValue(timeout),
            };
            _ = TimeFormat.Read(result.GetValue(time)!, out TimeFormat written);
            return ClientRole.Run(new ClientOptions(link)
            {
                Json = result.GetValue(json),
                Quiet = result.GetValue(quiet),
                Commands = result.GetValue(commands),
                Listen = result.GetValue(listen),
                Private = result.GetValue(isPrivate),
                KeepsIdentity = !result.GetValue(noIdentity),
                Colours = ColourOf(result.GetValue(colour)!).GetValueOrDefault(),
                Face = new FaceOptions { Time = written, Bell = result.GetResult(bell) is { Implicit: false } ? Bell.Modes[result.GetValue(bell)!] : null },
            });
        });
        return verb;
    }

    private static Argument<string?> Port() =>
        new("PORT") { Arity = ArgumentArity.ZeroOrOne, Description = $"A number from 1 to 65535 [default: {Limits.Port}]" };

    private static Option<int> Number(string name, string unit, int usual, int least, int most, string description)
    {
        Option<int> option = new(name) { HelpName = unit, Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && (!int.TryParse(result.Tokens[0].Value, out int value) || value < least || value > most))
                result.AddError($"{name} takes a number from {least} to {most}");
        });
        return option;
    }

    // A name alone: the runtime would also take a number.
    private static LogLevel? LevelOf(string? text)
    {
        int level = Array.FindIndex(Enum.GetNames<LogLevel>(), name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
        return level < 0 ? null : (LogLevel)level;
    }

    private static ColourChoice? ColourOf(string text) => text switch
    {
        "auto" => ColourChoice.Auto,
        "always" => ColourChoice.Always,
        "never" => ColourChoice.Never,
        _ => null,
    };

    private static Option<string> Choice(string name, string kind, string usual, string description, Func<string, string?> refusal)
    {
        Option<string> option = new(name) { HelpName = kind, Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && refusal(result.Tokens[0].Value) is string wrong)
                result.AddError($"{name}: {wrong}");
        });
        return option;
    }

    // Bytes as people write them: 1048576, 512K, 100M, 2G.
    private static Option<long?> Size(string name, string description) => new(name)
    {
        HelpName = "SIZE",
        Description = description,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            int power = "KMG".IndexOf(char.ToUpperInvariant(text.LastOrDefault()), StringComparison.Ordinal) + 1;
            string digits = power > 0 ? text[..^1] : text;
            if (long.TryParse(digits, System.Globalization.NumberStyles.None, null, out long number) && number is > 0 and < (1L << 32))
                return number << (10 * power);
            result.AddError($"{name} takes a size, such as 500K, 100M or 2G");
            return null;
        },
    };

    private static int Wrong(string what) => Tell($"{SafeText.Clean(what)} (chat --help shows how it is used)", Usage);

    private static int Tell(string what, int exitCode)
    {
        try
        {
            Console.Error.WriteLine($"chat: {what}");
        }
        catch (OutputGoneException)
        {
            // There is nobody left to tell; the exit code says it.
        }
        return exitCode;
    }

    // With any signal handler registered, the runtime answers SIGCONT by setting the modes the terminal had at the start.
    // In the background that stops the process again (SIGTTOU), and in the foreground it undoes a client's raw mode.
    // A canceled signal gets no answer. This registration comes first, so that no signal slips in before it.
    private static PosixSignalRegistration? LeaveTerminalModesAlone() =>
        OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGCONT, static context => context.Cancel = true);

    // Everything that is printed goes through these two, what System.CommandLine prints included.
    private static (Stream Output, Stream Errors) Outputs()
    {
        Stream output, errors;
        if (OperatingSystem.IsWindows())
        {
            (output, errors) = (new ConsoleStream(Win32.StdOutput), new ConsoleStream(Win32.StdError));
        }
        else
        {
            StandardStream.Occupy();
            (output, errors) = (new StandardStream(1), new StandardStream(2));
        }
        Console.SetOut(new StreamWriter(output) { AutoFlush = true });
        Console.SetError(new StreamWriter(errors) { AutoFlush = true });
        return (output, errors);
    }

    private static string Version
    {
        get
        {
            string whole = typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
            string[] parts = whole.Split('+');
            return parts.Length > 1 ? $"chat {parts[0]} ({parts[1][..Math.Min(12, parts[1].Length)]})" : $"chat {whole}";
        }
    }

#if STATIC_GLIBC
    // The C library inside the binary must not load the resolver modules that this machine's nsswitch.conf names: they belong to
    // another C library, and mixing the two aborts the process. Hosts file and DNS are inside and need no module.
    private static void UseOwnNameResolution() => _ = __nss_configure_lookup("hosts", "files dns");

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int __nss_configure_lookup(string database, string service);
#else
    private static void UseOwnNameResolution()
    {
        // The system's own library resolves names as this machine is set up to.
    }
#endif
}
