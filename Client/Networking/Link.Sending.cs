using System.Net.Sockets;
using Chat.Client.Commands;
using Chat.Protocol;

namespace Chat.Client.Networking;

/// <summary>
/// What goes out, and when: to a plain server the outbox, a line at a time, as it was typed; to one of ours requests, as many as the socket takes, a
/// sign of life when there is nothing to say, and a goodbye when everything was acknowledged.
/// </summary>
internal sealed partial class Link
{
    /// <summary>How long it may be left alone when its socket is silent.</summary>
    public TimeSpan Patience
    {
        get
        {
            long due = State switch
            {
                LinkState.Connecting => Now + ClientLimits.DialLookMilliseconds,
                LinkState.Greeting => DueWhenGreeting(),
                LinkState.Joined => _isRich ? DueWhenRich() : DueWhenPlain(),
                LinkState.Waiting => _retryAt,
                _ => Now,
            };
            if (IsImpatient)
                due = Math.Min(due, _progressAt + _options.TimeoutMilliseconds);
            return TimeSpan.FromMilliseconds(due == long.MaxValue ? int.MaxValue : Math.Max(0, due - Now));
        }
    }

    // What a line typed on a server of ours becomes.
    private void Speak(string line, bool isPasted, InputOrigin origin)
    {
        // Asked now and not when the whisper came: the person may have begun to ignore them since.
        string? whisperer =
            _membership.LastWhisperer is string last && _options.Ignores(last) ? "" : _membership.LastWhisperer;
        Speech speech = _options.Literal ? Speech.Literal(line) : Speech.Parse(line, whisperer);
        Perform(speech with { Origin = origin }, isPasted);
    }

    private void Perform(Speech speech, bool isPasted)
    {
        switch (speech.Kind)
        {
            case SpeechKind.Said:
                _pending.Say(speech.Verb, speech.To, speech.Text, isPasted, speech.Origin);
                break;
            case SpeechKind.Asked when speech.Verb == "who":
                AskPeople(ClientLimits.PeopleListed, isAsked: true);
                break;
            case SpeechKind.Asked:
                _pending.Ask(speech.Verb, speech.Text);
                break;
            case SpeechKind.Refused:
                _events.Enqueue(new ChatEvent(EventKind.Error) { Text = speech.Text, Origin = speech.Origin });
                break;
            case SpeechKind.Help:
                foreach (string help in RoomCommand.Help)
                    Report(EventKind.Info, help);
                break;
            case SpeechKind.Quit:
                // Lines behind the one that leaves are not said.
                _hasQuit = true;
                Finish();
                break;
        }
    }

    private void Send()
    {
        _blocked = false;
        if (!_isRich)
        {
            SendPlain();
            return;
        }
        while (SendLeftOver() && (_pending.HasNext || _roster.HasRequest))
        {
            _leftOver = _pending.HasNext ? _pending.TakeNext() : _roster.TakeRequest()!;
            if (_leftOver.AsSpan().StartsWith("history "u8))
                _membership.ExpectReplay();
        }
    }

    // False when the socket takes no more for now, or for ever.
    private bool SendLeftOver()
    {
        while (_leftOver.Length > 0 && !_deaf)
        {
            int sent = TrySend(_leftOver);
            if (sent < 0)
                return false;
            _leftOver = _leftOver[sent..];
        }
        return !_deaf;
    }

    private void SendPlain()
    {
        while (_outbox.HasTexts && !_deaf && Now >= _nextSend)
        {
            ReadOnlySpan<byte> line = _outbox.Next(
                Dialect!.LineBytes,
                _carriesMark ? ServerKind.Ours.Escape : Dialect.Escape
            );
            int length = line.Length,
                sent = TrySend(line);
            if (sent < 0)
                return;
            _progressAt = Now;
            _spoken = true;
            // Nothing comes back from a plain server, so this is when it was said.
            if (_outbox.Advance(sent) is string said)
                _events.Enqueue(
                    new ChatEvent(EventKind.Say)
                    {
                        Name = "you",
                        Text = said,
                        Mine = true,
                        IsEcho = true,
                    }
                );
            if (sent == length)
                _nextSend = Now + Dialect.GapMilliseconds;
        }
    }

    // Bytes sent; -1 when none can be.
    private int TrySend(ReadOnlySpan<byte> bytes)
    {
        int sent;
        SocketError error;
        do
        {
            sent = _socket!.Send(bytes, SocketFlags.None, out error);
        } while (error is SocketError.Interrupted);
        _blocked = error is SocketError.WouldBlock or SocketError.IOPending or SocketError.NoBufferSpaceAvailable;
        _deaf = !_blocked && error is not SocketError.Success;
        if (_blocked || _deaf)
            return -1;
        _lastSent = Now;
        return sent;
    }

    private void Heartbeat()
    {
        if (!_isRich)
            return;
        if (Now - _lastReceived >= ProtocolLimits.DeadMilliseconds)
        {
            HandleLoss("the server has fallen silent");
            return;
        }
        if (Now - _lastSent < ProtocolLimits.HeartbeatMilliseconds || _leftOver.Length > 0)
            return;
        _leftOver = "ping 0\n"u8.ToArray();
        SendLeftOver();
    }

    private void SayFarewell()
    {
        if (!_finishing || State != LinkState.Joined)
            return;
        if (_isRich)
            SayGoodbye();
        else
            CloseOurSide();
    }

    private void SayGoodbye()
    {
        if (_farewellSaid || UnsentCount > 0 || _leftOver.Length > 0 || (_roster.IsAwaited && !_leavesNow))
            return;
        _farewellSaid = true;
        _leftOver = "bye\n"u8.ToArray();
        SendLeftOver();
    }

    private void CloseOurSide()
    {
        if (!_outbox.IsEmpty)
            return;
        if (!_farewellSaid && Now >= _nextSend)
        {
            _farewellSaid = true;
            _since = _lastReceived = _progressAt = Now;
            try
            {
                _socket!.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                // It is gone already; receiving says so.
            }
        }
        // A server that tells lines apart answers our end with everything it owes us and then its own end. Others say nothing; silence must do.
        if (_farewellSaid && !_carriesMark && Now - _lastReceived >= ClientLimits.ForeignFarewellMilliseconds)
            End(null);
    }

    private void GiveUpInTime()
    {
        if (!IsImpatient || State == LinkState.Ended || Now - _progressAt < _options.TimeoutMilliseconds)
            return;
        // What was acknowledged was said, however the server parts.
        if (_isRich && UnsentCount == 0)
            End(null);
        else if (State == LinkState.Greeting && _greeting.Length == 0 && !ExpectsOurs)
            End(
                $"{_options.To} has said nothing for {_options.TimeoutMilliseconds / 1000} s; is it a chat room? Nothing was said to it (--plain speaks first)"
            );
        else
            End($"the server has taken nothing for {_options.TimeoutMilliseconds / 1000} s; {UnsentInWords}");
    }

    private string UnsentInWords
    {
        get
        {
            string lines = UnsentCount switch
            {
                0 => "it has not confirmed the end",
                1 => "1 line may not have been said",
                int count => $"{count} lines may not have been said",
            };
            return FirstUnsent.Line > 0 ? $"{lines}, from line {FirstUnsent.Line} of the input on" : lines;
        }
    }

    // A person waits for as long as they like, a script only so long for what it has said.
    private bool IsImpatient => _finishing || (_options.GivesUp && UnsentCount > 0);

    private long DueWhenGreeting() => ExpectsOurs ? _lastReceived + ProtocolLimits.DeadMilliseconds : MarkDue;

    private long DueWhenRich()
    {
        long due = Math.Min(
            _lastReceived + ProtocolLimits.DeadMilliseconds,
            _deaf || _blocked ? long.MaxValue : _lastSent + ProtocolLimits.HeartbeatMilliseconds
        );
        bool canSend = !_blocked && !_deaf && (_leftOver.Length > 0 || _pending.HasNext || _roster.HasRequest);
        return canSend || (_finishing && !_farewellSaid && UnsentCount == 0 && (!_roster.IsAwaited || _leavesNow))
            ? Now
            : due;
    }

    private long DueWhenPlain()
    {
        long due = long.MaxValue;
        if (_outbox.HasTexts && !_blocked && !_deaf)
            due = _nextSend;
        else if (_outbox.HasRequests)
            due = _joinedAt + ClientLimits.LateMarkMilliseconds;
        if (!Dialect!.IsOurs && _framer.Unterminated > 0)
            due = Math.Min(due, _lastReceived + ClientLimits.UnfinishedMilliseconds);
        if (_farewellSaid && !_carriesMark)
            due = Math.Min(due, _lastReceived + ClientLimits.ForeignFarewellMilliseconds);
        else if (_finishing && !_farewellSaid && _outbox.IsEmpty)
            due = Math.Min(due, _nextSend);
        return due;
    }
}
