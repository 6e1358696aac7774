using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Chat.Tests.Support;

/// <summary>
/// A listener with a full queue: to a connecting client it is as silent as a firewall that drops packets.
/// </summary>
internal sealed class Hole : IDisposable
{
    private readonly List<Socket> _sockets = [];

    public Hole(IPAddress address, int port)
    {
        Socket listener = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(listener);
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            listener.DualMode = false;
        listener.Bind(new IPEndPoint(address, port));
        listener.Listen(0);
        for (int waiting = 0; waiting < 4; waiting++)
        {
            Socket one = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _sockets.Add(one);
            _ = one.ConnectAsync(listener.LocalEndPoint!)
                .ContinueWith(static task => task.Exception, TaskScheduler.Default);
        }

        Port = ((IPEndPoint)listener.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture);
        // One connection is in the queue, and the others keep trying.
        Eventually.Is(() => _sockets.Exists(socket => socket.Connected), "the queue to be full");
    }

    public string Port { get; }

    public void Dispose() => _sockets.ForEach(static socket => socket.Dispose());
}
