using System.Net;
using System.Net.Sockets;
using System.Text;
using Chat.Protocol.Tls;
using Chat.Tests.Support;

namespace Chat.Tests.Protocol.Tls;

/// <summary>Our TLS with that of openssl, in both directions.</summary>
public sealed class TlsToolTests : IDisposable
{
    private static readonly RoomKey Key = new(new byte[RoomKey.Bytes]);

    private readonly string _folder = Directory.CreateTempSubdirectory("chat-tls-").FullName;
    private readonly byte[] _received = new byte[8192],
        _payload = new byte[8192 + TlsConnection.ExtraPayloadBytes];

    [LinuxFact]
    public void The_certificate_is_one_that_openssl_verifies()
    {
        WriteKey();
        using RunningProgram verify = ToolProcess.Start(
            "openssl",
            "verify",
            "-check_ss_sig",
            "-CAfile",
            Path.Combine(_folder, "room.crt"),
            Path.Combine(_folder, "room.crt")
        );
        Assert.True(verify.WaitForExit() == 0, verify.Describe());
        using RunningProgram read = ToolProcess.Start("openssl", "pkey", "-in", Path.Combine(_folder, "room.key"));
        Assert.True(read.WaitForExit() == 0, read.Describe());
        Assert.Equal(Key.ToPem().TrimEnd(), string.Join('\n', read.Out.Lines));
        Assert.Equal(Key.PublicKey, RoomKey.Parse(read.Out.Text)!.PublicKey);
    }

    // -groups: the client's first key share is of another group, so the server asks for a second ClientHello.
    [LinuxTheory]
    [InlineData("-tls1_3")]
    [InlineData("-groups", "P-256:X25519")]
    [InlineData("-alpn", "chat/1")]
    [InlineData("-status", "-maxfraglen", "1024", "-servername", "somebox", "-requestCAfile", "/dev/null")]
    public void A_client_of_openssl_talks_to_the_server(params string[] options)
    {
        using Socket listener = Listen();
        using RunningProgram client = StartClient(
            listener,
            [.. options, "-keymatexport", Handshake.ExporterLabel, "-keymatexportlen", "32"]
        );
        using Socket socket = listener.Accept();
        using TlsConnection server = TlsConnection.Accept(Key);
        while (!server.IsEstablished)
            Receive(socket, server);
        client.SendLine("from openssl");
        Assert.Equal("from openssl\n", Read(socket, server, 13));
        // s_client takes this line for the order to update its keys and to ask for the same.
        client.SendLine("K");
        Assert.Equal("", Receive(socket, server));
        client.SendLine("after the update");
        Assert.Equal("after the update\n", Read(socket, server, 17));
        Write(socket, server, "from the server\n");
        client.Out.WaitForLine("from the server");
        server.Finish();
        Flush(socket, server);
        Assert.True(client.WaitForExit() == 0, client.Describe());
        Assert.Contains(
            $"Keying material: {Convert.ToHexString(server.Exported!)}",
            client.Out.Text,
            StringComparison.Ordinal
        );
    }

    [LinuxTheory]
    [InlineData("protocol_version", "-tls1_2")]
    [InlineData("handshake_failure", "-groups", "P-256")]
    [InlineData("handshake_failure", "-ciphersuites", "TLS_AES_128_GCM_SHA256")]
    [InlineData("the peer ended the encryption: handshake_failure", "-sigalgs", "RSA-PSS+SHA256")]
    [InlineData("no_application_protocol", "-alpn", "h2,http/1.1")]
    public void A_client_with_other_algorithms_is_refused_with_an_alert(string failure, params string[] options)
    {
        using Socket listener = Listen();
        using RunningProgram client = StartClient(listener, options);
        using Socket socket = listener.Accept();
        using TlsConnection server = TlsConnection.Accept(Key);
        while (!server.HasEnded)
            Receive(socket, server);
        Assert.Equal(failure, server.Failure);
        Assert.NotEqual(0, client.WaitForExit());
    }

    // It sends two session tickets behind the handshake, which are passed over.
    [LinuxFact]
    public void The_client_talks_to_a_server_of_openssl()
    {
        using RunningProgram server = StartServer(out Socket socket, "-alpn", "chat/1");
        using Socket connected = socket;
        byte[]? seen = null;
        using TlsConnection client = TlsConnection.Connect(key =>
        {
            seen = key;
            return true;
        });
        Flush(socket, client);
        while (!client.IsEstablished)
            Receive(socket, client);
        Assert.Equal(Key.PublicKey, seen);
        Write(socket, client, "to openssl\n");
        server.Out.WaitForLine("to openssl");
        server.SendLine("to the client");
        Assert.Equal("to the client\n", Read(socket, client, 14));
    }

    [LinuxFact]
    public void A_server_that_asks_for_a_certificate_is_refused()
    {
        using RunningProgram server = StartServer(out Socket socket, "-verify", "1");
        using Socket connected = socket;
        using TlsConnection client = TlsConnection.Connect(static _ => true);
        Flush(socket, client);
        while (!client.HasEnded)
            Receive(socket, client);
        Assert.Equal("unexpected_message", client.Failure);
    }

    [LinuxFact]
    public void A_server_with_a_certificate_of_another_form_is_refused()
    {
        string key = Path.Combine(_folder, "rsa.key"),
            certificate = Path.Combine(_folder, "rsa.crt");
        using (
            RunningProgram make = ToolProcess.Start(
                "openssl",
                ["req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=x", "-keyout", key, "-out", certificate]
            )
        )
            Assert.True(make.WaitForExit() == 0, make.Describe());
        int port = ChatServerProcess.FreePort();
        using RunningProgram server = ToolProcess.Start(
            "openssl",
            ["s_server", "-accept", $"127.0.0.1:{port}", "-cert", certificate, "-key", key]
        );
        server.Out.WaitForLine("ACCEPT");
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, port);
        using TlsConnection client = TlsConnection.Connect(static _ => true);
        Flush(socket, client);
        while (!client.HasEnded)
            Receive(socket, client);
        Assert.Equal("unsupported_certificate", client.Failure);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Socket Listen()
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    private static RunningProgram StartClient(Socket listener, IEnumerable<string> options) =>
        ToolProcess.Start("openssl", ["s_client", "-connect", $"{listener.LocalEndPoint}", .. options]);

    // A server of openssl with the room's key, and a connection to it.
    private RunningProgram StartServer(out Socket socket, params string[] options)
    {
        WriteKey();
        int port = ChatServerProcess.FreePort();
        RunningProgram server = ToolProcess.Start(
            "openssl",
            [
                "s_server",
                "-accept",
                $"127.0.0.1:{port}",
                "-cert",
                Path.Combine(_folder, "room.crt"),
                "-key",
                Path.Combine(_folder, "room.key"),
                .. options,
            ]
        );
        server.Out.WaitForLine("ACCEPT");
        socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, port);
        return server;
    }

    private void WriteKey()
    {
        File.WriteAllText(Path.Combine(_folder, "room.key"), Key.ToPem());
        File.WriteAllText(
            Path.Combine(_folder, "room.crt"),
            System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", Key.Certificate)
        );
    }

    private string Read(Socket socket, TlsConnection connection, int bytes)
    {
        StringBuilder text = new();
        while (text.Length < bytes)
            text.Append(Receive(socket, connection));
        return text.ToString();
    }

    private string Receive(Socket socket, TlsConnection connection)
    {
        socket.ReceiveTimeout = (int)Eventually.Deadline.TotalMilliseconds;
        int received = socket.Receive(_received);
        Assert.True(received > 0, $"the connection ended: {connection.Failure}");
        int decrypted = connection.Decrypt(_received.AsSpan(0, received), _payload, uptime: 0);
        Flush(socket, connection);
        return Encoding.UTF8.GetString(_payload, 0, decrypted);
    }

    private static void Write(Socket socket, TlsConnection connection, string text)
    {
        connection.Keep(connection.Seal(Encoding.UTF8.GetBytes(text)));
        Flush(socket, connection);
    }

    private static void Flush(Socket socket, TlsConnection connection)
    {
        while (connection.HasOutput)
            connection.Sent(socket.Send(connection.Output));
    }
}
