using System.Globalization;
using System.Text;
using Chat.Client.Commands;
using Chat.Client.Display;
using Chat.Client.Editing;
using Chat.Client.Storage;
using Chat.Protocol;
using Chat.Protocol.Names;

namespace Chat.Client.Views;

/// <summary>The window, for the client's own commands.</summary>
internal interface ICommandWindow
{
    /// <summary>The own name; empty while unknown.</summary>
    public string OwnName { get; }

    /// <summary>Whether others can read the link; null without a link.</summary>
    public LinkSecurity? Security { get; }

    /// <summary>The words of the key, if the room is in this process; otherwise null.</summary>
    public string? OwnKey { get; }

    /// <summary>Prints a line of an answer or an error, by its style.</summary>
    public void Answer(string words, Style style);

    /// <summary>Prints an earlier line with the matches of a text marked.</summary>
    public void AnswerFound(string line, string text);

    /// <summary>Empties the window.</summary>
    public void Clear();

    /// <summary>Shows the keys that are pressed instead of handling them, until Escape twice or Ctrl-C.</summary>
    public void ShowKeys();

    /// <summary>Lists the missed mentions and whispers.</summary>
    public void ListMentions();

    /// <summary>Prints the whole message with this number.</summary>
    public void ShowMessage(int number);

    /// <summary>Puts the message with this number on the clipboard.</summary>
    public void CopyMessage(int number);

    /// <summary>Lists the last messages with their numbers.</summary>
    public void ListNumbers();

    /// <summary>Puts the message with this number into the prompt, to be changed.</summary>
    public void BeginEdit(int number);

    /// <summary>Sends a request.</summary>
    public void Request(Command request);

    /// <summary>The number of the message that is changed in the prompt; 0 for none.</summary>
    public int EditedNumber { get; }

    /// <summary>An own line is not taken yet, so the last own message is not known.</summary>
    public bool HasPending { get; }

    /// <summary>Prints the last messages without time, name and indent.</summary>
    public void PrintMessages(int count);
}

/// <summary>
/// Executes the client's own commands. Other members do not see them, and they work without a connection. Their answers
/// look like notices.
/// </summary>
internal sealed class LocalCommands(
    Scrollback seen,
    MessageList messages,
    IgnoreList ignored,
    Bell bell,
    ICommandWindow window
)
{
    /// <summary>The candidates of Tab for an argument.</summary>
    public IEnumerable<string> Arguments(Argument kind) =>
        kind switch
        {
            Argument.BellMode => Bell.Modes.Keys,
            Argument.Ignored => ignored.Names,
            _ => [],
        };

    /// <summary>Executes a command of the client.</summary>
    public void Run(Command command)
    {
        switch (command.Verb)
        {
            case "clear":
                window.Clear();
                break;
            case "key":
                Answer(EventText.ForSecurity(window.Security, window.OwnKey));
                break;
            case "keys":
                Answer("press keys to see what they send; Escape twice or Ctrl-C ends this");
                window.ShowKeys();
                break;
            case "ignore":
                Ignore(NameIn(command.Text));
                break;
            case "unignore":
                Unignore(NameIn(command.Text));
                break;
            case "bell":
                Ring(command.Text);
                break;
            case "show":
                RunOnMessage(command, window.ShowMessage);
                break;
            case "copy":
                RunOnMessage(command, window.CopyMessage);
                break;
            case "raw":
                if (TryNumber(command, usual: 1, out int count))
                    window.PrintMessages(count);
                break;
            case "numbers":
                window.ListNumbers();
                break;
            case "re":
                SayQuoting(command);
                break;
            case "edit":
                ChangeLast(command.Text, number => window.BeginEdit(number));
                break;
            case "delete":
                ChangeLast("", number => Request("delete", number, ""));
                break;
            case "mentions":
                window.ListMentions();
                break;
            case "find":
                Find(command.Text);
                break;
            case "save":
                Save(command.Text);
                break;
            default:
                throw new ArgumentException($"/{command.Verb} is no command of the client", nameof(command));
        }
    }

    private void RunOnMessage(Command command, Action<int> run)
    {
        if (!TryNumber(command, messages.Last, out int number))
            return;
        if (messages.WordsForMissing(number) is string missing)
            window.Answer(missing, Style.Error);
        else
            run(number);
    }

    private void SayQuoting(Command command)
    {
        int blank = command.Text.IndexOf(' ', StringComparison.Ordinal);
        string text = blank < 0 ? "" : command.Text[blank..].Trim();
        if (blank < 0 || !TryNumber(command with { Text = command.Text[..blank] }, usual: 0, out int number))
            AnswerUsage(command.Verb);
        else if (messages.WordsForMissing(number) is string missing)
            window.Answer(missing, Style.Error);
        else if (Quotation.Refusal(Encoding.UTF8.GetByteCount(text)) is string refusal)
            window.Answer(refusal, Style.Error);
        else if (messages.Find(number) is { Offset: null } or { Kind: EventKind.Whisper })
            window.Answer($"message {number} is a whisper, or not in the log of this server", Style.Error);
        else
            Request("re", number, text, $"/re {number} {text}");
    }

    private void ChangeLast(string text, Action<int> change)
    {
        int number = window.EditedNumber > 0 ? window.EditedNumber : messages.LastOwn;
        if (window.EditedNumber == 0 && window.HasPending)
            window.Answer("your last line is not taken yet; try again when it is", Style.Error);
        else if (number == 0)
            window.Answer(NothingToChange, Style.Error);
        else if (messages.WordsForMissing(number) is string missing)
            window.Answer(missing, Style.Error);
        else if (messages.Find(number) is { Kind: EventKind.Whisper })
            window.Answer("your last message is a whisper, which cannot be changed", Style.Error);
        else if (messages.Find(number) is { Offset: null })
            window.Answer(NothingToChange, Style.Error);
        else if (text.Length > 0)
            Request("edit", number, text);
        else
            change(number);
    }

    private const string NothingToChange = "you have said nothing here that can be changed";

    private void Request(string verb, int number, string text, string? typed = null) =>
        window.Request(new Command(CommandKind.Say, verb, $"{messages.Find(number)!.Offset}", text) { Typed = typed });

    private bool TryNumber(Command command, int usual, out int number)
    {
        number = usual;
        if (
            command.Text.Length > 0
            && !(int.TryParse(command.Text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0)
        )
        {
            AnswerUsage(command.Verb);
            return false;
        }
        return true;
    }

    // Some people type @ before a name.
    private static string NameIn(string rest) => rest.StartsWith('@') ? rest[1..] : rest;

    private void Ignore(string name)
    {
        if (name.Length == 0)
            Answer(
                ignored.Names.Count == 0
                    ? "the ignore list is empty"
                    : $"ignored: {string.Join(", ", ignored.Descriptions)}"
            );
        else if (name.Contains(' ', StringComparison.Ordinal))
            AnswerUsage("ignore");
        else if (name == window.OwnName)
            Answer("that is you");
        else
            Answer(
                ignored.Holds(name) ? $"{Shown(name)} is ignored already"
                : ignored.Add(name) ? $"{Shown(name)} is ignored; /unignore {name} ends it"
                : "the ignore list is full"
            );
        ReportFailure();
    }

    private void Unignore(string name)
    {
        if (name.Length == 0)
            AnswerUsage("unignore");
        else if (ignored.Remove(name) is not string now)
            Answer($"{Shown(name)} is not ignored");
        else
            Answer(
                now == name
                    ? $"{Shown(name)} is no longer ignored"
                    : $"{Shown(now)} (you wrote {name}) is no longer ignored"
            );
        ReportFailure();
    }

    // Quotes a word that is not a valid name, so it does not read as a part of the sentence.
    private static string Shown(string name) => Nickname.Refusal(name) is null ? name : $"\"{name}\"";

    private void ReportFailure()
    {
        if (ignored.Failure is string failure)
            window.Answer(failure, Style.Error);
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
            window.Answer(failure, Style.Error);
    }

    // At a server of ours the server searches instead, while there is a connection.
    private void Find(string text)
    {
        if (text.Length == 0)
        {
            window.Answer("there is no search to continue here; /find TEXT searches this window", Style.Error);
            return;
        }
        (IReadOnlyList<string>? last, int count) = seen.Find(text);
        Answer(
            count == 0 ? $"not found in the last {seen.Lines.Count} lines: {text}"
            : count == last.Count ? $"found {count}:"
            : $"found {count}, the last {last.Count}:"
        );
        foreach (string line in last)
            window.AnswerFound(line, text);
    }

    private void Save(string rest)
    {
        var arguments = SaveArguments.Parse(rest);
        string path = PathCompletion.WithHome(rest[arguments.PathStart..].Trim());
        IEnumerable<string> lines = seen.Lines;
        string what = $"{seen.Lines.Count} {(seen.Lines.Count == 1 ? "line is" : "lines are")}";
        if (path.Length == 0)
        {
            AnswerUsage("save");
            return;
        }
        if (arguments.Number is int number)
        {
            if (messages.WordsForMissing(number) is string missing)
            {
                window.Answer(missing, Style.Error);
                return;
            }
            (lines, what) = ([messages.Find(number)!.Text], $"message {number} is");
        }
        if (Scrollback.Save(lines, path, arguments.Overwrites) is string failure)
            window.Answer(failure, Style.Error);
        else
            Answer($"{what} in {path}");
    }

    private void AnswerUsage(string name) =>
        window.Answer(SlashCommands.FindOfClient(name)!.Syntax.UsageAnswer, Style.Error);

    private void Answer(string words) => window.Answer(words, Style.Plain);
}
