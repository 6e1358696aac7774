using System.Buffers;
using System.Text;
using Chat.Client.Commands;
using Chat.Client.Display;
using Chat.Client.Networking;
using Chat.Client.Terminals;
using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client.Views;

/// <summary>
/// The client in a pipe: lines in, lines out. The conversation goes to stdout as a plain tool would get it, without own
/// lines, or as JSON. Everything else goes to stderr.
/// </summary>
/// <param name="isJson">Every event goes out as JSON, and an input line that begins with a brace is a request.</param>
/// <param name="isQuiet">Only errors go out.</param>
/// <param name="errors">The stream of stderr.</param>
/// <param name="zone">The reader's time zone.</param>
internal sealed class PipeView(bool isJson, bool isQuiet, TextWriter errors, LocalTimeZone zone)
{
    private readonly ArrayBufferWriter<byte> _frame = new();
    private readonly JsonLines _json = new();
    private readonly ArrayBufferWriter<byte> _open = new();
    private byte[] _held = [];
    private byte _lastByte;
    private long _openBytes;
    private int _lines;
    private bool _wasLost;

    /// <summary>The bytes to write now.</summary>
    public ReadOnlySpan<byte> Frame => _frame.WrittenSpan;

    /// <summary>It was written.</summary>
    public void FrameWritten() => _frame.ResetWrittenCount();

    /// <summary>Errors told so far. Each means that a line of the input was not said as it stands.</summary>
    public int ErrorCount { get; private set; }

    /// <summary>
    /// The last line of a plain server that was not shown; it may be the reason why that server closed.
    /// </summary>
    public string? Withheld { get; private set; }

    public void Show(ChatEvent happened)
    {
        if (happened.Kind == EventKind.Error)
            ShowError(happened);
        else if (isQuiet)
            Withhold(happened);
        else if (isJson)
            _frame.Write(_json.Format(happened));
        else if (happened.Kind == EventKind.Link)
            ShowLink(happened);
        else if (
            (!happened.IsEcho || happened.IsHistory || happened.Kind == EventKind.Rename)
            && PlainLine.Format(happened, zone) is string line
        )
            _frame.Write(Encoding.UTF8.GetBytes(line + "\n"));
    }

    // The greeting of a server that let the client in is no reason for a later end.
    private void Withhold(ChatEvent happened)
    {
        if (happened.Kind == EventKind.Line)
            Withheld = happened.Text;
        else if (happened is { Kind: EventKind.Link, State: LinkState.Joined })
            Withheld = null;
    }

    private void ShowError(ChatEvent happened)
    {
        ErrorCount++;
        if (isJson)
            _frame.Write(_json.Format(happened));
        else
            Print(happened.Origin.Line > 0 ? $"line {happened.Origin.Line}: {happened.Text}" : happened.Text);
    }

    private void ShowLink(ChatEvent happened)
    {
        if (PlainLine.FormatLink(happened, _wasLost) is string words)
            Print(words);
        _wasLost = happened.State == LinkState.Lost || (_wasLost && happened.State != LinkState.Joined);
    }

    /// <summary>Says something that does not change the exit code; nothing when only errors are wanted.</summary>
    public void Warn(string words)
    {
        if (!isQuiet)
            Print(words);
    }

    /// <summary>Says something beside the conversation.</summary>
    public void Print(string words)
    {
        try
        {
            errors.WriteLine($"chat: {SafeText.Clean(words)}");
        }
        catch (OutputGoneException)
        {
            // The exit code still says it, and the lines of the input still go to the server.
        }
    }

    /// <summary>
    /// Takes what came in; each whole line is said. Input behind a line that ends the session is dropped unread.
    /// </summary>
    public void HandleInput(ReadOnlySpan<byte> bytes, Link link)
    {
        while (!link.IsFinishing && !link.AwaitsQuit && bytes.IndexOf((byte)'\n') is >= 0 and int end)
        {
            Keep(bytes[..end]);
            bytes = bytes[(end + 1)..];
            CompleteLine(link);
        }
        if (link.AwaitsQuit)
            _held = bytes.ToArray();
        else if (!link.IsFinishing)
            Keep(bytes);
    }

    /// <summary>Takes the input that was held back until the server showed whether it obeys a /quit.</summary>
    public void HandlePendingInput(Link link)
    {
        if (_held.Length == 0 || link.AwaitsQuit)
            return;
        byte[] bytes = _held;
        _held = [];
        HandleInput(bytes, link);
    }

    /// <summary>The input has ended; a last line without an end is a line too.</summary>
    public void End(Link link)
    {
        if (_openBytes > 0 && !link.IsFinishing)
            CompleteLine(link);
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        _openBytes += bytes.Length;
        _lastByte = bytes[^1];
        // Behind a byte order mark, the first byte that does not fit is kept too: it shows where a character ends.
        int room = ByteOrderMark.Length + ProtocolLimits.UnterminatedBytes + 1 - _open.WrittenCount;
        _open.Write(bytes[..Math.Min(room, bytes.Length)]);
    }

    // Programs on Windows begin their output with it.
    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    private void CompleteLine(Link link)
    {
        ReadOnlySpan<byte> line = _open.WrittenSpan;
        int end = _openBytes > 0 && _lastByte == '\r' ? 1 : 0;
        int start = _lines == 0 && line.StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
        line = line[start..(int)Math.Min(line.Length, _openBytes - end)];
        long length = _openBytes - start - end;
        InputOrigin origin = new(++_lines);
        if (isJson && line.StartsWith("{"u8))
            Ask(line, length, origin, link);
        else
            Say(line, length, origin, link);
        _open.ResetWrittenCount();
        _openBytes = 0;
    }

    private void Ask(ReadOnlySpan<byte> line, long length, InputOrigin origin, Link link)
    {
        Command request = default;
        string? error =
            length > ProtocolLimits.UnterminatedBytes
                ? $"a request of {length} bytes is too long; {ProtocolLimits.UnterminatedBytes} is the most"
                : JsonRequest.Read(line, ref origin, out request);
        if (error is not null)
            Show(new ChatEvent(EventKind.Error) { Text = error, Origin = origin });
        else
            link.Request(request with { Origin = origin });
    }

    private void Say(ReadOnlySpan<byte> line, long length, InputOrigin origin, Link link)
    {
        ReadOnlySpan<byte> kept = line;
        if (length > ProtocolLimits.UnterminatedBytes)
        {
            kept = line[..WholeCharacters(line, ProtocolLimits.UnterminatedBytes)];
            string words = $"{length} bytes are too long; only the first {kept.Length} are said";
            Show(new ChatEvent(EventKind.Error) { Text = words, Origin = origin });
        }
        string text = SafeText.Clean(kept, out int lost);
        if (lost > 0)
            Show(new ChatEvent(EventKind.Error) { Text = LossOf(lost), Origin = origin });
        link.Say(text, origin: origin);
    }

    /// <summary>The loss of a text by cleaning, in words.</summary>
    /// <param name="lost">Characters that a reader misses.</param>
    public static string LossOf(int lost) =>
        lost == 1
            ? "1 character cannot be shown and is said as U+FFFD or left out"
            : $"{lost} characters cannot be shown and are said as U+FFFD or left out";

    // The cut is where a character ends. The line is longer than that.
    private static int WholeCharacters(ReadOnlySpan<byte> line, int most)
    {
        int length = most;
        while (length > most - 3 && (line[length] & 0xC0) == 0x80)
            length--;
        return length;
    }
}
