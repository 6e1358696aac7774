using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>The identity of a person at the program: servers get tokens of it, and no output has it.</summary>
public sealed class IdentityTests
{
    private const string Epoch = "0123456789abcdef";

    [Fact]
    public void Two_addresses_get_two_tokens_and_none_gets_the_identity()
    {
        IReadOnlyDictionary<string, string?> home = Home.New();
        using Listener one = new();
        using Listener two = new();
        List<byte> seen = [];

        string first = TokenOfMember(home, one, seen),
            exported = TokenOfExport(home, one, seen),
            again = TokenOfMember(home, one, seen),
            other = TokenOfMember(home, two, seen);

        Assert.Equal([first, first], [exported, again]);
        Assert.NotEqual(first, other);
        AssertWithoutIdentity(home, seen);
    }

    [Fact]
    public void A_person_keeps_its_name_after_a_restart()
    {
        IReadOnlyDictionary<string, string?> home = Home.New();
        using var server = ChatServerProcess.Start();
        for (int run = 1; run <= 2; run++)
        {
            using RunningProgram client = ChatProcess.StartWith(home, "client", server.Address, server.Port, "--json");
            client.SendLine($"run {run}");
            client.CloseInput();
            Assert.Equal(0, client.WaitForExit());
            server.Program.Out.WaitForLine($"<kim> run {run}");
        }
    }

    private static string TokenOfMember(IReadOnlyDictionary<string, string?> home, Listener at, List<byte> seen)
    {
        using RunningProgram client = ChatProcess.StartWith(home, "client", "127.0.0.1", at.Port, "--json");
        using Socket server = at.Accept();
        string hello = Greet(server, seen);
        server.Send(Encoding.ASCII.GetBytes($"welcome kim {Epoch} 0 1 0 0 0\n"));
        client.SendLine("""{"type":"say","text":"hello"}""");
        // The client may ask for the people first.
        while (Hear(server, seen) != "say 1 hello") { }
        client.Signal(Signals.Interrupt);
        client.WaitForExit();
        return Token(client, hello, seen);
    }

    private static string TokenOfExport(IReadOnlyDictionary<string, string?> home, Listener at, List<byte> seen)
    {
        using RunningProgram export = ChatProcess.StartWith(home, "history", "127.0.0.1", at.Port, "--json");
        string hello = "";
        for (int connection = 0; connection < 2; connection++)
        {
            using Socket server = at.Accept();
            hello = Greet(server, seen);
            server.Send(Encoding.ASCII.GetBytes($"welcome - {Epoch} 0 0 0 0 0\nend\n"));
        }
        Assert.Equal(0, export.WaitForExit());
        return Token(export, hello, seen);
    }

    private static string Token(RunningProgram program, string hello, List<byte> seen)
    {
        seen.AddRange(Encoding.UTF8.GetBytes($"{program.Out.Text}\n{program.Err.Text}\n"));
        return hello.Split(' ')[2];
    }

    private static string Greet(Socket server, List<byte> seen)
    {
        server.Send("Welcome to this chatroom! [chat/1]\n"u8);
        return Hear(server, seen);
    }

    private static string Hear(Socket server, List<byte> seen)
    {
        StringBuilder line = new();
        byte[] one = new byte[1];
        while (server.Receive(one) == 1)
        {
            seen.Add(one[0]);
            if (one[0] == '\n' && line.Length > 0)
                break;
            if (one[0] != '\n')
                line.Append((char)one[0]);
        }
        return line.ToString();
    }

    // In hexadecimal, in base64 and as bytes, in both orders.
    private static void AssertWithoutIdentity(IReadOnlyDictionary<string, string?> home, List<byte> seen)
    {
        string file = Path.Combine(home["XDG_CONFIG_HOME"]!, "chat", "person.key");
        byte[] identity = Convert.FromHexString(File.ReadAllText(file).Trim());
        foreach (string other in Directory.GetFiles(home["HOME"]!, "*", SearchOption.AllDirectories))
        {
            if (other != file)
                seen.AddRange(File.ReadAllBytes(other));
        }
        byte[] bytes = [.. seen];
        string text = Encoding.Latin1.GetString(bytes);
        foreach (byte[] form in (byte[][])[identity, [.. identity.Reverse()]])
        {
            Assert.Equal(-1, bytes.AsSpan().IndexOf(form));
            var number = UInt128.Parse(Convert.ToHexString(form), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            foreach (string word in (string[])[Convert.ToHexString(form), Convert.ToBase64String(form), $"{number}"])
                Assert.DoesNotContain(word.TrimEnd('='), text, StringComparison.OrdinalIgnoreCase);
        }
    }
}
