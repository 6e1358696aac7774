using System.Text.RegularExpressions;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>
/// The page in Chromium. One run of tests/Web/page.mjs drives it; each of its tests has a room of its own, and is one
/// test here.
/// </summary>
// A browser that other tests slow down takes longer than the server waits for its first bytes.
[CollectionDefinition(nameof(PageTests), DisableParallelization = true)]
[Collection(nameof(PageTests))]
public sealed partial class PageTests(PageTests.Run run) : IClassFixture<PageTests.Run>
{
    public static TheoryData<string> Names => [.. Run.NamesInScript()];

    [LinuxTheory]
    [MemberData(nameof(Names))]
    public void In_Chromium(string name)
    {
        if (run.Absent is string absent)
            Assert.Skip($"{absent} is absent; ./build.sh test installs it where it can");
        string line =
            run.Results.FirstOrDefault(result => Regex.IsMatch(result, $"^(not )?ok {Regex.Escape(name)}( |$)"))
            ?? $"no result; {run.Output}";
        Assert.True(line.StartsWith("ok ", StringComparison.Ordinal), line);
    }

    /// <summary>Runs the script once for all tests of the class.</summary>
    public sealed partial class Run
    {
        private static readonly string Script = Path.Combine(Checkout.Root, "tests", "Web", "page.mjs");

        // Where build.sh installs the packages, and where Debian has the browser.
        internal static readonly string Packages = Path.Combine(Checkout.Root, "artifacts", "npm");
        private const string Chromium = "/usr/bin/chromium";

        private readonly Lazy<string> _output = new(static () => Drive());

        /// <summary>The first thing that the run needs and that this machine has not; null for nothing.</summary>
        public string? Absent { get; } =
            !File.Exists("/usr/bin/node") ? "node"
            : !File.Exists(Chromium) ? "chromium"
            : !Directory.Exists(Path.Combine(Packages, "node_modules", "playwright-core")) ? "playwright-core (npm)"
            : null;

        internal string Output => _output.Value;

        internal string[] Results => Output.Split('\n');

        internal static IEnumerable<string> NamesInScript() =>
            TestInScript().Matches(File.ReadAllText(Script)).Select(static match => match.Groups["name"].Value);

        private static string Drive()
        {
            using RunningProgram node = ToolProcess.StartWith(
                new Dictionary<string, string?>(StringComparer.Ordinal)
                {
                    ["CHAT_BINARY"] = ChatProcess.BinaryPath,
                    ["CHAT_PACKAGES"] = Packages,
                },
                "node",
                Script
            );
            node.WaitForExit(TimeSpan.FromMinutes(3));
            return $"{node.Out.Text}\n{node.Err.Text}";
        }

        [GeneratedRegex("""^  async '(?<name>[^']+)'\(newRoom\)""", RegexOptions.Multiline)]
        private static partial Regex TestInScript();
    }
}
