namespace Chat.Client;

/// <summary>What keys mean: to the client itself, to the line, and, after /keys, nothing but their own names.</summary>
internal sealed partial class TerminalFace
{
    private const string KeysPrompt = "(keys; Escape twice ends) ";

    // More than any key sends; of a paste, its beginning.
    private const int RawBytes = 32;

    private readonly StyledText _answer = new();
    private readonly List<byte> _raw = [];
    private bool _escaped;

    private bool ShowsKeys => _commands.WantsKeys;

    /// <summary>
    /// What the terminal sent for the key that is pressed next, for /keys to show. Bytes that no key came of stand before those of the next one.
    /// </summary>
    public void Hear(ReadOnlySpan<byte> bytes)
    {
        if (ShowsKeys)
            _raw.AddRange(bytes[..Math.Min(bytes.Length, RawBytes - _raw.Count)]);
    }

    public Wish Press(Key key)
    {
        _changed = true;
        if (ShowsKeys)
        {
            ShowKey(key);
            return Wish.None;
        }

        if (key.IsCtrl('c') && _editor.Question is null)
            return Wish.Leave;
        if (key.IsCtrl('z'))
            return Wish.Suspend;
        switch (_editor.Press(key))
        {
            case Edit.Submitted:
                return Submit();
            case Edit.PasteSubmitted when TakesLines:
                return new Wish(WishKind.Say, _editor.TakePaste());
            case Edit.PasteSubmitted:
                AnswerFull();
                return Wish.None;
            case Edit.Leave:
                return Wish.Leave;
            case Edit.Ignored when key.IsCtrl('l'):
                _screen.Wipe();
                return Wish.None;
            default:
                return Wish.None;
        }
    }

    private Wish Submit()
    {
        var line = _editor.Text;
        if (string.IsNullOrWhiteSpace(line))
            return Wish.None;
        if (line.TrimEnd(' ') == "/quit")
        {
            _editor.Take();
            return Wish.Leave;
        }

        if (_commands.Take(line))
        {
            _editor.Take();
            if (_commands.WantsClear)
                _screen.Wipe();
            _commands.WantsClear = false;
            return Wish.None;
        }

        if (!TakesLines)
        {
            AnswerFull();
            return Wish.None;
        }

        return new Wish(WishKind.Say, [_editor.Take()]);
    }

    private void ShowKey(Key key)
    {
        if (key.Pasted)
            return;
        Answer($"{KeyNames.Of(key),-16} {KeyNames.OfBytes([.. _raw])}", Style.Plain);
        _raw.Clear();
        var isEscape = key.Kind == KeyKind.Escape;
        if (key.IsCtrl('c') || (isEscape && _escaped))
            _commands.WantsKeys = isEscape = false;
        _escaped = isEscape;
    }

    private void AnswerFull() => Answer("too much waits to be sent; this line stays here until there is room", Style.Error);

    private void Answer(string words, Style style)
    {
        TellPresence();
        _answer.Clear().Add("-- ", style).Add(words, style).Indent = 3;
        _screen.Print(_answer);
    }
}
