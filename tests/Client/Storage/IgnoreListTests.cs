using Chat.Client;
using Chat.Client.Storage;
using Chat.Protocol.Names;

namespace Chat.Tests.Client.Storage;

/// <summary>Ignoring follows a person through all names and affects no other holder of one.</summary>
public sealed class IgnoreListTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"chat-{Guid.NewGuid():N}", "ignored");
    private IgnoreList _list;
    private long _offset,
        _unix = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    public IgnoreListTests() => _list = new IgnoreList(_path);

    public void Dispose()
    {
        if (Directory.Exists(Path.GetDirectoryName(_path)))
            Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);
    }

    [Fact]
    public void Unignoring_after_a_rename_away_and_back_works_at_once()
    {
        _list.Add("bob");
        Rename("bob", "robert");
        Rename("robert", "bob");

        Assert.Equal("bob", _list.Remove("bob"));

        Assert.False(_list.Holds("bob"));
        Assert.Empty(_list.Names);
        Assert.Empty(Kept());
    }

    [Fact]
    public void The_ignore_list_follows_a_rename_and_releases_the_old_name()
    {
        _list.Add("bob");
        Rename("bob", "robert");
        Rename("carol", "bob");

        Assert.True(_list.Holds("robert") && _list.Holds("R0bert"));
        Assert.False(_list.Holds("bob"));
        Assert.Equal(["robert (formerly bob)"], _list.Descriptions);
        Assert.Equal(["robert"], Kept());
        Assert.Equal(["robert"], new IgnoreList(_path).Names);
    }

    [Fact]
    public void Unignoring_a_former_name_works_unless_another_ignored_person_has_that_name()
    {
        _list.Add("bob");
        Rename("bob", "robert");
        Rename("carol", "bob");
        _list.Add("bob");

        Assert.Equal("bob", _list.Remove("bob"));
        Assert.True(_list.Holds("robert"));
        Assert.Equal("robert", _list.Remove("bob"));
        Assert.Empty(Kept());
    }

    [Fact]
    public void Two_ignored_people_may_swap_their_names()
    {
        _list.Add("ann");
        _list.Add("bob");
        Rename("bob", "tmp");
        Rename("ann", "bob");
        Rename("tmp", "ann");

        Assert.Equal("ann", _list.Remove("ann"));
        Assert.True(_list.Holds("bob"));
        Assert.False(_list.Holds("ann"));
        Assert.Equal(["bob"], Kept());
    }

    [Fact]
    public void The_ignore_list_follows_a_person_that_returns_with_another_name()
    {
        _list.Add("bob");
        Rename("bob", "robert");
        Leave("robert");
        Join("bob", former: "robert");

        Assert.True(_list.Holds("bob"));
        Assert.False(_list.Holds("robert"));
        Assert.Equal(["bob"], Kept());
    }

    [Fact]
    public void A_plain_tool_with_the_old_name_of_an_ignored_one_counts_as_the_same_person()
    {
        _list.Add("bob");
        Rename("bob", "robert");
        Leave("robert");
        Join("guest2");
        Rename("guest2", "bob");

        Assert.True(_list.Holds("bob"));
    }

    [Fact]
    public void A_person_that_takes_the_name_of_an_ignored_one_that_left_is_not_ignored()
    {
        _list.Add("bob");
        Leave("bob");
        Rename("carol", "bob");
        Assert.False(_list.Holds("bob"));

        Rename("bob", "carol");
        Assert.True(_list.Holds("bob"));
        Assert.False(_list.Holds("carol"));
    }

    [Fact]
    public void The_next_session_follows_a_rename_from_a_session_that_ended()
    {
        _list.Add("bob");
        _list = new IgnoreList(_path);
        // Lines older than the file are in it already: this name belonged to another person.
        _list.Track(
            new ChatEvent(EventKind.Rename)
            {
                Offset = 1,
                Name = "bob",
                Text = "old",
                UnixMilliseconds = 1000,
                IsHistory = true,
            }
        );
        Assert.True(_list.Holds("bob"));

        _list.Track(
            new ChatEvent(EventKind.Rename)
            {
                Offset = 2,
                Name = "bob",
                Text = "robert",
                UnixMilliseconds = _unix + 60_000,
                IsHistory = true,
            }
        );

        Assert.True(_list.Holds("robert"));
        Assert.False(_list.Holds("bob"));
    }

    [Fact]
    public void A_repeated_line_is_hidden_by_its_name_at_that_time_and_changes_no_entry()
    {
        _list.Add("bob");
        Rename("bob", "robert");
        long renamed = _offset;
        Rename("carol", "bob");

        _list.Track(
            new ChatEvent(EventKind.Rename)
            {
                Offset = renamed,
                Name = "bob",
                Text = "robert",
                IsHistory = true,
            }
        );

        Assert.True(_list.Holds("bob", renamed) && _list.Holds("robert", renamed + 1) && _list.Holds("robert"));
        Assert.False(_list.Holds("bob", renamed + 1) || _list.Holds("robert", renamed) || _list.Holds("bob"));
    }

    [Fact]
    public void A_second_client_of_the_same_person_follows_too_and_restores_no_entry()
    {
        _list.Add("bob");
        var other = new IgnoreList(_path);
        Rename("bob", "robert");
        other.Track(
            new ChatEvent(EventKind.Rename)
            {
                Offset = _offset,
                Name = "bob",
                Text = "robert",
            }
        );
        other.Finish();
        Assert.Equal(["robert"], Kept());

        _list.Remove("robert");
        other.Track(
            new ChatEvent(EventKind.Rename)
            {
                Offset = _offset + 1,
                Name = "robert",
                Text = "rob",
            }
        );
        other.Finish();
        Assert.Empty(Kept());
    }

    [Fact]
    public void Any_number_of_renames_is_written_at_most_once_a_second()
    {
        _list.Add("bob");
        Rename("bob", "n0");
        for (int i = 0; i < 5000; i++)
            Rename($"n{i}", $"n{i + 1}");
        Assert.Equal(["bob"], File.ReadAllLines(_path));
        Assert.NotNull(_list.Deadline);

        _list.Tick(ClientLimits.IgnoredWriteMilliseconds);
        Assert.Equal(["n5000"], File.ReadAllLines(_path));
        Assert.Null(_list.Deadline);

        Rename("n5000", "robert");
        _list.Tick((2 * ClientLimits.IgnoredWriteMilliseconds) - 1);
        Assert.Equal(["n5000"], File.ReadAllLines(_path));
        _list.Tick(2 * ClientLimits.IgnoredWriteMilliseconds);
        Assert.Equal(["robert"], File.ReadAllLines(_path));
    }

    [Fact]
    public void A_change_waits_while_another_client_holds_the_file()
    {
        _list.Add("ann");
        _list.Add("bob");
        using (UserPaths.Open(_path))
        {
            _list.Add("cy");
            Rename("bob", "robert");
            _list.Remove("ann");
            _list.Tick(ClientLimits.IgnoredWriteMilliseconds);
            Assert.Null(_list.Failure);
            Assert.NotNull(_list.Deadline);
        }

        _list.Tick(2 * ClientLimits.IgnoredWriteMilliseconds);

        Assert.Equal(["robert", "cy"], File.ReadAllLines(_path));
        Assert.Null(_list.Deadline);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Across_random_renames_exactly_the_ignored_people_stay_ignored(int seed)
    {
        Random random = new(seed);
        string[] names = ["ann", "Bob", "cy", "dee", "eve", "Fay", "gus", "hal", "ida", "jon"];
        // A person with an identity keeps the name while away.
        List<(string Name, bool IsHere, bool IsIgnored)> people =
        [
            .. names.Take(6).Select(name => (name, true, false)),
        ];
        for (int step = 0; step < 1000; step++)
        {
            int i = random.Next(people.Count);
            (string? name, bool isHere, bool isIgnored) = people[i];
            string[] free = names.Where(n => !people.Exists(p => p.Name == n)).ToArray();
            string next = free[random.Next(free.Length)];
            switch (random.Next(isHere ? 5 : 2))
            {
                case 0 when isHere:
                case 1 when isHere:
                    Rename(name, next);
                    people[i] = (next, isHere, isIgnored);
                    break;
                case 0:
                    Join(next, former: name);
                    people[i] = (next, true, isIgnored);
                    break;
                case 1:
                    Join(name);
                    people[i] = (name, true, isIgnored);
                    break;
                case 2:
                    Leave(name);
                    people[i] = (name, false, isIgnored);
                    break;
                case 3:
                    Assert.Equal(!isIgnored, _list.Add(name));
                    people[i] = (name, isHere, true);
                    break;
                default:
                    // An earlier name may end it as well, so only present names of ignored people are tried.
                    if (isIgnored)
                        Assert.Equal(Nickname.LookAlikeKey(name), Nickname.LookAlikeKey(_list.Remove(name)!));
                    people[i] = (name, isHere, false);
                    break;
            }

            if (step % 250 == 249)
                Restart();
            Assert.All(people, p => Assert.Equal(p.IsIgnored, _list.Holds(p.Name)));
            Assert.Equal(Keys(people.Where(p => p.IsIgnored).Select(p => p.Name)), Keys(_list.Names));
        }

        Assert.Equal(Keys(people.Where(p => p.IsIgnored).Select(p => p.Name)), Keys(Kept()));
    }

    private static List<string> Keys(IEnumerable<string> names) =>
        [.. names.Select(name => Nickname.LookAlikeKey(name)).Order(StringComparer.Ordinal)];

    private void Restart()
    {
        _list.Finish();
        (_list, _offset) = (new IgnoreList(_path), 0);
    }

    private string[] Kept()
    {
        _list.Finish();
        return File.ReadAllLines(_path);
    }

    private void Rename(string from, string to) => Track(new ChatEvent(EventKind.Rename) { Name = from, Text = to });

    private void Join(string name, string former = "") =>
        Track(new ChatEvent(EventKind.Join) { Name = name, Former = former });

    private void Leave(string name) => Track(new ChatEvent(EventKind.Leave) { Name = name });

    private void Track(ChatEvent happened) =>
        _list.Track(happened with { Offset = ++_offset, UnixMilliseconds = ++_unix });
}
