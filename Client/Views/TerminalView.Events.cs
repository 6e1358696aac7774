using Chat.Client.Display;
using Chat.Client.Editing;
using Chat.Client.Storage;

namespace Chat.Client.Views;

/// <summary>What happens, and what of it is shown, counted and rung for.</summary>
internal sealed partial class TerminalView
{
    public void Show(ChatEvent @event)
    {
        if (@event.Kind == EventKind.Present)
        {
            TakePeople(@event);
            return;
        }

        bool isSpoken = @event.Kind is EventKind.Say or EventKind.Me or EventKind.Whisper or EventKind.Line;
        if (IsIgnored(@event))
            return;
        Notice(@event);
        if (@event.Kind is EventKind.Join or EventKind.Leave)
        {
            _presence.Add(@event, _now);
            if (_presence.IsFull)
                PrintPresence();
            return;
        }

        PrintPresence();
        bool isMention = isSpoken && !@event.Mine && _me.IsIn(@event.Text);
        if (isSpoken && !@event.Mine && !@event.IsHistory)
            CountMissed(@event, isMention);
        _transcript.Write(@event, isMention, _unixNow);
        if (_bell.Rings(@event, isMention, _now))
            _screen.Ring();
    }

    // By the name the person has at that place in the log, and before a rename is followed, so that the rename itself is hidden.
    private bool IsIgnored(ChatEvent @event)
    {
        if (@event.Kind == EventKind.Line)
            return !@event.Mine
                && SpeakerOf(@event.Text) is { Length: > 0 } speaker
                && _options.Ignored.HoldsEver(speaker);
        IgnoreList ignored = _options.Ignored;
        bool isHidden =
            !@event.Mine
            && @event.Name.Length > 0
            && (
                ignored.Holds(@event.Name, @event.Offset)
                || (@event.Former.Length > 0 && ignored.Holds(@event.Former, @event.Offset))
            );
        ignored.Track(@event);
        return isHidden;
    }

    // Most servers that tell no names apart write them so.
    private static string SpeakerOf(string line)
    {
        if (line.StartsWith("* ", StringComparison.Ordinal))
            return line.IndexOf(' ', 2) is > 0 and var space ? line[2..space] : line[2..];
        int end = line.StartsWith('<') ? line.IndexOf("> ", StringComparison.Ordinal) : -1;
        if (end < 0)
            return "";
        // To a whisper the addressee is added: <ann -> me>.
        string name = line[1..end];
        return name.IndexOf(" -> ", StringComparison.Ordinal) is > 0 and var arrow ? name[..arrow] : name;
    }

    private void TakePeople(ChatEvent present)
    {
        bool isWhole = present.People.Count == present.Total;
        _completion.Present(present.People, isWhole);
        _namesAsked |= isWhole;
        PrintRoster(present);
        if (!_tabWaits || _editor.Press(new Key(KeyKind.Tab)) == Edit.Refused)
            return;
        (_tabWaits, _changed) = (false, true);
    }

    private void PrintRoster(ChatEvent present)
    {
        bool isGreeting = !present.IsAsked && _greetingDue;
        if (!present.IsAsked && !isGreeting)
            return;
        _greetingDue = false;
        PrintPresence();
        if (isGreeting)
            _transcript.Note(RosterText.Greeting(present), Style.Quiet, _unixNow);
        else
            _transcript.WritePeople(present, _unixNow);
    }

    /// <summary>Keeps up with who is here and how the link is.</summary>
    private void Notice(ChatEvent @event)
    {
        switch (@event.Kind)
        {
            case EventKind.Say or EventKind.Me or EventKind.Whisper when !@event.Mine:
                _completion.Heard(@event.Name);
                break;
            case EventKind.Join when !@event.Mine:
                _completion.Joined(@event.Name);
                break;
            case EventKind.Leave:
                _completion.Left(@event.Name);
                break;
            case EventKind.Rename when !@event.Mine:
                _completion.Renamed(@event.Name, @event.Text);
                break;
            case EventKind.Notice when @event.IsCount:
                _namesAsked = false;
                break;
            case EventKind.Link when @event.State == LinkState.Lost:
                _wasLost = true;
                break;
            case EventKind.Link when @event.State == LinkState.Joined:
                _namesAsked = false;
                if (!_wasLost)
                {
                    _greetingDue = WantsPeople = _commands.HasRoom;
                    break;
                }

                (_wasLost, _catchesUp) = (false, true);
                _absence.Returned(_now);
                break;
            default:
                break;
        }
    }

    private void CountMissed(ChatEvent @event, bool isMention)
    {
        // After a break the server says which lines were said meanwhile; the first other one ends what was missed.
        if (_catchesUp && !@event.IsMissed)
            PrintAbsence();
        if (_absence.Count(isMention, _now))
            _transcript.Note("unread from here", Style.Own, @event.UnixMilliseconds ?? _unixNow);
    }

    private void PrintPresence()
    {
        if (_presence.IsEmpty)
            return;
        long at = _presence.UnixMilliseconds ?? _unixNow;
        _transcript.Note(_presence.Flush(), Style.Quiet, at);
    }

    private void PrintAbsence()
    {
        _catchesUp = false;
        if (_absence.Flush() is string missed)
            _transcript.Note(missed, Style.Own, _unixNow);
    }
}
