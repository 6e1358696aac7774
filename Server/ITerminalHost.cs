using System.Net;

namespace Chat.Server;

/// <summary>The host at the terminal of the server.</summary>
internal interface ITerminalHost
{
    /// <summary>Runs on the thread that restores the terminal, until the host leaves.</summary>
    /// <param name="room">The address of the room for this computer itself.</param>
    /// <param name="invitation">The rows that tell how others join.</param>
    /// <param name="key">The words of the room's key; null for a room without encryption.</param>
    /// <param name="people">The number of people in the room, read on any thread.</param>
    /// <returns>The exit code.</returns>
    public int Run(IPEndPoint room, string invitation, string? key, Func<int> people);

    /// <summary>The room has ended. Called on another thread, also before <see cref="Run"/>.</summary>
    public void End();
}
