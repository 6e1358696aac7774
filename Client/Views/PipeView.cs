using System.Buffers;
using System.Text;
using Chat.Client.Commands;
using Chat.Client.Display;
using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client.Views;

/// <summary>
/// The view in a pipe: reads and writes lines. The conversation goes to stdout, as plain lines without own ones, or as
/// JSON. All other output goes to stderr.
/// </summary>
/// <param name="isJson">Whether to write each event as JSON, and to read an input line that begins with a brace as a
/// request.</param>
/// <param name="isQuiet">Whether to write only errors.</param>
/// <param name="diagnostics">The output for stderr.</param>
/// <param name="zone">The reader's time zone.</param>
internal sealed class PipeView(bool isJson, bool isQuiet, Diagnostics diagnostics, LocalTimeZone zone) : View
{
    private readonly ArrayBufferWriter<byte> _frame = new();
    private readonly JsonLines _json = new();
    private readonly ArrayBufferWriter<byte> _open = new();
    private byte[] _input = [];
    private byte _lastByte;
    private long _openBytes,
        _now,
        _listDue = long.MaxValue,
        _listAskedAt = -ClientLimits.ListMilliseconds;
    private int _lines,
        _parsed;
    private bool _wasLost,
        _hasInputEnded;

    public override ReadOnlySpan<byte> Frame => _frame.WrittenSpan;

    public override long? Due => _listDue == long.MaxValue ? null : _listDue;

    public override void FrameWritten() => _frame.ResetWrittenCount();

    /// <summary>The whole input is one message.</summary>
    public bool IsSnippet { get; init; }

    /// <summary>The number of errors shown. After each, an input line was not said unchanged.</summary>
    public int ErrorCount { get; private set; }

    /// <summary>The last line of a plain server that was not shown. It may explain why the server closed.</summary>
    public string? Withheld { get; private set; }

    public override void Show(ChatEvent @event)
    {
        if (@event.IsUnsupported)
        {
            string words = "this server cannot search its history";
            @event = new ChatEvent(EventKind.Error) { Text = words, Origin = @event.Origin };
        }
        if (isJson && MakesListStale(@event))
            RequestList();
        if (@event.Kind == EventKind.Error)
            ShowError(@event);
        else if (isQuiet)
            Withhold(@event);
        else if (isJson)
            _frame.Write(_json.Format(@event));
        else if (@event.Kind == EventKind.Link)
            ShowLink(@event);
        else if (
            (!@event.IsEcho || @event.IsHistory || @event.Kind == EventKind.Rename)
            && PlainLine.Format(@event, zone) is string line
        )
            _frame.Write(Encoding.UTF8.GetBytes(line + "\n"));
    }

    // After a join, the greeting does not explain a later end.
    private void Withhold(ChatEvent @event)
    {
        if (@event.Kind == EventKind.Line)
            Withheld = @event.Text;
        else if (@event is { Kind: EventKind.Link, State: LinkState.Joined })
            Withheld = null;
    }

    private void ShowError(ChatEvent @event)
    {
        ErrorCount++;
        if (isJson)
            _frame.Write(_json.Format(@event));
        else
            diagnostics.Print(@event.Origin.Line > 0 ? $"line {@event.Origin.Line}: {@event.Text}" : @event.Text);
    }

    private void ShowLink(ChatEvent @event)
    {
        if (EventText.ForLink(@event, _wasLost) is string words)
            diagnostics.Print(words);
        if (@event.State == LinkState.Joined && @event.Text.Length > 0)
            diagnostics.Print(@event.Text);
        _wasLost = @event.State == LinkState.Lost || (_wasLost && @event.State != LinkState.Joined);
    }

    // A program updates its roster by joins, leaves and renames. After these events it needs a new one.
    private static bool MakesListStale(ChatEvent @event) =>
        @event is { Kind: EventKind.Link, State: LinkState.Joined } or { IsCount: true, IsHistory: false };

    public override void Tick(long now, long unixNow)
    {
        _now = now;
        if (now >= _listDue)
            RequestList();
    }

    // At once where it may be, so that the request leaves before a goodbye.
    private void RequestList()
    {
        _listDue = _listAskedAt + ClientLimits.ListMilliseconds;
        if (_now < _listDue)
            return;
        (_listAskedAt, _listDue) = (_now, long.MaxValue);
        PeopleWanted = ClientLimits.PeopleListed;
    }

    /// <summary>Prints a warning, unless only errors are wanted.</summary>
    public override void Warn(string words)
    {
        if (!isQuiet)
            diagnostics.Print(words);
    }

    public override void Feed(ReadOnlySpan<byte> bytes) =>
        (_input, _parsed) = ([.. _input.AsSpan(_parsed), .. bytes], 0);

    public override void EndInput() => _hasInputEnded = true;

    /// <summary>
    /// Parses the next line of the input. The bytes after it stay until the next call, so the caller can stop at a line
    /// that ends the session. The last line may lack its line end.
    /// </summary>
    public override bool TryTake(out UserAction action)
    {
        action = UserAction.None;
        if (IsSnippet)
            return TryTakeSnippet(out action);
        while (action.Kind == UserActionKind.None)
        {
            ReadOnlySpan<byte> rest = _input.AsSpan(_parsed);
            int end = rest.IndexOf((byte)'\n');
            Keep(end < 0 ? rest : rest[..end]);
            _parsed += end < 0 ? rest.Length : end + 1;
            if (end < 0 && (!_hasInputEnded || _openBytes == 0))
                return false;
            action = CompleteLine();
        }
        return true;
    }

    // Nothing of a text that is too long is said. The input is read to its end, so its writer does not fail.
    private bool TryTakeSnippet(out UserAction action)
    {
        action = UserAction.None;
        Keep(_input.AsSpan(_parsed));
        _parsed = _input.Length;
        if (!_hasInputEnded || _openBytes == 0)
            return false;
        ReadOnlySpan<byte> bytes = _open.WrittenSpan;
        if (bytes.StartsWith(ByteOrderMark))
            bytes = bytes[ByteOrderMark.Length..];
        string text = SnippetText.Clean(bytes, out int lost, keepsBlankRows: true);
        string? refusal =
            _openBytes > bytes.Length + ByteOrderMark.Length
                ? $"a message has at most {ProtocolLimits.SnippetBytes} bytes, and the input has {_openBytes}"
                : SnippetText.Refusal(text);
        _openBytes = 0;
        InputOrigin origin = new(1);
        if (refusal is not null)
            Show(new ChatEvent(EventKind.Error) { Text = $"{refusal}; nothing was said" });
        else if (lost > 0)
            Show(new ChatEvent(EventKind.Error) { Text = LossOf(lost), Origin = origin });
        if (refusal is null)
            action = new UserAction(UserActionKind.Snippet, [text]) { Origin = origin };
        return refusal is null;
    }

    private int MostInput =>
        IsSnippet ? 2 * ProtocolLimits.SnippetBytes
        : isJson ? ClientLimits.RequestBytes
        : ProtocolLimits.UnterminatedBytes;

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        _openBytes += bytes.Length;
        _lastByte = bytes[^1];
        // Reserve room for a byte order mark, and keep the first byte past the limit: it shows where a character ends.
        int room = ByteOrderMark.Length + MostInput + 1 - _open.WrittenCount;
        _open.Write(bytes[..Math.Min(room, bytes.Length)]);
    }

    // Windows programs begin their output with it.
    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    // Returns None if the line is an invalid request.
    private UserAction CompleteLine()
    {
        ReadOnlySpan<byte> line = _open.WrittenSpan;
        int end = _openBytes > 0 && _lastByte == '\r' ? 1 : 0;
        int start = _lines == 0 && line.StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
        line = line[start..(int)Math.Min(line.Length, _openBytes - end)];
        long length = _openBytes - start - end;
        InputOrigin origin = new(++_lines);
        UserAction action =
            isJson && line.StartsWith("{"u8) ? ParseRequest(line, length, origin) : ParseText(line, length, origin);
        _open.ResetWrittenCount();
        _openBytes = 0;
        return action;
    }

    private UserAction ParseRequest(ReadOnlySpan<byte> line, long length, InputOrigin origin)
    {
        Command request = default;
        string? error =
            length > ClientLimits.RequestBytes
                ? $"a request of {length} bytes is too long; {ClientLimits.RequestBytes} is the most"
                : JsonRequest.Read(line, ref origin, out request);
        if (error is null)
            return new UserAction(UserActionKind.Request, []) { Command = request with { Origin = origin } };
        Show(new ChatEvent(EventKind.Error) { Text = error, Origin = origin });
        return UserAction.None;
    }

    private UserAction ParseText(ReadOnlySpan<byte> line, long length, InputOrigin origin)
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
        return new UserAction(UserActionKind.Say, [text]) { Origin = origin };
    }

    private static string LossOf(int lost) =>
        lost == 1
            ? "1 character cannot be shown and is said as U+FFFD or left out"
            : $"{lost} characters cannot be shown and are said as U+FFFD or left out";

    // Cuts the line where a character ends. The line must be longer than the limit.
    private static int WholeCharacters(ReadOnlySpan<byte> line, int most)
    {
        int length = most;
        while (length > most - 3 && (line[length] & 0xC0) == 0x80)
            length--;
        return length;
    }
}
