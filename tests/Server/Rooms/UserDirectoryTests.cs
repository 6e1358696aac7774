using Chat.Protocol;
using Chat.Protocol.Names;
using Chat.Protocol.Wire;
using Chat.Server;
using Chat.Server.Log;
using Chat.Server.Rooms;

namespace Chat.Tests.Server.Rooms;

/// <summary>Names and their owners, without a room: ownership, offered names, and the order of forgetting.</summary>
public sealed class UserDirectoryTests
{
    private readonly UserDirectory _users = new();

    [Fact]
    public void A_name_belongs_to_its_owner_present_or_away_and_a_refusal_says_which()
    {
        User alice = _users.Add(token: 1, "alice", default);

        Assert.Equal("alice2", _users.Offer("alice", person: null, out string? refusal));
        Assert.Equal("alice is kept for a person who is away", refusal);
        alice.IsHere = true;
        Assert.Equal("alice2", _users.Offer("alice", person: null, out refusal));
        Assert.Equal("alice is taken", refusal);
        Assert.Equal("alice", _users.Offer("alice", alice, out refusal));
        Assert.Null(refusal);
    }

    [Theory]
    [InlineData("Alice")]
    [InlineData("ALICE")]
    [InlineData("al1ce")]
    [InlineData("аlісе")]
    public void A_name_that_looks_like_another_persons_belongs_to_that_person(string name)
    {
        User alice = _users.Add(token: 1, "alice", default);
        Assert.Same(alice, _users.Find(name));
        Assert.NotEqual(name, _users.Offer(name, person: null, out string? refusal));
        Assert.NotNull(refusal);
    }

    [Fact]
    public void An_offered_name_is_valid_free_and_has_the_lowest_number()
    {
        string longest = new('n', ProtocolLimits.NameLength);
        foreach (string name in (string[])["bob", longest])
        {
            for (UInt128 i = 1; i <= 120; i++)
            {
                string offer = _users.Offer(name, person: null, out _);
                Assert.Null(Nickname.Refusal(offer));
                Assert.Null(_users.Find(offer));
                _users.Add(i + (name == "bob" ? 0 : 1000u), offer, default);
            }
        }

        Assert.NotNull(_users.Find("bob120"));
        Assert.NotNull(_users.Find(longest[..^3] + "120"));
        _users.Remove(_users.Find("bob17")!);
        Assert.Equal("bob17", _users.Offer("bob", person: null, out _));
    }

    [Fact]
    public void Many_requests_for_one_name_each_get_a_free_one_without_trying_all()
    {
        for (UInt128 i = 1; i <= ServerLimits.PeopleRemembered; i++)
        {
            string offer = _users.Offer(name: null, person: null, out _);
            Assert.Null(_users.Find(offer));
            _users.Add(i, offer, default);
        }

        Assert.NotNull(_users.Find($"guest{ServerLimits.PeopleRemembered}"));
    }

    [Fact]
    public void No_name_or_an_invalid_one_becomes_a_numbered_guest()
    {
        Assert.Equal("guest", _users.Offer(null, person: null, out string? refusal));
        Assert.Null(refusal);
        _users.Add(token: 1, "guest", default);
        Assert.Equal("guest2", _users.Offer("1st", person: null, out refusal));
        Assert.NotNull(refusal);
    }

    [Fact]
    public void A_rename_frees_the_old_name_and_a_removal_everything()
    {
        User alice = _users.Add(token: 1, "alice", default);
        _users.Rename(alice, "eve");
        Assert.Null(_users.Find("alice"));
        Assert.Same(alice, _users.Find("eve"));
        _users.Remove(alice);
        Assert.Null(_users.Find("eve"));
        Assert.Null(_users.Find((UInt128)1));
        Assert.Empty(_users.Remembered);
    }

    [Fact]
    public void Token_zero_finds_no_person()
    {
        _users.Add(token: 0, "one", default);
        _users.Add(token: 0, "two", default);
        Assert.Null(_users.Find((UInt128)0));
        Assert.Empty(_users.Remembered);
    }

    [Fact]
    public void A_full_memory_forgets_the_people_longest_away_and_no_present_one()
    {
        for (int i = 1; i <= ServerLimits.PeopleRemembered; i++)
            _users.Add((UInt128)i, $"p{i}", new ClockReading(1_000_000 - i, 0)).IsHere =
                i > ServerLimits.PeopleRemembered - 2;

        _users.Add(token: 999_999, "newcomer", new ClockReading(1_000_000, 0));
        _users.Add(token: 999_998, "another", new ClockReading(1_000_000, 0));

        // The last two added have been away longest but are present. The longest absent of the others come next.
        int last = ServerLimits.PeopleRemembered,
            forgotten = ServerLimits.PeopleForgottenAtOnce;
        Assert.Equal(last - forgotten + 2, _users.Remembered.Count);
        Assert.NotNull(_users.Find($"p{last}"));
        Assert.NotNull(_users.Find($"p{last - 1}"));
        Assert.Null(_users.Find($"p{last - 2}"));
        Assert.Null(_users.Find((UInt128)(last - 1 - forgotten)));
        Assert.NotNull(_users.Find($"p{last - 2 - forgotten}"));
    }

    [Fact]
    public void A_person_with_too_many_seats_loses_the_oldest_unconnected_one_and_no_number_repeats()
    {
        User alice = _users.Add(token: 1, "alice", default);
        Seat first = _users.SeatOf(alice, secret: 1);
        first.Member = new Member(alice, first, new Feed(new RoomLog(1024), new HiddenRanges(), alice.Number, 0));
        for (UInt128 secret = 2; secret <= ServerLimits.SeatsRemembered + 2u; secret++)
            _users.SeatOf(alice, secret);

        Assert.Equal(ServerLimits.SeatsRemembered, alice.Seats.Count);
        Assert.Same(first, _users.SeatOf(alice, secret: 1));
        Assert.Equal(ServerLimits.SeatsRemembered + 3, _users.SeatOf(alice, secret: 2).Number);
    }

    [Fact]
    public void Two_persons_of_one_name_in_a_file_become_the_newer_one()
    {
        _users.Recall("alice", seat: 1, new SeatRecord(1, Token: 1, Secret: 11)).Person.HasSpoken = true;
        _users.Recall("alice", seat: 2, new SeatRecord(2, Token: 2, Secret: 12)).Person.HasSpoken = true;
        _users.EndRecall(default);

        Assert.Equal(2, _users.Find("alice")!.Number);
        Assert.Null(_users.Find((UInt128)1));
        Assert.Equal(3, _users.Add(token: 3, "bob", default).Number);
        Assert.Equal(3, _users.SeatOf(_users.Find("bob")!, secret: 3).Number);
    }

    [Fact]
    public void A_file_with_too_many_people_restores_only_the_allowed_number()
    {
        for (int i = 1; i <= ServerLimits.PeopleRemembered + 5; i++)
            _users.Recall($"p{i}", i, new SeatRecord(i, (UInt128)i, (UInt128)i));
        for (int i = 1; i <= ServerLimits.SeatsRemembered + 5; i++)
            _users.Recall("p1", 100_000 + i, new SeatRecord(1, 1, (UInt128)(100_000 + i)));
        _users.EndRecall(default);

        Assert.InRange(
            _users.Remembered.Count,
            ServerLimits.PeopleRemembered - ServerLimits.PeopleForgottenAtOnce,
            ServerLimits.PeopleRemembered
        );
        Assert.All(
            _users.Remembered,
            static person => Assert.InRange(person.Seats.Count, 1, ServerLimits.SeatsRemembered)
        );
    }
}
