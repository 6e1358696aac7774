using System.Xml.Linq;

namespace Chat.Tests.Pictures;

/// <summary>The output of a terminal and its drawing.</summary>
public sealed class SvgTests
{
    private static readonly XNamespace Names = "http://www.w3.org/2000/svg";

    [Theory]
    [InlineData("1;38;2;174;99;25", "#ae6319", "", true, false, false, false)]
    [InlineData("38;5;130;48;5;7", "130", "7", false, false, false, false)]
    [InlineData("31;102;2;4;7", "1", "10", false, true, true, true)]
    [InlineData("1;2;4;7;31;41;22;24;27;39;49", "", "", false, false, false, false)]
    [InlineData("1;31;0;95", "13", "", false, false, false, false)]
    [InlineData("1;31;", "", "", false, false, false, false)]
    internal void SGR_parameters_become_a_style(
        string parameters,
        string ink,
        string ground,
        bool isBold,
        bool isDim,
        bool isUnderlined,
        bool isReversed
    ) => Assert.Equal(new Look(ink, ground, isBold, isDim, isUnderlined, isReversed), Look.Plain.After(parameters));

    [Theory]
    [InlineData("", "#ffffff")]
    [InlineData("1", "#cf222e")]
    [InlineData("16", "#000000")]
    [InlineData("130", "#af5f00")]
    [InlineData("231", "#ffffff")]
    [InlineData("243", "#767676")]
    [InlineData("#123456", "#123456")]
    public void A_colour_number_has_the_value_of_xterm(string colour, string drawn) =>
        Assert.Equal(drawn, Theme.Light.Of(colour, own: "#ffffff"));

    [Fact]
    public void A_picture_ends_with_its_last_row_and_is_the_same_in_every_run()
    {
        var shot = Shot.Of(["\e[2m23:07 \e[1mone", "at 23:07, 127.0.0.1 45678", "23:08 in 7 s", "", "", "0,1"], 40);

        Assert.Equal(["11:58 one", "at 23:07, 127.0.0.1 8082", "11:58 in 4 s"], shot.Texts);
        // The look at the end of the row above.
        Assert.True(shot.Rows[2][0].Look is { IsBold: true, IsDim: true });
    }

    [Fact]
    public void Every_stretch_stands_in_its_column_and_what_is_wide_in_the_middle_of_two()
    {
        XElement drawn = Draw("\e[31m<&>\e[0m  漢\"  \e[7mx\e[0m", "9,0");

        Assert.Equal(["<&>", "漢", "\"", "x"], drawn.Elements(Names + "text").Select(text => text.Value));
        Assert.Equal(
            ["16", "66.4", "74.8", "100"],
            drawn.Elements(Names + "text").Select(text => text.Attribute("x")!.Value)
        );
        Assert.Equal(
            ["25.2", null, "8.4", "8.4"],
            drawn.Elements(Names + "text").Select(text => text.Attribute("textLength")?.Value)
        );
        // Around the picture, behind reversed text, and the caret.
        Assert.Equal([".5", "100", "91.6"], drawn.Elements(Names + "rect").Select(box => box.Attribute("x")!.Value));
        Assert.Contains(".a{fill:#ff7b72}", drawn.Element(Names + "style")!.Value, StringComparison.Ordinal);
    }

    private static XElement Draw(params string[] told) => XElement.Parse(Svg.Draw(Shot.Of(told, 20), Theme.Dark));
}
