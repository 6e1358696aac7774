using Chat.Protocol.Text;

namespace Chat.Tests.Protocol.Text;

public sealed class SpellingTests
{
    private static readonly string[] Known =
    [
        "nick",
        "msg",
        "who",
        "history",
        "help",
        "quit",
        "list",
        "client",
        "server",
    ];

    [Theory]
    [InlineData("hlep", "help")]
    [InlineData("hsitory", "history")]
    [InlineData("histroy", "history")]
    [InlineData("hitsorry", "history")]
    [InlineData("nik", "nick")]
    [InlineData("NCIK", "nick")]
    [InlineData("qiut", "quit")]
    [InlineData("quitt", "quit")]
    [InlineData("clinet", "client")]
    [InlineData("sever", "server")]
    [InlineData("serv", "server")]
    [InlineData("hist", "history")]
    [InlineData("cl", "client")]
    public void A_misspelt_or_shortened_word_suggests_the_nearest_known_one(string word, string nearest) =>
        Assert.Equal(nearest, Spelling.Nearest(word, Known));

    [Theory]
    [InlineData("")]
    [InlineData("h")]
    [InlineData("xx")]
    [InlineData("usr")]
    [InlineData("shrug")]
    [InlineData("historical")]
    [InlineData("hello")]
    public void A_word_far_from_all_known_ones_suggests_none(string word) => Assert.Null(Spelling.Nearest(word, Known));

    [Fact]
    public void A_word_of_any_length_can_be_compared() =>
        Assert.Null(Spelling.Nearest(new string('h', 100_000), Known));

    [Fact]
    public void The_nearest_word_wins_over_an_earlier_one_that_is_farther() =>
        Assert.Equal("history", Spelling.Nearest("histary", ["history1", "history"]));
}
