using System.Text.RegularExpressions;
using Chat.Protocol.CommandLine;
using Chat.Tests.Support;

namespace Chat.Tests.Documentation;

/// <summary>
/// Plays the conversations of Protocol/README.md with the server, word for word, and takes the pictures of
/// README.md again from the published binary. Every received line must be on the page, and each line on the
/// page must arrive.
/// </summary>
public sealed partial class ConversationTests
{
    public static TheoryData<int> Conversations =>
        [.. Enumerable.Range(0, DocumentationTests.Fences("Protocol/README.md", "conversation").Count())];

    [Theory]
    [MemberData(nameof(Conversations))]
    public void A_conversation_of_the_wire_page_is_what_the_server_sends(int number)
    {
        string[] lines = DocumentationTests.Fences("Protocol/README.md", "conversation").ElementAt(number);
        using Conversation conversation = new(lines);
        foreach (string? line in lines)
            conversation.Play(line);
        conversation.NothingElseCame();
    }

    [Theory]
    [InlineData("bob   gets  <alice> hallo")]
    [InlineData("bob   gets  <alice> hello", "bob   gets  <alice> hello")]
    [InlineData("bob   hears <alice> hello")]
    [InlineData("alice gets  <alice> hello", "bob   gets  <alice> hello")]
    [InlineData]
    public void A_false_conversation_fails(params string[] lines)
    {
        using Conversation conversation = new(["alice sends hello", "bob   gets  <alice> hello"]);
        conversation.Play("alice sends hello");
        Assert.ThrowsAny<Exception>(() =>
        {
            foreach (string line in lines)
                conversation.Play(line);
            conversation.NothingElseCame();
        });
    }

    [LinuxFact]
    public void The_pictures_of_the_README_are_what_the_terminals_show()
    {
        using var server = ChatServerProcess.Start();
        using var alice = Pty.Open(80, 18);
        using var bob = Pty.Open(80, 18);

        alice.Start(
            ChatProcess.BinaryPath,
            ["client", server.Address, server.Port],
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["USER"] = "alice" }
        );
        alice.WaitForText("alice joined");
        bob.Start("nc", [server.Address, server.Port]);
        bob.WaitForText("-- guest joined");
        Says(bob, "/nick bob", "is now bob");
        alice.WaitForText("is now bob");
        Says(bob, "Is lunch at twelve?", "twelve");
        alice.WaitForText("bob: Is lunch");
        Says(alice, "At half past. Who else is hungry?", "alice: At half past");
        bob.WaitForText("<alice> At half past");
        Says(bob, "/me is", "/me is");
        alice.WaitForText("* bob is");
        Says(alice, "/msg bob I bring the umbrella", "alice -> bob: I bring");
        bob.WaitForText("<alice -> bob> I bring the umbrella");
        alice.Send("No wo");
        alice.WaitForText("> No wo");
        Says(bob, "/quit", "goodbye");
        alice.WaitForText("bob left");
        alice.WaitFor(() => alice.Screen.AtRest && Rows(alice)[^1] == "alice> No wo", "the prompt at the bottom again");

        // On the page every line has the same minute.
        Assert.Equal(
            DocumentationTests.Fences("README.md", "alice").Single().Skip(1),
            Rows(alice).Select(row => Minute().Replace(row, "11:58"))
        );
        Assert.Equal(DocumentationTests.Fences("README.md", "bob").Single().Skip(1), Rows(bob));
        IEnumerable<string> shown = DocumentationTests
            .Fences("README.md", "server")
            .Single()
            .Skip(1)
            .Select(line => line.Replace("8082", server.Port, StringComparison.Ordinal));
        Eventually.Is(
            () => shown.SequenceEqual(server.Program.Out.Lines),
            "the server's own terminal",
            seen: server.Program.Describe
        );
    }

    [Fact]
    public void The_options_of_the_pages_are_those_of_help()
    {
        foreach (string verb in Verbs.Rules.Select(static rule => rule.Name))
        {
            string help = HelpText.Format(Verbs.Rules.Single(rule => rule.Name == verb));
            var options = Unwrapped(help.Split('\n').SkipWhile(line => line != "Options:").Skip(1))
                .Where(line => line.StartsWith("  --", StringComparison.Ordinal))
                .ToList();

            Assert.NotEmpty(options);
            Assert.Equal(
                options.Select(Said),
                DocumentationTests
                    .Table(verb == "server" ? DocumentationTests.Server : DocumentationTests.Client, $"chat {verb}")
                    .Select(row => (DocumentationTests.Code(row[0]), row[1]))
            );
        }
    }

    // A description continues in lines with a deeper indent than an option.
    private static List<string> Unwrapped(IEnumerable<string> lines)
    {
        List<string> whole = [];
        foreach (string line in lines)
        {
            if (line.StartsWith("     ", StringComparison.Ordinal) && whole.Count > 0)
                whole[^1] = $"{whole[^1].TrimEnd()} {line.Trim()}";
            else
                whole.Add(line);
        }
        return whole;
    }

    private static (string Option, string Default) Said(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int mark = line.LastIndexOf("[default: ", StringComparison.Ordinal);
        string value = mark < 0 ? "" : line[(mark + "[default: ".Length)..].TrimEnd(' ', ']');
        return (words[1].StartsWith('<') ? $"{words[0]} {words[1].Trim('<', '>')}" : words[0], value);
    }

    private static void Says(Pty terminal, string line, string shows)
    {
        terminal.Send(line + "\r");
        terminal.WaitForText(shows);
    }

    private static IReadOnlyList<string> Rows(Pty pty)
    {
        var rows = pty.Screen.ScrollbackAndScreen.Select(row => row.TrimEnd(' ')).ToList();
        return rows[..(rows.FindLastIndex(row => row.Length > 0) + 1)];
    }

    [GeneratedRegex(@"^\d\d:\d\d(?= )")]
    private static partial Regex Minute();
}
