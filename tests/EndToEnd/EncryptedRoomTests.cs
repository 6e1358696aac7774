using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>A room of <c>chat server --encrypted</c>, from another computer and from its own.</summary>
public sealed class EncryptedRoomTests
{
    private static readonly string[] ServerCommand = ["server", TwoHosts.NearAddress, "8082", "--encrypted"];

    [TwoHostsFact]
    public void Another_computer_joins_with_encryption_or_not_at_all()
    {
        using TwoHosts hosts = new();
        using RunningProgram server = hosts.StartNear(ChatProcess.BinaryPath, ServerCommand);
        server.Out.WaitForLine("Ctrl-C ends the room");
        using RunningProgram nc = hosts.StartFar(ToolProcess.Find("nc"), TwoHosts.NearAddress, "8082"),
            client = hosts.StartFar(ChatProcess.BinaryPath, "client", TwoHosts.NearAddress, "8082"),
            plain = hosts.StartFar(ChatProcess.BinaryPath, "client", TwoHosts.NearAddress, "8082", "--plain"),
            ncat = hosts.StartFar(ToolProcess.Find("ncat"), "--ssl", TwoHosts.NearAddress, "8082");

        nc.Out.WaitForLine("-- this room is encrypted; use chat client, or ncat --ssl in place of nc [chat/1] [tls]");
        server.Out.WaitForLine("-- guest joined");
        ncat.SendLine("from ncat");
        server.Out.WaitForLine("<guest> from ncat");
        client.SendLine("from the client");
        client.CloseInput();
        Assert.Equal(0, client.WaitForExit());
        server.Out.WaitForLine("<kim> from the client");
        plain.CloseInput();
        plain.WaitForExit();
        Assert.DoesNotContain(server.Out.Lines, static line => line.Contains("in the clear", StringComparison.Ordinal));
    }

    [TwoHostsTheory]
    // The begin of a request, and a spare connection of a browser.
    [InlineData("G", false, null)]
    [InlineData("", true, null)]
    [InlineData("G", false, "--secret-file")]
    [InlineData("", true, "--secret-file")]
    public void A_connection_that_falls_silent_in_the_clear_never_joins(string first, bool asBrowser, string? option)
    {
        using TwoHosts hosts = new();
        string folder = Directory.CreateTempSubdirectory("chat-secret-").FullName;
        string[] secret = option is null ? [] : [option, Path.Combine(folder, "secret")];
        using RunningProgram server = hosts.StartNear(ChatProcess.BinaryPath, [.. ServerCommand, .. secret]);
        server.Out.WaitForLine("Ctrl-C ends the room");
        if (asBrowser)
        {
            using RunningProgram curl = hosts.StartFar(
                ToolProcess.Find("curl"),
                "-s",
                $"http://{TwoHosts.NearAddress}:8082/"
            );
            curl.WaitForExit();
        }
        using RunningProgram nc = hosts.StartFar(ToolProcess.Find("nc"), TwoHosts.NearAddress, "8082");
        if (first.Length > 0)
            nc.Send(first);

        nc.Out.WaitForLine(static line => line.StartsWith("-- this room is encrypted", StringComparison.Ordinal));
        // The next member would see the guest.
        using RunningProgram near = hosts.StartNear(ToolProcess.Find("nc"), TwoHosts.NearAddress, "8082");
        near.SendLine(option is null ? "/who" : "x");
        near.Out.WaitForLine(option is null ? "1 here:" : "-- that is not it");
        Assert.DoesNotContain(nc.Out.Lines, static line => line.Contains("joined", StringComparison.Ordinal));
        Directory.Delete(folder, recursive: true);
    }

    [TwoHostsFact]
    public void The_page_is_for_the_computer_of_the_room_alone_and_the_program_for_all()
    {
        using TwoHosts hosts = new();
        using RunningProgram server = hosts.StartNear(ChatProcess.BinaryPath, ServerCommand);
        server.Out.WaitForLine("Ctrl-C ends the room");
        string page = $"http://{TwoHosts.NearAddress}:8082/",
            curl = ToolProcess.Find("curl");
        using RunningProgram far = hosts.StartFar(curl, "-s", "-w", "%{http_code}", page),
            near = hosts.StartNear(curl, "-s", "-o", "/dev/null", "-w", "%{http_code}", page),
            download = hosts.StartFar(curl, "-s", "-I", $"{page}download");

        far.WaitForExit();
        near.WaitForExit();
        download.WaitForExit();
        Assert.StartsWith("this room is encrypted", far.Out.Text, StringComparison.Ordinal);
        Assert.EndsWith("403", far.Out.Text, StringComparison.Ordinal);
        Assert.Equal("200", near.Out.Text);
        Assert.StartsWith("HTTP/1.1 200", download.Out.Text, StringComparison.Ordinal);
    }

    [TwoHostsFact]
    public void A_member_in_the_clear_is_marked()
    {
        using TwoHosts hosts = new();
        using RunningProgram server = hosts.StartNear(ChatProcess.BinaryPath, ServerCommand[..^1]);
        server.Out.WaitForLine("Ctrl-C ends the room");
        using RunningProgram near = hosts.StartNear(ChatProcess.BinaryPath, [.. Client, "--name", "near", "--json"]);
        near.Out.WaitForLine("\"present\"");
        using RunningProgram nc = hosts.StartFar(ToolProcess.Find("nc"), TwoHosts.NearAddress, "8082");

        near.Out.WaitForLine("\"name\":\"guest\",\"mine\":false,\"clear\":true");
        near.SendLine("""{"type":"who"}""");
        near.Out.WaitForLine("\"client\":\"plain\",\"me\":false,\"clear\":true");
        server.Out.WaitForLine("-- guest joined, in the clear");
        Assert.Contains("-- near joined", server.Out.Lines);
    }

    private static string[] Client => ["client", TwoHosts.NearAddress, "8082"];
}
