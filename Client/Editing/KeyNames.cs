using System.Globalization;

namespace Chat.Client.Editing;

/// <summary>
/// Keys in words, and what the terminal sent for them, for /keys: who wonders why a key does nothing sees here what
/// arrives.
/// </summary>
internal static class KeyNames
{
    /// <summary>A key as people call it: <c>Ctrl-Right</c>.</summary>
    public static string Describe(Key key)
    {
        string name =
            key.Kind != KeyKind.Character ? key.Kind.ToString()
            : key.Rune.Value == ' ' ? "Space"
            : key.Rune.ToString();
        return $"{(key.Ctrl ? "Ctrl-" : "")}{(key.Alt ? "Alt-" : "")}{(key.Shift ? "Shift-" : "")}{name}";
    }

    /// <summary>Bytes as they are written about: <c>ESC [ 1 ; 5 C</c>; bytes beyond ASCII by their number.</summary>
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
