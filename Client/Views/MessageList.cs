namespace Chat.Client.Views;

/// <summary>
/// The last messages of the window by number, for /show, /copy, /edit and others. The first message has the number 1.
/// Their count and size are bounded: a flood pushes old messages out. A corrected message has its new text.
/// </summary>
internal sealed class MessageList
{
    private readonly List<ChatEvent> _messages = [];
    private int _length;

    /// <summary>The number of the last message; 0 without one.</summary>
    public int Last { get; private set; }

    /// <summary>The number of the oldest message that is kept.</summary>
    public int First => Last - _messages.Count + 1;

    /// <summary>The number of the last own message, a whisper too, that is not withdrawn; 0 without one.</summary>
    public int LastOwn => First + _messages.FindLastIndex(IsOwn) is var number && number < First ? 0 : number;

    /// <summary>Adds a message.</summary>
    /// <returns>Its number.</returns>
    public int Add(ChatEvent said)
    {
        _messages.Add(said);
        _length += said.Text.Length;
        Last++;
        Trim();
        return Last;
    }

    private void Trim()
    {
        int gone = 0;
        for (; _messages.Count - gone > ClientLimits.RecentMessages || _length > ClientLimits.SeenLength; gone++)
            _length -= _messages[gone].Text.Length;
        _messages.RemoveRange(0, gone);
    }

    /// <summary>The message with this number; null if it is not kept.</summary>
    public ChatEvent? Find(int number) => number >= First && number <= Last ? _messages[number - First] : null;

    /// <summary>The last messages, oldest first.</summary>
    public IEnumerable<ChatEvent> TakeLast(int count) => _messages.TakeLast(count);

    /// <summary>
    /// Corrects or withdraws the message that a change names, if it is kept. The server has checked its author.
    /// </summary>
    /// <param name="change">The change.</param>
    /// <param name="former">Receives the message before the change; null if it is not kept.</param>
    /// <returns>The number of the message; 0 if it is not kept.</returns>
    public int Apply(ChatEvent change, out ChatEvent? former)
    {
        former = null;
        int index = _messages.FindLastIndex(message => message.Offset == change.Target);
        if (index < 0 || _messages[index].IsWithdrawn)
            return 0;
        int number = First + index;
        former = _messages[index];
        _length += change.Text.Length - _messages[index].Text.Length;
        _messages[index] = _messages[index] with { Text = change.Text, IsWithdrawn = change.Kind == EventKind.Delete };
        Trim();
        return number;
    }

    /// <summary>The server has another log: the offsets of these messages mean nothing there.</summary>
    public void ForgetOffsets()
    {
        for (int i = 0; i < _messages.Count; i++)
            _messages[i] = _messages[i] with { Offset = null };
    }

    /// <summary>Why there is no message with this number, in words; null if there is one.</summary>
    public string? WordsForMissing(int number) =>
        Last == 0 ? "no message has come yet"
        : number > Last || number < 1 ? $"there is no message {number}; the last is {Last}"
        : number < First ? $"message {number} is gone; the oldest is {First}"
        : Find(number)!.IsWithdrawn ? $"message {number} was withdrawn"
        : null;

    private static bool IsOwn(ChatEvent message) =>
        message is { Mine: true, IsWithdrawn: false, Kind: EventKind.Say or EventKind.Me or EventKind.Whisper };
}
