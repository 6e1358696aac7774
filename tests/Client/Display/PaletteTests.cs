using System.Globalization;
using System.Text;
using Chat.Client.Display;

namespace Chat.Tests.Client.Display;

public sealed class PaletteTests
{
    private static readonly int[] CubeLevels = [0, 95, 135, 175, 215, 255];

    [Theory]
    [InlineData(Colours.TwoHundredFiftySix, 11)]
    [InlineData(Colours.True, 17)]
    public void Every_colour_is_readable_on_black_and_on_white(object colours, int names)
    {
        var palette = new Palette((Colours)colours);
        IEnumerable<Style> styles = Enumerable
            .Range(0, palette.Hues)
            .Select(hue => new Style(Role.Name, (byte)hue))
            .Concat([Style.Mention, Style.Whisper, Style.Quiet, Style.Error, Style.Time, Style.Pending]);

        Assert.Equal(names, palette.Hues);
        Assert.Equal(
            names,
            Enumerable
                .Range(0, names)
                .Select(hue => Parameters(palette, new Style(Role.Name, (byte)hue)))
                .Distinct()
                .Count()
        );
        Assert.All(
            styles,
            style =>
            {
                double light = Luminance(Parameters(palette, style));
                Assert.True((light + 0.05) / 0.05 >= 4, $"{style} on black");
                Assert.True(1.05 / (light + 0.05) >= 4, $"{style} on white");
            }
        );
    }

    [Fact]
    public void Sixteen_colours_exclude_the_background_colours()
    {
        var palette = new Palette(Colours.Sixteen);
        IEnumerable<string> used = Enumerable
            .Range(0, palette.Hues)
            .Select(hue => Parameters(palette, new Style(Role.Name, (byte)hue)));
        Assert.Empty(used.Intersect(["30", "33", "34", "37", "90", "93", "97"]));
    }

    [Fact]
    public void Without_colours_no_parameter_is_one_but_what_matters_still_stands_out()
    {
        var palette = new Palette(Colours.None);
        Assert.All(
            Enum.GetValues<Role>(),
            role => Assert.Contains(Parameters(palette, new Style(role)), (string[])["", "1", "2", "7"])
        );
        Assert.NotEqual("", Parameters(palette, Style.Mention));
    }

    [Fact]
    public void A_name_keeps_its_colour_in_any_case_and_look_alike()
    {
        (Palette? one, Palette? other) = (new Palette(Colours.True), new Palette(Colours.True));
        other.OfName("somebody");
        Assert.Equal(one.OfName("alice"), other.OfName("alice"));
        Assert.Equal(one.OfName("alice"), one.OfName("ALICE"));
        Assert.Equal(one.OfName("alice"), one.OfName("al1ce"));
    }

    [Fact]
    public void Names_are_spread_over_the_colours()
    {
        var palette = new Palette(Colours.TwoHundredFiftySix);
        var perHue = Enumerable
            .Range(0, 1100)
            .GroupBy(i => palette.OfName($"name{i}").Hue)
            .Select(hue => hue.Count())
            .ToList();
        Assert.Equal(11, perHue.Count);
        Assert.All(perHue, count => Assert.InRange(count, 50, 200));
    }

    private static string Parameters(Palette palette, Style style) =>
        Encoding.ASCII.GetString(palette.Parameters(style));

    /// <summary>
    /// Relative luminance of the chosen colour (WCAG 2.2). The cube and the greys of xterm's 256 follow their
    /// definition.
    /// </summary>
    private static double Luminance(string parameters)
    {
        int[] numbers = parameters
            .Split(';')
            .Select(number => int.Parse(number, CultureInfo.InvariantCulture))
            .SkipWhile(number => number != 38)
            .ToArray();
        int cube = numbers[2] - 16;
        int[] rgb =
            numbers[1] == 2 ? numbers[2..]
            : numbers[2] >= 232 ? [.. Enumerable.Repeat(8 + (10 * (numbers[2] - 232)), 3)]
            : [CubeLevels[cube / 36], CubeLevels[cube / 6 % 6], CubeLevels[cube % 6]];
        return (0.2126 * Linear(rgb[0])) + (0.7152 * Linear(rgb[1])) + (0.0722 * Linear(rgb[2]));

        static double Linear(int channel) =>
            channel / 255.0 is var c and <= 0.04045 ? c / 12.92 : Math.Pow(((channel / 255.0) + 0.055) / 1.055, 2.4);
    }
}
