using Chat.Client.Views;
using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client;

/// <summary>
/// What goes out. What arrives at a terminal is drawn in frames of bounded size, one each <see cref="ClientLimits.FrameMilliseconds"/> at most, and nothing
/// more is taken from the socket while much of it is still to be shown. So a flood is held up in the network and not before the keyboard: a key is drawn in the turn it
/// comes in, and so is the first line after a rest.
/// </summary>
internal sealed partial class ChatClient
{
    // Most servers are there at once, and then there is nothing to say.
    private void PrintConnecting()
    {
        _connectingTold |= _link.State == LinkState.Joined;
        if (_face is null || _connectingTold || Now - _began < ClientLimits.ConnectingMilliseconds)
            return;
        _connectingTold = true;
        _face.Show(
            new ChatEvent(EventKind.Info)
            {
                Text = SafeText.Clean($"connecting to {_options.Link.To}; Ctrl-C gives up"),
            }
        );
    }

    private void Resize()
    {
        (int columns, int rows) = _terminal.Size;
        _face?.Resize(columns, rows);
    }

    private void Suspend()
    {
        _face?.Withdraw();
        Write();
        _terminal.Suspend();
        // Any time may have passed, and the window may be another.
        Resize();
        _face?.Tick(Now, UnixNow);
        _face?.Return();
    }

    private void ShowArrivals()
    {
        if (_face is null)
        {
            while (_link.TryTake(out ChatEvent happened))
            {
                _pipe.Show(happened);
                if (_options.Json && MakesListStale(happened))
                    _listDue = Math.Max(Now, _listAskedAt + ClientLimits.ListMilliseconds);
            }
            AskForList();
        }
        else if (!_link.HasEvents || Now >= _nextFrame)
        {
            ShowFrame(_face);
        }
        Write();
    }

    // Joins, leaves and renames keep a program's list of the people up to date, but for these.
    private static bool MakesListStale(ChatEvent happened) =>
        happened is { Kind: EventKind.Link, State: LinkState.Joined }
        || happened is { IsCount: true, IsHistory: false };

    private void AskForList()
    {
        if (Now < _listDue || !_link.IsRich)
            return;
        (_listAskedAt, _listDue) = (Now, long.MaxValue);
        _link.AskPeople(ClientLimits.PeopleListed, isAsked: false);
    }

    private void ShowFrame(TerminalView face)
    {
        if (_link.HasEvents)
            _nextFrame = Now + ClientLimits.FrameMilliseconds;
        while (face.FrameBytes < ClientLimits.FrameBytes && _link.TryTake(out ChatEvent happened))
            face.Show(happened);
        if (face.WantsPeople)
            _link.AskPeople(ProtocolLimits.PeopleTold, isAsked: false);
        face.WantsPeople = false;
        // What the server has taken is pending no more, but it is to be seen until it stands in the conversation.
        string[] unsent = [.. _link.Unsent];
        if (!_link.HasEvents || unsent.Length > _unsent.Length)
            _unsent = unsent;
        face.Status(
            _link.State,
            _link.Name,
            _link.RetryMilliseconds,
            _unsent,
            _link.Dialect is null or { IsOurs: true },
            _link.WaitingCount
        );
    }

    private void ShowAll()
    {
        do
        {
            _nextFrame = Now;
            ShowArrivals();
        } while (_link.HasEvents && !_outputGone);
    }

    private void PrintBeside(string words)
    {
        if (_face is not null)
            _face.Show(new ChatEvent(EventKind.Error) { Text = SafeText.Clean(words) });
        else
            _pipe.Warn(words);
    }

    private void Write()
    {
        ReadOnlySpan<byte> frame = _face is not null ? _face.Frame : _pipe.Frame;
        if (frame.Length > 0 && !_terminal.Write(frame))
            _outputGone = true;
        _face?.FrameWritten();
        _pipe.FrameWritten();
    }
}
