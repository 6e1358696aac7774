using System.Text;

namespace Chat.Client.Editing;

internal enum KeyKind : byte
{
    None,

    /// <summary>A character, in <see cref="Key.Rune"/>, possibly with Ctrl and Alt.</summary>
    Character,
    Enter,
    Tab,
    Backspace,
    Delete,
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    PageUp,
    PageDown,
    Escape,
    F1,

    /// <summary>
    /// A paste begins. Until <see cref="PasteEnd"/> come characters with <see cref="Key.Pasted"/>, and line breaks as
    /// '\n'.
    /// </summary>
    PasteBegin,

    /// <summary>
    /// Several lines came at once from a terminal without paste marks: a paste, or lines typed ahead
    /// (<see cref="KeyReader"/>).
    /// </summary>
    BurstBegin,
    PasteEnd,

    /// <summary>The window of the terminal came to the front.</summary>
    FocusIn,

    /// <summary>Another window came to the front.</summary>
    FocusOut,
}

/// <summary>One key with its modifiers.</summary>
internal readonly record struct Key(
    KeyKind Kind,
    Rune Rune = default,
    bool Ctrl = false,
    bool Alt = false,
    bool Shift = false,
    bool Pasted = false
)
{
    public static Key FromCharacter(char character) => new(KeyKind.Character, new Rune(character));

    public static Key WithCtrl(char character) => new(KeyKind.Character, new Rune(character), Ctrl: true);

    public static Key WithAlt(char character) => new(KeyKind.Character, new Rune(character), Alt: true);

    /// <summary>Whether this is the character with Ctrl and without Alt.</summary>
    public bool IsAlt(char character) => Kind == KeyKind.Character && Alt && !Ctrl && Rune.Value == character;

    public bool IsCtrl(char character) => Kind == KeyKind.Character && Ctrl && !Alt && Rune.Value == character;
}
