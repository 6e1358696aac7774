using Chat.Client.Discovery;
using Chat.Client.Display;
using Chat.Client.Editing;
using Chat.Client.Networking;
using Chat.Client.Storage;
using Chat.Client.Terminals;
using Chat.Client.Views;
using Chat.Protocol;

namespace Chat.Client;

/// <summary>The room to join.</summary>
/// <param name="Link">The options of the link to it.</param>
internal sealed record RoomChoice(LinkOptions Link)
{
    /// <summary>Words about the choice; null if the person chose.</summary>
    public string? Notice { get; init; }

    /// <summary>What was typed before the list was shown: it is for the room.</summary>
    public IReadOnlyList<byte[]> Typed { get; init; } = [];
}

/// <summary>
/// Chooses the room of a client without an address: the server of this computer, else the only room found. At a
/// terminal the person chooses from several in a list; elsewhere several are an error.
/// </summary>
/// <remarks>
/// One room is joined after <see cref="ClientLimits.SettleMilliseconds"/>, so that a second one can answer. The only
/// room is joined also when it opens later, until the person presses a key in the list or a second room appears. A room
/// that is in doubt is never joined without the person.
/// </remarks>
internal sealed class RoomChooser : IDisposable
{
    private readonly Terminal _terminal;
    private readonly LinkOptions _link;
    private readonly IReadOnlyList<KnownRoom> _known;
    private readonly TimeProvider _clock;
    private readonly bool _isAtTerminal;
    private readonly long _startedAt;
    private readonly Screen _screen = new();
    private readonly RoomList _list = new();
    private readonly KeyReader _keys = new();
    private readonly List<byte[]> _typed = [];
    private readonly byte[] _input = new byte[4096];
    private Connector? _here;
    private RoomSearch? _search;
    private int _roomCount,
        _typedBytes;
    private long _appearedAt;
    private bool _isListShown,
        _isFailureShown,
        _mustDraw,
        _hasPersonToDecide,
        _isLeaving;

    /// <param name="terminal">The terminal.</param>
    /// <param name="link">The options of the link, without an address.</param>
    /// <param name="isAtTerminal">Whether a person can choose.</param>
    /// <param name="known">The remembered rooms, the newest first.</param>
    /// <param name="clock">The time.</param>
    public RoomChooser(
        Terminal terminal,
        LinkOptions link,
        bool isAtTerminal,
        IReadOnlyList<KnownRoom> known,
        TimeProvider clock
    )
    {
        (_terminal, _link, _isAtTerminal, _known, _clock) = (terminal, link, isAtTerminal, known, clock);
        _here = Connector.ToThisMachine(clock);
        _startedAt = Now;
    }

    private long Now => (long)_clock.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>Runs until there is a choice.</summary>
    /// <returns>The choice; null if the person leaves or a signal ends the client.</returns>
    /// <exception cref="StartupException">There is no room, or no person to choose from several.</exception>
    public RoomChoice? Run()
    {
        _terminal.TakesKeys = _isAtTerminal;
        _terminal.TakesNetworkChanges = true;
        if (_isAtTerminal)
            _terminal.EnterRaw();
        Resize();
        RoomChoice? choice = null;
        while (choice is null && !_isLeaving)
        {
            _terminal.TakesInput = _isAtTerminal && (_isListShown || _typedBytes < ClientLimits.TypedBytes);
            Wake wake = _terminal.Wait(-1, alsoWritable: false, TimeSpan.FromMilliseconds(Patience));
            if (wake.HasFlag(Wake.Terminated))
                break;
            if (wake.HasFlag(Wake.NetworkChanged))
                _search?.HandleNetworkChange();
            if (wake.HasFlag(Wake.Resized) || wake.HasFlag(Wake.Resumed))
                Resize();
            if (wake.HasFlag(Wake.SuspendAsked))
                Suspend();
            if (wake.HasFlag(Wake.Input))
                Read();
            else if (Now >= _keys.Deadline)
                Press(_keys.Flush());
            choice = Decide();
            Draw();
        }
        _screen.HidePrompt();
        Write();
        (_terminal.TakesInput, _terminal.TakesNetworkChanges) = (true, false);
        return choice;
    }

    public void Dispose()
    {
        _here?.Dispose();
        _search?.Dispose();
    }

    // The connection to this computer is refused or open at once, so the first waits are short.
    private int Patience =>
        _search is null ? 1
        : _search.Elapsed < ClientLimits.SearchMilliseconds ? ClientLimits.SearchLookMilliseconds
        : ClientLimits.SearchLookLaterMilliseconds;

    private RoomChoice? Decide()
    {
        if (_list.IsLeaving)
            _isLeaving = true;
        if (_here?.TryOpen() == true)
        {
            // The link owns it from here on.
            (Connector open, _here) = (_here, null);
            return new RoomChoice(_link with { First = open }) { Typed = _typed };
        }
        if (_list.Pick is RoomPick pick)
        {
            LinkOptions to = _link with { To = pick.To, Room = pick.Room, Rooms = RoomLookup.BesideResolver };
            return new RoomChoice(to) { Typed = _typed };
        }
        if (_here is { Failure: null } && Now - _startedAt < ClientLimits.HeadStartMilliseconds)
            return null;
        _search ??= new RoomSearch(_clock, _known);
        _search.Turn();
        return Decide(_search);
    }

    private RoomChoice? Decide(RoomSearch search)
    {
        IReadOnlyList<FoundRoom> rooms = search.Rooms;
        if (rooms.Count > _roomCount)
            _appearedAt = Now;
        _roomCount = rooms.Count;
        bool isSettled =
            search.Elapsed >= ClientLimits.SettleMilliseconds
            && Now - _appearedAt >= ClientLimits.SettleLateMilliseconds;
        string? doubt = rooms.Count == 1 ? RoomWords.Doubt(rooms[0], _known) : null;
        _hasPersonToDecide |= rooms.Count > 1 || _list.IsTouched;
        if (rooms.Count == 1 && isSettled && doubt is null && !_hasPersonToDecide)
            return new RoomChoice(_link with { To = rooms[0].To, Room = rooms[0] })
            {
                Typed = _typed,
                Notice = $"this is the room {rooms[0].Name} at {rooms[0].Typed}, the only one found",
            };
        bool isOver =
            rooms.Count == 0 && (search.Elapsed >= ClientLimits.SearchMilliseconds || !search.Interfaces.Any());
        if (!_isAtTerminal)
        {
            if (isOver)
                throw new StartupException(string.Join("; ", NothingFound(search)));
            if (rooms.Count > 0 && isSettled)
                throw new StartupException(doubt ?? RoomWords.SeveralFound(rooms, search.More));
            return null;
        }
        if (isOver && !_isFailureShown)
        {
            _isFailureShown = true;
            foreach (string words in NothingFound(search))
                _screen.Print($"-- {words}", indent: 3);
        }
        if (
            !_isListShown
            && (rooms.Count > 1 || doubt is not null || search.Elapsed >= ClientLimits.ListAfterMilliseconds)
        )
            _isListShown = _mustDraw = true;
        _mustDraw |= _list.Update(rooms, _known, search.Interfaces, search.More);
        return null;
    }

    private List<string> NothingFound(RoomSearch search) =>
        RoomWords.NothingFound(search, _known, ClientLimits.SearchMilliseconds / 1000, triesThisComputer: true);

    private void Read()
    {
        int count = _terminal.Read(_input);
        if (count == 0)
            _isLeaving = true;
        else if (_isListShown)
            Press(_keys.Decode(_input.AsSpan(0, count), Now));
        else if (_input.AsSpan(0, count).Contains(ControlC))
            _isLeaving = true;
        else
        {
            _typed.Add(_input[..count]);
            _typedBytes += count;
        }
    }

    private const byte ControlC = 3;

    private void Press(IReadOnlyList<ReadKey> keys)
    {
        foreach (ReadKey read in keys)
        {
            if (read.Key.IsCtrl('z'))
                Suspend();
            else if (_list.Pick is null)
                _list.Press(read.Key);
            _mustDraw = true;
        }
    }

    private void Suspend()
    {
        _screen.HidePrompt();
        Write();
        _terminal.Suspend();
        Resize();
    }

    private void Resize()
    {
        (int columns, int rows) = _terminal.Size;
        (_screen.Columns, _screen.Rows, _list.Rows) = (columns, rows, rows);
        _mustDraw = true;
    }

    private void Draw()
    {
        if (_isListShown && (_mustDraw || !_screen.Frame.IsEmpty))
            _screen.ShowPrompt("", _list);
        _mustDraw = false;
        Write();
    }

    private void Write()
    {
        if (!_screen.Frame.IsEmpty && !_terminal.Write(_screen.Frame))
            _isLeaving = true;
        _screen.Clear();
    }
}
