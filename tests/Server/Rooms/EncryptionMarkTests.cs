using System.Net;
using System.Text;
using Chat.Protocol.Wire;
using Chat.Server;
using Chat.Server.Access;
using Chat.Server.Rooms;

namespace Chat.Tests.Server.Rooms;

/// <summary>
/// Members in the clear are marked in a room with TLS, and the names of version 0.1.0 find their owners.
/// </summary>
public sealed class EncryptionMarkTests
{
    private static readonly PeerAddress Elsewhere = From("192.168.1.9");

    private readonly Room _room = NewRoom(offersTls: true);
    private UInt128 _lastSeat = 100;

    [Theory]
    [InlineData("192.168.1.9", true, false, "-- guest joined, in the clear\n")]
    [InlineData("192.168.1.9", true, true, "-- guest joined\n")]
    [InlineData("192.168.1.9", false, false, "-- guest joined\n")]
    [InlineData("127.0.0.1", true, false, "-- guest joined\n")]
    [InlineData("10.0.0.1", true, false, "-- guest joined\n")]
    public void A_join_says_whether_others_can_read_along(string from, bool offersTls, bool isEncrypted, string line)
    {
        Room room = NewRoom(offersTls);

        Member member = room.JoinPlain(default, From(from), isEncrypted);

        Assert.EndsWith(line, Read(member), StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_for_people_and_programs_have_the_mark()
    {
        Member alice = Join("alice", token: 1, isEncrypted: true),
            bob = Join("bob", token: 2, isEncrypted: false),
            carol = _room.JoinPlain(default, Elsewhere);
        Read(alice);
        Read(bob);
        Read(carol);

        _room.HandleLine(alice, "who 5"u8, dropped: 0, default);
        _room.HandleLine(bob, "people 6 0"u8, dropped: 0, default);
        _room.HandleLine(carol, "/who"u8, dropped: 0, default);

        Assert.Equal("info 5 3 here: alice, bob (in the clear), guest (in the clear)\n", Read(alice));
        Assert.Equal(
            [
                "person 6 1 alice 0 0 chat",
                "person 6 2 bob 0 0 chat you clear",
                "person 6 3 guest 0 0 plain - clear",
                "people 6 - 3",
                "",
            ],
            Read(bob).Split('\n')
        );
        string[] shown = Read(carol).Split('\n');
        Assert.EndsWith("chat client", shown[1], StringComparison.Ordinal);
        Assert.EndsWith("chat client, in the clear", shown[2], StringComparison.Ordinal);
        Assert.EndsWith("plain connection, in the clear", shown[3], StringComparison.Ordinal);
    }

    [Fact]
    public void Another_connection_of_a_person_in_the_clear_is_told_once()
    {
        Member alice = Join("alice", token: 1, isEncrypted: true),
            bob = Join("bob", token: 2, isEncrypted: true);
        Read(alice);
        Read(bob);

        for (int i = 0; i < 3; i++)
        {
            Member second = Join("alice", token: 1, isEncrypted: false);
            _room.Lose(second, "cut", default);
        }

        Assert.Equal(
            "notice - 0 alice is here in the clear, too\n",
            string.Join('\n', Read(bob).Split('\n').Select(static line => line.Split(' ', 3).Last()))
        );
    }

    [Fact]
    public void The_mark_of_a_join_has_the_former_name_before_it()
    {
        Join("alice", token: 1, isEncrypted: false);

        Assert.Contains("join alice 1.0 - clear", Rich(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", false, "", false)]
    [InlineData("al", false, "al", false)]
    [InlineData("", true, "", true)]
    [InlineData("al", true, "al", true)]
    public void The_text_of_a_join_is_read_as_it_was_written(string former, bool isClear, string read, bool isRead)
    {
        byte[] text = Encoding.UTF8.GetBytes(RichWire.JoinText(former, isClear));

        Assert.Equal(read, Encoding.UTF8.GetString(RichWire.FormerOf(text)));
        Assert.Equal(isRead, RichWire.IsJoinInClear(text));
    }

    [Theory]
    [InlineData("alice", "alice")]
    [InlineData("-", "alice")]
    [InlineData("zoe", "zoe")]
    public void The_owner_of_a_name_of_version_0_1_gets_it_inside_TLS(string asked, string name)
    {
        KeepName("alice", token: 0xA);

        Member owner = Join(asked == "-" ? null : asked, token: 1, isEncrypted: true);
        _room.HandleLine(owner, "was 0 0000000000000000000000000000000a"u8, dropped: 0, default);

        Assert.Equal(name, owner.Name);
        // The name belongs to the new token from now on.
        Member other = Join("alice", token: 2, isEncrypted: true);
        Assert.Equal(name == "alice" ? "alice2" : "alice", other.Name);
    }

    [Theory]
    [InlineData("was 0 0000000000000000000000000000000a", false)]
    [InlineData("was 0 0000000000000000000000000000000b", true)]
    [InlineData("was 0 a", true)]
    [InlineData("was 0", true)]
    public void A_name_stays_kept_without_the_token_or_in_the_clear(string line, bool isEncrypted)
    {
        KeepName("alice", token: 0xA);
        Member stranger = Join("alice", token: 1, isEncrypted);
        Read(stranger);

        Assert.True(_room.HandleLine(stranger, Encoding.UTF8.GetBytes(line), dropped: 0, default));

        Assert.Equal("alice2", stranger.Name);
        Assert.Equal("", Read(stranger));
    }

    [Fact]
    public void A_person_who_is_here_keeps_its_name()
    {
        Join("alice", token: 0xA, isEncrypted: true);
        Member stranger = Join("alice", token: 1, isEncrypted: true);

        _room.HandleLine(stranger, "was 0 0000000000000000000000000000000a"u8, dropped: 0, default);

        Assert.Equal("alice2", stranger.Name);
    }

    private static Room NewRoom(bool offersTls) =>
        new(
            ServerLimits.LogBytes,
            ServerLimits.GraceMilliseconds,
            RoomState.Empty(ServerLimits.LogBytes, default),
            default
        )
        {
            OffersTls = offersTls,
        };

    private static PeerAddress From(string address) =>
        new(new IPEndPoint(IPAddress.Parse(address), 0), local: IPAddress.Parse("10.0.0.1"));

    private void KeepName(string name, UInt128 token)
    {
        Member member = Join(name, token, isEncrypted: false);
        _room.HandleLine(member, "say 1 here I was"u8, dropped: 0, default);
        _room.HandleLine(member, "bye"u8, dropped: 0, default);
    }

    private Member Join(string? name, UInt128 token, bool isEncrypted) =>
        _room.Join(
            new Hello(name, token, ++_lastSeat, Epoch: null, Offset: 0),
            plain: null,
            default,
            out _,
            Elsewhere,
            isEncrypted
        );

    private string Rich()
    {
        Member reader = Join("reader", token: 99, isEncrypted: true);
        _room.HandleLine(reader, "history 9 10"u8, dropped: 0, default);
        return Read(reader);
    }

    private static string Read(Member member)
    {
        StringBuilder text = new();
        while (member.Feed.Next(new byte[4096]) is { Length: > 0 } next)
        {
            text.Append(Encoding.UTF8.GetString(next));
            member.Feed.Advance(next.Length);
        }
        return text.ToString();
    }
}
