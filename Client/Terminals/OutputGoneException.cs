namespace Chat.Client.Terminals;

/// <summary>A standard output takes no more bytes: its reader is gone, or its disk is full.</summary>
internal sealed class OutputGoneException(string message) : IOException(message);
