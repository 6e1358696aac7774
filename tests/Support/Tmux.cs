using System.Globalization;
using Xunit.Sdk;

namespace Chat.Tests.Support;

/// <summary>
/// A real terminal emulator without a window: tmux with one pane. The pane shows given bytes, for a comparison
/// with <see cref="VtScreen"/>, or runs a program. It has its own server and folder, removed with the object,
/// and reads no user configuration. Bytes may come one after another, with resizes in between.
/// </summary>
internal sealed class Tmux : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-tmux-").FullName;

    private readonly FileStream? _bytes;
    private readonly IReadOnlyDictionary<string, string?> _env;

    public Tmux(int columns, int rows, byte[] bytes)
    {
        string pipe = Path.Combine(_folder, "bytes");
        _env = new Dictionary<string, string?>(StringComparer.Ordinal);
        using (RunningProgram mkfifo = ToolProcess.Start("mkfifo", pipe))
            mkfifo.WaitForExit();
        Open(columns, rows, $"stty -opost; cat '{pipe}'; exec sleep 1000");
        // Opened for both, so that the open does not wait for the reader and the reader never sees an end.
        _bytes = new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        Feed(bytes);
    }

    /// <summary>Starts a program in the pane, in its own home.</summary>
    /// <param name="columns">Cells of a row.</param>
    /// <param name="rows">Rows of the pane.</param>
    /// <param name="env">Further environment variables.</param>
    /// <param name="command">The program and at least one argument; no shell sees them.</param>
    public Tmux(int columns, int rows, IReadOnlyDictionary<string, string?> env, params IEnumerable<string> command)
    {
        _env = env;
        Open(columns, rows, command);
    }

    /// <summary>Writes bytes to the pane.</summary>
    public void Feed(ReadOnlySpan<byte> bytes) => _bytes!.Write(bytes);

    /// <summary>Types text to the program in the pane.</summary>
    public void Type(string text) => Run("send-keys", "-l", "--", text);

    /// <summary>Presses keys in the pane, by tmux's names.</summary>
    public void Press(params IEnumerable<string> keys) => Run(["send-keys", .. keys]);

    /// <summary>Pastes text into the program, in brackets if it asks for them.</summary>
    public void Paste(string text) => Run("set-buffer", "--", text, ";", "paste-buffer", "-p");

    /// <summary>Pastes the text and presses keys right after it.</summary>
    public void PasteAndPress(string text, params IEnumerable<string> keys) =>
        Run(["set-buffer", "--", text, ";", "paste-buffer", "-p", ";", "send-keys", .. keys]);

    /// <summary>
    /// The rows of the screen with their colour sequences, and last the caret's place: <c>column,row</c>.
    /// </summary>
    public IReadOnlyList<string> Coloured() =>
        Run("capture-pane", "-e", "-p", ";", "display-message", "-p", "#{cursor_x},#{cursor_y}");

    public void Resize(int columns, int rows) => Run("resize-window", "-x", Text(columns), "-y", Text(rows));

    /// <summary>The text of the row with the caret, and its column from 0.</summary>
    public (string Row, int Column) Caret()
    {
        IReadOnlyList<string> screen = Run(
            "capture-pane",
            "-p",
            ";",
            "display-message",
            "-p",
            "#{cursor_x},#{cursor_y}"
        );
        string[] caret = screen[^1].Split(',');
        return (
            screen[int.Parse(caret[1], CultureInfo.InvariantCulture)].TrimEnd(' '),
            int.Parse(caret[0], CultureInfo.InvariantCulture)
        );
    }

    /// <summary>Waits until the condition holds; fails with the screen.</summary>
    public void WaitFor(Func<bool> condition, string what) =>
        Eventually.Is(condition, what, seen: () => string.Join('\n', Rows()));

    /// <summary>Waits until some row matches.</summary>
    public void WaitForRow(Predicate<string> fits, string what) => WaitFor(() => Rows().Any(row => fits(row)), what);

    /// <summary>
    /// The scrollback and the screen, one text a row, without trailing blanks and trailing blank rows.
    /// </summary>
    public IReadOnlyList<string> Rows() =>
        WithoutBlankEnd(Run("capture-pane", "-p", "-S", "-").Select(row => row.TrimEnd(' ')));

    /// <summary>The same, with rows that tmux wrapped joined again.</summary>
    public IReadOnlyList<string> Lines() =>
        WithoutBlankEnd(Run("capture-pane", "-p", "-J", "-S", "-").Select(row => row.TrimEnd(' ')));

    /// <summary>Waits until tmux shows the same as <paramref name="screen"/>; fails with both.</summary>
    public void MustShow(VtScreen screen)
    {
        string[] ours = WithoutBlankEnd(screen.ScrollbackAndScreen);
        Eventually.Is(
            () => Rows().SequenceEqual(ours, StringComparer.Ordinal),
            "tmux to show the same rows",
            seen: Both
        );

        string Both() => $"tmux:\n{string.Join('\n', Rows())}\nours:\n{string.Join('\n', ours)}\n{screen.Draw()}";
    }

    public void Dispose()
    {
        Run("kill-server");
        _bytes?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Open(int columns, int rows, params IEnumerable<string> command)
    {
        string configuration = Path.Combine(_folder, "configuration");
        File.WriteAllText(configuration, "set -g status off\nset -g default-terminal screen-256color\n");
        Run(["-f", configuration, "new-session", "-d", "-x", Text(columns), "-y", Text(rows), .. command]);
    }

    private IReadOnlyList<string> Run(params IEnumerable<string> args)
    {
        var env = new Dictionary<string, string?>(_env, StringComparer.Ordinal)
        {
            ["TMUX"] = null,
            ["LC_ALL"] = "C.UTF-8",
            ["TERM"] = "xterm-256color",
        };
        using RunningProgram tmux = ToolProcess.StartWith(
            env,
            "tmux",
            ["-u", "-S", Path.Combine(_folder, "socket"), .. args]
        );
        return tmux.WaitForExit() == 0 ? tmux.Out.Lines : throw new XunitException(tmux.Describe());
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string[] WithoutBlankEnd(IEnumerable<string> rows) =>
        [.. rows.Reverse().SkipWhile(row => row.Length == 0).Reverse()];
}
