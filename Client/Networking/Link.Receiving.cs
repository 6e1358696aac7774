using System.Net.Sockets;
using System.Text;
using Chat.Protocol;
using Chat.Protocol.Text;
using Chat.Protocol.Wire;

namespace Chat.Client.Networking;

/// <summary>
/// What comes in: first words by which the server is known, then lines. Those of a plain server are shown as they are; in the rich dialect they
/// are <see cref="RichSession"/>'s. Only whole lines count there, and none is kept that is longer than any of ours.
/// </summary>
internal sealed partial class Link
{
    private void Receive()
    {
        int count = _socket!.Receive(_received, SocketFlags.None, out SocketError error);
        if (error is SocketError.WouldBlock or SocketError.IOPending or SocketError.Interrupted)
            return;
        if (error is not SocketError.Success || count == 0)
        {
            TakeEnd(error);
            return;
        }
        _lastReceived = Now;
        ReadOnlySpan<byte> bytes = _received.AsSpan(0, count);
        if (State == LinkState.Joined || _greeted)
        {
            if (!IsLateMark(bytes))
                Frame(bytes);
            return;
        }
        _greeting = [.. _greeting, .. bytes];
        ServerKind? dialect = _options.Plain ? null : ServerKind.Recognize(_greeting);
        if (dialect is { IsOurs: true } || (dialect is not null && !ExpectsOurs))
            Join(dialect);
        else if (_greeting.Length > ProtocolLimits.RelayedLineBytes)
            Join(ServerKind.Plain);
    }

    // On a slow way the mark may come after its time; as long as nothing was said here, it is not too late.
    private bool CanTakeLateMark => !_spoken && MayShowMark;

    private bool MayShowMark => !_greeted && !_options.Plain && _greeting.Length <= ProtocolLimits.RelayedLineBytes;

    private bool IsLateMark(ReadOnlySpan<byte> bytes)
    {
        if (!MayShowMark)
            return false;
        _greeting = [.. _greeting, .. bytes];
        if (ServerKind.Recognize(_greeting) is not { IsOurs: true } ours)
            return false;
        IsMarkMissed |= _spoken;
        if (_spoken)
            return false;
        State = LinkState.Greeting;
        _framer = NewFramer();
        Join(ours);
        return true;
    }

    private void TakeEnd(SocketError error)
    {
        if (State == LinkState.Greeting && !ExpectsOurs && !PlainWire.Greeting.StartsWith(_greeting))
            Join(ServerKind.RecognizeUnfinished(_greeting));
        if (State == LinkState.Ended)
            return;
        // Half a line of a server of ours is nothing; it comes again, whole.
        if (!ExpectsOurs && _framer.Finish(out ReadOnlySpan<byte> line))
            Arrive(line);
        if (!_membership.WasWelcome)
            ShowPrelude();
        bool wished = _farewellSaid && error is SocketError.Success;
        if (wished && UnsentCount == 0)
            End(null);
        else
            HandleLoss(
                WordsFor(error)
                    + (
                        State == LinkState.Greeting && _greeting.Length == 0 && !ExpectsOurs
                            ? " before it said a word"
                            : ""
                    )
            );
    }

    // They stand behind the words that the connection was lost.
    private static string WordsFor(SocketError error) =>
        error switch
        {
            SocketError.Success => "the server closed the connection",
            SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown =>
                "the server reset the connection",
            SocketError.TimedOut or SocketError.HostUnreachable or SocketError.NetworkUnreachable =>
                "the server cannot be reached any more",
            _ => $"the system reports {error}",
        };

    private void Frame(ReadOnlySpan<byte> bytes)
    {
        while (_framer.Next(ref bytes, out ReadOnlySpan<byte> line))
            Arrive(line);
    }

    private void Arrive(ReadOnlySpan<byte> line)
    {
        if (_isRich && _framer.Dropped > 0)
        {
            Report(EventKind.Line, SafeLine(line));
            return;
        }
        if (_isRich)
        {
            int waiting = _pending.Count;
            _membership.HandleLine(line, _events);
            if (_pending.Count < waiting)
                _progressAt = Now;
            return;
        }
        if (State == LinkState.Greeting && _greetingDue)
        {
            _greetingDue = false;
            // The mark is for us, and one greeting is enough.
            if (!_membership.WasWelcome)
                Report(EventKind.Line, SafeLine(line).Replace(Encoding.UTF8.GetString(PlainWire.Mark), "").TrimEnd());
            return;
        }
        if (State == LinkState.Greeting && _membership.TryWelcome(line, _events))
        {
            EnterRich();
            return;
        }
        // On a slow way the server may have taken us for a plain tool before it read the hello; the welcome is yet to come, and brings all this again.
        if (State == LinkState.Greeting)
        {
            if (_prelude.Count < ProtocolLimits.BacklogLines)
                _prelude.Add(SafeLine(line));
            return;
        }
        ReadOnlySpan<byte> first = Dialect!.Read(line, out ReadOnlySpan<byte> more);
        Report(EventKind.Line, SafeLine(first));
        if (!more.IsEmpty)
            Arrive(more);
    }

    // There was no welcome. What was said in its place may say why.
    private void ShowPrelude()
    {
        foreach (string line in _prelude)
            Report(EventKind.Line, line);
        _prelude.Clear();
    }

    // A foreign server may leave a line open: a banner without an end, or half of what somebody wrote.
    private void ShowUnfinished()
    {
        if (
            !Dialect!.IsOurs
            && _framer.Unterminated > 0
            && Now - _lastReceived >= ClientLimits.UnfinishedMilliseconds
            && _framer.Finish(out ReadOnlySpan<byte> line)
        )
        {
            Arrive(line);
        }
    }

    private static string SafeLine(ReadOnlySpan<byte> line)
    {
        Span<byte> clean = stackalloc byte[ProtocolLimits.RelayedLineBytes];
        return Encoding.UTF8.GetString(clean[..SafeText.Clean(line, clean)]);
    }
}
