using System.Net;
using System.Text;
using Chat.Client.Discovery;
using Chat.Client.Editing;
using Chat.Client.Storage;
using Chat.Client.Views;
using Chat.Protocol;

namespace Chat.Tests.Client.Views;

/// <summary>The list of rooms at a terminal.</summary>
public sealed class RoomListTests
{
    private readonly RoomList _list = new();

    private static FoundRoom Room(string name, string address, int? members = 3) =>
        new(name, 8082, [new RoomAddress(IPAddress.Parse(address), address)]) { Members = members };

    private static readonly FoundRoom Lab = Room("lab", "192.168.1.65"),
        Pub = Room("pub", "192.168.1.66", members: 1);

    private static readonly KnownRoom Old = new(new HostPort("10.0.0.7", 8082), "0123456789abcdef", "garage");

    private void Update(params FoundRoom[] rooms) => _list.Update(rooms, [Old], ["eth0"]);

    private string[] Rows => _list.View(79).Text.Split('\n');

    private void Type(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
            _list.Press(new Key(KeyKind.Character, rune));
    }

    private void Press(KeyKind kind) => _list.Press(new Key(kind));

    [Fact]
    public void The_list_shows_name_people_lock_and_address_of_each_room()
    {
        Update(Lab, Pub);

        Assert.Equal(
            [
                "rooms found on eth0; still looking",
                ">  1  lab                   3 people      not encrypted  192.168.1.65",
                "   2  pub                   1 person      not encrypted  192.168.1.66",
                "   3  garage                joined before                10.0.0.7",
                "arrows and Enter join; or type a number or an address; Escape leaves",
                "join> ",
            ],
            Rows
        );
    }

    [Fact]
    public void A_room_with_a_secret_says_so_in_place_of_its_people()
    {
        Update(Lab with { AsksSecret = true, Key = Convert.ToBase64String(new byte[32]) });

        Assert.Equal(">  1  lab                   needs secret  encrypted      192.168.1.65", Rows[1]);
    }

    [Fact]
    public void Two_names_at_one_address_are_two_rows()
    {
        FoundRoom trap = Room("trap", "192.168.1.65");
        Update(Lab, trap);
        Press(KeyKind.Down);
        Update(trap, Lab);

        Assert.Equal(["   1  lab ", ">  2  trap"], Rows[1..3].Select(static row => row[..10]));
    }

    [Fact]
    public void Rooms_in_doubt_and_rooms_that_are_too_many_are_named_as_such()
    {
        KnownRoom known = new(new HostPort("10.0.0.7", 8082), "0123456789abcdef", "lab");
        FoundRoom moved = Room("lab", "192.168.1.66") with { Epoch = "0123456789abcdef" },
            looksAlike = Room("lab", "192.168.1.67") with { IsNameChanged = true };

        _list.Update([Lab, moved, looksAlike], [known], ["eth0"], more: 12);

        Assert.Equal(
            [
                "rooms found on eth0, and 12 more than the list holds; still looking",
                ">  1  lab                   not the room you joined before  192.168.1.65",
                "   2  lab                   not where you joined it before  192.168.1.66",
                "   3  lab                   the name has hidden characters  192.168.1.67",
            ],
            Rows[..4]
        );
    }

    [Fact]
    public void Enter_joins_the_marked_room_and_arrows_move_the_mark()
    {
        Update(Lab, Pub);
        Press(KeyKind.Down);
        Press(KeyKind.Enter);

        Assert.Same(Pub, _list.Pick?.Room);
    }

    [Theory]
    [InlineData("2", "192.168.1.66")]
    [InlineData("3", "10.0.0.7")]
    [InlineData("PUB", "192.168.1.66")]
    [InlineData("192.168.9.9", "192.168.9.9")]
    [InlineData("192.168.9.9 9000", "192.168.9.9 9000")]
    [InlineData("somebox:9000", "somebox 9000")]
    [InlineData("9000", "9000")]
    public void A_number_a_name_or_an_address_can_be_typed(string text, string typed)
    {
        Update(Lab, Pub);
        Type(text);
        Press(KeyKind.Enter);

        Assert.Equal(typed, _list.Pick?.To.Typed);
    }

    [Fact]
    public void A_text_that_is_no_address_is_answered_in_words_and_can_be_corrected()
    {
        Update(Lab);
        Type("some/box");
        Press(KeyKind.Enter);

        Assert.Null(_list.Pick);
        Assert.StartsWith("'some/box' is no address", Rows[^2], StringComparison.Ordinal);
        Press(KeyKind.Backspace);
        Assert.Equal("join> some/bo", Rows[^1]);
    }

    [Fact]
    public void Rooms_of_one_name_are_not_joined_by_that_name()
    {
        Update(Lab, Room("Lab", "192.168.1.99"));
        Type("lab");
        Press(KeyKind.Enter);

        Assert.Null(_list.Pick);
        Assert.Equal("2 rooms are called lab; type the number of one", Rows[^2]);
    }

    [Fact]
    public void The_number_of_an_entry_stays_when_a_room_appears()
    {
        Update();
        Assert.Equal(">  1  garage                joined before                10.0.0.7", Rows[1]);
        Type("1");
        Update(Lab);
        Press(KeyKind.Enter);

        Assert.Equal("10.0.0.7", _list.Pick?.To.Typed);
    }

    [Fact]
    public void Before_a_key_the_first_found_room_has_the_mark()
    {
        Update();
        Update(Lab);
        Press(KeyKind.Enter);

        Assert.Same(Lab, _list.Pick?.Room);
    }

    [Theory]
    [InlineData((int)KeyKind.Escape)]
    [InlineData((int)KeyKind.Character)]
    public void Escape_and_Ctrl_C_leave(int kind)
    {
        Update(Lab);
        _list.Press((KeyKind)kind == KeyKind.Character ? Key.WithCtrl('c') : new Key((KeyKind)kind));

        Assert.True(_list.IsLeaving);
    }

    [Fact]
    public void A_room_of_a_remembered_name_elsewhere_is_marked()
    {
        Update(Room("garage", "192.168.1.99") with { Epoch = "fedcba9876543210" });

        Assert.Equal(">  1  garage                not the room you joined before  192.168.1.99", Rows[1]);
    }

    [Fact]
    public void Many_rooms_scroll_in_a_small_window_and_no_row_is_wider_than_it()
    {
        _list.Rows = 10;
        Update([.. Enumerable.Range(1, 60).Select(i => Room($"会議室 with a long name {i}", $"192.168.1.{i}"))]);
        for (int i = 0; i < 40; i++)
            Press(KeyKind.Down);

        string[] rows = _list.View(40).Text.Split('\n');
        Assert.True(rows.Length < 10);
        Assert.Contains(rows, static row => row.StartsWith("> 41", StringComparison.Ordinal));
        Assert.All(rows, static row => Assert.InRange(Chat.Client.Display.CellWidth.Measure(row), 0, 40));
    }
}
