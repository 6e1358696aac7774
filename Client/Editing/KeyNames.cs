using System.Globalization;

namespace Chat.Client.Editing;

/// <summary>The names of keys and of their bytes. /keys shows both, so a person sees why a key has no effect.</summary>
internal static class KeyNames
{
    /// <summary>The usual name of a key, such as <c>Ctrl-Right</c>.</summary>
    public static string Describe(Key key)
    {
        string name =
            key.Kind != KeyKind.Character ? key.Kind.ToString()
            : key.Rune.Value == ' ' ? "Space"
            : key.Ctrl ? key.Rune.ToString().ToUpperInvariant()
            : key.Rune.ToString();
        return $"{(key.Ctrl ? "Ctrl-" : "")}{(key.Alt ? "Alt-" : "")}{(key.Shift ? "Shift-" : "")}{name}";
    }

    /// <summary>
    /// The bytes in the usual notation, such as <c>ESC [ 1 ; 5 C</c>; bytes above 0x7F in hexadecimal.
    /// </summary>
    public static string DescribeBytes(ReadOnlySpan<byte> bytes)
    {
        List<string> names = new(bytes.Length);
        foreach (byte b in bytes)
        {
            names.Add(
                b switch
                {
                    0x1B => "ESC",
                    (byte)' ' => "SP",
                    0x7F => "DEL",
                    < 0x20 => $"^{(char)(b + 0x40)}",
                    < 0x7F => ((char)b).ToString(),
                    _ => b.ToString("x2", CultureInfo.InvariantCulture),
                }
            );
        }

        return string.Join(' ', names);
    }
}
