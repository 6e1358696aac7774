using System.Text;

namespace Chat.Client.Editing;

/// <summary>
/// A bracketed paste: text between two marks. The end mark ends it at once, and every byte behind the mark is a key. A terminal takes ESC out of
/// what is pasted, so a paste holds no end mark of its own; where one does, <see cref="KeyReader"/> sees that a second end mark follows.
/// </summary>
internal sealed partial class KeyDecoder
{
    private const byte CtrlC = 3;

    private bool _pasting;

    /// <summary>Whether a paste was begun and its end mark is still to come.</summary>
    public bool IsPasting => _pasting;

    /// <summary>Whether the last byte was Ctrl-C inside a paste: when nothing follows it, the end mark was lost and a person wants out.</summary>
    public bool IsPasteInterrupted { get; private set; }

    /// <summary>Inside a paste only text and line breaks count, and ESC, which alone can lead to its end.</summary>
    private bool TakePasted(byte b, out Key key)
    {
        bool secondOfPair = b == '\n' && _afterCarriageReturn;
        _afterCarriageReturn = b == '\r';
        key = default;
        if (b == 0x1B)
            _state = State.Escape;
        IsPasteInterrupted = b == CtrlC;
        if (b is (byte)'\r' or (byte)'\n')
            key = new Key(KeyKind.Character, new Rune('\n'), Pasted: true);
        else if (b == '\t')
            key = new Key(KeyKind.Character, new Rune(' '), Pasted: true);
        else if (b is >= 0x20 and < 0x7F)
            key = new Key(KeyKind.Character, new Rune((char)b), Pasted: true);
        else
            return false;
        return !secondOfPair;
    }
}
