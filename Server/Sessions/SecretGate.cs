using Chat.Protocol;
using Chat.Protocol.Tls;
using Chat.Protocol.Wire;
using Chat.Server.Access;
using Chat.Server.Networking;

namespace Chat.Server.Sessions;

/// <summary>
/// Keeps strangers out of a room with a secret. Until a session proves the secret, each line of it is an attempt, and
/// it learns nothing of the room.
/// </summary>
/// <remarks>
/// The client proves first, so no stranger gets a proof to guess from. Wrong attempts are bounded for each session and
/// for each address; loopback is not exempt.
/// </remarks>
/// <param name="secret">The secret; null for an open room.</param>
/// <param name="lifecycle">Ends sessions.</param>
internal sealed class SecretGate(RoomSecret? secret, SessionLifecycle lifecycle)
{
    private const string TooMany = "too many wrong secrets came from your address; try again in a minute";

    // The uptimes of the last wrong attempts, in a ring.
    private readonly Dictionary<AddressRange, (long[] At, int Next)> _wrong = [];

    /// <summary>Asks a session for the secret behind its greeting, if the room has one.</summary>
    public void Greeted(Session session, ClockReading now)
    {
        if (Close(session, now))
            Say(session, PlainWire.AsksSecret);
    }

    /// <summary>Closes the room to a session that gets no greeting. The answer to its hello asks.</summary>
    /// <returns>Whether the room has a secret.</returns>
    public bool Close(Session session, ClockReading now)
    {
        if (secret is not null)
            session.PendingProof = new PendingProof { AskedAt = now.Uptime };
        return secret is not null;
    }

    /// <summary>Handles a line of a session with a <see cref="Session.PendingProof"/>.</summary>
    /// <returns>Whether it proves the secret: the session goes on as a new one.</returns>
    public bool Handle(Session session, ReadOnlySpan<byte> line, ClockReading now)
    {
        PendingProof pending = session.PendingProof!;
        if (line.IsEmpty)
            return false;
        // The page says its hello behind each secret, because nothing tells it that a secret was right.
        if (!session.CarriesPlainLines && RichWire.TryHello(line, out _))
        {
            Say(session, PlainWire.AsksSecret);
            return false;
        }
        AddressRange from = AddressRange.Of(session.Peer.Address);
        if (IsSpent(from, now))
        {
            lifecycle.Reject(session, TooMany, now);
            return false;
        }
        if (!IsProof(session, line))
        {
            CountWrong(session, pending, from, now);
            return false;
        }
        session.PendingProof = null;
        // The hello time begins again, and the next line may be a hello.
        session.LastProgressAt = now.Uptime;
        return true;
    }

    /// <summary>Ends a session that does not send the secret.</summary>
    public void Tick(Session session, ClockReading now)
    {
        if (
            session is { PendingProof: PendingProof pending, LeaveReason: null, CloseReason: null }
            && now.Uptime - pending.AskedAt >= ServerLimits.SecretMilliseconds
        )
            lifecycle.Reject(session, "the secret did not come in time; call again", now);
    }

    private bool IsProof(Session session, ReadOnlySpan<byte> line)
    {
        byte[]? exported = (session.Channel as TlsChannel)?.Exported;
        if (exported is null || !RichWire.TryProof(line, out byte[]? proof))
            return secret!.Matches(line);
        bool isRight = RoomSecret.IsSame(proof, secret!.ClientProof(exported));
        if (isRight)
            session.Send(RichWire.Proof(secret.ServerProof(exported)), out _);
        return isRight;
    }

    private void CountWrong(Session session, PendingProof pending, AddressRange from, ClockReading now)
    {
        if (_wrong.Count >= ServerLimits.SecretAddresses && !_wrong.ContainsKey(from))
            _wrong.Clear();
        (long[] at, int next) = _wrong.TryGetValue(from, out (long[], int) known) ? known : (NewRing(), 0);
        at[next] = now.Uptime;
        _wrong[from] = (at, (next + 1) % at.Length);
        pending.Tries++;
        pending.NextTryAt = now.Uptime + ServerLimits.SecretPauseMilliseconds;
        Say(session, PlainWire.WrongSecret);
        if (pending.Tries >= ServerLimits.SecretTries)
            lifecycle.RefuseStranger(session, now);
    }

    private bool IsSpent(AddressRange from, ClockReading now) =>
        _wrong.TryGetValue(from, out (long[] At, int Next) tries)
        && now.Uptime - tries.At[tries.Next] < ServerLimits.SecretWindowMilliseconds;

    private static long[] NewRing()
    {
        long[] ring = new long[ServerLimits.SecretTriesPerWindow];
        Array.Fill(ring, -ServerLimits.SecretWindowMilliseconds);
        return ring;
    }

    // A session without a member has nothing else in its send buffer, so the line fits.
    private static void Say(Session session, string words)
    {
        Span<byte> line = stackalloc byte[ProtocolLimits.HeadBytes];
        session.Send(line[..PlainWire.Notice(line, words)], out _);
    }
}

/// <summary>What a session still owes to a room with a secret.</summary>
internal sealed class PendingProof
{
    /// <summary>Uptime in milliseconds since which the room waits.</summary>
    public long AskedAt { get; init; }

    /// <summary>The wrong attempts.</summary>
    public int Tries { get; set; }

    /// <summary>Uptime in milliseconds of the next attempt. Input waits until then.</summary>
    public long NextTryAt { get; set; }
}
