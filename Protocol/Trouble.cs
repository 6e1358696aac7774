namespace Chat.Protocol;

/// <summary>
/// The world's trouble at the start: a port that is taken, a name nobody knows, a file that cannot be opened. The message is for the person
/// who typed the command: one line that names the thing and says what to do. It is printed as it is, without a stack; the exit code is 1.
/// </summary>
internal sealed class Trouble(string message) : Exception(message);
