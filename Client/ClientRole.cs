using Chat.Client.Terminals;
using Chat.Protocol;

namespace Chat.Client;

/// <summary><c>chat client</c>: a terminal, a link, and the loop over both.</summary>
internal static class ClientRole
{
    /// <summary>Runs a client until it ends.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="Trouble">The server cannot be reached.</exception>
    public static int Run(HostPort to, bool plain)
    {
        using Terminal terminal = Terminal.Open();
        using Link link = new(to, plain, TimeProvider.System);
        return new ChatClient(terminal, link, Console.Error).Run();
    }
}
