namespace Chat.Protocol;

/// <summary>
/// An error at startup that is no fault of the program: a port in use, an unknown host, a file that cannot be
/// opened. The message is one line that names the cause and says what to do. It is printed without a stack
/// trace.
/// </summary>
/// <param name="message">The line.</param>
/// <param name="isUsage">Whether the command line or an environment variable is wrong.</param>
internal sealed class StartupException(string message, bool isUsage = false) : Exception(message)
{
    public bool IsUsage { get; } = isUsage;
}
