using System.Net;
using System.Security.Cryptography;
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
/// for each address; the server's own computer is not exempt.
/// </remarks>
/// <param name="secret">The secret; null for an open room.</param>
/// <param name="lifecycle">Ends sessions.</param>
internal sealed class SecretGate(RoomSecret? secret, SessionLifecycle lifecycle)
{
    private const string TooMany = "too many wrong secrets came from your address; try again in a minute";

    private readonly NetworkTable<WrongTries> _wrong = new(ServerLimits.SecretAddresses);

    /// <summary>Asks a session for the secret behind its greeting, if the room has one.</summary>
    public void Ask(Session session, ClockReading now)
    {
        if (RequireProof(session, now))
            Say(session, PlainWire.AsksSecret);
    }

    /// <summary>
    /// Makes a session owe the proof of the secret, if the room has one. Without a greeting, the answer to its hello
    /// asks.
    /// </summary>
    /// <returns>Whether the room has a secret.</returns>
    public bool RequireProof(Session session, ClockReading now)
    {
        // Only a proof needs the exported bytes.
        byte[]? exported = (session.Channel as TlsChannel)?.TakeExported();
        if (secret is not null)
            session.PendingProof = new PendingProof { AskedAt = now.Uptime, Exported = exported };
        return secret is not null;
    }

    /// <summary>Handles a line of a session with a <see cref="Session.PendingProof"/>.</summary>
    /// <returns>Whether it proves the secret: the session goes on as a new one.</returns>
    public bool Handle(Session session, ReadOnlySpan<byte> line, ClockReading now)
    {
        PendingProof pending = session.PendingProof!;
        if (line.IsEmpty)
            return false;
        // The page says its hello behind each secret, because a right secret has no answer.
        if (!session.CarriesPlainLines && RichWire.TryHello(line, out _))
        {
            Say(session, PlainWire.AsksSecret);
            return false;
        }
        IPAddress from = session.Peer.Address;
        if (IsSpent(from, now))
        {
            lifecycle.Reject(session, TooMany, now);
            return false;
        }
        if (!IsProof(session, pending, line))
        {
            CountWrong(session, pending, from, now);
            return false;
        }
        CryptographicOperations.ZeroMemory(pending.Exported);
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

    private bool IsProof(Session session, PendingProof pending, ReadOnlySpan<byte> line)
    {
        if (
            pending.Exported is not byte[] exported
            || !RoomSecret.IsSame(line, RichWire.Proof(secret!.ClientProof(exported)).AsSpan(..^1))
        )
            return secret!.Matches(line);
        session.Send(RichWire.Proof(secret.ServerProof(exported)), out _);
        return true;
    }

    private void CountWrong(Session session, PendingProof pending, IPAddress from, ClockReading now)
    {
        WrongTries tries = _wrong[from] ?? new WrongTries();
        tries.Add(now);
        _wrong.Set(from, tries);
        pending.Tries++;
        pending.NextTryAt = now.Uptime + ServerLimits.SecretPauseMilliseconds;
        Say(session, PlainWire.WrongSecret);
        lifecycle.RefuseSecret(session, isLast: pending.Tries >= ServerLimits.SecretTries, now);
    }

    private bool IsSpent(IPAddress from, ClockReading now) => _wrong[from] is WrongTries tries && tries.IsSpent(now);

    // A session without a member has nothing else in its send buffer, so the line fits.
    private static void Say(Session session, string words)
    {
        Span<byte> line = stackalloc byte[ProtocolLimits.HeadBytes];
        session.Send(line[..PlainWire.Notice(line, words)], out _);
    }

    // The uptimes of the last wrong attempts of an address, in a ring.
    private sealed class WrongTries
    {
        private readonly long[] _at = new long[ServerLimits.SecretTriesPerWindow];
        private int _count;

        public void Add(ClockReading now) => _at[_count++ % _at.Length] = now.Uptime;

        // The next place has the oldest one.
        public bool IsSpent(ClockReading now) =>
            _count >= _at.Length && now.Uptime - _at[_count % _at.Length] < ServerLimits.SecretWindowMilliseconds;
    }
}

/// <summary>The proof that a session still owes to a room with a secret.</summary>
internal sealed class PendingProof
{
    /// <summary>Uptime in milliseconds since which the room waits.</summary>
    public long AskedAt { get; init; }

    /// <summary>The bytes that both ends export from TLS; null without TLS.</summary>
    public byte[]? Exported { get; init; }

    /// <summary>The wrong attempts.</summary>
    public int Tries { get; set; }

    /// <summary>Uptime in milliseconds of the next attempt. Input waits until then.</summary>
    public long NextTryAt { get; set; }
}
