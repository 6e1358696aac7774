using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>Coming into a room and leaving it, as nc does.</summary>
internal static class Joining
{
    /// <summary>Connects and waits until the room knows it.</summary>
    public static Peer Join(this ChatServerProcess server, int receiveBufferBytes = 0)
    {
        var peer = Peer.Connect(server.EndPoint, receiveBufferBytes: receiveBufferBytes);
        peer.WaitForLine(line => line.Contains("you are", StringComparison.Ordinal));
        return peer;
    }

    /// <summary>Connects and sends a line, and waits until the server has printed what became of it.</summary>
    public static Peer JoinWith(this ChatServerProcess server, string line, string shown)
    {
        Peer peer = server.Join();
        peer.SendText(line + "\n");
        server.Program.Out.WaitForLine(shown);
        return peer;
    }

    /// <summary>Runs a client with one input to its end.</summary>
    public static RunningProgram RunPipe(
        this ChatServerProcess server,
        string input,
        params IEnumerable<string> options
    )
    {
        RunningProgram client = ChatProcess.Start(["client", server.Address, server.Port, .. options]);
        client.Send(input);
        client.CloseInput();
        client.WaitForExit();
        server.Program.Out.WaitForLine(" left");
        return client;
    }

    /// <summary>In order: closing with something unread would be a reset.</summary>
    public static void Leave(this Peer peer)
    {
        peer.HalfClose();
        peer.WaitForEnd();
        peer.Dispose();
    }
}
