using System.Text;

namespace Chat.Client.Editing;

internal enum KeyKind : byte
{
    None,

    /// <summary>A character: <see cref="Key.Rune"/>, with Ctrl and Alt when they were held.</summary>
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
    /// What comes until <see cref="PasteEnd"/> was pasted, not typed: characters with <see cref="Key.Pasted"/>, line
    /// breaks as '\n'.
    /// </summary>
    PasteBegin,

    /// <summary>
    /// The same, on a terminal that does not mark a paste: several lines came at once. They may be typed ahead (<see
    /// cref="KeyReader"/>).
    /// </summary>
    BurstBegin,
    PasteEnd,
}

/// <summary>One key, as a person would name it.</summary>
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

    /// <summary>Whether this is the character, held with Ctrl alone.</summary>
    public bool IsCtrl(char character) => Kind == KeyKind.Character && Ctrl && !Alt && Rune.Value == character;
}
