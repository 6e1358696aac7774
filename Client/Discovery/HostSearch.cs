using System.Net;
using System.Net.Sockets;
using System.Text;
using Chat.Protocol;
using Chat.Protocol.Discovery;

namespace Chat.Client.Discovery;

/// <summary>
/// Finds the addresses of a host such as <c>somebox.local</c> by multicast DNS. The owner calls <see cref="Turn"/>; no
/// call blocks.
/// </summary>
internal sealed class HostSearch : IDisposable
{
    private const string Domain = ".local";

    private readonly byte[] _name;
    private readonly TimeProvider _clock;
    private readonly MulticastSockets? _sockets = MulticastSockets.Open(isShared: false, out _);
    private readonly List<LocalInterface> _interfaces;
    private readonly List<IPAddress> _addresses = [];
    private readonly long _startedAt;
    private long _askAt;

    private HostSearch(byte[] name, TimeProvider clock)
    {
        (_name, _clock) = (name, clock);
        _startedAt = _askAt = Now(clock);
        LocalInterface.TryLook(out _interfaces, out _);
    }

    /// <summary>Makes a search for a name that multicast DNS may know; null for another one.</summary>
    public static HostSearch? For(string host, TimeProvider clock)
    {
        host = host.TrimEnd('.');
        if (!host.EndsWith(Domain, StringComparison.OrdinalIgnoreCase))
            return null;
        string[] labels = host.Split('.');
        bool isName =
            Encoding.UTF8.GetByteCount(host) + 2 <= DnsName.MostBytes
            && Array.TrueForAll(labels, static label => BytesOf(label) is > 0 and <= DnsName.MostLabelBytes);
        return isName ? new HostSearch(DnsName.Of(labels), clock) : null;
    }

    /// <summary>The addresses that came so far, IPv4 first; null without any.</summary>
    public IPAddress[]? Answer =>
        _addresses.Count == 0
            ? null
            :
            [
                .. _addresses.Where(static address => address.AddressFamily == AddressFamily.InterNetwork),
                .. _addresses.Where(static address => address.AddressFamily != AddressFamily.InterNetwork),
            ];

    /// <summary>No answer came in time, or none can come.</summary>
    public bool IsOver =>
        _sockets is null || _interfaces.Count == 0 || Now(_clock) - _startedAt >= ClientLimits.SearchMilliseconds;

    /// <summary>Receives what has come, and asks when it is time.</summary>
    public void Turn()
    {
        if (Now(_clock) >= _askAt)
        {
            Ask();
            _askAt = Now(_clock) + ClientLimits.AskHostMilliseconds;
        }
        foreach (Socket? socket in (Socket?[])[_sockets?.IPv4, _sockets?.IPv6])
        {
            for (int i = 0; i < ClientLimits.PacketsPerTurn && socket is not null; i++)
            {
                if (!_sockets!.TryReceive(socket, out ReadOnlySpan<byte> packet, out int index))
                    break;
                LocalInterface? at = _interfaces.Find(known => known.Index == index);
                if (
                    at is not null
                    && _sockets.SenderPort == MulticastSockets.SharedPort
                    && at.IsOnLink(_sockets.SenderAddress)
                )
                    Read(packet, _name, at, _addresses);
            }
        }
    }

    /// <summary>Waits until a packet comes, at most this long.</summary>
    public void Wait(int milliseconds) => SocketWait.ForPacket([_sockets], milliseconds);

    public void Dispose() => _sockets?.Dispose();

    /// <summary>Adds the addresses that a packet has for a name, if they lie in the network of the interface.</summary>
    internal static void Read(ReadOnlySpan<byte> packet, byte[] name, LocalInterface at, List<IPAddress> addresses)
    {
        if (!DnsReader.TryOpen(packet, out DnsReader reader) || !reader.IsResponse)
            return;
        for (int i = reader.Questions; i > 0; i--)
        {
            if (!reader.TryReadQuestion(out _))
                return;
        }
        int records = reader.Answers + reader.Authorities + reader.Additionals;
        for (int i = records; i > 0 && reader.TryReadRecord(out DnsRecord record); i--)
        {
            if (
                record.Type is not (DnsType.A or DnsType.Aaaa)
                || record.Ttl == 0
                || !reader.HasName(record.NameAt, name)
                || !at.IsOnLink(reader.DataOf(record))
            )
                continue;
            IPAddress address = RoomAddress.From(reader.DataOf(record), at).Address;
            if (addresses.Count < ProtocolLimits.AddressesPerInterface && !addresses.Contains(address))
                addresses.Add(address);
        }
    }

    private static int BytesOf(string label) => Encoding.UTF8.GetByteCount(label);

    private static long Now(TimeProvider clock) => (long)clock.GetElapsedTime(0).TotalMilliseconds;

    private void Ask()
    {
        byte[] message = new byte[ProtocolLimits.DiscoveryMessageBytes];
        DnsWriter writer = new(message, isResponse: false);
        writer.TryWriteQuestion(_name, DnsType.A, wantsUnicast: true);
        writer.TryWriteQuestion(_name, DnsType.Aaaa, wantsUnicast: true);
        foreach (LocalInterface at in _interfaces)
            _sockets?.Send(at, message.AsSpan(0, writer.Length));
    }
}
