using Chat.Tests.Support;

namespace Chat.Tests.Pictures;

/// <summary>
/// A room of clients, all of the published binary: alice at a terminal for the picture, the others in pipes.
/// Each step waits until the server or alice's screen shows it, so the order is always the same.
/// </summary>
internal sealed class Stage : IDisposable
{
    public const int Columns = 78;

    private const int Rows = 30;

    private readonly Dictionary<string, RunningProgram> _people = [];
    private readonly ChatServerProcess _server = ChatServerProcess.Start();
    private Tmux? _window;

    /// <summary>Adds a client in a pipe.</summary>
    public void Enter(string name)
    {
        _people[name] = ChatProcess.Start("client", _server.Address, _server.Port, "--name", name, "--commands");
        _server.Program.Out.WaitForLine($"-- {name} joined".Equals);
    }

    public void Leave(string name)
    {
        _people[name].CloseInput();
        _server.Program.Out.WaitForLine($"-- {name} left".Equals);
    }

    /// <summary>Says a line from one of the others.</summary>
    public void Says(string name, string text)
    {
        _people[name].SendLine(text);
        _server.Program.Out.WaitForLine(
            line => line.EndsWith(text.Replace("/me ", "", StringComparison.Ordinal), StringComparison.Ordinal),
            $"{name} to say so"
        );
    }

    /// <summary>Whispers to alice from one of the others.</summary>
    public void Whispers(string name, string text)
    {
        _people[name].SendLine($"/msg alice {text}");
        WaitForRow(row => row.EndsWith($"{name} -> alice: {text}", StringComparison.Ordinal), text);
    }

    /// <summary>Opens alice's terminal with the client in it.</summary>
    public void Open() => Open(ChatProcess.BinaryPath, "client", _server.Address, _server.Port);

    /// <summary>Opens alice's terminal with a shell in it, where she starts the client.</summary>
    public void OpenShell()
    {
        Open("bash", "--norc", "--noprofile", "--noediting", "-i");
        WaitForPrompt("$");
        Alice($"chat client {_server.Address} {_server.Port}");
        WaitForPrompt("alice>");
    }

    /// <summary>Types a line at alice's terminal and sends it.</summary>
    public void Alice(string line)
    {
        Window.Type(line);
        Window.Press("Enter");
    }

    /// <summary>Types at alice's terminal without sending.</summary>
    public void Types(string text)
    {
        Window.Type(text);
        WaitForPrompt(text);
    }

    public void Presses(string key) => Window.Press(key);

    public void Pastes(string text) => Window.Paste(text);

    public void ServerIsKilled() => _server.Program.Kill();

    public void WaitForRow(Func<string, bool> fits, string what) =>
        Wait(shot => shot.Texts.Any(fits), $"a row with: {what}");

    /// <summary>Waits until the caret's row ends with this text, the moment of the picture.</summary>
    public Shot WaitForPrompt(string end) =>
        Wait(shot => shot.CaretText.EndsWith(end, StringComparison.Ordinal), $"the caret behind: {end}");

    public void Dispose()
    {
        _window?.Dispose();
        foreach (RunningProgram person in _people.Values)
            person.Dispose();
        _server.Dispose();
    }

    private Tmux Window => _window ?? throw new InvalidOperationException("Alice has no terminal yet.");

    private void Open(params string[] command) =>
        _window = new Tmux(
            Columns,
            Rows,
            new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["CHAT_NAME"] = "alice",
                ["COLORTERM"] = "truecolor",
                ["NO_COLOR"] = null,
                ["HISTFILE"] = null,
                ["PS1"] = "$ ",
                ["PATH"] =
                    $"{Path.GetDirectoryName(ChatProcess.BinaryPath)}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}",
            },
            command
        );

    private Shot Wait(Func<Shot, bool> fits, string what)
    {
        Shot? shot = null;
        Eventually.Is(
            () => fits(shot = Shot.Of(Window.Coloured(), Columns)),
            what,
            seen: () => string.Join('\n', shot!.Texts)
        );
        return shot!;
    }
}
