using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Chat.Client;
using Chat.Client.Commands;
using Chat.Client.Editing;
using Chat.Client.Networking;
using Chat.Protocol;
using Chat.Protocol.Names;
using Chat.Protocol.Text;
using Chat.Server;
using Chat.Server.Rooms;
using Chat.Tests.Support;

namespace Chat.Tests.Documentation;

/// <summary>
/// Compares the pages with the code: each list with the items in the code, each quotation with the program's own text.
/// Neither side may have more than the other. <see cref="ConversationTests"/> plays the conversations.
/// </summary>
public sealed partial class DocumentationTests
{
    private const string Front = "README.md",
        Wire = "Protocol/README.md",
        Contributing = ".github/CONTRIBUTING.md";

    internal const string Client = "Client/README.md",
        Server = "Server/README.md";

    private static readonly string[] ProjectFiles = ["chat.csproj", "tests/chat.tests.csproj", "Directory.Build.props"];

    [Theory]
    [InlineData(Server)]
    [InlineData(Wire)]
    public void Every_limit_on_a_page_is_the_limit_in_the_code(string page)
    {
        List<string[]> limits = Table(page, "limit");

        Assert.NotEmpty(limits);
        Assert.All(limits, row => Assert.Equal(Limit(Code(row[0])), Amount(row[1], Code(row[0]))));
    }

    [Theory]
    [InlineData("4096 B", "LineBytes", 4096)]
    [InlineData("64 KiB", "UnterminatedBytes", 65536)]
    [InlineData("30 s", "StalledMilliseconds", 30_000)]
    [InlineData("300 ms", "HelloMilliseconds", 300)]
    [InlineData("20", "BurstLines", 20)]
    public void Amounts_with_units_are_parsed(string written, string name, int amount) =>
        Assert.Equal(amount, Amount(written, name));

    [Fact]
    public void A_number_in_the_text_beside_the_name_of_a_limit_is_that_limit()
    {
        MatchCollection quoted = QuotedLimit().Matches(Prose(Wire));

        Assert.NotEmpty(quoted);
        Assert.All(
            quoted,
            match =>
                Assert.Equal(
                    Limit(match.Groups["name"].Value),
                    Amount(match.Groups["amount"].Value, match.Groups["name"].Value)
                )
        );
    }

    [Theory]
    [InlineData(Front)]
    [InlineData(Wire)]
    public void Quoted_lines_of_the_program_are_in_its_source(string page)
    {
        string sources = string.Concat(
            Directory
                .EnumerateFiles(Checkout.Root, "*.cs", SearchOption.AllDirectories)
                .Where(path => ProductFile().IsMatch(Path.GetRelativePath(Checkout.Root, path).Replace('\\', '/')))
                .Select(File.ReadAllText)
        );
        var quoted = SaidByTheProgram()
            .Matches(Prose(page))
            .SelectMany(match => Blank().Split(match.Groups["words"].Value))
            .Select(piece => piece.Trim(' ', '.'))
            .Where(piece => piece.Length > 0)
            .ToList();

        Assert.NotEmpty(quoted);
        Assert.All(quoted, piece => Assert.Contains(piece, sources, StringComparison.Ordinal));
    }

    [Fact]
    public void The_table_of_cleaned_text_is_the_output_of_cleaning()
    {
        List<string[]> rows = Table(Wire, "sent");

        Assert.NotEmpty(rows);
        Assert.All(
            rows,
            row =>
            {
                byte[] cleaned = new byte[ProtocolLimits.LineBytes];
                int length = SafeText.Clean(Conversation.Bytes(Code(row[0])), cleaned);
                Assert.Equal(Code(row[1]), Encoding.UTF8.GetString(cleaned.AsSpan(0, length)));
            }
        );
    }

    [Fact]
    public void The_table_of_names_has_the_answers_to_the_names()
    {
        List<string[]> rows = Table(Wire, "name");

        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.Equal(row[1], Nickname.Refusal(Code(row[0])) ?? ""));
    }

    [Fact]
    public void The_table_of_servers_has_the_kinds_that_the_client_recognizes()
    {
        List<string[]> rows = Table(Wire, "first words");
        ServerKind[] all =
        [
            ServerKind.Ours,
            ServerKind.Original,
            ServerKind.Smallchat,
            ServerKind.Ncat,
            ServerKind.Plain,
        ];

        Assert.Equal(
            all.Select(kind => (kind.Name, kind.LineBytes)),
            rows.Select(row => (row[1], int.Parse(row[2], CultureInfo.InvariantCulture)))
        );
        Assert.All(
            rows.Zip(all).SkipLast(1),
            pair =>
            {
                string next = pair.Second.IsOurs ? "\n" : "<192.168.1.7> hello\n";
                Assert.Equal(pair.Second, ServerKind.Recognize(Encoding.UTF8.GetBytes(Code(pair.First[0]) + next)));
            }
        );
    }

    [Fact]
    public void The_commands_of_the_client_page_are_those_of_help()
    {
        ClockReading now = new(0, 0);
        Room room = new(
            ServerLimits.SmallestLogBytes,
            ServerLimits.GraceMilliseconds,
            RoomState.Empty(ServerLimits.SmallestLogBytes, now),
            now
        );
        Member member = room.JoinPlain(now);
        while (member.Feed.Next() is { IsEmpty: false } before)
            member.Feed.Advance(before.Length);
        new PlainCommands(room).Handle(member, "/help"u8, now);
        string help = Encoding.UTF8.GetString(member.Feed.Next());

        Assert.Equal(
            help.Split('\n')[..^1].Select(line => line["-- ".Length..]),
            Assert.Single(Fences(Client, "help"))
        );
        Assert.Equal(
            SlashCommands.OfRoom.Select(command => command.Syntax.Help),
            Fences(Client, "help").Single()[..^1]
        );
    }

    [Fact]
    public void The_own_commands_of_the_client_page_are_those_of_its_help() =>
        Assert.Equal(
            SlashCommands.OfClient.Select(command => command.Syntax.Help),
            Assert.Single(Fences(Client, "own"))
        );

    [Fact]
    public void Every_key_of_the_client_page_has_an_effect_and_no_other_letter_with_Ctrl_or_Alt_has()
    {
        var named = Table(Client, "key").SelectMany(row => row[0].Split(' ')).Select(Code).ToList();
        // The view handles these itself, and the line editor does not know them.
        string[] ofTheView = ["Ctrl-L", "Ctrl-Z"];

        Assert.Equal(named.Distinct(StringComparer.Ordinal), named);
        Assert.All(named.Except(ofTheView), name => Assert.NotEqual(Edit.Ignored, Line().Press(Named(name))));
        IEnumerable<string> letters = Enumerable.Range('A', 26).Select(letter => ((char)letter).ToString()).Append("_");
        IEnumerable<string> working = letters
            .SelectMany(letter => (string[])["Ctrl-" + letter, "Alt-" + letter])
            .Where(name => Line().Press(Named(name)) != Edit.Ignored);
        Assert.Equal(
            working.Concat(ofTheView).Order(StringComparer.Ordinal),
            named.Where(name => name[^2] == '-').Order(StringComparer.Ordinal)
        );
    }

    private static LineEditor Line() => new(100) { Completion = new Completion(SlashCommands.All, _ => []) };

    private static Key Named(string name)
    {
        string[] parts = name.Split('-');
        (bool ctrl, bool alt, bool shift) = (parts.Contains("Ctrl"), parts.Contains("Alt"), parts.Contains("Shift"));
        return parts[^1].Length == 1
            ? new Key(KeyKind.Character, new Rune(char.ToLowerInvariant(parts[^1][0])), ctrl, alt, shift)
            : new Key(Enum.Parse<KeyKind>(parts[^1]), default, ctrl, alt, shift);
    }

    [Fact]
    public void The_verbs_of_CONTRIBUTING_are_those_of_the_build_script()
    {
        IEnumerable<string> verbs = VerbLine().Matches(Read("build.sh")).Select(match => match.Groups["verb"].Value);
        IEnumerable<string> described = Table(Contributing, "verb")
            .Select(row => Code(row[0]).Split(' ') is [_, var verb, ..] ? verb : "(none)");

        Assert.Equal(verbs, described);
    }

    [Theory]
    [InlineData(Front)]
    [InlineData(Wire)]
    [InlineData(Client)]
    [InlineData(Server)]
    public void Every_relative_link_has_a_target(string page)
    {
        string folder = Path.GetDirectoryName(Path.Combine(Checkout.Root, page))!;
        IEnumerable<string> links = Link()
            .Matches(Read(page))
            .Select(match => match.Groups["to"].Value)
            .Where(to => !to.Contains("://", StringComparison.Ordinal));

        Assert.NotEmpty(links);
        Assert.All(
            links,
            to => Assert.True(Path.Exists(Path.Combine(folder, to.Split('#')[0])), $"{page} links to {to}")
        );
    }

    [Fact]
    public void The_packages_of_CONTRIBUTING_are_those_of_the_projects()
    {
        IEnumerable<string> used = ProjectFiles
            .SelectMany(file => Package().Matches(Read(file)))
            .Select(match => $"{match.Groups["name"].Value} {match.Groups["version"].Value}");

        Assert.Equal(
            used.Order(StringComparer.Ordinal),
            Table(Contributing, "package").Select(row => Code(row[0])).Order(StringComparer.Ordinal)
        );
    }

    // ---- Reading a page ----

    /// <summary>The blocks fenced with this word, as lines.</summary>
    internal static IEnumerable<string[]> Fences(string page, string word) =>
        Fence()
            .Matches(Read(page))
            .Where(match => match.Groups["word"].Value == word)
            .Select(match => match.Groups["text"].Value.Split('\n')[..^1]);

    internal static string Read(string path) =>
        File.ReadAllText(Path.Combine(Checkout.Root, path)).ReplaceLineEndings("\n");

    /// <summary>The rows of every table whose first column has this heading, as cells.</summary>
    internal static List<string[]> Table(string page, string heading)
    {
        List<string[]> rows = [];
        bool inside = false;
        foreach (string line in Read(page).Split('\n'))
        {
            inside = line.StartsWith($"| {heading} |", StringComparison.Ordinal) || (inside && line.StartsWith('|'));
            if (
                inside
                && !line.StartsWith($"| {heading} |", StringComparison.Ordinal)
                && !line.StartsWith("|--", StringComparison.Ordinal)
            )
                rows.Add([.. line.Trim('|').Split('|').Select(cell => cell.Trim())]);
        }

        return rows;
    }

    /// <summary>The text between a cell's first two backticks.</summary>
    internal static string Code(string cell) => cell.Split('`')[1];

    private static string Prose(string page) => Fence().Replace(Read(page), "").ReplaceLineEndings(" ");

    private static int Limit(string name) =>
        new[] { typeof(ProtocolLimits), typeof(ServerLimits), typeof(ClientLimits) }
            .Select(type => type.GetField(name, BindingFlags.Static | BindingFlags.Public))
            .OfType<FieldInfo>()
            .Select(static field => (int)field.GetRawConstantValue()!)
            .Single();

    /// <summary>A written amount, in the unit at the end of the limit's name.</summary>
    private static int Amount(string written, string name)
    {
        string[] parts = written.Replace(",", "", StringComparison.Ordinal).Split(' ');
        int unit =
            parts.Length == 1
                ? 1
                : parts[1] switch
                {
                    "KiB" => 1024,
                    "MiB" => 1024 * 1024,
                    "s" when name.EndsWith("Milliseconds", StringComparison.Ordinal) => 1000,
                    _ => 1,
                };
        return int.Parse(parts[0], CultureInfo.InvariantCulture) * unit;
    }

    [GeneratedRegex(
        @"^```(?<word>[a-z-]+)\n(?<text>(?s:.*?))^```$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Fence();

    [GeneratedRegex(
        @"(?<amount>\d[\d,]*( (B|KiB|MiB|ms|s))?)[^`|.()\d]* \(`(?<name>\w+)`",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex QuotedLimit();

    /// <summary>The server's own lines, and its messages on stderr.</summary>
    [GeneratedRegex(@"`(--|chat:) (?<words>[^`]{4,})`", RegexOptions.ExplicitCapture)]
    private static partial Regex SaidByTheProgram();

    /// <summary>The variable parts of such lines: numbers, addresses and names, with the words beside them.</summary>
    [GeneratedRegex(@"[\d,;:()]+|\b(alice|bob|words)\b", RegexOptions.ExplicitCapture)]
    private static partial Regex Blank();

    [GeneratedRegex("^(Protocol|Server|Client)/|^Program")]
    private static partial Regex ProductFile();

    [GeneratedRegex(@"^  (?<verb>[a-z]+|\(none\)) .*  \S", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex VerbLine();

    [GeneratedRegex(@"\]\((?<to>[^)]+)\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Link();

    [GeneratedRegex(
        "<PackageReference Include=\"(?<name>[^\"]+)\" Version=\"(?<version>[^\"]+)\"",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex Package();
}
