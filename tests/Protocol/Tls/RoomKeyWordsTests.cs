using Chat.Protocol.Tls;

namespace Chat.Tests.Protocol.Tls;

/// <summary>The words of a room's key.</summary>
public sealed class RoomKeyWordsTests
{
    private static readonly string[] List = File.ReadAllLines(
        Path.Combine(Support.Checkout.Root, "Protocol", "Tls", "RoomKeyWords.txt")
    );

    // Made with hashlib.scrypt of Python.
    [Theory]
    [InlineData(
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "rumor-parrot-airport-sanity-mend-met"
    )]
    [InlineData(
        "0000000000000000000000000000000000000000000000000000000000000000",
        "park-elegant-bracket-immense-bow-cube"
    )]
    [InlineData(
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "destroy-gas-alias-major-keen-science"
    )]
    public void Words_follow_from_the_key(string key, string words) =>
        Assert.Equal(words, RoomKeyWords.Of(Convert.FromHexString(key)));

    [Fact]
    public void The_list_has_2048_words_in_order_that_differ_in_four_letters()
    {
        Assert.Equal(2048, List.Length);
        Assert.Equal(List.Order(StringComparer.Ordinal), List);
        Assert.All(List, static word => Assert.Matches("^[a-z]{3,7}$", word));
        Assert.Equal(List.Length, List.Select(static word => word[..Math.Min(4, word.Length)]).Distinct().Count());
    }

    [Theory]
    [InlineData("rumor-parrot-airport-sanity-mend-met")]
    [InlineData(" Rumor parrot AIRPORT  sanity-mend met ")]
    public void Typed_words_have_one_form(string typed) =>
        Assert.Equal("rumor-parrot-airport-sanity-mend-met", RoomKeyWords.Normalize(typed));

    [Theory]
    [InlineData("")]
    [InlineData("rumor-parrot-airport-sanity-mend")]
    [InlineData("rumor-parrot-airport-sanity-mend-met-met")]
    [InlineData("rumor-parrot-airport-sanity-mend-zebras")]
    public void Other_texts_are_no_words_of_a_key(string typed) => Assert.Null(RoomKeyWords.Normalize(typed));

    [Fact]
    public void New_words_are_words_of_the_list_and_differ()
    {
        string[] made = [.. Enumerable.Range(0, 20).Select(static _ => RoomKeyWords.Create())];

        Assert.All(made, static words => Assert.Equal(words, RoomKeyWords.Normalize(words)));
        Assert.Distinct(made);
    }
}
