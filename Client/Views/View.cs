namespace Chat.Client.Views;

/// <summary>The state of the link, for the prompt.</summary>
/// <param name="State">The state.</param>
/// <param name="Name">The own name; empty while unknown.</param>
/// <param name="Pending">The unacknowledged lines, oldest first.</param>
internal sealed record LinkStatus(LinkState State, string Name, IReadOnlyList<string> Pending)
{
    /// <summary>The person has the mark of a host.</summary>
    public bool IsHost { get; init; }

    /// <summary>The person is asked for the secret of the room.</summary>
    public bool IsSecretWanted { get; init; }

    /// <summary>Whether others can read the link; null before the first join.</summary>
    public LinkSecurity? Security { get; init; }

    /// <summary>The milliseconds until the next attempt, while the link waits.</summary>
    public int RetryMilliseconds { get; init; }

    /// <summary>Whether the server is one of ours or still unknown, so the room's commands work.</summary>
    public bool IsOurs { get; init; } = true;

    /// <summary>The number of the oldest pending lines that the server should have taken by now.</summary>
    public int Late { get; init; }

    /// <summary>The number of pending lines that were not sent yet.</summary>
    public int ToSend { get; init; }
}

/// <summary>
/// Shows events and turns input into actions: a prompt at a terminal, or lines in a pipe. It knows no link, no terminal
/// and no clock.
/// </summary>
/// <remarks>
/// The caller's turn is: <see cref="Tick"/>, <see cref="Feed"/> or <see cref="Settle"/>, <see cref="TryTake"/> for each
/// action, <see cref="Show"/> for each event, <see cref="Status"/>. It then writes <see cref="Frame"/> whole and calls
/// <see cref="FrameWritten"/>. Without a change the frame is empty.
/// </remarks>
internal abstract class View
{
    /// <summary>The bytes to write now.</summary>
    public abstract ReadOnlySpan<byte> Frame { get; }

    /// <summary>The bytes of the frame so far, without the prompt.</summary>
    public virtual int FrameBytes => Frame.Length;

    /// <summary>
    /// The time for the next <see cref="Tick"/>, on its clock, if no event comes before; null for none.
    /// </summary>
    public virtual long? Due => null;

    /// <summary>
    /// The number of people to request in a roster; 0 for no request. The caller sends the request and resets it.
    /// </summary>
    public int PeopleWanted { get; set; }

    /// <summary>Whether the link accepts lines. If not, a typed line stays in the editor.</summary>
    public bool TakesLines { get; set; } = true;

    /// <summary>Whether the link accepts a paste: false while much of the last one waits.</summary>
    public bool TakesPastes { get; set; } = true;

    /// <summary>Begins the next frame, after the last one was written.</summary>
    public abstract void FrameWritten();

    /// <summary>Shows an event.</summary>
    public abstract void Show(ChatEvent @event);

    /// <summary>Shows a warning outside the conversation. It does not change the exit code.</summary>
    public abstract void Warn(string words);

    /// <summary>Adds bytes of the input, for <see cref="TryTake"/> to parse.</summary>
    public abstract void Feed(ReadOnlySpan<byte> bytes);

    /// <summary>Called in a turn without input: incomplete input may end by its timeout.</summary>
    public virtual void Settle() { }

    /// <summary>Ends the input. <see cref="TryTake"/> returns the rest of it.</summary>
    public abstract void EndInput();

    /// <summary>Returns the next action of the input, if there is one.</summary>
    public abstract bool TryTake(out UserAction action);

    /// <summary>Passes the time and runs what is due.</summary>
    /// <param name="now">The milliseconds of a monotonic clock.</param>
    /// <param name="unixNow">The time of day in Unix milliseconds.</param>
    public virtual void Tick(long now, long unixNow) { }

    /// <summary>Passes the state of the link.</summary>
    public virtual void Status(LinkStatus status) { }

    /// <summary>Returns unsent lines to the person.</summary>
    public virtual void PutBack(IReadOnlyList<string> lines) { }

    public virtual void Resize(int columns, int rows) { }

    /// <summary>Shows the prompt from the next frame on.</summary>
    public virtual void Appear() { }

    /// <summary>Shows the prompt again after a suspension; marks and counts the missed lines.</summary>
    public virtual void Return() { }

    /// <summary>Removes the prompt, because another program takes over the terminal.</summary>
    public virtual void Withdraw() { }

    /// <summary>Another program wrote to the terminal, so the prompt's rows are no longer there to erase.</summary>
    public virtual void Forget() { }

    /// <summary>Writes the files and removes the prompt at the end of the client.</summary>
    public virtual void Finish() { }
}
