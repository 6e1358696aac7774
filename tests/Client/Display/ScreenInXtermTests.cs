using System.Text.Json;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Display;

/// <summary>The copies of xterm.js, the terminal of VS Code and of many pages.</summary>
public sealed class ScreenInXtermTests
{
    [LinuxTheory]
    [InlineData(20)]
    [InlineData(47)]
    [InlineData(80)]
    [InlineData(200)]
    public void Xterm_copies_a_line_as_one_before_and_after_a_resize(int columns)
    {
        string bytes = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(bytes, CopiedTexts.Shown(columns));
            using RunningProgram node = ToolProcess.Start(
                "sh",
                "-c",
                "exec node \"$0\" \"$@\" < \"$FILE\"".Replace("$FILE", bytes, StringComparison.Ordinal),
                Path.Combine(Checkout.Root, "tests", "Support", "xterm.cjs"),
                Path.Combine(Checkout.Root, "artifacts", "npm"),
                "24",
                $"{columns}",
                $"{columns + 13}",
                $"{columns - 3}"
            );

            Assert.Equal(0, node.WaitForExit());
            string[][] copies = JsonSerializer.Deserialize<string[][]>(node.Out.Text)!;
            Assert.Equal(3, copies.Length);
            Assert.All(copies, static lines => Assert.True(CopiedTexts.AreWhole(lines), string.Join('\n', lines)));
        }
        finally
        {
            File.Delete(bytes);
        }
    }
}
