using System.Text;
using Chat.Client.Commands;
using Chat.Protocol;
using Chat.Protocol.Wire;

namespace Chat.Client.Networking;

/// <summary>
/// Searches the history of the room on a server of ours. One <see cref="EventKind.Found"/> event holds one page of the
/// answer. A search is not repeated after a break.
/// </summary>
/// <remarks>
/// The server answers <c>finding</c> at once, and a page later. A new search replaces the one under way, without an
/// answer to it. So the page that counts is the one after the last <c>finding</c>. A person's new search replaces the
/// one under way. A program awaits each answer, so its searches run one after the other.
/// <para>
/// An older server silently ignores the request, because its id is 0. A ping sent after it detects that.
/// </para>
/// </remarks>
internal sealed class FindQuery
{
    // Newest first, as the server sends them.
    private readonly List<ChatEvent> _lines = [];
    private readonly Queue<(string Text, InputOrigin Origin)> _waiting = [];
    private string _text = "";
    private byte[]? _request;
    private long? _next;
    private int _unconfirmed;
    private bool _isContinued,
        _isKnown,
        _isConfirmed;
    private InputOrigin _origin;

    /// <summary>A request waits to be sent.</summary>
    public bool HasRequest => _request is not null;

    /// <summary>The answer to the last search has not come.</summary>
    public bool IsAwaited { get; private set; }

    /// <summary>The number of searches without an answer.</summary>
    public int Count => _waiting.Count + (IsAwaited ? 1 : 0);

    /// <summary>Begins a search, or continues the last one with older lines.</summary>
    /// <param name="text">The text, clean; empty to continue.</param>
    /// <param name="origin">The place in the input.</param>
    /// <param name="events">Receives the reason of a refusal.</param>
    public void Ask(string text, InputOrigin origin, Queue<ChatEvent> events)
    {
        if (!IsAwaited || origin.Line == 0)
            Begin(text, origin, events);
        else if (_waiting.Count < ClientLimits.SearchesWaiting)
            _waiting.Enqueue((text, origin));
        else
            Refuse($"{ClientLimits.SearchesWaiting} searches wait already; await an answer first", origin, events);
    }

    /// <summary>Ends all searches without an answer.</summary>
    /// <param name="words">The reason.</param>
    /// <param name="events">Receives an error for each.</param>
    public void GiveUp(string words, Queue<ChatEvent> events)
    {
        if (IsAwaited)
            Refuse(words, _origin, events);
        IsAwaited = false;
        while (_waiting.TryDequeue(out (string Text, InputOrigin Origin) next))
            Refuse(words, next.Origin, events);
    }

    private static void Refuse(string words, InputOrigin origin, Queue<ChatEvent> events) =>
        events.Enqueue(new ChatEvent(EventKind.Error) { Text = words, Origin = origin });

    private void BeginNext(Queue<ChatEvent> events)
    {
        while (!IsAwaited && _waiting.TryDequeue(out (string Text, InputOrigin Origin) next))
            Begin(next.Text, next.Origin, events);
    }

    private void Begin(string text, InputOrigin origin, Queue<ChatEvent> events)
    {
        bool isContinued = text.Length == 0;
        string? refusal = RichWire.FindRefusal(Encoding.UTF8.GetByteCount(text));
        if (isContinued && _text.Length == 0)
            refusal = "there is no search to continue; /find TEXT begins one";
        else if (isContinued && IsAwaited)
            refusal = "the search is still under way";
        else if (isContinued && _next is null)
            refusal = $"no older line has: {_text}";
        if (refusal is not null)
        {
            Refuse(refusal, origin, events);
            return;
        }
        long before = isContinued ? _next!.Value : 0;
        if (!isContinued)
            _text = text;
        (_isContinued, _origin, IsAwaited) = (isContinued, origin, true);
        _next = isContinued ? _next : null;
        string probe = _isKnown ? "" : $"ping {RequestIds.Find}\n";
        _request = Encoding.UTF8.GetBytes($"find 0 {before} {_text}\n{probe}");
        _lines.Clear();
    }

    /// <summary>Removes and returns the next request, one or two lines; null without one.</summary>
    public byte[]? TakeRequest()
    {
        byte[]? request = _request;
        _request = null;
        _unconfirmed += request is null ? 0 : 1;
        return request;
    }

    /// <summary>Ends a search whose request was sent on the connection before.</summary>
    /// <param name="isSameLog">Whether offsets of the search are still valid.</param>
    /// <param name="events">Receives the error.</param>
    public void Restart(bool isSameLog, Queue<ChatEvent> events)
    {
        (_isKnown, _isConfirmed, _unconfirmed) = (false, false, 0);
        _next = isSameLog ? _next : null;
        if (!IsAwaited || HasRequest)
            return;
        Refuse("the connection broke during the search; /find TEXT searches again", _origin, events);
        IsAwaited = false;
        BeginNext(events);
    }

    /// <summary>Handles a <c>finding</c> line.</summary>
    public void HandleConfirmation()
    {
        (_isKnown, _isConfirmed) = (true, true);
        _unconfirmed = Math.Max(0, _unconfirmed - 1);
        _lines.Clear();
    }

    /// <summary>Handles a <c>pong</c>. Without a <c>finding</c> before it, the server knows no search.</summary>
    public void HandlePong(long id, Queue<ChatEvent> events)
    {
        if (id != RequestIds.Find)
            return;
        bool isRefused = !_isConfirmed && _unconfirmed > 0;
        _isConfirmed = false;
        if (!isRefused)
            return;
        _unconfirmed--;
        if (IsCurrent)
        {
            _next = null;
            Finish(new ChatEvent(EventKind.Found) { IsUnsupported = true }, events);
        }
    }

    /// <summary>Handles a <c>found</c> line.</summary>
    public void HandleLine(ChatEvent line)
    {
        bool isSaid = line.Kind is EventKind.Say or EventKind.Edit or EventKind.Me or EventKind.Whisper;
        if (IsCurrent && isSaid && _lines.Count < ProtocolLimits.FoundLines)
            _lines.Add(line);
    }

    /// <summary>Handles the last line of a page.</summary>
    /// <param name="next">The offset to continue before; null at the beginning of the history.</param>
    /// <param name="events">Receives the page.</param>
    public void HandlePageEnd(long? next, Queue<ChatEvent> events)
    {
        if (!IsCurrent)
            return;
        _next = next;
        Finish(new ChatEvent(EventKind.Found) { Found = [.. _lines.AsEnumerable().Reverse()] }, events);
    }

    private bool IsCurrent => IsAwaited && !HasRequest && _unconfirmed == 0;

    private void Finish(ChatEvent found, Queue<ChatEvent> events)
    {
        events.Enqueue(
            found with
            {
                Text = _text,
                HasMore = _next is not null,
                IsContinued = _isContinued,
                Origin = _origin,
            }
        );
        _lines.Clear();
        IsAwaited = false;
        BeginNext(events);
    }
}
