using Chat.Client.Terminals;
using Chat.Protocol.Text;

namespace Chat.Client.Views;

/// <summary>The stream of stderr: what is no part of the conversation.</summary>
internal sealed class Diagnostics(TextWriter errors)
{
    /// <summary>Prints one line, cleaned, behind the name of the program.</summary>
    public void Print(string words)
    {
        try
        {
            errors.WriteLine($"chat: {SafeText.Clean(words)}");
        }
        catch (OutputGoneException)
        {
            // The exit code still reports the error, and the lines of the input still go to the server.
        }
    }
}
