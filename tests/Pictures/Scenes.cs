namespace Chat.Tests.Pictures;

/// <summary>
/// The scenes of the README's pictures. Each starts in an empty room and ends with alice's terminal.
/// </summary>
internal static class Scenes
{
    public static readonly IReadOnlyDictionary<string, Func<Shot>> All = new Dictionary<string, Func<Shot>>(
        StringComparer.Ordinal
    )
    {
        ["conversation"] = Conversation,
        ["lost"] = Lost,
        ["return"] = Return,
    };

    private static Shot Conversation()
    {
        using Stage stage = new();
        stage.Enter("bob");
        stage.Enter("carol");
        stage.Enter("jun");
        stage.Says("bob", "The projector in room 3 has a new cable. We can give the demo there after all.");
        stage.Says("carol", "What do we show first?");
        stage.Open();
        stage.WaitForPrompt("alice>");
        stage.Alice(
            "The search. Bob, is this morning's index on the demo machine as well, or do I have the only copy?"
        );
        stage.WaitForRow(row => row.Contains("alice: The search", StringComparison.Ordinal), "The search");
        stage.Says("bob", "alice: it is on both, I copied it at ten");
        stage.Says("carol", "/me makes tea 🍵");
        stage.Says("jun", "会议室订好了，三号，两点 👍");
        stage.Whispers("carol", "there is cake in the kitchen, not a word to bob");
        stage.Alice("/msg carol on my way");
        stage.WaitForRow(row => row.EndsWith("alice -> carol: on my way", StringComparison.Ordinal), "on my way");
        stage.Pastes("for room in 2 3; do\n\tindex --room $room --verify\ndone\n");
        stage.WaitForPrompt("send 3 lines as one message to everybody? y = yes, n = no, e = edit");
        stage.Presses("y");
        stage.WaitForRow(row => row == "│ done", "the snippet");
        stage.Says("bob", "My notes are at http://wiki.lan/demo, I go and set up");
        stage.Leave("bob");
        stage.Says("jun", "Two o'clock it is.");
        stage.WaitForRow(row => row.EndsWith("Two o'clock it is.", StringComparison.Ordinal), "Two o'clock");
        stage.Types("谢谢 jun! I bring the lapto");
        return stage.WaitForPrompt("alice> 谢谢 jun! I bring the lapto");
    }

    private static Shot Lost()
    {
        using Stage stage = new();
        stage.Enter("bob");
        stage.Enter("carol");
        stage.Says("carol", "The lights on the third floor went out for a second.");
        stage.Open();
        stage.WaitForPrompt("alice>");
        stage.Says("bob", "Here too. alice, is everything all right on your side?");
        stage.WaitForRow(row => row.Contains("bob: Here too", StringComparison.Ordinal), "Here too");
        stage.ServerIsKilled();
        stage.WaitForRow(
            row => row.Contains("the connection was lost", StringComparison.Ordinal),
            "the connection was lost"
        );
        stage.Alice("Dark, but for the laptops. I look for the fuse.");
        stage.WaitForRow(row => row.StartsWith("  Dark", StringComparison.Ordinal), "Dark");
        stage.Alice("It was the kettle.");
        stage.WaitForRow(row => row.StartsWith("  It was", StringComparison.Ordinal), "It was the kettle.");
        stage.Types("Save me a seat at two");
        return stage.WaitForPrompt("alice (reconnecting in 4 s, 2 unsent)> Save me a seat at two");
    }

    private static Shot Return()
    {
        using Stage stage = new();
        stage.Enter("bob");
        stage.Enter("carol");
        stage.Says("bob", "Is the nightly build red for you as well?");
        stage.OpenShell();
        // The prompt appears before the line.
        stage.WaitForRow(row => row.EndsWith("-- alice joined", StringComparison.Ordinal), "alice joined");
        stage.Presses("C-z");
        stage.WaitForPrompt("$");
        stage.Says("carol", "Yes, by one test, the one about clocks.");
        stage.Says("bob", "Summer time again?");
        stage.Says("carol", "I think so. alice, can we see your log?");
        stage.Alice("fg");
        stage.WaitForPrompt("alice>");
        stage.WaitForRow(
            row => row.Contains("while you were away", StringComparison.Ordinal),
            "the summary of the missed lines"
        );
        stage.Pastes(string.Concat(Enumerable.Range(1, 12).Select(line => $"line {line} of the log\n")));
        return stage.WaitForPrompt("send 12 lines as one message to everybody? y = yes, n = no, e = edit");
    }
}
