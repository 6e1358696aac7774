using System.Text;
using Chat.Protocol;
using Chat.Protocol.Wire;

namespace Chat.Tests.Protocol.Wire;

/// <summary>The texts of the two internal lines of the log.</summary>
public sealed class LogRecordsTests
{
    [Fact]
    public void A_seat_with_the_largest_fields_is_parsed_unchanged()
    {
        foreach (
            SeatRecord seat in (SeatRecord[])[new(1, 2, 3), new(long.MaxValue, UInt128.MaxValue, UInt128.MaxValue)]
        )
        {
            byte[] text = new byte[ProtocolLimits.HeadBytes];
            int length = seat.Write(text);

            Assert.True(SeatRecord.TryParse(text.AsSpan(0, length), out SeatRecord parsed));
            Assert.Equal(seat, parsed);
            for (int cut = 0; cut < length; cut++)
                Assert.False(SeatRecord.TryParse(text.AsSpan(0, cut), out _));
        }
    }

    [Fact]
    public void The_readers_of_a_whisper_are_parsed_unchanged()
    {
        byte[] text = new byte[ProtocolLimits.HeadBytes];
        int length = new PairRecord(7, long.MaxValue).Write(text);

        Assert.Equal($"7 {long.MaxValue}", Encoding.ASCII.GetString(text, 0, length));
        Assert.True(PairRecord.TryParse(text.AsSpan(0, length), out PairRecord parsed));
        Assert.Equal(new PairRecord(7, long.MaxValue), parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("7 ")]
    [InlineData(" 7")]
    [InlineData("7 8 9")]
    [InlineData("7 -8")]
    [InlineData("seven 8")]
    public void A_malformed_pair_is_refused(string text) =>
        Assert.False(PairRecord.TryParse(Encoding.ASCII.GetBytes(text), out _));
}
