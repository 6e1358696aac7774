using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>Joins and leaves, as nc does them.</summary>
internal static class Joining
{
    /// <summary>Connects and waits for the join.</summary>
    public static Peer Join(this ChatServerProcess server, int receiveBufferBytes = 0)
    {
        var peer = Peer.Connect(server.EndPoint, receiveBufferBytes: receiveBufferBytes);
        peer.WaitForLine(line => line.Contains("you are", StringComparison.Ordinal));
        return peer;
    }

    /// <summary>Connects many at once, which wait together, and returns when all have joined.</summary>
    public static Peer[] JoinAll(this ChatServerProcess server, int count)
    {
        Peer[] peers = [.. Enumerable.Range(0, count).Select(_ => Peer.Connect(server.EndPoint))];
        foreach (Peer peer in peers)
            peer.WaitForLine(line => line.Contains("you are", StringComparison.Ordinal));
        return peers;
    }

    /// <summary>Connects, sends a line, and waits until the server has printed it.</summary>
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
        return client;
    }

    /// <summary>Closes in order: a close with unread bytes is a reset.</summary>
    public static void Leave(this Peer peer)
    {
        peer.HalfClose();
        peer.WaitForEnd();
        peer.Dispose();
    }
}
