using Chat.Protocol;

namespace Chat.Server.Sessions;

/// <summary>
/// When to send again. A send costs the system some 4 µs whatever it carries, so what a message costs is decided by how many leave in one send: by how
/// much has come in since the last time everybody was sent to. Whoever sends again at once, because one line has come, sends a hundred times as often
/// as needed when a hundred people talk.
///
/// So after everybody was sent to, the loop rests before it does so again: for as long as sending took, where that was long, and much less where it was
/// short. Nothing waits for it that comes into a quiet room, since the rest is counted from the end of the last sending and is over by then; and nothing
/// waits for longer than it takes to send it. Where a single line came there is no rest: what would be gathered meanwhile is nothing. In rooms so small that
/// sending takes no time there is none either: it would cost half of what they can carry.
///
/// In large rooms there is another rest, after a pass in which nobody spoke and some were sent what is theirs alone, such as the answer to whether
/// anybody is there, so that those who ask are not all a wake-up of their own. It is the one for which a first line may wait, for less than it takes to
/// send it. For as long as sending a single line took there is none of this kind either: those who ask have gathered meanwhile, and whoever talks alone
/// has the next line ready by then. With the rest a line to ten thousand took a third longer.
/// </summary>
/// <remarks>Times are microseconds of a clock that only goes forward.</remarks>
internal sealed class WriteCoalescing
{
    private long _restUntil,
        _oneTalksUntil;

    /// <summary>Everybody was sent to.</summary>
    /// <param name="began">When it began.</param>
    /// <param name="ended">When it was done.</param>
    /// <param name="lines">That had come in since the last time; after a single one there is no rest, because nothing says that there would be more.</param>
    public void Sent(long began, long ended, long lines)
    {
        long took = ended - began;
        long rest = Math.Min(
            took * Math.Min(took, ServerLimits.LongSendingMicroseconds) / ServerLimits.LongSendingMicroseconds,
            ServerLimits.RestMicroseconds
        );
        _oneTalksUntil = lines < 2 ? ended + took : 0;
        _restUntil = lines < 2 || rest < ServerLimits.LeastRestMicroseconds ? 0 : ended + rest;
    }

    /// <summary>Some were answered, and nobody else was sent anything.</summary>
    /// <param name="ended">When it was done.</param>
    /// <param name="members">How many are here.</param>
    public void Answered(long ended, int members)
    {
        if (ended < _oneTalksUntil)
            return;
        long share = Math.Min(members, ProtocolLimits.Clients);
        long rest =
            share * share * ServerLimits.AnswerRestMicroseconds / ProtocolLimits.Clients / ProtocolLimits.Clients;
        if (rest >= ServerLimits.LeastRestMicroseconds)
            _restUntil = Math.Max(_restUntil, ended + rest);
    }

    /// <summary>How long to rest now that there is something to do; 0 for not at all.</summary>
    public long Delay(long now) => Math.Max(0, _restUntil - now);
}
