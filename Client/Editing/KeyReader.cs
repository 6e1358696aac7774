namespace Chat.Client.Editing;

/// <summary>A key with the bytes that made it.</summary>
/// <param name="Key">The key; of kind <see cref="KeyKind.None"/> when the bytes are no key.</param>
/// <param name="Bytes">The bytes; none when silence decided what the bytes before it meant.</param>
internal readonly record struct ReadKey(Key Key, byte[] Bytes);

/// <summary>
/// Reads of a keyboard in, keys out: it adds to <see cref="KeyDecoder"/> the time and the borders between reads. Pure:
/// its owner tells the time.
/// </summary>
/// <remarks>
/// A terminal that does not mark what is pasted sends it as if it were typed. This is the rule that tells the two
/// apart:
/// <list type="bullet">
/// <item>Text behind an Enter in one read makes that read a paste: all its text, every Enter, and the reads that follow
/// within
/// <see cref="ClientLimits.PasteBurstMilliseconds"/>. Keys are pressed one at a time, so a read holds one, or the few
/// that a slow network held up.</item>
/// <item>An Enter with no text behind it in its read is a key (<c>tmux send-keys hello Enter</c>, Enter twice).</item>
/// <item>Directly behind the end mark of a paste everything is a key (<c>tmux paste-buffer -p</c>, then
/// <c>send-keys</c>): that terminal marks its pastes. Where a second end mark follows in the same read, the first was a
/// part of what was pasted, and so is every Enter between them.</item>
/// <item>Lines typed ahead while the network stood still look like a paste. Nothing of them is lost: the question about
/// them offers to put them into the line, and after any other answer but yes Ctrl-Y does.</item>
/// </list>
/// </remarks>
internal sealed class KeyReader
{
    private readonly KeyDecoder _decoder = new();
    private readonly List<ReadKey> _read = [];
    private readonly List<ReadKey> _keys = [];
    private bool _inBurst,
        _isBehindMark;
    private long _readAt;

    /// <summary>When to call <see cref="Flush"/> unless more is read before; null: never.</summary>
    public long? Deadline =>
        _decoder.IsPasting || _decoder.IsInCharacter || _decoder.IsInSequence
            ? _readAt + ClientLimits.PasteSilenceMilliseconds
        : _inBurst ? _readAt + ClientLimits.PasteBurstMilliseconds
        : _decoder.IsUndecided ? _readAt + ClientLimits.LoneEscapeMilliseconds
        : null;

    /// <summary>Whether nothing is begun: bytes that were no key will not become one.</summary>
    public bool IsBetweenKeys => _decoder.IsBetweenKeys;

    /// <summary>Takes what one read brought.</summary>
    /// <param name="bytes">All of it.</param>
    /// <param name="now">Milliseconds of a clock that only goes forward.</param>
    /// <returns>Its keys, valid until the next call.</returns>
    public IReadOnlyList<ReadKey> Decode(ReadOnlySpan<byte> bytes, long now)
    {
        _readAt = now;
        _keys.Clear();
        _read.Clear();
        bool inPaste = _decoder.IsPasting;
        for (ReadOnlySpan<byte> rest = bytes; _decoder.Next(ref rest, out Key key); bytes = rest)
            _read.Add(new ReadKey(key, bytes[..^rest.Length].ToArray()));
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
                TakeStretch(_read[at..end], end < _read.Count && _read[end].Key.Kind == KeyKind.PasteEnd);
            if (end < _read.Count)
                TakeMark(_read[end], ref inPaste);
            at = end + 1;
        }

        if (_decoder.IsPasteInterrupted && _decoder.Flush(out Key ended))
            _keys.Add(new ReadKey(ended, []));
        return _keys;
    }

    /// <summary>Nothing was read until <see cref="Deadline"/>: what was begun ends.</summary>
    /// <returns>The keys that it was, valid until the next call.</returns>
    public IReadOnlyList<ReadKey> Flush()
    {
        _keys.Clear();
        // A burst holds no key but text and Enter.
        bool isKey = _decoder.Flush(out Key key) && !_inBurst;
        EndBurst();
        _keys.Add(new ReadKey(isKey ? key : default, []));
        return _keys;
    }

    private static bool IsMark(Key key) => key.Kind is KeyKind.PasteBegin or KeyKind.PasteEnd;

    private static bool IsText(Key key) => key is { Kind: KeyKind.Character, Ctrl: false, Alt: false };

    private static bool IsEnter(Key key) => key is { Kind: KeyKind.Enter, Alt: false };

    private void TakeMark(ReadKey mark, ref bool inPaste)
    {
        bool isStray = mark.Key.Kind == KeyKind.PasteEnd && !inPaste;
        EndBurst();
        _keys.Add(isStray ? mark with { Key = default } : mark);
        _isBehindMark = mark.Key.Kind == KeyKind.PasteEnd;
        inPaste = mark.Key.Kind == KeyKind.PasteBegin;
    }

    /// <summary>Takes keys between which there is no mark.</summary>
    private void TakeStretch(List<ReadKey> stretch, bool endsWithStrayMark)
    {
        if (stretch.Count == 0)
            return;
        int enter = stretch.FindIndex(read => IsEnter(read.Key));
        bool hasLines = enter >= 0 && stretch.FindIndex(enter, read => IsText(read.Key)) >= 0;
        if (_inBurst || (endsWithStrayMark ? enter >= 0 : hasLines && !_isBehindMark))
            TakeBurst(stretch);
        else
            _keys.AddRange(stretch);
        _isBehindMark = false;
    }

    private void TakeBurst(List<ReadKey> stretch)
    {
        if (!_inBurst)
            _keys.Add(new ReadKey(new Key(KeyKind.BurstBegin), []));
        _inBurst = true;
        foreach (ReadKey read in stretch)
        {
            Key key =
                IsText(read.Key) ? read.Key with { Pasted = true }
                : IsEnter(read.Key) ? Key.FromCharacter('\n') with { Pasted = true }
                : read.Key.Kind == KeyKind.Tab ? Key.FromCharacter(' ') with { Pasted = true }
                : default;
            _keys.Add(read with { Key = key });
        }

        if (stretch[^1].Key.IsCtrl('c'))
            EndBurst();
    }

    private void EndBurst()
    {
        if (_inBurst)
            _keys.Add(new ReadKey(new Key(KeyKind.PasteEnd), []));
        _inBurst = false;
    }
}
