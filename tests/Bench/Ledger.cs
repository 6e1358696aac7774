using System.Diagnostics;

namespace Chat.Bench;

/// <summary>
/// What was said and who has got it: every pair of sender and receiver is followed message by message. A server that is
/// fast because it loses, doubles, mixes up or tears lines shows here.
/// </summary>
/// <remarks>
/// A pair is one number, that of the next message owed. Only when a message comes that is not this one is anything
/// remembered: those passed over, which are lost until they come, and then only late. Each message is composed once and
/// kept while it is owed to somebody, so that what comes is compared with it and not taken apart: the generator must be
/// faster than what it measures.
/// </remarks>
internal sealed class Ledger
{
    private readonly int _window,
        _readers;
    private readonly bool _echoes;
    private readonly int[] _next,
        _owed,
        _said;
    private readonly long[] _saidAt;
    private readonly byte[] _messages;
    private readonly HashSet<(int Pair, int Number)> _missing = [];

    /// <param name="members">Everybody; the first of them are the senders.</param>
    /// <param name="senders">How many of them speak.</param>
    /// <param name="window">Messages a sender may have under way, not yet with everybody.</param>
    /// <param name="readers">How many get each message.</param>
    /// <param name="echoes">Whether senders are among them.</param>
    public Ledger(int members, int senders, int window, int readers, bool echoes)
    {
        (Senders, _window, _readers, _echoes) = (senders, window, readers, echoes);
        _next = new int[members * senders];
        _said = new int[senders];
        _owed = new int[senders * window];
        _saidAt = new long[senders * window];
        _messages = new byte[senders * window * Mark.Bytes];
    }

    public int Senders { get; }

    /// <summary>Messages that came to somebody.</summary>
    public long Delivered { get; private set; }

    /// <summary>Messages that were sent.</summary>
    public long Said { get; private set; }

    /// <summary>Messages that are with everybody.</summary>
    public long Complete { get; private set; }

    public long Doubled { get; private set; }

    public long Late { get; private set; }

    public long Garbled { get; set; }

    /// <summary>Deliveries that did not happen (yet).</summary>
    public long Owed => (Said * _readers) - Delivered;

    /// <summary>How long each delivery took; null where nobody asks.</summary>
    public Latencies? Latencies { get; init; }

    /// <summary>Of a message that was said earlier nobody asks, either.</summary>
    public long TimedFrom { get; init; }

    public bool IsFaultless => Owed == 0 && _missing.Count == 0 && Doubled + Late + Garbled == 0;

    /// <summary>Whether this sender may say something more.</summary>
    public bool MaySay(int sender) => _owed[Slot(sender, _said[sender])] == 0;

    /// <summary>Takes note of a message about to be sent.</summary>
    /// <returns>What it says.</returns>
    public ReadOnlySpan<byte> Say(int sender, long at)
    {
        int number = _said[sender]++,
            slot = Slot(sender, number);
        _owed[slot] = _readers;
        _saidAt[slot] = at;
        Said++;
        Mark.Write(Message(slot), sender, number);
        return Message(slot);
    }

    /// <summary>Takes note of a line that came to somebody.</summary>
    public void Hear(int receiver, ReadOnlySpan<byte> line)
    {
        if (!Mark.TryReadSender(line, out int sender) || sender >= Senders)
        {
            CountGarbled(line);
            return;
        }
        if (receiver == sender && !_echoes)
        {
            Doubled++;
            return;
        }
        int pair = (receiver * Senders) + sender,
            number = _next[pair];
        if (number < _said[sender] && line.EndsWith(Message(Slot(sender, number))))
        {
            _next[pair]++;
        }
        else if (!Mark.TryRead(line, out _, out number) || number >= _said[sender])
        {
            CountGarbled(line);
            return;
        }
        else if (!IsNewAfterAll(pair, number))
        {
            return;
        }
        Delivered++;
        int slot = Slot(sender, number);
        if (_saidAt[slot] >= TimedFrom)
            Latencies?.Add(Stopwatch.GetTimestamp() - _saidAt[slot]);
        if (--_owed[slot] > 0)
            return;
        Complete++;
    }

    public override string ToString() =>
        IsFaultless ? "none" : $"{Owed} lost, {Doubled} doubled, {Late} late, {Garbled} garbled";

    // Anything else that is said in the room is no concern of ours.
    private void CountGarbled(ReadOnlySpan<byte> line) => Garbled += line.Contains(Mark.First) ? 1 : 0;

    private Span<byte> Message(int slot) => _messages.AsSpan(slot * Mark.Bytes, Mark.Bytes);

    private int Slot(int sender, int number) => (sender * _window) + (number % _window);

    private bool IsNewAfterAll(int pair, int number)
    {
        if (number < _next[pair])
        {
            bool late = _missing.Remove((pair, number));
            Late += late ? 1 : 0;
            Doubled += late ? 0 : 1;
            return late;
        }
        for (int passed = _next[pair]; passed < number; passed++)
            _missing.Add((pair, passed));
        _next[pair] = number + 1;
        return true;
    }
}
