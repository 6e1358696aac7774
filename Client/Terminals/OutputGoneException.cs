namespace Chat.Client.Terminals;

/// <summary>A standard output accepts no more bytes: its reader has closed it, or its disk is full.</summary>
internal sealed class OutputGoneException(string message) : IOException(message);
