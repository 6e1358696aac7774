using System.Net;
using Chat.Client.Networking;
using Chat.Client.Storage;
using Chat.Protocol;
using Chat.Protocol.Tls;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Networking;

/// <summary>The decision about a presented key, in memory.</summary>
public sealed class RoomTrustTests : IDisposable
{
    private static readonly RoomKey Key = new(new byte[RoomKey.Bytes]),
        Other = new([.. Enumerable.Repeat((byte)7, RoomKey.Bytes)]);

    private static readonly HostPort Typed = new("Somebox", null);

    private static readonly IPEndPoint Address = IPEndPoint.Parse("192.168.1.65:8082");

    private readonly string _folder = Directory.CreateTempSubdirectory("chat-trust-").FullName;

    private RoomKeys Keys => new(Path.Combine(_folder, "room-keys"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private RoomTrust Trust(TrustRules? rules = null) => new(rules ?? new TrustRules(), Keys, new TestClock());

    // Begins a connection and shakes hands with a room that has this key.
    private static bool Presents(RoomTrust trust, RoomKey key, HostPort? typed = null, RoomKey? announced = null)
    {
        string? found = announced is null ? null : Convert.ToBase64String(announced.PublicKey);
        using TlsConnection client = trust.Begin(typed ?? Typed, Address, found)!,
            server = TlsConnection.Accept(key);
        byte[] payload = new byte[64 * 1024];
        while (client.HasOutput || server.HasOutput)
        {
            server.Decrypt(client.Output, payload, uptime: 0);
            client.Sent(client.Output.Length);
            client.Decrypt(server.Output, payload, uptime: 0);
            server.Sent(server.Output.Length);
        }
        return client.IsEstablished;
    }

    private static RoomTrust Offered(RoomTrust trust, HostPort? typed = null)
    {
        Assert.Null(trust.Begin(typed ?? Typed, Address));
        Assert.Equal(EntryStep.CallAgain, trust.HandleClear(offersTls: true));
        return trust;
    }

    private void Meet()
    {
        RoomTrust trust = Offered(Trust());
        Assert.True(Presents(trust, Key));
        trust.Welcome(out _);
    }

    [Fact]
    public void A_found_room_proves_the_key_that_it_announces_from_the_first_byte_on()
    {
        Assert.True(Presents(Trust(), Key, announced: Key));
        RoomTrust trust = Trust();

        Assert.False(Presents(trust, Other, announced: Key));
        Assert.Contains("another key than the room that was found there", trust.Refusal, StringComparison.Ordinal);
        Assert.Equal(EntryStep.CallAgain, trust.HandleClearAnswer("Welcome"));
        Assert.Equal(EntryStep.Refuse, trust.HandleClearAnswer("Welcome"));
    }

    [Theory]
    [InlineData("::ffff:192.168.1.65")]
    [InlineData("192.168.321")]
    [InlineData("0xc0a80141")]
    [InlineData("192.168.1.65")]
    [InlineData("Somebox")]
    public void A_known_address_has_its_key_however_it_is_typed(string typed)
    {
        HostPort plainly = new("192.168.1.65", null);
        RoomTrust trust = Offered(Trust(), plainly);
        Assert.True(Presents(trust, Key, plainly));
        trust.Welcome(out _);

        using TlsConnection? begun = Trust().Begin(new HostPort(typed, null), Address);

        Assert.NotNull(begun);
    }

    [Fact]
    public void A_room_that_asked_for_its_secret_asks_again()
    {
        RoomTrust trust = Offered(Trust());
        Assert.True(trust.AllowsNoProof());
        trust.HasAsked = true;

        Assert.False(trust.AllowsNoProof());
    }

    [Fact]
    public void The_known_key_counts_more_than_an_announced_one()
    {
        Meet();

        Assert.True(Presents(Trust(), Key, announced: Other));
        Assert.False(Presents(Trust(), Other, announced: Other));
    }

    [Fact]
    public void A_handshake_without_a_welcome_keeps_no_key()
    {
        Assert.True(Presents(Offered(Trust()), Key));

        Assert.Null(Keys.Find(Key.PublicKey));
    }

    [Fact]
    public void A_welcome_keeps_the_key_under_the_typed_name_and_a_known_room_is_no_news()
    {
        Meet();
        RoomTrust trust = Trust();

        Assert.True(Presents(trust, Key));

        Assert.True(trust.Welcome(out string notice)!.IsKnown);
        Assert.Equal("", notice);
        Assert.Equal(new HostPort("somebox", 8082), Keys.Find(Key.PublicKey)?.Place);
    }

    [Fact]
    public void Another_key_is_refused_and_the_known_one_stays()
    {
        Meet();
        RoomTrust trust = Trust();

        Assert.False(Presents(trust, Other));

        Assert.StartsWith("somebox:8082 has another key than before", trust.Refusal, StringComparison.Ordinal);
        Assert.EndsWith("chat client somebox --new-key", trust.Refusal, StringComparison.Ordinal);
        Assert.True(Presents(trust, Key));
        Assert.Null(trust.Refusal);
    }

    [Fact]
    public void A_new_key_is_taken_at_the_first_welcome_alone()
    {
        Meet();
        RoomTrust trust = Trust(new TrustRules { TakesNewKey = true });

        Assert.True(Presents(trust, Other));
        trust.Welcome(out string notice);

        Assert.Equal($"encrypted; from now on the key of this room is {RoomKeyWords.Of(Other.PublicKey)}", notice);
        Assert.False(Presents(trust, Key));
    }

    [Fact]
    public void The_options_as_text_have_no_secret()
    {
        TrustRules rules = new() { Secret = "sixteen letters!" };

        Assert.DoesNotContain("sixteen", $"{new LinkOptions(Typed) { Trust = rules }}", StringComparison.Ordinal);
    }

    // The demanded words leave no other news of the first contact.
    [Fact]
    public void A_key_that_cannot_be_kept_is_told_once_without_other_news()
    {
        TrustRules rules = new() { RoomKey = RoomKeyWords.Of(Key.PublicKey) };
        RoomTrust trust = Offered(Trust(rules));
        Directory.CreateDirectory(Path.Combine(_folder, "room-keys"));
        Assert.True(Presents(trust, Key));

        trust.Welcome(out string notice);
        Assert.True(Presents(trust, Key));
        trust.Welcome(out string later);

        Assert.StartsWith("the keys of rooms cannot be kept in ", notice, StringComparison.Ordinal);
        Assert.Equal("", later);
    }

    [Fact]
    public void A_run_that_keeps_nothing_still_knows_the_key_of_its_first_welcome()
    {
        RoomTrust trust = Offered(new RoomTrust(new TrustRules(), new RoomKeys(null), new TestClock()));
        Assert.True(Presents(trust, Key));
        Assert.False(trust.Welcome(out _)!.IsKnown);

        Assert.False(Presents(trust, Other));
        Assert.True(Presents(trust, Key));
        Assert.True(trust.Welcome(out string notice)!.IsKnown);
        Assert.Equal("", notice);
    }

    [Fact]
    public void The_key_of_another_address_is_named_with_that_address()
    {
        Meet();
        HostPort elsewhere = new("192.168.1.70", 8083);
        RoomTrust trust = Offered(Trust(), elsewhere);

        Assert.True(Presents(trust, Key, elsewhere));

        Assert.True(trust.Welcome(out string notice)!.IsKnown);
        Assert.Equal("encrypted; this is the room you know from somebox:8082, now at another address", notice);
    }

    [Fact]
    public void The_demanded_words_prove_even_a_changed_key()
    {
        Meet();
        string words = RoomKeyWords.Of(Other.PublicKey);

        Assert.True(Presents(Trust(new TrustRules { RoomKey = words }), Other));
        Assert.False(Presents(Trust(new TrustRules { RoomKey = words }), Key));
    }

    [Fact]
    public void A_link_that_was_welcome_in_the_clear_stays_so()
    {
        RoomTrust trust = Trust();
        Assert.Null(trust.Begin(Typed, Address));
        Assert.Equal(EntryStep.GoOn, trust.HandleClear(offersTls: false));
        Assert.Null(trust.Welcome(out _));

        Assert.Null(trust.Begin(Typed, Address));
        Assert.Equal(EntryStep.GoOn, trust.HandleClear(offersTls: true));
    }

    [Fact]
    public void An_offer_is_never_taken_back()
    {
        RoomTrust trust = Offered(Trust());

        Assert.NotNull(trust.Begin(Typed, Address));
        Assert.Equal(EntryStep.CallAgain, trust.HandleClearAnswer("Welcome to this chatroom! [chat/1]"));
        Assert.NotNull(trust.Begin(Typed, Address));
        Assert.Equal(EntryStep.Refuse, trust.HandleClearAnswer("-- the room is full"));
        Assert.StartsWith(
            "somebox:8082 offers encryption and then answers without. It said: \"the room is full\".",
            trust.Refusal,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_addresses_of_this_computer_are_one_place()
    {
        RoomTrust trust = Trust();
        Offered(trust);
        RoomTrust here = Trust();
        Assert.Null(here.Begin(new HostPort("127.0.0.1", 9000), IPEndPoint.Parse("127.0.0.1:9000")));
        Assert.Equal(EntryStep.CallAgain, here.HandleClear(offersTls: true));
        Keys.Keep(new HostPort("localhost", 9000), Key.PublicKey, new DateOnly(2026, 11, 30));

        Assert.NotNull(Trust().Begin(new HostPort(null, 9000), IPEndPoint.Parse("[::1]:9000")));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void The_plain_protocol_never_encrypts(bool isKnown, bool offersTls)
    {
        if (isKnown)
            Meet();
        RoomTrust trust = Trust(new TrustRules { IsPlain = true });

        Assert.Null(trust.Begin(Typed, Address));
        Assert.Equal(EntryStep.GoOn, trust.HandleClear(offersTls));
    }
}
