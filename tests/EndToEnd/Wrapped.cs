using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>
/// The published binary behind a line of shell: other descriptors, fewer of them, another user, a tracer. The
/// script is a file, so <see cref="ChatServerProcess"/> runs it like the binary. The line ends in <c>exec</c>,
/// so the process is the binary's own.
/// </summary>
internal sealed class Wrapped : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chat-wrapped-");

    /// <param name="line">A line of shell, where <c>$CHAT "$@"</c> is the program with its arguments and <c>$HERE</c> a
    /// folder of its own.</param>
    public Wrapped(string line)
    {
        Path = System.IO.Path.Combine(_folder.FullName, "wrapped");
        File.WriteAllText(
            Path,
            $"#!/usr/bin/env bash\nCHAT='{ChatProcess.BinaryPath}' HERE='{_folder.FullName}'\n{line}\n"
        );
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    public string Path { get; }

    /// <summary>A file of that name in <c>$HERE</c>.</summary>
    public string this[string file] => System.IO.Path.Combine(_folder.FullName, file);

    public ChatServerProcess StartServer(params IEnumerable<string> extra) =>
        ChatServerProcess.Start(Path, ChatServerProcess.FreePort(), extra);

    public RunningProgram Start(params IEnumerable<string> args) => new(Path, args);

    public void Dispose() => _folder.Delete(recursive: true);
}
