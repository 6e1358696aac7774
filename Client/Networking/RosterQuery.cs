using System.Text;
using Chat.Protocol.Wire;

namespace Chat.Client.Networking;

/// <summary>
/// The question who is here, and its answer put together from several pages. A question asked while one is under way is
/// answered together with it. One <see cref="EventKind.Present"/> event tells the whole list.
/// </summary>
/// <remarks>
/// The list is what the room was when its event comes: joins, leaves and renames between two pages are applied to it.
/// What is kept is bounded by the number of people asked for, whatever the server sends.
/// <para>
/// A server of version 0.1.0 passes the request over without a word. A ping sent behind the request finds that out, and
/// then <c>who</c> is asked, which tells names alone.
/// </para>
/// </remarks>
internal sealed class RosterQuery
{
    /// <summary>The number of the ping and of <c>who</c>; no other request gets so far.</summary>
    private const long OwnId = long.MaxValue;

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

    /// <summary>A request is to be sent.</summary>
    public bool HasRequest => _request is not null;

    /// <summary>The person asked, and the answer is not complete yet.</summary>
    public bool IsAwaited => _isAsking && _isAsked;

    /// <summary>Asks who is here.</summary>
    /// <param name="most">How many people are wanted.</param>
    /// <param name="isAsked">The person typed the question; see <see cref="ChatEvent.IsAsked"/>.</param>
    public void Ask(int most, bool isAsked)
    {
        _most = _isAsking ? Math.Max(_most, most) : most;
        _isAsked |= isAsked;
        // The pages so far may be older than the reason for the new question.
        _again |= _isAsking && _isStale;
        if (!_isAsking)
            Begin();
    }

    /// <summary>The next request, one or two lines; null for none.</summary>
    public byte[]? TakeRequest()
    {
        byte[]? request = _request;
        _request = null;
        return request;
    }

    /// <summary>
    /// A new connection: a question under way is asked again, perhaps of another version of the server.
    /// </summary>
    public void Restart()
    {
        _isKnown = false;
        if (_isAsking)
            Begin();
    }

    /// <summary>Takes a <c>person</c> line.</summary>
    /// <param name="person">Taken apart.</param>
    /// <param name="name">Its name, cleaned.</param>
    /// <param name="since">When the person joined, in milliseconds since 1970; null for a time no calendar has.</param>
    public void TakePerson(PersonLine person, string name, long? since)
    {
        if (!_isAsking || person.Number <= _last || _people.Count >= _most || name.Length == 0)
            return;
        _last = person.Number;
        _added += _people.ContainsKey(name) ? 0 : 1;
        _people[name] = new PresentPerson(name, person.Number, since, person.Idle, person.Client, person.IsReader);
    }

    /// <summary>Takes the last line of a page.</summary>
    /// <param name="next">The number to go on after; null at the end.</param>
    /// <param name="total">How many people are here.</param>
    /// <param name="events">Gets the list when it is complete.</param>
    public void TakePageEnd(long? next, long total, Queue<ChatEvent> events)
    {
        if (!_isAsking)
            return;
        (_isKnown, _total) = (true, total);
        // A page without new people, or without progress, would be requested for ever.
        if (next is long after && after == _last && _added > 0 && _people.Count < _most && _request is null)
            Request(after);
        else
            Finish(events);
    }

    /// <summary>Takes a <c>pong</c>.</summary>
    public void TakePong(long id)
    {
        if (id == OwnId && _isAsking && !_isKnown)
            _request = Encoding.ASCII.GetBytes($"who {OwnId}\n");
    }

    /// <summary>
    /// Takes a line of the answer to <c>who</c>: <c>3 here: ann, bob, cy</c>, perhaps going on in further lines.
    /// </summary>
    /// <returns>Whether it was one.</returns>
    public bool TryTakeNames(long id, string words, string me, Queue<ChatEvent> events)
    {
        if (id != OwnId || !_isAsking || _isKnown)
            return id == OwnId;
        int head = _hasNames ? -1 : words.IndexOf(" here:", StringComparison.Ordinal);
        if (head > 0 && long.TryParse(words.AsSpan(0, head), out long total))
            _total = total;
        _hasNames = true;
        string list = head < 0 ? words : words[(words.IndexOf(':', StringComparison.Ordinal) + 1)..];
        // A list that is too long ends so: ... and 300 more.
        foreach (
            string name in list.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries)
                .TakeWhile(static word => word != "and")
        )
        {
            if (_people.Count < _most)
                _people[name] = new PresentPerson(name, Mine: name == me);
        }
        if (!words.EndsWith(','))
            Finish(events);
        return true;
    }

    /// <summary>Keeps what was collected up to date with a new line of the log.</summary>
    public void Follow(ChatEvent happened)
    {
        if (!_isAsking)
            return;
        _isStale |= happened.IsCount;
        // Before the first page there is nothing to keep; it is newer than this line.
        if (_last == 0 && !_hasNames)
            return;
        if (happened.Kind == EventKind.Join && _people.Count < _most)
            _people.TryAdd(
                happened.Name,
                new PresentPerson(happened.Name, null, happened.UnixMilliseconds, 0, Mine: happened.Mine)
            );
        else if (happened.Kind == EventKind.Leave)
            _people.Remove(happened.Name);
        else if (
            happened.Kind == EventKind.Rename
            && _people.Remove(happened.Name, out PresentPerson? person)
            && happened.Text.Length > 0
        )
            _people[happened.Text] = person with { Name = happened.Text };
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
        string probe = _isKnown ? "" : $"ping {OwnId}\n";
        // The number must be none that a server of version 0.1.0 takes for that of something said.
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
