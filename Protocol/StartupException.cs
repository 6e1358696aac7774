namespace Chat.Protocol;

/// <summary>
/// The world's trouble at the start: a port that is taken, a name nobody knows, a file that cannot be opened. The message is for the person
/// who typed the command: one line that names the thing and says what to do. It is printed as it is, without a stack.
/// </summary>
/// <param name="message">The line.</param>
/// <param name="isUsage">Whether the command line or an environment variable is wrong.</param>
internal sealed class StartupException(string message, bool isUsage = false) : Exception(message)
{
    public bool IsUsage { get; } = isUsage;
}
