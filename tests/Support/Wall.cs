using System.Text.RegularExpressions;

namespace Chat.Tests.Support;

/// <summary>
/// One rule about what may stand where: in files whose path from the root matches <paramref name="Where"/>, nothing matches
/// <paramref name="Never"/>. Paths have forward slashes.
/// </summary>
/// <param name="Rule">The rule in words, for whoever broke it.</param>
/// <param name="Where">Regular expression on the path.</param>
/// <param name="Never">Regular expression on the text.</param>
/// <param name="Breaks">A line that breaks the rule: the proof that the expression finds what it is for.</param>
/// <param name="In">Which text is looked at.</param>
internal sealed record Wall(string Rule, string Where, string Never, string Breaks, Wall.View In = Wall.View.Code)
{
    public enum View
    {
        /// <summary>Neither comments nor what literals say.</summary>
        Code,

        /// <summary>No comments, but what literals say.</summary>
        CodeAndLiterals,

        /// <summary>Everything.</summary>
        Text,
    }

    private const string Clocks =
        @"\bDateTime(Offset)?\.(UtcNow|Now|Today)\b|\bStopwatch\b|\bTimeProvider\b|\bEnvironment\.TickCount";

    /// <summary>Its namespace is enough: no file has Socket without naming it, for there are no global usings.</summary>
    private const string Sockets = @"\bSystem\.Net\b";

    private const string Natives = @"\bDllImport\b|\bLibraryImport\b|\bNativeLibrary\b";
    private const string Consoles = @"\bConsole\b";
    private const string Logs = @"\bILogger\b|\bLoggerMessage\b|\bMicrosoft\.Extensions\b";
    private const string TheRoom = "^Server/(Room|Feed|Commands|Guests|Member|Whispers|Screening|Allowance)";
    private const string Pure =
        "^Client/(LineEditor|Screen|Transcript|TerminalFace|Palette|StyledText|Presence|Absence|Bell|Prompt|Completion|Mention|Surroundings)";
    private const string Product = @"^(Protocol|Server|Client)/.*\.cs$|^Program\.cs$";

    /// <summary>The walls of the house, folder by folder.</summary>
    public static IReadOnlyList<Wall> All { get; } =
    [
        new("Protocol/ has no sockets", "^Protocol/", Sockets, "System.Net.IPAddress address;"),
        new("Protocol/ does not write to the console", "^Protocol/", Consoles, "Console.Write(1);"),
        new("Protocol/ does not log", "^Protocol/", Logs, "ILogger log;"),
        new("Protocol/ has no clock", "^Protocol/", Clocks, "var now = DateTime.UtcNow;"),
        new("Protocol/ calls no system function", "^Protocol/", Natives, "[LibraryImport(\"libc\")]"),
        new("Protocol/ knows neither end", "^Protocol/", $"{Names("Server")}|{Names("Client")}", "using Chat.Server;"),
        new("the room and its log have no sockets", TheRoom, Sockets, "using System.Net.Sockets;"),
        new("the room and its log do not log", TheRoom, Logs, "ILogger log;"),
        new("the room and its log are told the time", TheRoom, Clocks, "var now = DateTimeOffset.Now;"),
        new(
            "the loop does not write to the console",
            "^Server/(ChatServer|Session|Poller)",
            Consoles,
            "Console.Write(1);"
        ),
        new("the server calls the system in Poller alone", "^Server/(?!Poller)", Natives, "[DllImport(\"libc\")]"),
        new("the server does not know the client", "^Server/", Names("Client"), "Chat.Client.Link link;"),
        new(
            "Log and ServerLog alone know the logging library",
            @"^(?!Server/(Log|ServerLog)\.cs).*\.cs$",
            @"\bILoggerProvider\b|\bLoggerFactory\b|\bAdd\w*Console\b|\bAddProvider\b|\bLogging\.Console\b|\bZLogger\b",
            "builder.AddSimpleConsole();"
        ),
        new("what the person edits and sees has no sockets", Pure, Sockets, "using System.Net.Sockets;"),
        new("what the person edits and sees has no clock", Pure, Clocks, "Stopwatch watch;"),
        new("what the person edits and sees does not write", Pure, Consoles, "Console.Write(1);"),
        new("the link does not write to the console", "^Client/Link", Consoles, "Console.Write(1);"),
        new(
            "the link knows no escape sequences",
            "^Client/Link",
            @"(?i:\\x1b|\\u001b|\\u\{1b)|\\e|\u001b",
            "var bold = \"\\e[1m\";",
            View.CodeAndLiterals
        ),
        new("the terminal does not know what is said", "^Client/Terminal/", Names("Protocol"), "using Chat.Protocol;"),
        new("the terminal has no sockets", "^Client/Terminal/", Sockets, "using System.Net.Sockets;"),
        new(
            "the client calls the system in Terminal/ alone",
            "^Client/(?!Terminal/)",
            Natives,
            "[LibraryImport(\"libc\")]"
        ),
        new("the client does not know the server", "^Client/", Names("Server"), "var room = new Server.Room();"),
        new(
            "only Program.cs knows the command line's library",
            @"^(?!Program\.cs).*\.cs$",
            @"\bConsoleApp(Framework)?\b",
            "using ConsoleAppFramework;"
        ),
        new("a file says itself whom it uses", Product, @"\bglobal\s+using\b", "global using Chat.Protocol;"),
        new("no regions", @"\.cs$", @"^[ \t]*#\s*region\b", "#region loop"),
        new(
            "whoever silences a warning says why",
            @"\.cs$",
            @"^[ \t]*#\s*pragma\s+warning\s+disable\b[^/\n]*$",
            "#pragma warning disable CA1000",
            View.Text
        ),
        new(
            "what is left to do is no comment",
            @"\.(cs|sh|ps1|csproj|props|md)$|^\.ci/",
            @"\b(TO" + @"DO|FIX" + @"ME)\b",
            "// TO" + "DO: later",
            View.Text
        ),
    ];

    /// <summary>The places where this text breaks the rule, each as <c>path:line: rule</c>; none if the path is not its business.</summary>
    public IEnumerable<string> BrokenBy(string path, string text)
    {
        if (!Regex.IsMatch(path, Where))
            return [];
        string seen = In switch
        {
            View.Code => new SourceText(text).Code,
            View.CodeAndLiterals => new SourceText(text).CodeAndLiterals,
            _ => text,
        };
        return Regex
            .Matches(seen, Never, RegexOptions.Multiline)
            .Select(match =>
                $"{path}:{1 + seen.AsSpan(0, match.Index).Count('\n')}: {Rule}, and here is {match.Value.Trim()}"
            );
    }

    public override string ToString() => Rule;

    /// <summary>A use of that folder's namespace: named whole, or by the short name that a neighbour may use.</summary>
    private static string Names(string folder) =>
        $@"\bChat\.{folder}\b|(?<![.\w]){folder}\.[A-Z]|\busing\b[^;]*\b{folder}\b[^;]*;";
}
