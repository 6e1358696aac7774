using System.Diagnostics.CodeAnalysis;

namespace Chat.Server.Rooms;

/// <summary>
/// The searches under way, at most one for each member. Each has a slice of work in turn. A search ends without an
/// answer when its member leaves or begins another one.
/// </summary>
internal sealed class SearchQueue
{
    private readonly Dictionary<Member, Search> _current = [];

    // Each member with a search is here once, unless its slice is under way.
    private readonly Queue<Member> _waiting = [];

    /// <summary>No search waits for its turn.</summary>
    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>Begins a search, in the turn of the member's search before it.</summary>
    public void Begin(Search search)
    {
        if (!_current.ContainsKey(search.Member))
            _waiting.Enqueue(search.Member);
        _current[search.Member] = search;
    }

    /// <summary>Takes the search whose turn it is.</summary>
    public bool TryTake([NotNullWhen(true)] out Search? search)
    {
        while (_waiting.TryDequeue(out Member? member))
        {
            search = _current[member];
            if (IsHere(member))
                return true;
            _current.Remove(member);
        }
        search = null;
        return false;
    }

    /// <summary>Whether the member has begun no other search since.</summary>
    public bool IsCurrent(Search search) => _current.GetValueOrDefault(search.Member) == search;

    /// <summary>Ends the turn of a search. The member's next turn is that of its current search.</summary>
    public void PutBack(Search search)
    {
        if (_current.ContainsKey(search.Member))
            _waiting.Enqueue(search.Member);
    }

    /// <summary>Removes a search whose turn it is.</summary>
    public void Remove(Search search) => _current.Remove(search.Member);

    /// <summary>Removes all searches.</summary>
    public void Clear()
    {
        _current.Clear();
        _waiting.Clear();
    }

    /// <summary>Whether the member has not left.</summary>
    public static bool IsHere(Member member) => member.Seat!.Member == member;
}
