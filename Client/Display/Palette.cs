using System.Text;
using Chat.Protocol.Names;

namespace Chat.Client.Display;

/// <summary>The colours of a terminal.</summary>
internal enum Colours
{
    /// <summary>No colours, or none wanted. Bold, faint and reverse still apply.</summary>
    None,

    /// <summary>The eight ANSI colours and bold. The terminal's theme decides their look.</summary>
    Sixteen,
    TwoHundredFiftySix,
    True,
}

/// <summary>Maps each style to the parameters of the SGR sequence that <see cref="Screen"/> sends.</summary>
/// <remarks>
/// The background may be dark or light, so each colour must be readable on both. By WCAG's contrast ratio, a colour has
/// at most 4.58:1 against both black and white; these have at least 4:1 against each. With sixteen colours the theme
/// decides. Black, white, yellow and blue are not used: in most themes they are close to one background.
/// <para>
/// The colour is a hash of the name, so it is the same for each reader and on each day, and for alice and Alice. Two
/// people may have the same colour.
/// </para>
/// </remarks>
internal sealed class Palette
{
    private static readonly byte[] SixteenNames = [31, 32, 35, 36];

    /// <summary>The distinct hues of xterm's colour cube, without those of the roles.</summary>
    private static readonly byte[] CubeNames = [27, 28, 30, 31, 63, 64, 97, 99, 129, 131, 133];

    /// <summary>
    /// Hues of one lightness, 15 degrees apart. The hues of the roles (red, brown, purple) and those next to red and
    /// purple are left out.
    /// </summary>
    private static readonly int[] TrueNames =
    [
        0x907215,
        0x7A7A11,
        0x647F12,
        0x4B8413,
        0x308713,
        0x148914,
        0x138830,
        0x13874D,
        0x138568,
        0x138383,
        0x177FA1,
        0x1E77CF,
        0x466EE5,
        0x6565E9,
        0x7F5CE8,
        0x9A4EE6,
        0xDD207E,
    ];

    private readonly Dictionary<string, byte> _hues = new(StringComparer.Ordinal);
    private readonly byte[][] _names;
    private readonly byte[][] _roles;

    public Palette(Colours colours)
    {
        _names = colours switch
        {
            Colours.True => [.. TrueNames.Select(OfTrue)],
            Colours.TwoHundredFiftySix => [.. CubeNames.Select(index => Ascii($"38;5;{index}"))],
            Colours.Sixteen => [.. SixteenNames.Select(code => Ascii($"{code}"))],
            _ => [Ascii("")],
        };
        _roles = [.. Enum.GetValues<Role>().Select(role => Ascii(Parameters(role, colours)))];
    }

    /// <summary>The number of name colours.</summary>
    public int Hues => _names.Length;

    /// <summary>
    /// The parameters between <c>ESC [</c> and <c>m</c>, such as <c>1;35</c>; empty for the default look.
    /// </summary>
    public ReadOnlySpan<byte> Parameters(Style style) =>
        style.Role == Role.Name ? _names[style.Hue % _names.Length] : _roles[(int)style.Role];

    /// <summary>The style of a name.</summary>
    public Style OfName(string name)
    {
        if (!_hues.TryGetValue(name, out byte hue))
        {
            if (_hues.Count >= ClientLimits.KnownNames)
                _hues.Clear();
            hue = (byte)(Hash(Nickname.LookAlikeKey(name)) % (uint)_names.Length);
            _hues.Add(name, hue);
        }

        return new Style(Role.Name, hue);
    }

    private static string Parameters(Role role, Colours colours) =>
        (role, colours) switch
        {
            (Role.Own, _) => "1",
            // Reverse, because it also shows on a blank.
            (Role.Found, _) => "7",
            (Role.Mention, Colours.True) => "1;38;2;174;99;25",
            (Role.Mention, Colours.TwoHundredFiftySix) => "1;38;5;130",
            (Role.Mention, Colours.Sixteen) => "1;31",
            (Role.Mention, _) => "1",
            (Role.Whisper, Colours.True) => "38;2;204;29;204",
            (Role.Whisper, Colours.TwoHundredFiftySix) => "38;5;163",
            (Role.Whisper, Colours.Sixteen) => "35",
            (Role.Error, Colours.True) => "38;2;225;43;43",
            (Role.Error, Colours.TwoHundredFiftySix) => "38;5;161",
            (Role.Error, Colours.Sixteen) => "31",
            (Role.Quiet or Role.Time or Role.Pending, Colours.True) => "38;2;118;118;118",
            (Role.Quiet or Role.Time or Role.Pending, Colours.TwoHundredFiftySix) => "38;5;243",
            // Bright black, the usual grey, equals the background in some themes.
            (Role.Quiet or Role.Time or Role.Pending, _) => "2",
            _ => "",
        };

    private static byte[] OfTrue(int rgb) => Ascii($"38;2;{rgb >> 16};{(rgb >> 8) & 0xFF};{rgb & 0xFF}");

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    /// <summary>FNV-1a, because string.GetHashCode differs between runs.</summary>
    private static uint Hash(string key)
    {
        uint hash = 2166136261;
        foreach (char unit in key)
            hash = (hash ^ unit) * 16777619;
        return hash ^ (hash >> 16);
    }
}
