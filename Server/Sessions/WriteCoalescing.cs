using Chat.Protocol;

namespace Chat.Server.Sessions;

/// <summary>
/// Decides when to send again. Sending after every line costs one send per line and member, some 4 µs each
/// whatever it carries. Waiting briefly lets many lines share one send: with a hundred people talking, sending
/// at once would send a hundred times as often as needed.
/// <para>
/// After a flush to all members the loop rests: as long as sending took if that was long, and much less if it
/// was short. The rest counts from the end of the flush, so a line in a quiet room never waits for it. No line
/// waits for longer than its own sending takes. After a single line there is no rest, since nothing suggests
/// that more follow. Small rooms, where sending takes almost no time, have none either: it would cost half of
/// their throughput.
/// </para>
/// <para>
/// Large rooms have a second rest, after a pass without messages in which some members got answers such as
/// pongs. Without it every such request would wake the loop alone. A first line may wait for this rest, for
/// less than its own sending takes. It does not apply for as long as sending a single line took: requests have
/// gathered meanwhile, and a lone speaker has the next line ready by then. Resting there made a line to ten
/// thousand members take a third longer.
/// </para>
/// </summary>
/// <remarks>Times are microseconds of a monotonic clock.</remarks>
internal sealed class WriteCoalescing
{
    private long _restUntil,
        _singleLineUntil;

    /// <summary>Reports a flush to all members.</summary>
    /// <param name="began">When it began.</param>
    /// <param name="ended">When it ended.</param>
    /// <param name="lines">Lines received since the last flush; a single one causes no rest, since nothing
    /// suggests that more follow.</param>
    public void Sent(long began, long ended, long lines)
    {
        long took = ended - began;
        long rest = Math.Min(
            took * Math.Min(took, ServerLimits.LongSendingMicroseconds) / ServerLimits.LongSendingMicroseconds,
            ServerLimits.RestMicroseconds
        );
        _singleLineUntil = lines < 2 ? ended + took : 0;
        _restUntil = lines < 2 || rest < ServerLimits.LeastRestMicroseconds ? 0 : ended + rest;
    }

    /// <summary>Reports a pass that sent answers to some members and nothing else.</summary>
    /// <param name="ended">When it ended.</param>
    /// <param name="members">The number of members.</param>
    public void Answered(long ended, int members)
    {
        if (ended < _singleLineUntil)
            return;
        long share = Math.Min(members, ProtocolLimits.Clients);
        long rest =
            share * share * ServerLimits.AnswerRestMicroseconds / ProtocolLimits.Clients / ProtocolLimits.Clients;
        if (rest >= ServerLimits.LeastRestMicroseconds)
            _restUntil = Math.Max(_restUntil, ended + rest);
    }

    /// <summary>How long to rest now that work is waiting; 0 for no rest.</summary>
    public long Delay(long now) => Math.Max(0, _restUntil - now);
}
