using Xunit.Sdk;

namespace Chat.Tests.Support;

/// <summary>
/// Starts the published binary: the file CHAT_BINARY names, else out/chat in the folder that holds chat.slnx.
/// </summary>
internal static class ChatProcess
{
    private static readonly Lazy<string> Binary = new(() =>
        Locate(Environment.GetEnvironmentVariable("CHAT_BINARY"), AppContext.BaseDirectory)
    );

    /// <summary>Its absolute path.</summary>
    public static string BinaryPath => Binary.Value;

    public static RunningProgram Start(params IEnumerable<string> args) => new(BinaryPath, args);

    public static RunningProgram StartWith(IReadOnlyDictionary<string, string?> env, params IEnumerable<string> args) =>
        new(BinaryPath, args, env);

    /// <summary>The file of <see cref="BinaryPath"/>. If it is missing, the exception says what to do.</summary>
    /// <param name="named">CHAT_BINARY; null or empty when not set.</param>
    /// <param name="from">A folder somewhere below the one with chat.slnx.</param>
    internal static string Locate(string? named, string from)
    {
        if (!string.IsNullOrEmpty(named))
            return File.Exists(named)
                ? Path.GetFullPath(named)
                : throw new XunitException($"CHAT_BINARY names {named}, and there is no such file.");
        for (var folder = new DirectoryInfo(from); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "chat.slnx")))
                continue;
            string binary = Path.Combine(folder.FullName, "out", OperatingSystem.IsWindows() ? "chat.exe" : "chat");
            return File.Exists(binary)
                ? binary
                : throw new XunitException($"There is no {binary}: run ./build.sh first, it publishes the binary.");
        }

        throw new XunitException(
            $"No folder above {from} holds chat.slnx: set CHAT_BINARY to the binary that ./build.sh publishes."
        );
    }
}
