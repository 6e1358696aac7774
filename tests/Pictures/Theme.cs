namespace Chat.Tests.Pictures;

/// <summary>A terminal's colours on a light page and on a dark one.</summary>
/// <param name="Name">The name in the file names.</param>
/// <param name="Ink">The default text colour.</param>
/// <param name="Ground">The background.</param>
/// <param name="Frame">The line around it.</param>
/// <param name="Sixteen">The sixteen colours of the terminal's own choice, black first, the bright ones last.</param>
internal sealed record Theme(string Name, string Ink, string Ground, string Frame, string[] Sixteen)
{
    public static readonly Theme Light = new(
        "light",
        "#1f2328",
        "#ffffff",
        "#d1d9e0",
        [
            "#24292f",
            "#cf222e",
            "#116329",
            "#8a5a00",
            "#0969da",
            "#8250df",
            "#1b7c83",
            "#6e7781",
            "#57606a",
            "#a40e26",
            "#1a7f37",
            "#7d4e00",
            "#218bff",
            "#a475f9",
            "#3192aa",
            "#8c959f",
        ]
    );

    public static readonly Theme Dark = new(
        "dark",
        "#e6edf3",
        "#010409",
        "#3d444d",
        [
            "#484f58",
            "#ff7b72",
            "#3fb950",
            "#d29922",
            "#58a6ff",
            "#bc8cff",
            "#39c5cf",
            "#b1bac4",
            "#6e7681",
            "#ffa198",
            "#56d364",
            "#e3b341",
            "#79c0ff",
            "#d2a8ff",
            "#56d4dd",
            "#ffffff",
        ]
    );

    public static readonly Theme[] Both = [Light, Dark];

    /// <summary>A colour as <see cref="Look"/> names it.</summary>
    /// <param name="colour">Empty, a number or <c>#rrggbb</c>.</param>
    /// <param name="own">The colour for empty.</param>
    public string Of(string colour, string own)
    {
        if (colour.Length == 0)
            return own;
        if (!int.TryParse(colour, out int index))
            return colour;
        if (index < 16)
            return Sixteen[index];
        // xterm's cube of six steps a side, and 24 greys behind it.
        (int red, int green, int blue) =
            index < 232
                ? (Step((index - 16) / 36), Step((index - 16) / 6 % 6), Step((index - 16) % 6))
                : (Grey(index), Grey(index), Grey(index));
        return $"#{red:x2}{green:x2}{blue:x2}";
    }

    private static int Step(int step) => step == 0 ? 0 : 55 + (40 * step);

    private static int Grey(int index) => 8 + (10 * (index - 232));
}
