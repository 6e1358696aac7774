using Chat.Client.Terminals;
using Chat.Protocol.Text;

namespace Chat.Client.Views;

/// <summary>Prints messages outside the conversation to stderr.</summary>
internal sealed class Diagnostics(TextWriter errors)
{
    /// <summary>Prints one line, cleaned, after the name of the program.</summary>
    public void Print(string words)
    {
        try
        {
            errors.WriteLine($"chat: {SafeText.Clean(words)}");
        }
        catch (OutputGoneException)
        {
            // Ignore it: the exit code still reports the error, and input lines still go to the server.
        }
    }
}
