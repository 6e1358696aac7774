using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Xunit.Sdk;

namespace Chat.Tests.Support;

/// <summary>
/// The published binary as a server on a free port of 127.0.0.1, ready for connections. The system's list of
/// listeners shows when it is ready. A trial connection would be a member and appear in the room's first lines.
/// </summary>
internal sealed class ChatServerProcess : IDisposable
{
    // Another run of the tests on this machine begins elsewhere.
    private static int _lastPort = Random.Shared.Next(12_000, 28_000);

    private ChatServerProcess(RunningProgram program, IPEndPoint endPoint)
    {
        Program = program;
        EndPoint = endPoint;
    }

    public RunningProgram Program { get; }

    public IPEndPoint EndPoint { get; }

    public string Address => EndPoint.Address.ToString();

    public string Port => EndPoint.Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>Starts on a free port. Returns when the server listens, or fails with its output.</summary>
    /// <param name="extra">Options after `server 127.0.0.1 PORT`.</param>
    public static ChatServerProcess Start(params IEnumerable<string> extra) => StartOn(FreePort(), extra);

    /// <summary>Starts on a given port, so that a server can restart where its clients expect it.</summary>
    public static ChatServerProcess StartOn(int port, params IEnumerable<string> extra) =>
        Start(ChatProcess.BinaryPath, port, extra);

    /// <summary>
    /// A port without a listener, another one each time. It is below those that the system gives to outgoing
    /// connections (ip(7), ip_local_port_range): one of these could take it before the server listens.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            int port = Interlocked.Increment(ref _lastPort);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse)
            {
                // The next one may be free.
            }
        }
    }

    public void Dispose() => Program.Dispose();

    /// <summary>Any program that takes the same arguments.</summary>
    internal static ChatServerProcess Start(string binary, int port, IEnumerable<string> extra)
    {
        var endPoint = new IPEndPoint(IPAddress.Loopback, port);
        var program = new RunningProgram(
            binary,
            ["server", "127.0.0.1", port.ToString(CultureInfo.InvariantCulture), .. extra]
        );
        try
        {
            Eventually.Is(
                () => program.HasExited || Listens(endPoint),
                $"the server to listen on {endPoint}",
                seen: program.Describe
            );
            if (!program.HasExited)
                return new ChatServerProcess(program, endPoint);
            program.WaitForExit();
            throw new XunitException($"The server ended before it listened on {endPoint}.\n{program.Describe()}");
        }
        catch
        {
            program.Dispose();
            throw;
        }
    }

    private static bool Listens(IPEndPoint endPoint) =>
        Array.Exists(IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners(), endPoint.Equals);
}
