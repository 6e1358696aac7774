using System.Net.Sockets;
using Chat.Client.Networking;
using Chat.Client.Storage;
using Chat.Protocol;
using Chat.Tests.EndToEnd;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Networking;

public sealed class HistoryExportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-export-").FullName;

    [Fact]
    public void Notices_without_end_are_no_answer()
    {
        TestClock clock = new();
        using Listener listener = new();
        RoomKeys keys = new(Path.Combine(_folder, "room-keys"));
        RoomTrust trust = new(new TrustRules { IsPlain = true }, keys, clock);
        HostPort to = new("127.0.0.1", listener.EndPoint.Port);
        using HistoryExport export = new(to, identity: null, trust, clock);
        Eventually.Is(() => IsConnected(export), "the connection");
        using Socket server = listener.Accept();
        server.Send("Welcome to this chatroom! [chat/1]\n"u8);
        for (int second = 1; second <= ProtocolLimits.DeadMilliseconds / 1000; second++)
        {
            Assert.Null(export.Failure);
            server.Send("-- wait\n"u8);
            clock.Advance(TimeSpan.FromSeconds(1));
            export.Turn();
        }

        Assert.Equal("the server has not answered in 15 s", export.Failure);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static bool IsConnected(HistoryExport export)
    {
        export.Turn();
        return export.WaitHandle != -1;
    }
}
