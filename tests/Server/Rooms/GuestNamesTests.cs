using Chat.Server.Rooms;

namespace Chat.Tests.Server.Rooms;

public sealed class GuestNamesTests
{
    private readonly HashSet<string> _taken = [];
    private readonly GuestNames _guests = new();

    [Fact]
    public void The_first_guest_has_no_number_and_the_others_count_up() =>
        Assert.Equal(["guest", "guest2", "guest3"], Take(3));

    [Fact]
    public void The_lowest_returned_guest_name_is_assigned_next()
    {
        Take(5);
        Return("guest4", "guest", "guest2");
        Assert.Equal(["guest", "guest2", "guest4", "guest6"], Take(4));
    }

    [Fact]
    public void A_name_returned_twice_is_assigned_once()
    {
        Take(3);
        Return("guest2", "guest2");
        Assert.Equal(["guest2", "guest4"], Take(2));
    }

    [Fact]
    public void When_all_guests_have_left_the_count_starts_again()
    {
        Take(3);
        Return("guest2", "guest3", "guest");
        Assert.Equal(["guest", "guest2"], Take(2));
    }

    [Fact]
    public void A_guest_name_that_a_member_chose_is_skipped_until_it_is_free()
    {
        _taken.Add("guest2");
        Assert.Equal(["guest", "guest3"], Take(2));
        Return("guest2");
        Assert.Equal(["guest2", "guest4"], Take(2));
    }

    [Theory]
    [InlineData("alice")]
    [InlineData("guest9")]
    [InlineData("guest02")]
    [InlineData("guest-2")]
    [InlineData("guests")]
    [InlineData("guest99999999999")]
    public void Returning_a_name_that_was_never_given_changes_nothing(string name)
    {
        Take(2);
        _guests.Return(name);
        Assert.Equal(["guest3"], Take(1));
    }

    private string[] Take(int count) => [.. Enumerable.Range(0, count).Select(_ => Take())];

    private string Take()
    {
        Assert.Equal(_guests.Lowest(IsFree), _guests.Lowest(IsFree));
        string name = _guests.Lowest(IsFree);
        Assert.True(_taken.Add(name));
        return name;
    }

    private bool IsFree(string name) => !_taken.Contains(name);

    private void Return(params string[] names)
    {
        foreach (string name in names)
        {
            _taken.Remove(name);
            _guests.Return(name);
        }
    }
}
