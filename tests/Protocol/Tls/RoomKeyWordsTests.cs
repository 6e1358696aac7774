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
        "sake-people-album-scan-misuse-moment"
    )]
    [InlineData(
        "0000000000000000000000000000000000000000000000000000000000000000",
        "penny-enhance-brown-invent-broken-cycle"
    )]
    [InlineData(
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "dilemma-goes-alive-media-land-script"
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
        // In order, a word that begins with another one comes behind it.
        Assert.DoesNotContain(
            List.Zip(List.Skip(1)),
            static pair => pair.Second.StartsWith(pair.First, StringComparison.Ordinal)
        );
    }

    // Read aloud, the first word of a pair is the second one, too.
    [Theory]
    [InlineData("affect", "effect")]
    [InlineData("axis", "access")]
    [InlineData("blew", "blue")]
    [InlineData("byte", "bite")]
    [InlineData("caught", "court")]
    [InlineData("clique", "click")]
    [InlineData("disc", "disk")]
    [InlineData("farther", "father")]
    [InlineData("flaw", "floor")]
    [InlineData("lain", "lane")]
    [InlineData("loose", "lose")]
    [InlineData("sine", "sign")]
    [InlineData("sought", "sort")]
    [InlineData("sung", "song")]
    [InlineData("women", "woman")]
    [InlineData("worn", "warn")]
    public void Of_two_words_that_sound_alike_the_list_has_one(string word, string other)
    {
        Assert.DoesNotContain(word, List);
        Assert.Contains(other, List);
    }

    [Theory]
    [InlineData("atheist")]
    [InlineData("cider")]
    [InlineData("daft")]
    [InlineData("drunken")]
    [InlineData("duff")]
    [InlineData("fascist")]
    [InlineData("freak")]
    public void No_word_is_unfit_for_a_classroom(string word) => Assert.DoesNotContain(word, List);

    [Theory]
    [InlineData("rumor-parrot-airport-sanity-mend-metric")]
    [InlineData(" Rumor parrot AIRPORT  sanity-mend metric ")]
    public void Typed_words_have_one_form(string typed) =>
        Assert.Equal("rumor-parrot-airport-sanity-mend-metric", RoomKeyWords.Normalize(typed));

    [Theory]
    [InlineData("")]
    [InlineData("rumor-parrot-airport-sanity-mend")]
    [InlineData("rumor-parrot-airport-sanity-mend-metric-mend")]
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
