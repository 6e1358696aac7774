using System.Globalization;
using Xunit.Sdk;

namespace Chat.Tests.Support;

/// <summary>
/// A real terminal emulator without a window: tmux with one pane that shows the bytes it is given, to hold <see cref="VtScreen"/> and the product's
/// screens against; or with a program in the pane, to see what a person would see of it. A server and a folder of its own, gone with the object;
/// no configuration of the user's is read. Bytes may be given one after another, and the window another size in between.
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
        // Opened for both, so that opening does not wait for the reader and the reader never sees an end.
        _bytes = new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        Feed(bytes);
    }

    /// <summary>With a program in the pane, in a home of its own.</summary>
    /// <param name="columns">Cells of a row.</param>
    /// <param name="rows">Rows of the pane.</param>
    /// <param name="env">Variables of its environment besides.</param>
    /// <param name="command">The program and at least one argument; no shell sees them.</param>
    public Tmux(int columns, int rows, IReadOnlyDictionary<string, string?> env, params IEnumerable<string> command)
    {
        _env = env;
        Open(columns, rows, command);
    }

    /// <summary>To the pane that shows bytes.</summary>
    public void Feed(ReadOnlySpan<byte> bytes) => _bytes!.Write(bytes);

    /// <summary>To the program in the pane: as if typed.</summary>
    public void Type(string text) => Run("send-keys", "-l", "--", text);

    /// <summary>To the program in the pane: keys by the names tmux has for them.</summary>
    public void Press(params IEnumerable<string> keys) => Run(["send-keys", .. keys]);

    /// <summary>To the program in the pane: in brackets, where it asks for them.</summary>
    public void Paste(string text) => Run("set-buffer", "--", text, ";", "paste-buffer", "-p");

    /// <summary>The same, and keys behind it at once.</summary>
    public void PasteAndPress(string text, params IEnumerable<string> keys) =>
        Run(["set-buffer", "--", text, ";", "paste-buffer", "-p", ";", "send-keys", .. keys]);

    /// <summary>The rows of the screen with the sequences that colour them, and after them one that says where the caret is: <c>column,row</c>.</summary>
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

    /// <summary>Waits until some row is as wanted.</summary>
    public void WaitForRow(Predicate<string> fits, string what) => WaitFor(() => Rows().Any(row => fits(row)), what);

    /// <summary>The scrollback and the screen, one text per row without trailing blanks, blank rows at the end left out.</summary>
    public IReadOnlyList<string> Rows() =>
        WithoutBlankEnd(Run("capture-pane", "-p", "-S", "-").Select(row => row.TrimEnd(' ')));

    /// <summary>The same with the rows that tmux itself wrapped joined again.</summary>
    public IReadOnlyList<string> Lines() =>
        WithoutBlankEnd(Run("capture-pane", "-p", "-J", "-S", "-").Select(row => row.TrimEnd(' ')));

    /// <summary>Waits until tmux shows what <paramref name="screen"/> shows; fails with both.</summary>
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
