using Chat.Client.Display;
using Chat.Client.Networking;
using Chat.Client.Storage;
using Chat.Client.Terminals;
using Chat.Client.Views;
using Chat.Protocol;
using Chat.Protocol.Names;

namespace Chat.Client;

/// <summary>
/// Runs <c>chat client</c>: reads the environment and the person's files, then makes terminal, link and client.
/// </summary>
internal static class ClientRole
{
    /// <summary>Runs a client until it ends.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="StartupException">The server cannot be reached, or the name breaks the rules.</exception>
    public static int Run(ClientOptions options)
    {
        options = AtHome(options, Environment.GetEnvironmentVariable, out string? loginLoss);
        using Terminal terminal = Terminal.Open();
        if (!terminal.KnowsSequences)
            options = options with
            {
                View = options.View with
                {
                    Colours = (Colours)Math.Min((int)options.View.Colours, (int)Colours.Sixteen),
                    Reflows = false,
                    TakesOsc = false,
                    Notify = NoticeKind.Off,
                },
            };
        (terminal.EnterSequence, terminal.LeaveSequence) = (
            Screen.OnEnter(options.View.TakesOsc),
            Screen.OnLeave(options.View.TakesOsc)
        );
        bool isScript = options.Json || options.Quiet || options.Snippet || !terminal.IsInteractive;
        // The list is for a person: a script must not push the rooms of that person out of it.
        if (isScript)
            options = options with { Known = KnownRooms.Of(Environment.GetEnvironmentVariable, isReadOnly: true) };
        // The address of the own room is of no use in the list of rooms.
        if (options.Own is not null)
            options = options with { Known = KnownRooms.Of(Environment.GetEnvironmentVariable, isReadOnly: true) };
        // A script under a login name with a dot needs no warning at each run.
        if (!isScript)
            options = options with { Warning = Joined(options.Warning, loginLoss) };
        LinkOptions to = isScript
            ? options.Link with
            {
                IsScript = true,
                GivesUp = !options.Listen,
                Literal = !options.Commands,
            }
            : options.Link with
            {
                AsksSecret = true,
                PasteWindowLines = ClientLimits.PasteWindowLines,
                Ignores = name => options.View.Ignored.Holds(name),
            };
        IReadOnlyList<KnownRoom> known = to.Keys.AddTo(options.Known.Load());
        to = to with { Known = known, Refusal = room => RoomWords.Doubt(room, known) };
        if (to.To == default)
        {
            using RoomChooser chooser = new(terminal, to, !isScript, known, TimeProvider.System);
            if (chooser.Run() is not RoomChoice choice)
                return terminal.SignalCode ?? 0;
            to = choice.Link;
            options = options with { Notice = isScript ? null : choice.Notice, Typed = choice.Typed };
        }
        options = options with { Link = to };
        return RunClient(terminal, options);
    }

    private static int RunClient(Terminal terminal, ClientOptions options)
    {
        using Link link = new(options.Link, TimeProvider.System);
        options.Own?.Wake = terminal.Interrupt;
        try
        {
            return new ChatClient(terminal, link, options, Console.Error, TimeProvider.System).Run();
        }
        finally
        {
            options.Own?.Wake = null;
        }
    }

    // Adds the settings of the environment and the person's files, and the notice that the login name was changed to
    // fit.
    private static ClientOptions AtHome(ClientOptions options, Func<string, string?> variable, out string? loginLoss)
    {
        // An empty variable counts as unset.
        string? chosen = options.Link.Name ?? (variable("CHAT_NAME") is { Length: > 0 } set ? set : null);
        bool isChosen = chosen is not null;
        if (isChosen && IdentityFile.RefusalOfChosen(chosen!) is string rule)
            throw new StartupException($"{NameSource(options)} {Shown(chosen!)}: {rule}", isUsage: true);
        string? name = isChosen ? Nickname.Fitting(chosen!) : IdentityFile.NameOfLogin(variable);
        string? loss = IdentityFile.WordOnLoss(isChosen ? chosen : IdentityFile.Login(variable), name);
        loginLoss = isChosen ? null : loss;
        UserPaths folders = new(variable, OperatingSystem.IsWindows());
        TerminalCapabilities surroundings = new(variable);
        RoomKeys keys = RoomKeys.Of(variable, isReadOnly: options.Private || !options.KeepsIdentity);
        keys.Load();
        LinkOptions link = options.Link with { Keys = keys, IsNameChosen = options.Link.Name is not null, Name = name };
        string? identityError = null;
        link = link with
        {
            Identity = options.KeepsIdentity ? IdentityFile.Load(folders.Config, out identityError) : null,
            FormerToken = options.KeepsIdentity ? IdentityFile.LoadFormer(folders.Config) : null,
        };
        TerminalViewOptions view = options.View with
        {
            Colours = surroundings.ColoursFor(options.Colours),
            Reflows = surroundings.Reflows,
            TakesOsc = surroundings.TakesOsc(options.Colours),
            Notify = surroundings.NoticeFor(options.Colours, options.Notify),
            Zone = LocalTimeZone.Load(variable, out string? zoneError),
            Name = link.Name ?? "",
            History = new InputHistory(
                options.Private || folders.Data is null ? null : Path.Combine(folders.Data, "history")
            ),
            BellPath = folders.Config is null ? null : Path.Combine(folders.Config, "bell"),
            Ignored = new IgnoreList(folders.Config is null ? null : Path.Combine(folders.Config, "ignored")),
        };
        string? chosenLoss = isChosen ? loss : null;
        return options with
        {
            Link = link,
            View = view,
            Known = KnownRooms.Of(variable, isReadOnly: options.Private),
            Warning = Joined(identityError, keys.Failure, view.Ignored.Failure, zoneError, chosenLoss),
        };
    }

    private static string NameSource(ClientOptions options) => options.Link.Name is null ? "CHAT_NAME" : "--name";

    private static string Shown(string name) => string.IsNullOrWhiteSpace(name) ? $"\"{name}\"" : name;

    private static string? Joined(params IEnumerable<string?> warnings) =>
        string.Join("; ", warnings.Where(static warning => warning is not null)) is { Length: > 0 } all ? all : null;
}
