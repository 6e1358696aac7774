using System.Text;

namespace Chat.Client;

/// <summary>
/// A paste ends by silence alone, as a lone escape does. Its end mark may be a part of what was copied (some terminals let it through), put there so that the rest
/// counts as typed: what follows the mark at once is still the paste's. A terminal that forgets the mark leaves a person at a dead keyboard; for them
/// Ctrl-C and then nothing ends it as well.
/// </summary>
internal sealed partial class KeyDecoder
{
    private const byte CtrlC = 3;

    private bool _pasting;
    private bool _pasteEnds;

    /// <summary>What is undecided is whether a paste is over.</summary>
    public bool IsPasteEnding => _pasteEnds;

    /// <summary>Inside a paste only text and line breaks count, and ESC, which alone can lead to its end.</summary>
    private bool TakePasted(byte b, out Key key)
    {
        var secondOfPair = b == '\n' && _afterCarriageReturn;
        _afterCarriageReturn = b == '\r';
        key = default;
        if (b == 0x1B) _state = State.Escape;
        _pasteEnds = b == CtrlC;
        if (b is (byte)'\r' or (byte)'\n') key = new Key(KeyKind.Character, new Rune('\n'), Pasted: true);
        else if (b == '\t') key = new Key(KeyKind.Character, new Rune(' '), Pasted: true);
        else if (b is >= 0x20 and < 0x7F) key = new Key(KeyKind.Character, new Rune((char)b), Pasted: true);
        else return false;
        return !secondOfPair;
    }
}
