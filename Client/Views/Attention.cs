using System.Globalization;
using Chat.Protocol.Text;

namespace Chat.Client.Views;

/// <summary>
/// Counts what arrives while another window is in front: lines, mentions and whispers. It words the title of the window
/// and the desktop notice.
/// </summary>
/// <remarks>
/// A terminal reports when its window comes to the front or leaves it. Until the first report the window counts as in
/// front, so a terminal that reports nothing gets no notices.
/// </remarks>
internal sealed class Attention
{
    private readonly Queue<(ChatEvent Event, bool IsMention)> _missed = [];
    private long? _lastNotice;
    private bool _hasFocus = true;
    private int _unread;

    /// <summary>Mentions and whispers that came while the window was not in front or the link was down, oldest
    /// first.</summary>
    public IReadOnlyCollection<(ChatEvent Event, bool IsMention)> Missed => _missed;

    /// <summary>The window came to the front, or left it.</summary>
    public void SetFocus(bool hasFocus) => (_hasFocus, _unread) = (hasFocus, 0);

    /// <summary>Counts a spoken line of another person that is no history.</summary>
    /// <param name="said">The line; its texts are clean.</param>
    /// <param name="isMention">Whether it names the person.</param>
    /// <param name="now">Milliseconds of a clock that only goes forward.</param>
    /// <returns>The words of a desktop notice; null when there is none to show.</returns>
    public string? Count(ChatEvent said, bool isMention, long now)
    {
        bool isPersonal = isMention || said.Kind == EventKind.Whisper;
        if (isPersonal && (said.IsMissed || !_hasFocus))
        {
            if (_missed.Count == ClientLimits.MissedMentions)
                _missed.Dequeue();
            _missed.Enqueue((said, isMention));
        }
        if (_hasFocus)
            return null;
        _unread++;
        if (!isPersonal || now - _lastNotice < ClientLimits.NoticeMilliseconds)
            return null;
        _lastNotice = now;
        return Bounded(SnippetText.OneRow(WordsOf(said)));
    }

    /// <summary>The title of the window: <c>(3) chat - alice</c>.</summary>
    public string Title(string name)
    {
        string title = name.Length > 0 ? $"chat - {name}" : "chat";
        return _unread > 0 ? $"({_unread}) {title}" : title;
    }

    private static string WordsOf(ChatEvent said) =>
        said.Kind switch
        {
            EventKind.Whisper => $"{said.ShownName} whispers: {said.Text}",
            EventKind.Me => $"* {said.ShownName} {said.Text}",
            EventKind.Line => said.Text,
            _ => $"{said.ShownName}: {said.Text}",
        };

    private static string Bounded(string words)
    {
        StringInfo clusters = new(words);
        return clusters.LengthInTextElements <= ClientLimits.NoticeClusters
            ? words
            : clusters.SubstringByTextElements(0, ClientLimits.NoticeClusters - 1) + "…";
    }
}
