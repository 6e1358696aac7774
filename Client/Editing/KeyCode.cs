using System.Text;

namespace Chat.Client.Editing;

/// <summary>
/// The parameters of a sequence that is a key: numbers between semicolons, each with parts between colons. The parts
/// are those of kitty's keyboard protocol, <c>code:shifted:base ; modifiers:event ; text:text...</c>, which a program
/// that crashed may have left on.
/// </summary>
internal sealed class KeyCode
{
    /// <summary>Characters that one key may give, as an input method does. More are left out.</summary>
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

    /// <summary>The first number: which key it is.</summary>
    public int Number => _numbers[0];

    /// <summary>The second: one more than the bits of Shift, Alt, Ctrl and so on.</summary>
    public int Modifiers => _numbers[Parts];

    /// <summary>The third: the code of the key in xterm's older form, <c>27 ; modifiers ; code</c>.</summary>
    public int Third => _text[0];

    /// <summary>Whether the key was let go.</summary>
    public bool IsRelease => _numbers[Parts + 1] == Released;

    /// <summary>The character with Shift held; 0 where the terminal does not tell.</summary>
    public int Shifted => _numbers[1];

    /// <summary>The character in the same place of a Latin keyboard; 0 where the terminal does not tell.</summary>
    public int OnLatinKeyboard => _numbers[2];

    public void Clear()
    {
        _numbers.AsSpan().Clear();
        _text.AsSpan().Clear();
        (_parameter, _part) = (0, 0);
    }

    /// <summary>Takes a digit, a semicolon or a colon.</summary>
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

    /// <summary>Makes keys of the text that came with the key. False when there is none.</summary>
    public bool TypesText()
    {
        foreach (int code in _text)
        {
            if (Rune.TryCreate(code, out Rune rune) && !Rune.IsControl(rune))
                _pending.Enqueue(rune);
        }

        return _pending.Count > 0;
    }

    /// <summary>Takes the next key of that text.</summary>
    public bool TryTakeText(out Key key)
    {
        key = _pending.TryDequeue(out Rune rune) ? new Key(KeyKind.Character, rune) : default;
        return key.Kind != KeyKind.None;
    }

    private static void AddDigit(ref int number, byte digit) =>
        number = Math.Min((number * 10) + (digit - '0'), MaxNumber);
}
