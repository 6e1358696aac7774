using System.Text;
using Chat.Protocol.Tls;

namespace Chat.Tests.Protocol.Tls;

/// <summary>The secret of a room and its proofs.</summary>
public sealed class RoomSecretTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(static i => (byte)i)],
        Exported = [.. Enumerable.Range(32, 32).Select(static i => (byte)i)];

    // Made with hashlib.scrypt and hmac of Python.
    [Fact]
    public void Proofs_follow_from_secret_key_and_exported_bytes()
    {
        RoomSecret secret = new(" copper-lantern-orbit-seven\n", Key);

        Assert.Equal(
            "1445e7155f75df734c716a29454f9d680ee54f862f08516d1d1e2a94ea12ab20",
            Convert.ToHexStringLower(secret.ClientProof(Exported))
        );
        Assert.Equal(
            "8a6fb99038c22b59cd89c70b6a3841004e117b674900931bb63f93ef5e8fa6fa",
            Convert.ToHexStringLower(secret.ServerProof(Exported))
        );
    }

    [Theory]
    [InlineData("rumor-parrot-airport-sanity", true)]
    [InlineData("  Rumor parrot AIRPORT  sanity ", true)]
    [InlineData("rumor-parrot-airport-sanit", false)]
    [InlineData("rumor-parrot-airport", false)]
    [InlineData("rumor-parrot-airport-sanity-mend", false)]
    [InlineData("", false)]
    public void Words_match_in_every_form_that_a_person_types(string typed, bool isRight) =>
        Assert.Equal(
            isRight,
            new RoomSecret("rumor-parrot-airport-sanity", Key).Matches(Encoding.UTF8.GetBytes(typed))
        );

    [Theory]
    [InlineData("Sixteen letters!", true)]
    [InlineData("sixteen letters!", false)]
    [InlineData(" Sixteen letters! ", true)]
    public void Other_secrets_match_exactly(string typed, bool isRight) =>
        Assert.Equal(isRight, new RoomSecret("Sixteen letters!", Key).Matches(Encoding.UTF8.GetBytes(typed)));

    [Theory]
    [InlineData("pizza", false)]
    [InlineData("fifteen letters", false)]
    [InlineData("sixteen letters!", true)]
    [InlineData("to be or not", false)]
    [InlineData("a b c d", false)]
    [InlineData("ice Hat jet-oil", true)]
    [InlineData("one line\nand another one", false)]
    [InlineData("", false)]
    public void A_chosen_secret_has_16_characters_or_four_words(string text, bool isTaken) =>
        Assert.Equal(isTaken, RoomSecret.TryParse(text, out _));

    [Fact]
    public void A_secret_has_at_most_256_bytes()
    {
        Assert.True(RoomSecret.TryParse(new string('x', 256), out _));
        Assert.False(RoomSecret.TryParse(new string('x', 257), out _));
    }
}
