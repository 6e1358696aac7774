using System.Text;
using Chat.Tests.Support;

namespace Chat.Tests.SupportTests;

/// <summary>
/// Draws the same bytes on our grid and on tmux; both must show the same rows. One case is left out: tmux 3.3a
/// does not blank the left half of a wide character in the first column when its right half is overwritten.
/// </summary>
public sealed class VtScreenAndTmuxTests
{
    [Theory]
    [InlineData(10, 4, "one\r\ntwo\r\nEND")]
    [InlineData(4, 3, "abcd\r\nefghij\r\nEND")]
    [InlineData(4, 3, "abcd\rX\e[4GY\r\nEND")]
    [InlineData(6, 3, "a\r\nb\r\nc\r\nd\r\ne\r\nEND")]
    [InlineData(5, 4, "abcd漢字x\r\nEND")]
    [InlineData(8, 3, "a漢字\e[3Gx\e[4Gy\r\nEND")]
    [InlineData(10, 3, "abcdef\e[4G\e[Kx\r\nabcdef\e[3D\e[1Kx\r\n\e[2CEND")]
    [InlineData(10, 3, "abcdef\b\b\bXY\e[2K\r\nab\e[40Cz\r\nEND")]
    [InlineData(10, 4, "one\r\ntwo\r\nthree\e[H12\e[JEND")]
    [InlineData(12, 3, "\e[1;31mred\e[0m \e[?25l\e[?2004hplain\r\ne\u0301e\r\nEND\e[?25h")]
    [InlineData(10, 3, "hello\r\n> typed\r\e[Kline above\r\n> typed\e[3GEND")]
    [InlineData(5, 3, "漢字漢字漢字漢字END")]
    [InlineData(10, 4, "one\r\ntwo\r\nthree\e[A\e[K\e[A\r\e[K\e[A\e[AX\r\n\r\n\r\nEND")]
    public void The_grid_and_tmux_show_the_same(int columns, int rows, string text)
    {
        var screen = new VtScreen(columns, rows);
        screen.Feed(text);
        using var tmux = new Tmux(columns, rows, Encoding.UTF8.GetBytes(text));
        tmux.MustShow(screen);
    }

    [Fact]
    public void A_long_conversation_with_a_prompt_is_the_same_in_both()
    {
        var random = new Random(20260102);
        var text = new StringBuilder();
        for (int i = 0; i < 200; i++)
        {
            string line = string.Concat(
                Enumerable.Range(0, random.Next(1, 60)).Select(_ => random.Next(8) == 0 ? "漢" : "x")
            );
            text.Append($"\r\e[K\e[3{random.Next(8)}m<{i}>\e[0m {line}\r\n> draft\e[{random.Next(1, 8)}D");
        }

        text.Append("\r\e[KEND");
        var screen = new VtScreen(30, 8);
        screen.Feed(text.ToString());
        using var tmux = new Tmux(30, 8, Encoding.UTF8.GetBytes(text.ToString()));
        tmux.MustShow(screen);
    }
}
