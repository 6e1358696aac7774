namespace Chat.Tests.Support;

/// <summary>
/// Who a program that is started takes its person for: somebody called <see cref="Login"/>, in an empty home of their own. Otherwise tests would use
/// the identity of whoever runs them, and two clients would be one person in two seats.
/// </summary>
internal static class Home
{
    /// <summary>The name of the login, which a client takes when it is told no other.</summary>
    public const string Login = "kim";

    private static readonly Lazy<string> Root = new(MakeRoot);
    private static int _last;

    /// <summary>A home that nobody has used. Give it to several programs, and they are one person.</summary>
    public static IReadOnlyDictionary<string, string?> New()
    {
        string folder = Path.Combine(Root.Value, $"{Interlocked.Increment(ref _last)}");
        Directory.CreateDirectory(folder);
        return new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["HOME"] = folder,
            ["XDG_CONFIG_HOME"] = Path.Combine(folder, "config"),
            ["XDG_DATA_HOME"] = Path.Combine(folder, "data"),
            ["APPDATA"] = folder,
            ["LOCALAPPDATA"] = folder,
            ["USER"] = Login,
            ["CHAT_NAME"] = null,
        };
    }

    private static string MakeRoot()
    {
        string root = Directory.CreateTempSubdirectory("chat-homes-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(root, recursive: true);
        return root;
    }
}
