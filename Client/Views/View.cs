namespace Chat.Client.Views;

/// <summary>
/// What a client shows and what its input means: a prompt at a terminal, lines in a pipe. A view knows events and
/// actions; it knows no link, no terminal and no clock.
/// </summary>
/// <remarks>
/// A turn is: <see cref="Tick"/>, then <see cref="Feed"/> or <see cref="Settle"/>, each action of <see
/// cref="TryTake"/>, each event with <see cref="Show"/>, <see cref="Status"/>. Then <see cref="Frame"/> is written
/// whole, and <see cref="FrameWritten"/> begins the next. Without a change the frame is empty.
/// </remarks>
internal abstract class View
{
    /// <summary>The bytes to write now.</summary>
    public abstract ReadOnlySpan<byte> Frame { get; }

    /// <summary>Bytes of the frame so far, without a prompt.</summary>
    public virtual int FrameBytes => Frame.Length;

    /// <summary>When to call <see cref="Tick"/> though nothing happens, on its clock; null: never.</summary>
    public virtual long? Due => null;

    /// <summary>How many people the list of people is to hold; 0 while none is wanted. The owner asks and resets it.</summary>
    public int PeopleWanted { get; set; }

    /// <summary>Whether more may be said. While it may not, a typed line stays in the editor.</summary>
    public bool TakesLines { get; set; } = true;

    /// <summary>Whether another paste may be said: not while much of the last one waits.</summary>
    public bool TakesPastes { get; set; } = true;

    /// <summary>The frame was written: the next one begins.</summary>
    public abstract void FrameWritten();

    /// <summary>Shows an event.</summary>
    public abstract void Show(ChatEvent happened);

    /// <summary>Shows words that are no part of the conversation and do not change the exit code.</summary>
    public abstract void Warn(string words);

    /// <summary>Takes bytes of the input; the actions in them follow.</summary>
    public abstract void Feed(ReadOnlySpan<byte> bytes);

    /// <summary>No input came in this turn. An input that waited for more may be complete.</summary>
    public virtual void Settle() { }

    /// <summary>The input has ended: what is left of it follows as actions.</summary>
    public abstract void EndInput();

    /// <summary>Takes the next action of the input.</summary>
    public abstract bool TryTake(out UserAction action);

    /// <summary>Lets time pass.</summary>
    /// <param name="now">Milliseconds of a clock that only goes forward.</param>
    /// <param name="unixNow">The time of day.</param>
    public virtual void Tick(long now, long unixNow) { }

    /// <summary>Tells the state of the link.</summary>
    /// <param name="state">The state.</param>
    /// <param name="name">The own name; empty while unknown.</param>
    /// <param name="retryMilliseconds">While the link waits: until the next attempt.</param>
    /// <param name="pending">Lines that the server has not taken, oldest first.</param>
    /// <param name="isOurs">Whether the server is one of ours, as far as is known, and carries out the commands of the
    /// room.</param>
    /// <param name="toSend">Lines among the pending that were not sent yet.</param>
    public virtual void Status(
        LinkState state,
        string name,
        int retryMilliseconds,
        IReadOnlyList<string> pending,
        bool isOurs = true,
        int toSend = 0
    ) { }

    /// <summary>Gives lines back that were taken back before they were sent.</summary>
    public virtual void PutBack(IReadOnlyList<string> lines) { }

    public virtual void Resize(int columns, int rows) { }

    /// <summary>Shows the prompt from the next frame on.</summary>
    public virtual void Appear() { }

    /// <summary>Shows the prompt again after a pause; the lines said meanwhile are marked and counted.</summary>
    public virtual void Return() { }

    /// <summary>Removes the prompt, because another program takes over the terminal.</summary>
    public virtual void Withdraw() { }

    /// <summary>Another program wrote to the terminal: the rows of the prompt are gone.</summary>
    public virtual void Forget() { }

    /// <summary>The client ends: files are written, the prompt goes.</summary>
    public virtual void Finish() { }
}
