using System.Net;
using Chat.Client.Storage;
using Chat.Protocol;
using Chat.Protocol.Tls;

namespace Chat.Client.Networking;

/// <summary>The demands of the person on the encryption.</summary>
internal sealed record TrustRules
{
    /// <summary>No TLS: the person asked for the plain protocol, or the room is in this process.</summary>
    public bool IsPlain { get; init; }

    /// <summary>Never in the clear.</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>The words of the key that the room must have; null for any.</summary>
    public string? RoomKey { get; init; }

    /// <summary>Take another key than before, and keep it.</summary>
    public bool TakesNewKey { get; init; }

    /// <summary>The secret of the room, which the server must prove that it knows; null for none.</summary>
    public string? Secret { get; init; }

    /// <summary>The server must prove that it knows the secret.</summary>
    public bool HasSecret => Secret is not null && !IsPlain;

    /// <summary>Names the record alone, because it holds a secret.</summary>
    public override string ToString() => nameof(TrustRules);

    /// <summary>Whether a server without TLS is refused.</summary>
    public bool IsRequired => IsEncrypted || RoomKey is not null || HasSecret;
}

/// <summary>
/// Decides for a run of the client whether a connection is encrypted, and whether the key of the room is the right
/// one. The first key at an address is taken, and another one later is refused.
/// </summary>
/// <remarks>
/// The client never falls back to the clear: not at a room with a known key, and not after an offer of TLS. The one
/// exception is a link that was welcome in the clear: its person knows, and it stays so for the run.
/// </remarks>
/// <param name="rules">The demands of the person.</param>
/// <param name="keys">The known keys.</param>
/// <param name="clock">The day, for the file of keys.</param>
internal sealed class RoomTrust(TrustRules rules, RoomKeys keys, TimeProvider clock)
{
    private HostPort _place;
    private KnownKey? _known,
        _knownBefore;
    private byte[]? _presented,
        _announced,
        _welcome;
    private bool _isOffered,
        _isRepeated,
        _isProved,
        _staysClear;
    private string? _toldFailure = keys.Failure;

    /// <summary>Why the server of the last connection is not talked to; null if it is.</summary>
    public string? Refusal { get; private set; }

    /// <summary>The key of the room; null in the clear.</summary>
    public byte[]? PublicKey => _presented;

    /// <summary>A room of this run has asked for its secret. One that does not ask later is another one.</summary>
    public bool HasAsked { get; set; }

    /// <summary>Whether the key of this connection was known before this run.</summary>
    public bool IsKnown => _presented is not null && IsSame(_presented, _knownBefore?.Key);

    /// <summary>Whether a server without TLS is refused.</summary>
    public bool IsRequired => rules.IsRequired;

    /// <summary>The secret of the room, if the person gave it before the first connection.</summary>
    public string? Secret => rules.Secret;

    /// <summary>Begins a connection.</summary>
    /// <param name="typed">The server, as the person types it.</param>
    /// <param name="at">The address that the socket is connected to.</param>
    /// <param name="announced">The key that the room announces in the network, in Base64; null for none.</param>
    /// <returns>
    /// The encryption to begin with; null to wait for the greeting, because a stranger may not know TLS.
    /// </returns>
    public TlsConnection? Begin(HostPort typed, IPEndPoint at, string? announced = null)
    {
        // The name localhost has two addresses, and one computer.
        IPAddress address = at.Address.IsIPv4MappedToIPv6 ? at.Address.MapToIPv4() : at.Address;
        // The number of an interface changes with a restart of the computer.
        if (address.IsIPv6LinkLocal)
            address = new IPAddress(address.GetAddressBytes());
        HostPort numeric = new(IPAddress.IsLoopback(address) ? "localhost" : $"{address}", at.Port);
        // An address has many spellings, such as 10.0.1 and ::ffff:10.0.0.1.
        bool isName = numeric.Host != "localhost" && typed.Host is not null && !IPAddress.TryParse(typed.Host, out _);
        _place = isName ? new HostPort(typed.Host!.ToLowerInvariant(), at.Port) : numeric;
        (_presented, _isProved, Refusal) = (null, false, null);
        if (rules.IsPlain || _staysClear)
            return null;
        _known = keys.Find(_place);
        if (_welcome is null)
            _knownBefore = _known;
        // The proof of the announced key is the handshake.
        _announced = announced is null ? null : Convert.FromBase64String(announced);
        // A server that has spoken TLS under its address speaks it under a name, too.
        _isOffered |= _announced is not null || keys.Find(numeric) is not null;
        return _isOffered || _known is not null || _welcome is not null ? TlsConnection.Connect(IsTrusted) : null;
    }

    /// <summary>Handles the greeting, or the silence, of a server at the begin of a connection in the clear.</summary>
    /// <param name="offersTls">The greeting offers TLS.</param>
    public EntryStep HandleClear(bool offersTls)
    {
        if (rules.IsPlain || _staysClear)
            return EntryStep.GoOn;
        if (offersTls)
        {
            _isOffered = true;
            return EntryStep.CallAgain;
        }
        if (!rules.IsRequired)
            return EntryStep.GoOn;
        Refusal =
            rules.HasSecret ? $"{Place} offers no encryption, so it cannot prove that it knows the secret; {Unsaid}"
            : rules.RoomKey is null
                ? $"{Place} offers no encryption, and nothing was said to it; without --encrypted the client joins in "
                    + "the clear"
            : $"{Place} offers no encryption, so it cannot prove the key of --room-key; nothing was said to it";
        return EntryStep.Refuse;
    }

    /// <summary>
    /// Handles an answer in the clear to the first bytes of TLS. Once it is no news: if a segment is lost, the server
    /// greets before they come.
    /// </summary>
    /// <param name="said">The first line of the server, clean.</param>
    public EntryStep HandleClearAnswer(string said)
    {
        if (!_isRepeated)
        {
            _isRepeated = true;
            return EntryStep.CallAgain;
        }
        string words = said.StartsWith("-- ", StringComparison.Ordinal) ? $" It said: \"{said[3..]}\"." : "";
        Refusal =
            _known is null && _welcome is null
                ? $"{Place} offers encryption and then answers without.{words} {Danger}"
                : $"{Place} answered without encryption, as it never did before.{words} {Danger}; if it has none any "
                    + $"more, remove its line from {keys.ShownPath}";
        return EntryStep.Refuse;
    }

    /// <summary>Handles a greeting that does not ask for the secret.</summary>
    /// <returns>Whether the room may be joined without a proof.</returns>
    public bool AllowsNoProof()
    {
        // A room that was welcome in this run has the same key, so its host has opened it.
        if (_welcome is not null || !(rules.HasSecret || HasAsked))
            return true;
        Refusal =
            $"{Place} does not ask for the secret, so it is not the room that you have the secret of; {Unsaid}. "
            + "Without --secret-file and CHAT_SECRET the client joins it";
        return false;
    }

    /// <summary>The server has proved that it knows the secret of the room.</summary>
    public void HandleProof() => _isProved = true;

    /// <summary>The server has not proved that it knows the secret of the room.</summary>
    public void RefuseWithoutProof() =>
        Refusal = $"{Place} does not know the secret of this room. {Danger}; its key is not kept";

    /// <summary>The secret would be sent in the clear, to a server that may be any.</summary>
    public void RefuseInClear() => Refusal = $"{Place} asks for its secret without encryption; {Unsaid}";

    /// <summary>The room said welcome, so its key is kept.</summary>
    /// <param name="notice">The words for the person; empty if there is no news.</param>
    /// <returns>The state of the encryption; null in the clear.</returns>
    public LinkSecurity? Welcome(out string notice)
    {
        notice = "";
        if (_presented is not byte[] key)
        {
            _staysClear = true;
            return null;
        }
        Lazy<string> words = new(() => RoomKeyWords.Of(key));
        KnownKey? elsewhere = keys.Find(key);
        bool isSame = IsSame(key, _welcome ?? _known?.Key),
            isOwn = _welcome is null && !isSame && keys.IsOwn(key);
        if (_welcome is null && !isSame && !isOwn)
            notice = Notice(words, elsewhere);
        keys.Keep(_place, key, DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime));
        // If the file has the key already, a failed write loses its last day alone.
        if (!IsSame(key, _known?.Key) && keys.Failure is string failure && failure != _toldFailure)
        {
            _toldFailure = failure;
            notice = notice.Length > 0 ? $"{notice}; {failure}" : failure;
        }
        _welcome = key;
        return new LinkSecurity(words, isSame || isOwn || elsewhere is not null, IsExposed: false);
    }

    private string Place => RoomKeys.Format(_place);

    private const string Unsaid = "nothing was said to it";

    private const string Danger =
        "Another machine has this address now, or a machine in between would read everything. Nothing was said to it. "
        + "Ask the host of the room";

    private string Notice(Lazy<string> words, KnownKey? elsewhere) =>
        _known is not null ? $"encrypted; from now on the key of this room is {words.Value}"
        : rules.RoomKey is not null || _isProved ? ""
        : elsewhere is not null
            ? $"encrypted; this is the room you know from {RoomKeys.Format(elsewhere.Place)}, now at another address"
        : $"encrypted; first time here, so if it matters compare with the server's screen: {words.Value}";

    private bool IsTrusted(byte[] key)
    {
        (_presented, _isRepeated) = (key, false);
        // The key of a run stays: an option takes a new one only at the first welcome.
        if (IsSame(key, _welcome))
            return true;
        byte[]? before = _welcome ?? _known?.Key;
        if (_welcome is null && rules.RoomKey is string demanded)
        {
            string words = RoomKeyWords.Of(key);
            if (words != demanded)
                Refusal = $"{Place} has the key {words}, and not that of --room-key. {Danger}";
        }
        else if (before is not null && !IsSame(key, before) && (_welcome is not null || !rules.TakesNewKey))
        {
            Refusal =
                $"{Place} has another key than before ({RoomKeyWords.Of(before)}, now {RoomKeyWords.Of(key)}). "
                + $"{Danger}; if they have a new key: chat client {_place.Typed} --new-key";
        }
        else if (before is null && _announced is not null && !IsSame(key, _announced))
        {
            Refusal = $"{Place} has another key than the room that was found there. {Danger}";
        }
        return Refusal is null;
    }

    private static bool IsSame(byte[] key, byte[]? other) => other is not null && key.AsSpan().SequenceEqual(other);
}
