using Chat.Protocol.Discovery;

namespace Chat.Server.Discovery;

/// <summary>The network of an <see cref="Announcer"/>: the sockets, or a test.</summary>
internal interface IMulticast
{
    /// <summary>Receives what is sent to the group on an interface.</summary>
    public void Join(LocalInterface at);

    /// <summary>No longer does.</summary>
    public void Leave(LocalInterface at);

    /// <summary>Sends to the group on an interface.</summary>
    /// <returns>False if it was not sent by each protocol that the interface has.</returns>
    public bool Send(LocalInterface at, ReadOnlySpan<byte> message);

    /// <summary>Sends to the sender of the last packet.</summary>
    public void Reply(ReadOnlySpan<byte> message);
}

/// <summary>A received packet.</summary>
/// <param name="Sender">The address of the sender, as a number.</param>
/// <param name="IsFromSharedPort">Otherwise the sender speaks no multicast DNS (RFC 6762, 6.7).</param>
internal readonly record struct PacketOrigin(UInt128 Sender, bool IsFromSharedPort);
