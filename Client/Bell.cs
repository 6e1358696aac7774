using Chat.Protocol;

namespace Chat.Client;

/// <summary>What the bell rings for (<c>--bell</c>, /bell).</summary>
[Flags]
internal enum BellMode
{
    Off = 0,
    Mention = 1,
    Whisper = 2,

    /// <summary>Anything that anybody says.</summary>
    Talk = 4,
    All = Mention | Whisper | Talk,
}

/// <summary>
/// When the bell rings: never for what was said before one came, never for one's own words, and at most once in
/// <see cref="Limits.BellMilliseconds"/>, whatever arrives.
/// </summary>
internal sealed class Bell
{
    private long? _last;

    /// <summary>What each mode is called, for whoever types it.</summary>
    public static IReadOnlyDictionary<string, BellMode> Modes { get; } = new Dictionary<string, BellMode>(StringComparer.Ordinal)
    {
        ["off"] = BellMode.Off,
        ["mention"] = BellMode.Mention,
        ["whisper"] = BellMode.Whisper,
        ["mention,whisper"] = BellMode.Mention | BellMode.Whisper,
        ["all"] = BellMode.All,
    };

    public BellMode Mode { get; set; } = BellMode.Mention | BellMode.Whisper;

    /// <summary>Whether to ring now.</summary>
    /// <param name="event">What happened.</param>
    /// <param name="isMention">Whether the person is named in it.</param>
    /// <param name="now">Milliseconds of a clock that only goes forward.</param>
    public bool Rings(ChatEvent @event, bool isMention, long now)
    {
        var reason = @event.Kind switch
        {
            EventKind.Whisper => BellMode.Whisper | (isMention ? BellMode.Mention : BellMode.Off),
            EventKind.Say or EventKind.Me or EventKind.Line => BellMode.Talk | (isMention ? BellMode.Mention : BellMode.Off),
            _ => BellMode.Off,
        };
        if (@event.IsHistory || @event.Mine || (Mode & reason) == BellMode.Off || now - _last < Limits.BellMilliseconds)
            return false;
        _last = now;
        return true;
    }
}
