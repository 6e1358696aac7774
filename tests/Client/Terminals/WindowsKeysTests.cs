using System.Text;
using Chat.Client.Terminals.Windows;

namespace Chat.Tests.Client.Terminals;

/// <summary>The records of a Windows console, one a key, and the bytes that a terminal sends for them.</summary>
public sealed class WindowsKeysTests
{
    private const int Up = 0,
        Down = 1;
    private const uint RightAlt = 1,
        LeftAlt = 2,
        RightCtrl = 4,
        LeftCtrl = 8,
        Shift = 16,
        NumLock = 32,
        Extended = 256;

    private readonly WindowsKeys _keys = new();

    [Theory]
    [InlineData('A', 'a', 0u, "a")]
    [InlineData('A', 'A', Shift, "A")]
    [InlineData('A', '\x01', LeftCtrl, "\x01")]
    [InlineData('B', 'b', LeftAlt, "\eb")]
    [InlineData('B', 'b', LeftAlt | NumLock, "\eb")]
    [InlineData(0xDE, 'é', 0u, "é")]
    [InlineData(0, '漢', 0u, "漢")]
    [InlineData('E', '€', RightAlt | LeftCtrl, "€")]
    [InlineData('Q', '@', RightAlt | RightCtrl, "@")]
    [InlineData(0xDE, 'é', LeftAlt, "\eé")]
    [InlineData(0x0D, '\r', 0u, "\r")]
    [InlineData(0x0D, '\r', RightAlt, "\e\r")]
    [InlineData(0x0D, '\r', Shift, "\e[13;2u")]
    [InlineData(0x0D, '\n', LeftCtrl, "\n")]
    [InlineData(0x08, '\b', 0u, "\b")]
    [InlineData(0x1B, '\e', 0u, "\e")]
    [InlineData(0x09, '\t', 0u, "\t")]
    [InlineData(0x09, '\t', Shift, "\e[Z")]
    public void A_key_with_a_character_sends_the_character(int key, char character, uint controls, string sent) =>
        Assert.Equal(sent, Press(key, character, controls));

    [Theory]
    [InlineData(0x25, Extended, "\e[1;1D")]
    [InlineData(0x26, Extended, "\e[1;1A")]
    [InlineData(0x27, Extended | LeftCtrl, "\e[1;5C")]
    [InlineData(0x28, Extended | Shift, "\e[1;2B")]
    [InlineData(0x24, 0u, "\e[1;1H")]
    [InlineData(0x23, RightCtrl, "\e[1;5F")]
    [InlineData(0x2E, LeftAlt, "\e[3;3~")]
    [InlineData(0x21, LeftCtrl | LeftAlt, "\e[5;7~")]
    [InlineData(0x22, Shift | LeftCtrl | LeftAlt, "\e[6;8~")]
    [InlineData(0x2D, 0u, "\e[2;1~")]
    [InlineData(0x10, Shift, "")]
    [InlineData(0x12, LeftAlt, "")]
    [InlineData(0x70, 0u, "")]
    public void A_key_without_a_character_sends_a_sequence_or_nothing(int key, uint controls, string sent) =>
        Assert.Equal(sent, Press(key, '\0', controls));

    [Fact]
    public void A_released_key_sends_nothing_except_Alt_after_a_composition()
    {
        Assert.Equal("", Take(new InputRecord(Up, 1, 'A', 'a', 0)));
        Assert.Equal("", Take(new InputRecord(Up, 1, 0x12, '\0', 0)));
        Assert.Equal("é", Take(new InputRecord(Up, 1, 0x12, 'é', 0)));
    }

    [Theory]
    [InlineData('x', 3, "xxx")]
    [InlineData('x', 0, "x")]
    public void A_held_key_repeats_as_often_as_the_console_reports(char character, ushort times, string sent) =>
        Assert.Equal(sent, Take(new InputRecord(Down, times, 'X', character, 0)));

    [Fact]
    public void An_arrow_that_is_held_is_as_many_arrows() =>
        Assert.Equal("\e[1;1D\e[1;1D", Take(new InputRecord(Down, 2, 0x25, '\0', 0)));

    [Fact]
    public void A_character_of_two_units_arrives_as_two_keys()
    {
        const string Smile = "😀";

        Assert.Equal("", Press(0, Smile[0]));
        Assert.Equal("", Take(new InputRecord(Up, 1, 0, Smile[0], 0)));
        Assert.Equal(Smile, Press(0, Smile[1]));
        Assert.Equal("", Press(0, Smile[0], LeftAlt));
        Assert.Equal("\e" + Smile, Press(0, Smile[1], LeftAlt));
    }

    [Fact]
    public void Half_a_character_is_marked_and_the_next_character_is_intact()
    {
        const string Smile = "😀";

        Assert.Equal("\uFFFD", Press(0, Smile[1]));
        Assert.Equal("", Press(0, Smile[0]));
        Assert.Equal("a", Press('A', 'a'));
        Assert.Equal("\uFFFD", Press(0, Smile[1]));
    }

    /// <summary>A console in terminal mode sends one key without a number for each character.</summary>
    [Fact]
    public void A_sequence_from_the_console_itself_is_unchanged() =>
        Assert.Equal("\e[1;5D", string.Concat("\e[1;5D".Select(c => Press(0, c))));

    private string Press(int key, char character, uint controls = 0) =>
        Take(new InputRecord(Down, 1, (ushort)key, character, controls));

    private string Take(InputRecord record)
    {
        Queue<byte> typed = new();
        _keys.Translate(record, typed);
        return Encoding.UTF8.GetString([.. typed]);
    }
}
