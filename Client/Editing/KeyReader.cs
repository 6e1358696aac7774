namespace Chat.Client.Editing;

/// <summary>A key with its bytes.</summary>
/// <param name="Key">The key; of kind <see cref="KeyKind.None"/> if the bytes are no key.</param>
/// <param name="Bytes">The bytes; empty if a timeout ended the previous bytes.</param>
internal readonly record struct ReadKey(Key Key, byte[] Bytes);

/// <summary>
/// Turns reads of a keyboard into keys. It adds the time and the borders between reads to <see cref="KeyDecoder"/>.
/// Pure: the caller passes the time.
/// </summary>
/// <remarks>
/// A terminal without paste marks sends pasted text as if it were typed. These rules tell the two apart:
/// <list type="bullet">
/// <item>Text after an Enter in one read makes that read a paste: its text, each Enter, each tab, and further reads
/// within <see cref="ClientLimits.PasteBurstMilliseconds"/>. A typed read holds one key, or the few that a slow network
/// delayed.</item>
/// <item>A line feed (Ctrl-J) counts as an Enter here. Directly after an Enter in one read, it belongs to that Enter:
/// some terminals send both.</item>
/// <item>An Enter without text after it in its read is a key (<c>tmux send-keys hello Enter</c>, Enter twice).</item>
/// <item>Directly after the end mark of a paste, all bytes are keys (<c>tmux paste-buffer -p</c>, then
/// <c>send-keys</c>): that terminal marks its pastes. If a second end mark follows in the same read, the first was
/// pasted text, and so is each Enter between them.</item>
/// <item>Lines typed ahead during a network stall look like a paste. None is lost: the question offers to edit them,
/// and after "no" Ctrl-Y brings them back.</item>
/// </list>
/// </remarks>
internal sealed class KeyReader
{
    private readonly KeyDecoder _decoder = new();
    private readonly List<ReadKey> _read = [];
    private readonly List<ReadKey> _keys = [];
    private bool _inBurst,
        _isAfterMark;
    private long _readAt;

    /// <summary>The time to call <see cref="Flush"/> if no read comes before; null for none.</summary>
    public long? Deadline =>
        _decoder.IsPasting || _decoder.IsInCharacter || _decoder.IsInSequence
            ? _readAt + ClientLimits.PasteSilenceMilliseconds
        : _inBurst ? _readAt + ClientLimits.PasteBurstMilliseconds
        : _decoder.IsUndecided ? _readAt + ClientLimits.LoneEscapeMilliseconds
        : null;

    /// <summary>Whether no key is incomplete: the bytes so far cannot become a key any more.</summary>
    public bool IsBetweenKeys => _decoder.IsBetweenKeys;

    /// <summary>Decodes the bytes of one read.</summary>
    /// <param name="bytes">All bytes of the read.</param>
    /// <param name="now">The milliseconds of a monotonic clock.</param>
    /// <returns>The keys, valid until the next call.</returns>
    public IReadOnlyList<ReadKey> Decode(ReadOnlySpan<byte> bytes, long now)
    {
        _readAt = now;
        _keys.Clear();
        _read.Clear();
        bool inPaste = _decoder.IsPasting;
        for (ReadOnlySpan<byte> rest = bytes; _decoder.Next(ref rest, out Key key); bytes = rest)
            AddRead(key, bytes[..^rest.Length]);
        if (bytes.Length > 0)
            _read.Add(new ReadKey(default, bytes.ToArray()));

        for (int at = 0; at < _read.Count; )
        {
            int end = at;
            while (end < _read.Count && !IsMark(_read[end].Key))
                end++;
            if (inPaste)
                _keys.AddRange(_read[at..end]);
            else
                HandleKeys(_read[at..end], end < _read.Count && _read[end].Key.Kind == KeyKind.PasteEnd);
            if (end < _read.Count)
                HandleMark(_read[end], ref inPaste);
            at = end + 1;
        }

        if (_decoder.IsPasteInterrupted && _decoder.Flush(out Key ended))
            _keys.Add(new ReadKey(ended, []));
        return _keys;
    }

    /// <summary>Ends an incomplete key, paste or burst. Call it at <see cref="Deadline"/>.</summary>
    /// <returns>The keys, valid until the next call.</returns>
    public IReadOnlyList<ReadKey> Flush()
    {
        _keys.Clear();
        // A burst has no keys other than text and Enter.
        bool isKey = _decoder.Flush(out Key key) && !_inBurst;
        EndBurst();
        _keys.Add(new ReadKey(isKey ? key : default, []));
        return _keys;
    }

    private static bool IsMark(Key key) => key.Kind is KeyKind.PasteBegin or KeyKind.PasteEnd;

    private static bool IsText(Key key) => key is { Kind: KeyKind.Character, Ctrl: false, Alt: false };

    private static bool IsEnter(Key key) => key is { Kind: KeyKind.Enter, Alt: false, Shift: false } || key.IsCtrl('j');

    private void AddRead(Key key, ReadOnlySpan<byte> bytes)
    {
        if (bytes is [(byte)'\n'] && _read is [.., { Key: { Kind: KeyKind.Enter }, Bytes: [.., (byte)'\r'] } enter])
            _read[^1] = enter with { Bytes = [.. enter.Bytes, .. bytes] };
        else
            _read.Add(new ReadKey(key, bytes.ToArray()));
    }

    private void HandleMark(ReadKey mark, ref bool inPaste)
    {
        bool isStray = mark.Key.Kind == KeyKind.PasteEnd && !inPaste;
        EndBurst();
        _keys.Add(isStray ? mark with { Key = default } : mark);
        _isAfterMark = mark.Key.Kind == KeyKind.PasteEnd;
        inPaste = mark.Key.Kind == KeyKind.PasteBegin;
    }

    /// <summary>Handles keys without a mark between them.</summary>
    private void HandleKeys(List<ReadKey> keys, bool endsWithStrayMark)
    {
        if (keys.Count == 0)
            return;
        int enter = keys.FindIndex(read => IsEnter(read.Key));
        bool hasLines = enter >= 0 && keys.FindIndex(enter, read => IsText(read.Key)) >= 0;
        if (_inBurst || (endsWithStrayMark ? enter >= 0 : hasLines && !_isAfterMark))
            HandleBurst(keys);
        else
            _keys.AddRange(keys);
        _isAfterMark = false;
    }

    private void HandleBurst(List<ReadKey> keys)
    {
        if (!_inBurst)
            _keys.Add(new ReadKey(new Key(KeyKind.BurstBegin), []));
        _inBurst = true;
        foreach (ReadKey read in keys)
        {
            Key key =
                IsText(read.Key) ? read.Key with { Pasted = true }
                : IsEnter(read.Key) ? Key.FromCharacter('\n') with { Pasted = true }
                : read.Key.Kind == KeyKind.Tab ? Key.FromCharacter('\t') with { Pasted = true }
                : read.Key.Kind is KeyKind.FocusIn or KeyKind.FocusOut ? read.Key
                : default;
            _keys.Add(read with { Key = key });
        }

        if (keys[^1].Key.IsCtrl('c'))
            EndBurst();
    }

    private void EndBurst()
    {
        if (_inBurst)
            _keys.Add(new ReadKey(new Key(KeyKind.PasteEnd), []));
        _inBurst = false;
    }
}
