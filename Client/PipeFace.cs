using System.Buffers;
using System.Text;
using Chat.Protocol;

namespace Chat.Client;

/// <summary>
/// The client as a pipe meets it: lines in, lines out. What the room says goes out as plain tools would get it, without what this client itself
/// has just said, or, for programs, everything that happens as JSON. What is no part of the conversation goes to the other output.
/// </summary>
internal sealed class PipeFace(bool json, TextWriter errors, Zone zone)
{
    private readonly ArrayBufferWriter<byte> _frame = new();
    private readonly JsonLines _json = new();
    private readonly LineFramer _input = new(Limits.UnterminatedBytes);
    private bool _wasLost;

    /// <summary>What is to be written now.</summary>
    public ReadOnlySpan<byte> Frame => _frame.WrittenSpan;

    /// <summary>It was written.</summary>
    public void FrameWritten() => _frame.ResetWrittenCount();

    public void Show(ChatEvent happened)
    {
        if (json)
            _frame.Write(_json.Of(happened));
        else if (happened.Kind == EventKind.Link)
            ShowLink(happened);
        else if ((!happened.IsEcho || happened.IsHistory || happened.Kind == EventKind.Rename) && PlainLine.Of(happened, zone) is string line)
            _frame.Write(Encoding.UTF8.GetBytes(line + "\n"));
    }

    private void ShowLink(ChatEvent happened)
    {
        Tell(PlainLine.OfLink(happened, _wasLost));
        _wasLost = happened.State == LinkState.Lost || (_wasLost && happened.State != LinkState.Joined);
    }

    /// <summary>Says something beside the conversation; nothing for null.</summary>
    public void Tell(string? words)
    {
        if (words is not null)
            errors.WriteLine($"chat: {words}");
    }

    /// <summary>Takes what came in; each whole line is said.</summary>
    public void Take(ReadOnlySpan<byte> bytes, Action<string> say)
    {
        while (_input.Next(ref bytes, out ReadOnlySpan<byte> line))
            Say(line, say);
    }

    /// <summary>The input has ended; a last line without an end is a line too.</summary>
    public void End(Action<string> say)
    {
        if (_input.Finish(out ReadOnlySpan<byte> line))
            Say(line, say);
    }

    private void Say(ReadOnlySpan<byte> line, Action<string> say)
    {
        say(Encoding.UTF8.GetString(line));
        if (_input.Dropped > 0)
            Tell($"a line of {line.Length + _input.Dropped} bytes is too long to be said; only the first {line.Length} were");
    }
}
