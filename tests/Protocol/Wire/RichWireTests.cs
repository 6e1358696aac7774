using System.Text;
using Chat.Protocol;
using Chat.Protocol.Wire;

namespace Chat.Tests.Protocol.Wire;

/// <summary>The rich protocol: each written line parses back, and each near miss is refused.</summary>
public sealed class RichWireTests
{
    [Fact]
    public void A_written_line_parses_back_unchanged()
    {
        for (int seed = 0; seed < 2000; seed++)
        {
            Random random = new(seed);
            long offset = Number(random),
                time = random.Next(2) == 0 ? Number(random) : -Number(random);
            LineKind kind = (LineKind)random.Next(1, Enum.GetValues<LineKind>().Length);
            LineId id = random.Next(3) == 0 ? default : new LineId(1 + Number(random) / 2, Number(random));
            string name = Word(random);
            byte[] text = Encoding.UTF8.GetBytes(
                string.Join(
                    ' ',
                    Enumerable.Range(0, random.Next(5)).Select(_ => random.Next(4) == 0 ? "" : Word(random))
                )
            );
            byte[] line = new byte[ProtocolLimits.RelayedLineBytes];

            int length = RichWire.Line(line, offset, time, kind, name, id, text);

            Assert.Equal((byte)'\n', line[length - 1]);
            Assert.True(RichWire.TryParse(line.AsSpan(0, length - 1), out RichLine read), $"seed {seed}");
            Assert.Equal((offset, time, kind, id), (read.Offset, read.Milliseconds, read.Kind, read.Id));
            Assert.Equal(name, Encoding.UTF8.GetString(read.Name));
            Assert.Equal(text, read.Text.ToArray());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("info 0 hello")]
    [InlineData("5 6 say alice")]
    [InlineData("5 6 say  0 text")]
    [InlineData("-5 6 say alice 0 text")]
    [InlineData("+5 6 say alice 0 text")]
    [InlineData("5. 6 say alice 0 text")]
    [InlineData("5 +6 say alice 0 text")]
    [InlineData("5 --6 say alice 0 text")]
    [InlineData("5 - say alice 0 text")]
    [InlineData("5 6 say alice 1 text")]
    [InlineData("5 6 say alice 1. text")]
    [InlineData("5 6 say alice .1 text")]
    [InlineData("5 6 say alice 1.2.3 text")]
    [InlineData("9223372036854775808 6 say alice 0 text")]
    [InlineData(" 5 6 say alice 0 text")]
    public void A_malformed_log_line_is_refused(string line) =>
        Assert.False(RichWire.TryParse(Encoding.UTF8.GetBytes(line), out _));

    [Fact]
    public void A_line_of_an_unknown_kind_is_parsed()
    {
        Assert.True(RichWire.TryParse("5 6 sing alice 0 la la"u8, out RichLine line));
        Assert.Equal((5, LineKind.Unknown), (line.Offset, line.Kind));
    }

    [Theory]
    [InlineData(
        "hello alice 0123456789abcdef0123456789abcdef 00000000000000000000000000000001 0123456789abcdef 77",
        "alice",
        false,
        "0123456789abcdef",
        77
    )]
    [InlineData("hello - - 00000000000000000000000000000001 - 20", null, true, null, 20)]
    [InlineData("hello 漢字 - 0000000000000000000000000000000F - 0", "漢字", true, null, 0)]
    public void A_hello_has_identity_and_offset(string line, string? name, bool anybody, string? epoch, long offset)
    {
        Assert.True(RichWire.TryHello(Encoding.UTF8.GetBytes(line), out Hello hello));
        Assert.Equal((name, anybody, epoch, offset), (hello.Name, hello.Token == 0, hello.Epoch, hello.Offset));
    }

    [Theory]
    [InlineData("0123456789abcdef0123456789abcdef", true)]
    [InlineData("00000000000000000000000000000001", true)]
    [InlineData("00000000000000000000000000000000", false)]
    [InlineData("0123456789abcdef0123456789abcde", false)]
    [InlineData("0123456789abcdef0123456789abcdef0", false)]
    [InlineData("0123456789abcdef0123456789abcdeg", false)]
    [InlineData("-123456789abcdef0123456789abcdef", false)]
    [InlineData(" 123456789abcdef0123456789abcdef", false)]
    [InlineData("0x23456789abcdef0123456789abcdef", false)]
    public void A_secret_is_thirty_two_hexadecimal_digits_not_all_zero(string word, bool is_one) =>
        Assert.Equal(is_one, RichWire.TrySecret(Encoding.UTF8.GetBytes(word), out _));

    private static long Number(Random random) =>
        random.Next(4) switch
        {
            0 => random.Next(3),
            1 => random.Next(),
            2 => random.NextInt64(),
            _ => long.MaxValue,
        };

    private static string Word(Random random) =>
        string.Concat(
            Enumerable
                .Range(0, random.Next(1, 9))
                .Select(_ => "az09_-öß漢字🙂.".EnumerateRunes().ElementAt(random.Next(12)))
        );
}
