using System.Text.RegularExpressions;
using Chat.Tests.Documentation;
using Chat.Tests.Support;

namespace Chat.Tests.Pictures;

/// <summary>
/// Takes each picture of the README again from the published client at a terminal and compares it with its
/// file. <c>./build.sh pictures</c> plays the same scenes and writes the files.
/// </summary>
public sealed partial class PicturesTests
{
    // SHOTS=tests/Pictures node tests/Web/page.mjs takes them; afterwards they are reduced to a palette of 128 colours.
    private static readonly string[] PagePictures =
    [
        "tests/Pictures/page-desktop-dark.png",
        "tests/Pictures/page-desktop-light.png",
        "tests/Pictures/page-phone-dark.png",
        "tests/Pictures/page-phone-light.png",
    ];

    private static readonly bool Takes = Environment.GetEnvironmentVariable("CHAT_PICTURES") == "take";

    public static TheoryData<string> Names => [.. Scenes.All.Keys];

    [LinuxTheory]
    [MemberData(nameof(Names))]
    public void A_picture_is_what_the_terminal_shows(string name)
    {
        Shot shot = Scenes.All[name]();

        foreach (Theme theme in Theme.Both)
        {
            (string? file, string? drawn) = ($"tests/Pictures/{name}-{theme.Name}.svg", Svg.Draw(shot, theme));
            if (Takes)
                File.WriteAllText(Path.Combine(Checkout.Root, file), drawn);
            string there = Path.Exists(Path.Combine(Checkout.Root, file)) ? DocumentationTests.Read(file) : "";
            Assert.True(
                there == drawn,
                $"{file} is not what the terminal shows: run ./build.sh pictures\n{string.Join('\n', drawn.Split('\n').Except(there.Split('\n'), StringComparer.Ordinal))}"
            );
        }
    }

    [Fact]
    public void The_README_shows_every_picture_and_no_other()
    {
        var files = Scenes
            .All.Keys.SelectMany(name => Theme.Both.Select(theme => $"tests/Pictures/{name}-{theme.Name}.svg"))
            .Concat(PagePictures)
            .Order(StringComparer.Ordinal)
            .ToList();

        Assert.Equal(
            files,
            Shown()
                .Matches(DocumentationTests.Read("README.md"))
                .Select(match => match.Groups["file"].Value)
                .Order(StringComparer.Ordinal)
        );
        Assert.Equal(
            files,
            Directory
                .EnumerateFiles(Path.Combine(Checkout.Root, "tests/Pictures"))
                .Where(static file => Path.GetExtension(file) is ".svg" or ".png")
                .Select(file => $"tests/Pictures/{Path.GetFileName(file)}")
                .Order(StringComparer.Ordinal)
        );
    }

    [GeneratedRegex("(src|srcset)=\"(?<file>[^\"]+)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex Shown();
}
