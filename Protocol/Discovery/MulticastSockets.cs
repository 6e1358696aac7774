using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Chat.Protocol.Discovery;

/// <summary>
/// The two sockets of multicast DNS, for IPv4 and IPv6. Either has the port of multicast DNS, which all programs of the
/// machine share, or a port of its own, from which a client asks and to which it alone is answered.
/// </summary>
/// <remarks>
/// A system gives a unicast packet to one of the programs that share a port. So a client with a port of its own
/// receives all answers, while one on the shared port may only ask for answers to the group.
/// <para>
/// On Linux, recvmsg(2) receives without an exception and without garbage. Elsewhere each packet costs some objects.
/// An empty datagram has no available bytes, so Socket.Available must not decide whether to receive.
/// </para>
/// </remarks>
internal sealed unsafe partial class MulticastSockets : IDisposable
{
    /// <summary>The port of multicast DNS.</summary>
    public const int SharedPort = 5353;

    private static readonly IPAddress Group4 = new([224, 0, 0, 251]),
        Group6 = new([0xFF, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFB]);

    private readonly byte[] _packet = GC.AllocateUninitializedArray<byte>(
        ProtocolLimits.DiscoveryPacketBytes,
        pinned: true
    );
    private readonly SocketAddress _group4 = new IPEndPoint(Group4, SharedPort).Serialize(),
        _group6 = new IPEndPoint(Group6, SharedPort).Serialize();
    private readonly bool _isShared;

    private MulticastSockets(Socket? socket4, Socket? socket6, bool isShared) =>
        (IPv4, IPv6, _isShared) = (socket4, socket6, isShared);

    /// <summary>The socket for IPv4; null if the system has none.</summary>
    public Socket? IPv4 { get; }

    /// <summary>The socket for IPv6; null if the system has none.</summary>
    public Socket? IPv6 { get; }

    /// <summary>The protocol whose port another program holds alone; null if it is to be had.</summary>
    public string? Held { get; private init; }

    /// <summary>The sender of the last received packet.</summary>
    public SocketAddress Sender { get; private set; } = new(AddressFamily.InterNetworkV6);

    /// <summary>The port of that sender.</summary>
    public int SenderPort => BinaryPrimitives.ReadUInt16BigEndian(Sender.Buffer.Span[2..]);

    /// <summary>The 4 or 16 bytes of that sender's address.</summary>
    public ReadOnlySpan<byte> SenderAddress =>
        Sender.Family == AddressFamily.InterNetwork
            ? Sender.Buffer.Span.Slice(4, 4)
            // The flow label stands between port and address.
            : Sender.Buffer.Span.Slice(8, 16);

    /// <summary>Opens the sockets.</summary>
    /// <param name="isShared">On the shared port; otherwise on a free one.</param>
    /// <param name="error">The error of the system if no socket could be opened.</param>
    /// <returns>Null if no socket could be opened.</returns>
    public static MulticastSockets? Open(bool isShared, out SocketError error)
    {
        Socket? socket6 = null;
        Socket? socket4 = OpenOne(AddressFamily.InterNetwork, isShared, out error);
        string? held = error == SocketError.AddressAlreadyInUse ? "IPv4" : null;
        if (Socket.OSSupportsIPv6)
            socket6 = OpenOne(AddressFamily.InterNetworkV6, isShared, out error);
        if (error == SocketError.AddressAlreadyInUse)
            held = "IPv6";
        return socket4 is null && socket6 is null
            ? null
            : new MulticastSockets(socket4, socket6, isShared) { Held = held };
    }

    private static Socket? OpenOne(AddressFamily family, bool isShared, out SocketError error)
    {
        error = SocketError.Success;
        Socket? socket = null;
        try
        {
            socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
            bool isIPv6 = family == AddressFamily.InterNetworkV6;
            SocketOptionLevel level = isIPv6 ? SocketOptionLevel.IPv6 : SocketOptionLevel.IP;
            if (isIPv6)
                socket.DualMode = false;
            // The runtime sets SO_REUSEPORT too, which a running mDNSResponder or avahi expects.
            if (isShared)
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.SetSocketOption(level, SocketOptionName.PacketInformation, true);
            // RFC 6762, 11. Looped back for the other programs of this machine.
            socket.SetSocketOption(level, SocketOptionName.MulticastTimeToLive, 255);
            socket.SetSocketOption(level, SocketOptionName.MulticastLoopback, true);
            socket.Bind(new IPEndPoint(isIPv6 ? IPAddress.IPv6Any : IPAddress.Any, isShared ? SharedPort : 0));
            return socket;
        }
        catch (SocketException exception)
        {
            error = exception.SocketErrorCode;
            socket?.Dispose();
            return null;
        }
    }

    /// <summary>Joins the groups on an interface, or does nothing on a port of its own. Errors are ignored.</summary>
    public void Join(LocalInterface at) => SetMembership(at, isMember: true);

    /// <summary>Leaves the groups on an interface.</summary>
    public void Leave(LocalInterface at) => SetMembership(at, isMember: false);

    private void SetMembership(LocalInterface at, bool isMember)
    {
        if (!_isShared)
            return;
        SocketOptionName name = isMember ? SocketOptionName.AddMembership : SocketOptionName.DropMembership;
        if (at.HasIPv4)
            Set(IPv4, SocketOptionLevel.IP, name, new MulticastOption(Group4, at.Index));
        if (at.HasIPv6)
            Set(IPv6, SocketOptionLevel.IPv6, name, new IPv6MulticastOption(Group6, at.Index));
    }

    // An interface that is gone, or a group that is joined already, is no trouble.
    private static void Set(Socket? socket, SocketOptionLevel level, SocketOptionName name, object value)
    {
        try
        {
            socket?.SetSocketOption(level, name, value);
        }
        catch (SocketException)
        {
            return;
        }
    }

    /// <summary>Receives the next packet of a socket, without waiting.</summary>
    /// <param name="socket">One of the two sockets.</param>
    /// <param name="packet">The packet, valid until the next call.</param>
    /// <param name="interfaceIndex">The interface on which it came; 0 if unknown.</param>
    /// <returns>False if there is none.</returns>
    public bool TryReceive(Socket socket, out ReadOnlySpan<byte> packet, out int interfaceIndex)
    {
        int length = OperatingSystem.IsLinux()
            ? ReceiveOnLinux(socket, out interfaceIndex)
            : ReceiveElsewhere(socket, out interfaceIndex);
        packet = _packet.AsSpan(0, Math.Max(length, 0));
        return length >= 0;
    }

    /// <summary>Sends to the group on an interface, by IPv4 and IPv6 where it has both.</summary>
    /// <returns>False if the system refused one of them.</returns>
    public bool Send(LocalInterface at, ReadOnlySpan<byte> message)
    {
        bool isSent = true;
        if (at.HasIPv4 && IPv4 is not null)
        {
            int index = IPAddress.HostToNetworkOrder(at.Index);
            isSent &= Send(IPv4, SocketOptionLevel.IP, index, _group4, message);
        }
        if (at.HasIPv6 && IPv6 is not null)
            isSent &= Send(IPv6, SocketOptionLevel.IPv6, at.Index, _group6, message);
        return isSent;
    }

    private static bool Send(
        Socket socket,
        SocketOptionLevel level,
        int index,
        SocketAddress group,
        ReadOnlySpan<byte> message
    )
    {
        try
        {
            socket.SetSocketOption(level, SocketOptionName.MulticastInterface, index);
            socket.SendTo(message, SocketFlags.None, group);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Sends to one address, such as <see cref="Sender"/>. Errors are ignored.</summary>
    public void SendTo(SocketAddress to, ReadOnlySpan<byte> message)
    {
        try
        {
            (to.Family == AddressFamily.InterNetwork ? IPv4 : IPv6)?.SendTo(message, SocketFlags.None, to);
        }
        catch (SocketException)
        {
            return;
        }
    }

    public void Dispose()
    {
        IPv4?.Dispose();
        IPv6?.Dispose();
    }

    private int ReceiveElsewhere(Socket socket, out int interfaceIndex)
    {
        interfaceIndex = 0;
        EndPoint from = new IPEndPoint(
            socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any,
            0
        );
        SocketFlags flags = SocketFlags.None;
        try
        {
            if (!socket.Poll(TimeSpan.Zero, SelectMode.SelectRead))
                return -1;
            int length = socket.ReceiveMessageFrom(_packet, ref flags, ref from, out IPPacketInformation information);
            (interfaceIndex, Sender) = (information.Interface, from.Serialize());
            return length;
        }
        catch (SocketException)
        {
            return -1;
        }
    }

    // struct msghdr: machine words, with padding behind a length that is an int. struct cmsghdr: the length as a
    // word, level and type as ints, then the data.
    private int ReceiveOnLinux(Socket socket, out int interfaceIndex)
    {
        const int ControlWords = 16,
            IPv4Level = 0,
            IPv4PacketInfo = 8,
            IPv6Level = 41,
            IPv6PacketInfo = 50,
            IPv6AddressBytes = 16;
        interfaceIndex = 0;
        nint* control = stackalloc nint[ControlWords];
        nint length;
        Sender.Size = SocketAddress.GetMaximumAddressSize(AddressFamily.InterNetworkV6);
        fixed (byte* packet = _packet)
        fixed (byte* name = Sender.Buffer.Span)
        {
            nint* piece = stackalloc nint[] { (nint)packet, _packet.Length };
            nint* message = stackalloc nint[]
            {
                (nint)name,
                Sender.Size,
                (nint)piece,
                1,
                (nint)control,
                ControlWords * sizeof(nint),
                0,
            };
            length = recvmsg((int)socket.Handle, message, flags: 0);
            if (length < 0)
                return -1;
            Sender.Size = (int)message[1];
            int head = sizeof(nint) + 2 * sizeof(int);
            byte* at = (byte*)control,
                end = at + message[5];
            while (end - at > head && *(nint*)at is >= 1 and nint bytes && bytes >= head && bytes <= end - at)
            {
                int level = *(int*)(at + sizeof(nint)),
                    type = *(int*)(at + sizeof(nint) + sizeof(int));
                if (level == IPv4Level && type == IPv4PacketInfo)
                    interfaceIndex = *(int*)(at + head);
                else if (level == IPv6Level && type == IPv6PacketInfo)
                    interfaceIndex = *(int*)(at + head + IPv6AddressBytes);
                at += (bytes + sizeof(nint) - 1) / sizeof(nint) * sizeof(nint);
            }
        }
        return (int)length;
    }

    [LibraryImport("libc")]
    private static partial nint recvmsg(int descriptor, nint* message, int flags);
}
