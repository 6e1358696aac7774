using System.Text;
using Chat.Protocol;
using Chat.Server;

namespace Chat.Tests.Server;

/// <summary>The file of --motd.</summary>
public sealed class MessageOfTheDayTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("", "")]
    [InlineData("\n\n", "")]
    [InlineData("\uFEFFone\r\ntwo\n\n  three  \n\n", "one|two||  three")]
    [InlineData("\u001b[31mred\u0007", "^[[31mred^G")]
    public void Rows_are_cleaned(string text, string rows)
    {
        File.WriteAllText(_file, text);
        Assert.Equal(rows, string.Join('|', MessageOfTheDay.Load(_file)));
    }

    [Fact]
    public void A_row_that_grows_when_it_is_cleaned_fits_into_a_line()
    {
        File.WriteAllBytes(_file, Enumerable.Repeat((byte)0xFF, ServerLimits.MotdBytes).ToArray());
        string row = Assert.Single(MessageOfTheDay.Load(_file));
        Assert.InRange(Encoding.UTF8.GetByteCount(row), ProtocolLimits.TextBytes - 4, ProtocolLimits.TextBytes);
    }

    [Fact]
    public void A_file_that_cannot_be_used_is_named_with_the_reason()
    {
        Assert.Equal($"cannot read {_file}.no, the file of --motd: it is not there", Refusal($"{_file}.no"));
        Assert.StartsWith(
            "cannot read /tmp, the file of --motd: ",
            Refusal(Path.GetTempPath().TrimEnd('/')),
            StringComparison.Ordinal
        );
        File.WriteAllText(_file, new string('x', ServerLimits.MotdBytes + 1));
        Assert.EndsWith($"it has more than {ServerLimits.MotdBytes} bytes", Refusal(_file), StringComparison.Ordinal);
        File.WriteAllText(_file, string.Concat(Enumerable.Repeat("x\n", ServerLimits.MotdRows + 1)));
        Assert.Contains($"and {ServerLimits.MotdRows} is the most", Refusal(_file), StringComparison.Ordinal);
    }

    private static string Refusal(string path) =>
        Assert.Throws<StartupException>(() => MessageOfTheDay.Load(path)).Message;
}
