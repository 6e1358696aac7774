using System.Text.RegularExpressions;
using Chat.Tests.Support;

namespace Chat.Tests;

/// <summary>
/// The repository checks its own rules by reading its files: the walls between the folders, what may stand at the top,
/// that both build scripts offer the same. Each rule is first shown to find what it forbids; a wall that nothing
/// can hit is no wall.
/// </summary>
public sealed partial class RepositoryTests
{
    private static readonly string[] TopLevel =
    [
        "build.ps1",
        "build.sh",
        "chat.csproj",
        "chat.slnx",
        "Client",
        "Directory.Build.props",
        "LICENSE",
        "Program.cs",
        "Protocol",
        "README.md",
        "Server",
        "tests",
    ];

    public static TheoryData<string> Rules => [.. Wall.All.Select(wall => wall.Rule)];

    [Fact]
    public void Every_wall_stands()
    {
        var broken = Files(Checkout.Root)
            .SelectMany(path => Wall.All.SelectMany(wall => wall.BrokenBy(path, Read(path))))
            .ToList();

        Assert.True(broken.Count == 0, string.Join('\n', broken));
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Each_wall_finds_what_it_forbids_and_leaves_other_places_and_mentions_alone(string rule)
    {
        Wall wall = Wall.All.Single(wall => wall.Rule == rule);
        string[] paths = new[]
        {
            "Program.cs",
            "Protocol/Wire.cs",
            "Server/RoomLog.cs",
            "Server/Session.cs",
            "Server/Log.cs",
            "Server/Poller.Linux.cs",
            "Client/LineEditor.cs",
            "Client/Link.cs",
            "Client/Terminal/Terminal.Unix.cs",
            "tests/Support/Peer.cs",
        };
        var concerned = paths.Where(path => Regex.IsMatch(path, wall.Where)).ToList();

        Assert.NotEmpty(concerned);
        Assert.All(
            concerned,
            path => Assert.Equal([$"{path}:2"], wall.BrokenBy(path, "\n" + wall.Breaks).Select(Place).Distinct())
        );
        Assert.All(paths.Except(concerned), path => Assert.Empty(wall.BrokenBy(path, wall.Breaks)));
        if (wall.In != Wall.View.Text)
            Assert.All(concerned, path => Assert.Empty(wall.BrokenBy(path, $"// {wall.Breaks}")));
    }

    [Theory]
    [InlineData("a /* b\nc */ d", "a     \n     d")]
    [InlineData("a // b\nc", "a     \nc")]
    [InlineData("f(\"b // c\") d", "f(\"      \") d")]
    [InlineData("f(\"b\\\"c\") d", "f(\"    \") d")]
    [InlineData("f('\"') d", "f(' ') d")]
    [InlineData("f('\\'') d", "f('  ') d")]
    [InlineData("f(\"\") d", "f(\"\") d")]
    [InlineData("f(@\"b\\\") d", "f(@\"  \") d")]
    [InlineData("f(@\"b\"\"c\") d", "f(@\"    \") d")]
    [InlineData("f($\"b{c}d{{e}}\") g", "f($\" {c}      \") g")]
    [InlineData("f($\"{c(\"d\")}e\") g", "f($\"{c(\" \")} \") g")]
    [InlineData("f($\"{new { X = 1 }}e\") g", "f($\"{new { X = 1 }} \") g")]
    [InlineData("f(\"\"\"b \" c\"\"\") d", "f(\"\"\"     \"\"\") d")]
    [InlineData("f($$\"\"\"b{c}{{d}}\"\"\") e", "f($$\"\"\"    {{d}}\"\"\") e")]
    public void Comments_and_what_literals_say_are_told_apart_from_code(string source, string code) =>
        Assert.Equal(code, new SourceText(source).Code);

    [Fact]
    public void Literals_can_be_kept_while_comments_go() =>
        Assert.Equal("f(\"b // c\")     ", new SourceText("f(\"b // c\") // d").CodeAndLiterals);

    [Fact]
    public void Nothing_new_stands_at_the_top()
    {
        var made = File.ReadLines(Path.Combine(Checkout.Root, ".gitignore"))
            .Select(line => line.TrimEnd('/'))
            .ToHashSet();
        IEnumerable<string> found = Directory
            .EnumerateFileSystemEntries(Checkout.Root)
            .Select(path => Path.GetFileName(path)!);

        Assert.Equal(
            [],
            NotAtTheTop(found.Where(name => !made.Contains(name) && !made.Contains("*" + Path.GetExtension(name))))
        );
        Assert.Equal(["docs", "Utils.cs"], NotAtTheTop(["Server", "docs", "Utils.cs"]));
    }

    [Fact]
    public void Both_build_scripts_offer_the_same_verbs()
    {
        IEnumerable<string> unix = Verbs(Read("build.sh"));

        Assert.Equal(["clean", "run", "test"], unix.Intersect(["clean", "run", "test"]));
        Assert.Equal(unix, Verbs(Read("build.ps1")));
        Assert.NotEqual(unix, Verbs(Read("build.sh").Replace("  clean  ", "  tidy   ", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> NotAtTheTop(IEnumerable<string> names) =>
        names
            .Where(static name => name[0] != '.')
            .Except(TopLevel, StringComparer.Ordinal)
            .Order(StringComparer.OrdinalIgnoreCase);

    /// <summary>The verbs a build script offers: the words that its usage text indents by two.</summary>
    private static IEnumerable<string> Verbs(string script) =>
        VerbLine().Matches(script).Select(match => match.Groups["verb"].Value).Order(StringComparer.Ordinal);

    /// <summary>Every file below a folder that somebody wrote, as its path from the root with forward slashes.</summary>
    private static IEnumerable<string> Files(string folder)
    {
        string[] made = ["bin", "obj", "out", "artifacts", "TestResults", "node_modules", ".git", ".vs", ".idea"];
        foreach (string file in Directory.EnumerateFiles(folder))
        {
            yield return Path.GetRelativePath(Checkout.Root, file).Replace('\\', '/');
        }

        IEnumerable<string> below = Directory
            .EnumerateDirectories(folder)
            .Where(path => !made.Contains(Path.GetFileName(path)));
        foreach (string? file in below.SelectMany(Files))
            yield return file;
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(Checkout.Root, path));

    private static string Place(string finding) => finding[..finding.IndexOf(": ", StringComparison.Ordinal)];

    [GeneratedRegex(@"^  (?<verb>[a-z]+|\(none\)) .*  \S", RegexOptions.Multiline)]
    private static partial Regex VerbLine();
}
