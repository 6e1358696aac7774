using System.Net;
using System.Net.Sockets;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>A server by hand, for bytes that a correct one never sends.</summary>
internal sealed class Listener : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public Listener()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _socket.Listen();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    public string Port => $"{EndPoint.Port}";

    /// <summary>Accepts the next connection, with sends that are not delayed.</summary>
    public Socket Accept()
    {
        Eventually.Is(() => _socket.Poll(TimeSpan.Zero, SelectMode.SelectRead), "a connection");
        Socket accepted = _socket.Accept();
        accepted.NoDelay = true;
        return accepted;
    }

    /// <summary>Waits for the next connection; null when the listener is disposed.</summary>
    public Socket? TryAccept()
    {
        try
        {
            return _socket.Accept();
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Closes the next connection at once, if there is one.</summary>
    public void CloseNext()
    {
        if (_socket.Poll(TimeSpan.FromMilliseconds(10), SelectMode.SelectRead))
            _socket.Accept().Dispose();
    }

    public void Dispose() => _socket.Dispose();
}
