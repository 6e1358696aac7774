using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Chat.Tests.Support;

/// <summary>
/// The wire and screen of the original client.py. It sends nothing before its user types. A typed line goes out
/// whole and is shown as &lt;You&gt;. Each recv of at most 2,048 bytes is shown with a line feed after it.
/// After the server's end it prints blank lines for ever. Its own waits pump it like <see cref="Peer"/>, with
/// the same <c>turn</c>.
/// </summary>
internal sealed class OriginalClient : IDisposable
{
    private const int ChunkBytes = 2048;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Action? _turn;
    private readonly StringBuilder _printed = new();
    private readonly byte[] _buffer = new byte[ChunkBytes];

    private OriginalClient(Action? turn) => _turn = turn;

    /// <summary>All text on its screen.</summary>
    public string Printed => _printed.ToString();

    /// <summary>True once it prints only blank lines.</summary>
    public bool ServerIsGone { get; private set; }

    public static OriginalClient Connect(IPEndPoint server, Action? turn = null)
    {
        var client = new OriginalClient(turn);
        client._socket.Connect(server);
        return client;
    }

    /// <summary>Types a line.</summary>
    public void Types(string line)
    {
        _socket.Send(Encoding.UTF8.GetBytes(line + "\n"));
        _printed.Append("<You>").Append(line).Append('\n');
    }

    public void WaitForPrinted(string text, TimeSpan? deadline = null) =>
        WaitFor(() => Printed.Contains(text, StringComparison.Ordinal), $"\"{text}\" to be printed", deadline);

    public void WaitFor(Func<bool> condition, string what, TimeSpan? deadline = null)
    {
        TimeSpan limit = deadline ?? Eventually.Deadline;
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > limit)
                throw Eventually.InVain(what, limit, VtScreen.Visible(Printed));
            _turn?.Invoke();
            if (_socket.Poll(Pause, SelectMode.SelectRead))
                PrintOneChunk();
        }
    }

    public void Dispose() => _socket.Dispose();

    private void PrintOneChunk()
    {
        int count = _socket.Receive(_buffer, SocketFlags.None, out _);
        ServerIsGone = count == 0;
        _printed.Append(Encoding.UTF8.GetString(_buffer, 0, count)).Append('\n');
    }
}
