using System.Globalization;
using System.Net;
using System.Text;
using Chat.Protocol.Discovery;
using Chat.Protocol.Tls;
using Chat.Server.Discovery;

namespace Chat.Tests.Server.Discovery;

/// <summary>
/// A network in memory, with announcers on it and a clock that the test moves. It delivers each message to all
/// announcers, its sender included, as the group does.
/// </summary>
internal sealed class MemoryNetwork
{
    private readonly List<Machine> _machines = [];

    /// <summary>The rooms have a secret.</summary>
    public bool HasSecret { get; init; }

    /// <summary>Milliseconds.</summary>
    public long Now { get; private set; } = 1_000_000;

    /// <summary>Unicast answers are recorded, which allocates.</summary>
    public bool IsRecording { get; set; } = true;

    /// <summary>The messages to the group: time, sender and content.</summary>
    public List<(long At, Machine From, string Text)> Sent { get; } = [];

    /// <summary>The unicast answers.</summary>
    public List<string> Replies { get; } = [];

    /// <summary>Bytes of the last message or answer.</summary>
    public byte[] Last { get; private set; } = [];

    /// <summary>Adds a machine that announces a room.</summary>
    public Machine Add(string room, params LocalInterface[] interfaces)
    {
        Machine machine = new(this, room, _machines.Count + 1);
        _machines.Add(machine);
        machine.Announcer.SetInterfaces(interfaces, Now);
        return machine;
    }

    /// <summary>Moves the clock; the announcers do what is due on the way.</summary>
    public void Advance(int milliseconds)
    {
        for (long end = Now + milliseconds; ; )
        {
            long due = _machines.Min(static machine => machine.Announcer.NextDue);
            Now = Math.Max(Now, Math.Min(due, end));
            if (due > end)
                return;
            foreach (Machine machine in _machines)
                machine.Announcer.Tick(Now);
        }
    }

    /// <summary>Delivers a packet of another machine on an interface.</summary>
    public void Deliver(ReadOnlySpan<byte> packet, int interfaceIndex = 2, int sender = 99, bool isShared = true)
    {
        foreach (Machine machine in _machines)
            machine.Announcer.Receive(packet, interfaceIndex, new PacketOrigin((UInt128)sender, isShared), Now);
    }

    /// <summary>The messages since a count of them, without their times.</summary>
    public string[] Since(int count) => [.. Sent.Skip(count).Select(static one => one.Text)];

    /// <summary>An interface with an address.</summary>
    public static LocalInterface Interface(int index, params string[] addresses) =>
        new(index, $"eth{index}", [.. addresses.Select(static a => new LocalAddress(IPAddress.Parse(a), 24))]);

    /// <summary>
    /// A message in words: questions as <c>?PTR name</c>, answers as <c>PTR name ttl</c>, authorities with a ~ and
    /// additional records with a + before. A ! behind the type is the bit of a unique record.
    /// </summary>
    public static string Describe(ReadOnlySpan<byte> message)
    {
        Assert.True(DnsReader.TryOpen(message, out DnsReader reader));
        StringBuilder text = new();
        byte[] name = new byte[DnsName.MostBytes];
        for (int i = reader.Questions; i > 0; i--)
        {
            Assert.True(reader.TryReadQuestion(out DnsQuestion question));
            text.Append(CultureInfo.InvariantCulture, $"?{Type(question.Type)} {Name(ref reader, question.NameAt)}, ");
        }
        for (int i = 0; i < reader.Answers + reader.Authorities + reader.Additionals; i++)
        {
            Assert.True(reader.TryReadRecord(out DnsRecord record));
            string mark =
                i < reader.Answers ? ""
                : i < reader.Answers + reader.Authorities ? "~"
                : "+";
            string unique = record.IsUnique ? "!" : "";
            string shown = Name(ref reader, record.NameAt);
            text.Append(CultureInfo.InvariantCulture, $"{mark}{Type(record.Type)}{unique} {shown} {record.Ttl}, ");
        }
        return text.ToString().TrimEnd(',', ' ');

        string Name(ref DnsReader from, int at)
        {
            ReadOnlySpan<byte> whole = name.AsSpan(0, from.CopyName(at, name));
            string first = Encoding.UTF8.GetString(DnsName.FirstLabel(whole));
            return first.StartsWith("chat-", StringComparison.Ordinal) ? "host" : first;
        }
    }

    private static string Type(DnsType type) => $"{type}".ToUpperInvariant();

    /// <summary>The key of each room. Each has a secret, too.</summary>
    public static byte[] PublicKey { get; } = [.. Enumerable.Range(0, RoomKey.Bytes).Select(static i => (byte)i)];

    /// <summary>A machine on this network.</summary>
    internal sealed class Machine : IMulticast
    {
        private readonly MemoryNetwork _network;

        public Machine(MemoryNetwork network, string room, int number)
        {
            _network = network;
            Host = $"chat-{number}";
            Announcer = new Announcer(
                this,
                new RoomFacts(room, 8082, "1.2.3", "0123456789abcdef", PublicKey) { HasSecret = network.HasSecret },
                Host,
                new Random(number)
            );
        }

        public Announcer Announcer { get; }

        public string Host { get; }

        /// <summary>The indexes of the interfaces whose groups are joined.</summary>
        public List<int> Joined { get; } = [];

        /// <summary>The system refuses to send.</summary>
        public bool IsRefused { get; set; }

        public void Join(LocalInterface at) => Joined.Add(at.Index);

        public void Leave(LocalInterface at) => Joined.Remove(at.Index);

        public bool Send(LocalInterface at, ReadOnlySpan<byte> message)
        {
            if (IsRefused)
                return false;
            byte[] copy = message.ToArray();
            _network.Last = copy;
            _network.Sent.Add((_network.Now, this, Describe(copy)));
            foreach (Machine machine in _network._machines)
            {
                UInt128 sender = (UInt128)(_network._machines.IndexOf(this) + 1);
                machine.Announcer.Receive(
                    copy,
                    at.Index,
                    new PacketOrigin(sender, IsFromSharedPort: true),
                    _network.Now
                );
            }
            return true;
        }

        public void Reply(ReadOnlySpan<byte> message)
        {
            if (!_network.IsRecording)
                return;
            _network.Last = message.ToArray();
            _network.Replies.Add(Describe(message));
        }
    }
}
