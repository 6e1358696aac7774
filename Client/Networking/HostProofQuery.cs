using System.Text;
using Chat.Protocol;

namespace Chat.Client.Networking;

/// <summary>
/// Proves the key of the host after each welcome: asks the server for a number, and answers with the proof for it.
/// Until the server has answered, no other request is sent, because it may need the rights.
/// </summary>
/// <remarks>
/// The id is 0, so an older server ignores the request. A ping sent after it detects that.
/// </remarks>
/// <param name="key">The key; null for none.</param>
internal sealed class HostProofQuery(UInt128? key)
{
    private byte[]? _request;
    private bool _hasChallenge;

    /// <summary>A request waits to be sent.</summary>
    public bool HasRequest => _request is not null;

    /// <summary>The server has not answered the proof.</summary>
    public bool IsAwaited { get; private set; }

    /// <summary>Removes and returns the next request; null without one.</summary>
    public byte[]? TakeRequest()
    {
        byte[]? request = _request;
        _request = null;
        return request;
    }

    /// <summary>Begins again on a new connection.</summary>
    public void Restart()
    {
        (IsAwaited, _hasChallenge) = (key is not null, false);
        _request = IsAwaited ? Encoding.ASCII.GetBytes($"host 0\nping {RequestIds.Host}\n") : null;
    }

    /// <summary>Handles the number of the server.</summary>
    public void HandleChallenge(string challenge, string epoch)
    {
        if (key is not UInt128 known || !IsAwaited)
            return;
        _hasChallenge = true;
        _request = Encoding.UTF8.GetBytes($"host 0 {HostProof.Create(known, challenge, epoch)}\n");
    }

    /// <summary>Handles a <c>pong</c>.</summary>
    public void HandlePong(long id) => IsAwaited &= id != RequestIds.Host || _hasChallenge;

    /// <summary>Handles a <c>done</c> or <c>err</c>.</summary>
    public void HandleAnswer(long id) => IsAwaited &= id != 0 || !_hasChallenge;
}
