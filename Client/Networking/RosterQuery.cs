using System.Text;
using Chat.Protocol;
using Chat.Protocol.Wire;

namespace Chat.Client.Networking;

/// <summary>
/// Requests the roster and joins the pages of the answer. A request made while another is under way shares its answer.
/// One <see cref="EventKind.Present"/> event holds the whole list.
/// </summary>
/// <remarks>
/// The list is current when its event comes: joins, leaves and renames between two pages are applied. The number of
/// people requested bounds the memory, whatever the server sends.
/// <para>
/// A server of version 0.1.0 silently ignores the request. A ping sent after it detects that, and <c>who</c> is sent
/// instead, which returns only names.
/// </para>
/// </remarks>
internal sealed class RosterQuery
{
    private readonly Dictionary<string, PresentPerson> _people = new(StringComparer.Ordinal);
    private byte[]? _request;
    private long _last,
        _total;
    private int _added;
    private int _most;
    private bool _isAsking,
        _isAsked,
        _isKnown,
        _hasNames,
        _isStale,
        _again;

    /// <summary>A request waits to be sent.</summary>
    public bool HasRequest => _request is not null;

    /// <summary>The person typed the request, and the answer is not complete.</summary>
    public bool IsAwaited => _isAsking && _isAsked;

    /// <summary>Requests the roster.</summary>
    /// <param name="most">The highest number of people to list.</param>
    /// <param name="isAsked">The person typed the request; see <see cref="ChatEvent.IsAsked"/>.</param>
    public void Ask(int most, bool isAsked)
    {
        _most = _isAsking ? Math.Max(_most, most) : most;
        _isAsked |= isAsked;
        // The pages received may be older than the change that caused the new request.
        _again |= _isAsking && _isStale;
        if (!_isAsking)
            Begin();
    }

    /// <summary>Removes and returns the next request, one or two lines; null without one.</summary>
    public byte[]? TakeRequest()
    {
        byte[]? request = _request;
        _request = null;
        return request;
    }

    /// <summary>Starts a request under way again on a new connection, whose server may have another version.</summary>
    public void Restart()
    {
        _isKnown = false;
        if (_isAsking)
            Begin();
    }

    /// <summary>Handles a <c>person</c> line.</summary>
    /// <param name="person">The parsed line.</param>
    /// <param name="name">The name in it, cleaned.</param>
    /// <param name="since">The time of the join, in Unix milliseconds; null if the calendar has no such time.</param>
    public void HandlePerson(PersonLine person, string name, long? since)
    {
        if (!_isAsking || person.Number <= _last || _people.Count >= _most || name.Length == 0)
            return;
        _last = person.Number;
        _added += _people.ContainsKey(name) ? 0 : 1;
        _people[name] = new PresentPerson(
            name,
            person.Number,
            since,
            person.Idle,
            person.Client,
            person.IsReader,
            HostMark.IsOn(person.Name),
            person.IsInClear
        );
    }

    /// <summary>Handles the last line of a page.</summary>
    /// <param name="next">The number after which the next page begins; null at the end.</param>
    /// <param name="total">The number of people in the room.</param>
    /// <param name="events">Receives the list when it is complete.</param>
    public void HandlePageEnd(long? next, long total, Queue<ChatEvent> events)
    {
        if (!_isAsking)
            return;
        (_isKnown, _total) = (true, total);
        // Stop at a page without new people or progress, or the same page would be requested forever.
        if (next is long after && after == _last && _added > 0 && _people.Count < _most && _request is null)
            Request(after);
        else
            Finish(events);
    }

    /// <summary>Handles a <c>pong</c>.</summary>
    public void HandlePong(long id)
    {
        if (id == RequestIds.Roster && _isAsking && !_isKnown)
            _request = Encoding.ASCII.GetBytes($"who {RequestIds.Roster}\n");
    }

    /// <summary>
    /// Handles a line of the answer to <c>who</c>: <c>3 here: ann, bob, cy</c>, possibly continued in further lines.
    /// </summary>
    /// <returns>Whether the line belonged to that answer.</returns>
    public bool TryTakeNames(long id, string words, string me, Queue<ChatEvent> events)
    {
        if (id != RequestIds.Roster || !_isAsking || _isKnown)
            return id == RequestIds.Roster;
        int head = _hasNames ? -1 : words.IndexOf(" here:", StringComparison.Ordinal);
        if (head > 0 && long.TryParse(words.AsSpan(0, head), out long total))
            _total = total;
        _hasNames = true;
        string list = head < 0 ? words : words[(words.IndexOf(':', StringComparison.Ordinal) + 1)..];
        // A list that is too long ends with "... and 300 more".
        foreach (
            string name in list.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries)
                .TakeWhile(static word => word != "and")
        )
        {
            string bare = HostMark.Strip(name);
            if (_people.Count < _most)
                _people[bare] = new PresentPerson(bare, Mine: bare == me, IsHost: HostMark.IsOn(name));
        }
        if (!words.EndsWith(','))
            Finish(events);
        return true;
    }

    /// <summary>Applies a new line of the log to the people collected so far.</summary>
    public void Follow(ChatEvent @event)
    {
        if (!_isAsking)
            return;
        _isStale |= @event.IsCount;
        // Before the first page there is nothing to update: the page is newer than this line.
        if (_last == 0 && !_hasNames)
            return;
        if (@event.Kind == EventKind.Join && _people.Count < _most)
            _people.TryAdd(
                @event.Name,
                new PresentPerson(
                    @event.Name,
                    null,
                    @event.UnixMilliseconds,
                    0,
                    Mine: @event.Mine,
                    IsHost: @event.IsHost
                )
            );
        else if (@event.Kind == EventKind.Leave)
            _people.Remove(@event.Name);
        else if (
            @event.Kind == EventKind.Rename
            && _people.Remove(@event.Name, out PresentPerson? person)
            && @event.Text.Length > 0
        )
            _people[@event.Text] = person with { Name = @event.Text, IsHost = @event.IsHost };
    }

    private void Begin()
    {
        _people.Clear();
        (_isAsking, _last, _total, _hasNames, _isStale) = (true, 0, 0, false, false);
        Request(after: 0);
    }

    private void Request(long after)
    {
        _added = 0;
        string probe = _isKnown ? "" : $"ping {RequestIds.Roster}\n";
        // The id is 0: a server of version 0.1.0 would take any other for the id of a said line.
        _request = Encoding.ASCII.GetBytes($"people 0 {after} {_most - _people.Count}\n{probe}");
    }

    private void Finish(Queue<ChatEvent> events)
    {
        PresentPerson[] people = [.. _people.Values.OrderBy(static p => p.Number ?? long.MaxValue)];
        events.Enqueue(
            new ChatEvent(EventKind.Present)
            {
                People = people,
                Total = Math.Max(_total, people.Length),
                IsAsked = _isAsked,
            }
        );
        _people.Clear();
        (_isAsking, _isAsked) = (false, _isAsked && _again);
        bool again = _again;
        _again = false;
        if (again)
            Begin();
    }
}
