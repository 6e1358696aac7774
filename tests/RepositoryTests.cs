using System.Text.RegularExpressions;
using Chat.Tests.Support;

namespace Chat.Tests;

/// <summary>Rules of the tree: the layers, the files at the top, and the same verbs in both build scripts.</summary>
public sealed partial class RepositoryTests
{
    /// <summary>The parts of the platform that a layer may use.</summary>
    [Flags]
    private enum Uses
    {
        Nothing = 0,
        Sockets = 1,
        Clock = 2,
        Console = 4,
        Log = 8,
        Natives = 16,
    }

    // A folder, the layers that its using lines may name, and the parts of the platform that it may use. A folder also
    // sees the files directly in the folders above it. Each row names only folders of rows below it, so no cycle is
    // possible.
    private static readonly (string Folder, string Layers, Uses Platform)[] Layers =
    [
        (
            "Server",
            "Server.Sessions Server.Access Server.Web Server.Output Server.Discovery Server.History Server.Rooms "
                + "Server.Networking Server.Log "
                + "Protocol Protocol.Text Protocol.Tls Protocol.Wire",
            Uses.Sockets | Uses.Clock | Uses.Console | Uses.Log
        ),
        (
            "Server/Sessions",
            "Server.Access Server.Web Server.Rooms Server.Networking Server.Log Protocol Protocol.Tls Protocol.Wire",
            Uses.Sockets | Uses.Log
        ),
        ("Server/Web", "Server.Networking Protocol", Uses.Sockets),
        ("Server/Output", "Server.History Server.Log Protocol Protocol.Text", Uses.Clock | Uses.Log),
        ("Server/History", "Server.Rooms Server.Log Protocol Protocol.Names Protocol.Text Protocol.Wire", Uses.Log),
        ("Server/Rooms", "Server.Access Server.Log Protocol Protocol.Names Protocol.Text Protocol.Wire", Uses.Nothing),
        ("Server/Discovery", "Server.Networking Protocol Protocol.Discovery", Uses.Sockets | Uses.Log),
        ("Server/Networking", "Server.Access Protocol Protocol.Tls", Uses.Sockets | Uses.Natives),
        ("Server/Access", "", Uses.Sockets),
        ("Server/Log", "Protocol", Uses.Nothing),
        (
            "Client",
            "Client.Views Client.Networking Client.Discovery Client.Editing Client.Commands Client.Storage "
                + "Client.Terminals Client.Display Protocol Protocol.Names Protocol.Text Protocol.Wire",
            Uses.Clock | Uses.Console
        ),
        (
            "Client/Views",
            "Client.Discovery Client.Editing Client.Commands Client.Storage Client.Terminals Client.Display "
                + "Protocol Protocol.Names Protocol.Text Protocol.Wire",
            Uses.Nothing
        ),
        (
            "Client/Networking",
            "Client.Discovery Client.Commands Client.Storage Protocol Protocol.Names Protocol.Text Protocol.Tls "
                + "Protocol.Wire",
            Uses.Sockets | Uses.Clock
        ),
        (
            "Client/Discovery",
            "Client.Storage Protocol Protocol.Discovery Protocol.Text Protocol.Tls",
            Uses.Sockets | Uses.Clock
        ),
        ("Client/Editing", "Client.Commands Client.Display Protocol Protocol.Text", Uses.Nothing),
        ("Client/Commands", "Protocol", Uses.Nothing),
        ("Client/Storage", "Protocol Protocol.Names Protocol.Text Protocol.Tls Protocol.Wire", Uses.Clock),
        ("Client/Terminals", "Client.Terminals.Unix Client.Terminals.Windows Client.Display", Uses.Nothing),
        ("Client/Terminals/Windows", "Client.Terminals.Unix Client.Display", Uses.Natives),
        ("Client/Terminals/Unix", "Client.Display Protocol.Discovery", Uses.Natives),
        ("Client/Display", "Protocol Protocol.Names Protocol.Text Protocol.Wire", Uses.Nothing),
        ("Protocol", "Protocol.Text Protocol.Wire", Uses.Nothing),
        ("Protocol/CommandLine", "Protocol.Text", Uses.Nothing),
        // The one folder with sockets that both ends use.
        ("Protocol/Discovery", "Protocol.Text", Uses.Sockets | Uses.Natives),
        ("Protocol/Names", "Protocol.Text", Uses.Nothing),
        ("Protocol/Tls", "Protocol.Text", Uses.Natives),
        ("Protocol/Wire", "", Uses.Nothing),
        ("Protocol/Text", "", Uses.Nothing),
    ];

    private static readonly (Uses Part, string Words)[] Platform =
    [
        (Uses.Sockets, @"\bSystem\.Net\b"),
        (
            Uses.Clock,
            @"\bDateTime(Offset)?\.(UtcNow|Now|Today)\b|\bStopwatch\b|\bTimeProvider\b|\bEnvironment\.TickCount"
        ),
        (Uses.Console, @"\bConsole\b"),
        (Uses.Log, @"\bILogger\b|\bMicrosoft\.Extensions\b"),
        (Uses.Natives, @"\bDllImport\b|\bLibraryImport\b|\bNativeLibrary\b"),
    ];

    // The product's files at the top; dotfiles are free.
    private static readonly string[] TopLevel =
    [
        "build.ps1",
        "build.sh",
        "chat.csproj",
        "chat.slnx",
        "Client",
        "Directory.Build.props",
        "global.json",
        "LICENSE",
        "Program.cs",
        "Protocol",
        "README.md",
        "Server",
        "tests",
    ];

    public static TheoryData<string> Folders => [.. Layers.Select(static row => row.Folder)];

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_uses_only_the_layers_below_it(string folder)
    {
        (_, string layers, Uses platform) = Layers.Single(row => row.Folder == folder);
        string[] allowed = layers.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        List<string> broken = [];
        foreach (string file in Directory.GetFiles(Path.Combine(Checkout.Root, folder), "*.cs"))
        {
            string code = Comment().Replace(File.ReadAllText(file), "");
            if (!code.Contains($"namespace Chat.{folder.Replace('/', '.')};", StringComparison.Ordinal))
                broken.Add($"{file}: the namespace is not the folder");
            broken.AddRange(
                UsingLine()
                    .Matches(code)
                    .Select(static line => line.Groups["layer"].Value)
                    .Except(allowed, StringComparer.Ordinal)
                    .Select(layer => $"{file} uses {layer}")
            );
            broken.AddRange(
                Platform
                    .Where(part => !platform.HasFlag(part.Part) && Regex.IsMatch(code, part.Words))
                    .Select(part => $"{file} uses {part.Part}")
            );
        }

        Assert.Empty(broken);
    }

    [Fact]
    public void Every_folder_has_a_row_and_uses_rows_below_its_own()
    {
        List<string> rows = [.. Layers.Select(static row => row.Folder)];
        IEnumerable<string> folders = TopLevel
            .Where(static name => Directory.Exists(Path.Combine(Checkout.Root, name)) && name != "tests")
            .SelectMany(static top =>
                Directory
                    .EnumerateDirectories(Path.Combine(Checkout.Root, top), "*", SearchOption.AllDirectories)
                    .Append(Path.Combine(Checkout.Root, top))
            );

        Assert.Equal(
            rows.Order(StringComparer.Ordinal),
            folders
                .Select(static path => Path.GetRelativePath(Checkout.Root, path).Replace('\\', '/'))
                // The page's files, which are no code of the program.
                .Where(static folder => folder != "Server/Web/Page")
                .Order(StringComparer.Ordinal)
        );
        foreach ((string folder, string layers, _) in Layers)
        {
            foreach (string layer in layers.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                string used = layer.Replace('.', '/');
                // The files directly in a folder and those below it are one layer.
                Assert.True(
                    rows.IndexOf(used) > rows.IndexOf(folder)
                        || folder.StartsWith(used + "/", StringComparison.Ordinal),
                    $"{folder} stands below {used}"
                );
            }
        }
    }

    // The formatter breaks neither texts nor comments.
    [Fact]
    public void A_line_of_the_product_has_at_most_120_columns() =>
        Assert.All(
            (string[])["Client", "Protocol", "Server"],
            static folder =>
                Assert.All(
                    Directory
                        .GetFiles(Path.Combine(Checkout.Root, folder), "*.cs", SearchOption.AllDirectories)
                        .Where(static file => !file.EndsWith(".g.cs", StringComparison.Ordinal)),
                    static file => Assert.All(File.ReadLines(file), static line => Assert.InRange(line.Length, 0, 120))
                )
        );

    [Fact]
    public void Only_known_files_stand_at_the_top()
    {
        var made = File.ReadLines(Path.Combine(Checkout.Root, ".gitignore"))
            .Select(static line => line.TrimEnd('/'))
            .ToHashSet(StringComparer.Ordinal);
        IEnumerable<string> found = Directory
            .EnumerateFileSystemEntries(Checkout.Root)
            .Select(static path => Path.GetFileName(path));

        Assert.Empty(
            found.Where(name => name[0] != '.' && !made.Contains(name)).Except(TopLevel, StringComparer.Ordinal)
        );
    }

    [Fact]
    public void Both_build_scripts_offer_the_same_verbs()
    {
        IEnumerable<string> unix = Verbs("build.sh");

        Assert.Equal(["clean", "run", "test"], unix.Intersect(["clean", "run", "test"]));
        Assert.Equal(unix, Verbs("build.ps1"));
    }

    // The verbs that a script offers: the words that its usage text indents by two.
    private static IEnumerable<string> Verbs(string script) =>
        VerbLine()
            .Matches(File.ReadAllText(Path.Combine(Checkout.Root, script)))
            .Select(static match => match.Groups["verb"].Value)
            .Order(StringComparer.Ordinal);

    [GeneratedRegex(@"^  (?<verb>[a-z]+|\(none\)) .*  \S", RegexOptions.Multiline)]
    private static partial Regex VerbLine();

    [GeneratedRegex(@"^using (?:\w+ = )?Chat\.(?<layer>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex UsingLine();

    [GeneratedRegex(@"^\s*//.*$| // .*$", RegexOptions.Multiline)]
    private static partial Regex Comment();
}
