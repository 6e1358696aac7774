using Chat.Client.Commands;
using Chat.Client.Display;
using Chat.Client.Editing;
using Chat.Client.Storage;
using Chat.Protocol;
using Chat.Protocol.Names;

namespace Chat.Client.Views;

/// <summary>
/// The commands that the client runs itself. Other members do not see them, and they work while the link is down. Their
/// answers look like notices. Every other command goes to the server.
/// </summary>
/// <param name="me">The own name.</param>
/// <param name="answerFound">Prints an earlier line, and marks a text in it.</param>
/// <param name="answer">Prints a line of an answer; the style tells an answer from an error.</param>
internal sealed class LocalCommands(
    Scrollback seen,
    IgnoreList ignored,
    Bell bell,
    Func<string> me,
    Action<string, Style> answer,
    Action<string, string> answerFound
)
{
    /// <summary>The person asked to see the window empty.</summary>
    public bool WantsClear { get; set; }

    /// <summary>The person wants to see what keys send.</summary>
    public bool WantsKeys { get; set; }

    /// <summary>The server is one of ours and carries out the commands of the room, as far as anybody knows.</summary>
    public bool HasRoom { get; set; } = true;

    /// <summary>The arguments that Tab offers behind a command.</summary>
    public IEnumerable<string> Arguments(Argument kind) =>
        kind switch
        {
            Argument.BellMode => Bell.Modes.Keys,
            Argument.Ignored => ignored.Names,
            _ => [],
        };

    /// <summary>Carries the line out when it is one of these commands; false when it is not.</summary>
    public bool Run(string line)
    {
        if (!line.StartsWith('/'))
            return false;
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        (string? name, string? rest) = space < 0 ? (line[1..], "") : (line[1..space], line[(space + 1)..].Trim());
        // The aliases are the room's: /h and /? are /help.
        string command = RoomCommand.Find(name)?.Names[0] ?? name.ToLowerInvariant();
        if (
            rest.Length > 0
            && SlashCommands.OfClient.FirstOrDefault(own => own.Names[0] == command) is { Arguments.Length: 0 } bare
        )
        {
            Answer(bare.UsageAnswer);
            return true;
        }
        switch (command)
        {
            case "clear":
                WantsClear = true;
                break;
            case "keys":
                WantsKeys = true;
                Answer("press keys to see what they send; Escape twice or Ctrl-C ends this");
                break;
            case "help":
                Help();
                break;
            case "ignore":
                Ignore(NameIn(rest));
                break;
            case "unignore":
                Unignore(NameIn(rest));
                break;
            case "bell":
                Ring(rest);
                break;
            case "find":
                Find(rest);
                break;
            case "save":
                Save(rest);
                break;
            default:
                return IsRefused(line, name);
        }

        return true;
    }

    /// <summary>Whether a line is the command to leave, under any of its names.</summary>
    public static bool IsQuit(string line) =>
        line.StartsWith('/') && RoomCommand.Find(line.AsSpan(1).TrimEnd(' ')) is { Names: ["quit", ..] };

    // The server would refuse it as well, but does not know these commands, one of which may be meant.
    private bool IsRefused(string line, string name)
    {
        bool isRefused = HasRoom && !line.StartsWith("//", StringComparison.Ordinal) && RoomCommand.Find(name) is null;
        if (isRefused)
            answer(RoomCommand.NoSuch(name, SlashCommands.OfClient.SelectMany(static c => c.Names)), Style.Error);
        return isRefused;
    }

    private void Help()
    {
        if (HasRoom)
        {
            foreach (string line in RoomCommand.Help)
                Answer(line);
        }

        foreach (SlashCommand command in SlashCommands.OfClient)
            Answer(command.Help);
    }

    // Some write @ before a name.
    private static string NameIn(string rest) => rest.StartsWith('@') ? rest[1..] : rest;

    private void Ignore(string name)
    {
        if (name.Length == 0)
            Answer(
                ignored.Names.Count == 0 ? "nobody is ignored" : $"ignored: {string.Join(", ", ignored.Descriptions)}"
            );
        else if (name.Contains(' ', StringComparison.Ordinal))
            Answer(Usage("ignore"));
        else if (name == me())
            Answer("that is you");
        else
            Answer(
                ignored.Holds(name) ? $"{Shown(name)} is ignored already"
                : ignored.Add(name) ? $"{Shown(name)} is ignored; /unignore {name} ends it"
                : "too many are ignored"
            );
        TellFailure();
    }

    private void Unignore(string name)
    {
        if (name.Length == 0)
            Answer(Usage("unignore"));
        else if (ignored.Remove(name) is not string now)
            Answer($"{Shown(name)} is not ignored");
        else
            Answer(
                now == name
                    ? $"{Shown(name)} is no longer ignored"
                    : $"{Shown(now)} (you wrote {name}) is no longer ignored"
            );
        TellFailure();
    }

    // Such a name would read as a word of the sentence: nobody, everybody.
    private static string Shown(string name) => Nickname.Refusal(name) is null ? name : $"\"{name}\"";

    private void TellFailure()
    {
        if (ignored.Failure is string failure)
            answer(failure, Style.Error);
    }

    private void Ring(string mode)
    {
        string? failure = null;
        if (Bell.TryRead(mode, out BellMode chosen))
            failure = bell.Choose(chosen);
        else if (mode.Length > 0)
            Answer($"/bell takes {string.Join(", ", Bell.Modes.Keys.SkipLast(1))} or {Bell.Modes.Keys.Last()}");
        string reasons =
            bell.ModeName == "off" ? "nothing" : bell.ModeName.Replace(",", " and ", StringComparison.Ordinal);
        Answer($"the bell rings for {reasons}");
        if (failure is not null)
            answer(failure, Style.Error);
    }

    private void Find(string text)
    {
        if (text.Length == 0)
        {
            Answer(Usage("find"));
            return;
        }

        (IReadOnlyList<string>? last, int count) = seen.Find(text);
        Answer(
            count == 0 ? $"not found in the last {seen.Lines.Count} lines: {text}"
            : count == last.Count ? $"found {count}:"
            : $"found {count}, the last {last.Count}:"
        );
        foreach (string line in last)
            answerFound(line, text);
    }

    private void Save(string rest)
    {
        bool overwrite = rest == "-f" || rest.StartsWith("-f ", StringComparison.Ordinal);
        string path = PathCompletion.WithHome(overwrite ? rest[2..].Trim() : rest);
        if (path.Length == 0)
            Answer(Usage("save"));
        else if (seen.Save(path, overwrite) is string failure)
            answer(failure, Style.Error);
        else
            Answer($"{seen.Lines.Count} {(seen.Lines.Count == 1 ? "line is" : "lines are")} in {path}");
    }

    private static string Usage(string name) =>
        SlashCommands.OfClient.First(command => command.Names[0] == name).UsageAnswer;

    private void Answer(string words) => answer(words, Style.Plain);
}
