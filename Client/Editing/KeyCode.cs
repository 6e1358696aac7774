using System.Text;

namespace Chat.Client.Editing;

/// <summary>
/// The parameters of a key's escape sequence: numbers between semicolons, with parts between colons. The parts follow
/// kitty's keyboard protocol: <c>code:shifted:base ; modifiers:event ; text:text...</c>. A crashed program may have
/// left that protocol on.
/// </summary>
internal sealed class KeyCode
{
    /// <summary>The most characters of one key, as from an input method. Further ones are dropped.</summary>
    public const int TextRunes = 64;

    private const int Released = 3;
    private const int Parameters = 2;
    private const int Parts = 3;
    private const int MaxNumber = 0x10FFFF;

    private readonly int[] _numbers = new int[Parameters * Parts];
    private readonly int[] _text = new int[TextRunes];
    private readonly Queue<Rune> _pending = [];
    private int _parameter,
        _part;

    /// <summary>The first number, which identifies the key.</summary>
    public int Number => _numbers[0];

    /// <summary>The second number: the modifier bits (Shift, Alt, Ctrl, ...) plus one.</summary>
    public int Modifiers => _numbers[Parts];

    /// <summary>The third number: the key's code in xterm's older form, <c>27 ; modifiers ; code</c>.</summary>
    public int Third => _text[0];

    /// <summary>Whether the event is the release of the key.</summary>
    public bool IsRelease => _numbers[Parts + 1] == Released;

    /// <summary>The key's character with Shift; 0 if the terminal does not send it.</summary>
    public int Shifted => _numbers[1];

    /// <summary>The character of this key on a Latin keyboard; 0 if the terminal does not send it.</summary>
    public int OnLatinKeyboard => _numbers[2];

    public void Clear()
    {
        _numbers.AsSpan().Clear();
        _text.AsSpan().Clear();
        (_parameter, _part) = (0, 0);
    }

    /// <summary>Adds a digit, a semicolon or a colon.</summary>
    public void Add(byte b)
    {
        if (b == ';')
            (_parameter, _part) = (Math.Min(_parameter + 1, Parameters + 1), 0);
        else if (b == ':')
            _part = Math.Min(_part + 1, TextRunes);
        else if (_parameter < Parameters && _part < Parts)
            AddDigit(ref _numbers[(_parameter * Parts) + _part], b);
        else if (_parameter == Parameters && _part < TextRunes)
            AddDigit(ref _text[_part], b);
    }

    /// <summary>Queues the text that came with the key. Returns false if there is none.</summary>
    public bool TypesText()
    {
        foreach (int code in _text)
        {
            if (Rune.TryCreate(code, out Rune rune) && !Rune.IsControl(rune))
                _pending.Enqueue(rune);
        }

        return _pending.Count > 0;
    }

    /// <summary>Removes the next key of that text.</summary>
    public bool TryTakeText(out Key key)
    {
        key = _pending.TryDequeue(out Rune rune) ? new Key(KeyKind.Character, rune) : default;
        return key.Kind != KeyKind.None;
    }

    private static void AddDigit(ref int number, byte digit) =>
        number = Math.Min((number * 10) + (digit - '0'), MaxNumber);
}
