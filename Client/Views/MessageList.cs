namespace Chat.Client.Views;

/// <summary>
/// The last messages of the window by number, for /show, /copy, /raw and /save. The first message has the number 1.
/// Their count and size are bounded: a flood pushes old messages out.
/// </summary>
internal sealed class MessageList
{
    private readonly Queue<ChatEvent> _messages = [];
    private int _length;

    /// <summary>The number of the last message; 0 without one.</summary>
    public int Last { get; private set; }

    /// <summary>The number of the oldest message that is kept.</summary>
    public int First => Last - _messages.Count + 1;

    /// <summary>Adds a message.</summary>
    /// <returns>Its number.</returns>
    public int Add(ChatEvent said)
    {
        _messages.Enqueue(said);
        _length += said.Text.Length;
        while (_messages.Count > ClientLimits.RecentMessages || _length > ClientLimits.SeenLength)
            _length -= _messages.Dequeue().Text.Length;
        return ++Last;
    }

    /// <summary>The message with this number; null if it is not kept.</summary>
    public ChatEvent? Find(int number) =>
        number >= First && number <= Last ? _messages.ElementAt(number - First) : null;

    /// <summary>The last messages, oldest first.</summary>
    public IEnumerable<ChatEvent> TakeLast(int count) => _messages.TakeLast(count);

    /// <summary>Why there is no message with this number, in words.</summary>
    public string WordsForMissing(int number) =>
        Last == 0 ? "no message has come yet"
        : number > Last ? $"there is no message {number}; the last is {Last}"
        : $"message {number} is gone; the oldest is {First}";
}
