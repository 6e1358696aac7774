using Chat.Protocol.Tls;

namespace Chat.Tests.Support;

/// <summary>
/// The identity of a started program: the login <see cref="Login"/> and an empty home of its own. Otherwise
/// tests would use the identity of the user, and two clients would be one person in two seats.
/// </summary>
internal static class Home
{
    /// <summary>The login name, which a client uses without another name.</summary>
    public const string Login = "kim";

    private static readonly Lazy<string> Root = new(MakeRoot);
    private static int _last;

    /// <summary>The key in each home: all servers have it, and all clients take their rooms for own ones.</summary>
    public static RoomKey Key { get; } = new([.. Enumerable.Range(0, RoomKey.Bytes).Select(static i => (byte)i)]);

    private static readonly string Pem = Key.ToPem();

    /// <summary>A new home. Programs that share it are one person.</summary>
    public static IReadOnlyDictionary<string, string?> New()
    {
        string folder = Path.Combine(Root.Value, $"{Interlocked.Increment(ref _last)}");
        string config = OperatingSystem.IsWindows() ? folder : Path.Combine(folder, "config");
        MakeKeyFile(Path.Combine(config, "chat"));
        return new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["HOME"] = folder,
            ["XDG_CONFIG_HOME"] = config,
            ["XDG_DATA_HOME"] = Path.Combine(folder, "data"),
            ["APPDATA"] = folder,
            ["LOCALAPPDATA"] = folder,
            ["USER"] = Login,
            ["CHAT_NAME"] = null,
            ["CHAT_SECRET"] = null,
        };
    }

    private static void MakeKeyFile(string folder)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, "room.key");
        File.WriteAllText(path, Pem);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static string MakeRoot()
    {
        string root = Directory.CreateTempSubdirectory("chat-homes-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(root, recursive: true);
        return root;
    }
}
