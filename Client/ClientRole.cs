using Chat.Client.Terminals;
using Chat.Protocol;

namespace Chat.Client;

/// <summary><c>chat client</c>: who one is, a terminal, a link, and the loop over both.</summary>
internal static class ClientRole
{
    /// <summary>Runs a client until it ends.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="keepsIdentity">Whether the identity of this person is used and kept.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="Trouble">The server cannot be reached, or the name cannot be had anywhere.</exception>
    public static int Run(ClientOptions options, bool keepsIdentity)
    {
        Func<string, string?> variable = Environment.GetEnvironmentVariable;
        string? chosen = options.Link.Name ?? variable("CHAT_NAME");
        if (!string.IsNullOrEmpty(chosen) && Nickname.Refusal(chosen) is string rule)
            throw new Trouble($"nobody can be called {SafeText.Clean(chosen)}: {rule}");
        LinkOptions link = options.Link with { Name = string.IsNullOrEmpty(chosen) ? Identity.NameOfLogin(variable) : chosen };
        if (keepsIdentity)
        {
            PersonalFolders folders = new(variable, OperatingSystem.IsWindows());
            link = link with { Token = Identity.Load(folders.Config, out string? trouble) };
            options = options with { Warning = trouble };
        }
        using Terminal terminal = Terminal.Open();
        using Link to = new(link, TimeProvider.System);
        return new ChatClient(terminal, to, options with { Link = link }, Console.Error).Run();
    }
}
