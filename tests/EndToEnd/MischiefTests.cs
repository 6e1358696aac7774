using System.Text;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>
/// Lines that imitate other lines, and invalid names. <see cref="Health"/> checks the server after each.
/// </summary>
public sealed class MischiefTests
{
    [LinuxFact]
    public void Lines_written_byte_by_byte_by_two_people_stay_whole()
    {
        using var server = ChatServerProcess.Start();
        Health health = new(server);
        using RunningProgram ear = ToolProcess.Start("nc", server.Address, server.Port);
        ear.Out.WaitForLine("you are");
        using Peer one = server.Join();
        using Peer two = server.Join();
        byte[] first = Encoding.UTF8.GetBytes("äöü one's line\nand another\n");
        byte[] second = Encoding.UTF8.GetBytes("漢字 two's line\r\nand more!!\r\n");

        for (int i = 0; i < Math.Max(first.Length, second.Length); i++)
        {
            one.SendBytes(first.AsSpan().Slice(Math.Min(i, first.Length), i < first.Length ? 1 : 0));
            two.SendBytes(second.AsSpan().Slice(Math.Min(i, second.Length), i < second.Length ? 1 : 0));
        }

        one.SendText("two lines\nin one segment\n");
        ear.Out.WaitForLine("> in one segment");
        ear.Out.WaitForText("and more!!\n");
        IEnumerable<string> texts = ear
            .Out.Lines.Where(line => line.StartsWith('<'))
            .Select(line => line[(line.IndexOf('>') + 2)..]);
        Assert.Equal(
            (
                (string[])
                    ["äöü one's line", "and another", "漢字 two's line", "and more!!", "two lines", "in one segment"]
            ).Order(StringComparer.Ordinal),
            texts.Order(StringComparer.Ordinal)
        );
        health.Check(members: 3);
    }

    [LinuxFact]
    public void No_line_can_pose_as_the_server_or_as_another_member()
    {
        using var server = ChatServerProcess.Start("--rate", "0");
        Health health = new(server);
        using RunningProgram ear = ToolProcess.Start("nc", server.Address, server.Port);
        ear.Out.WaitForLine("you are");
        using Peer liar = server.Join();
        string[] lies =
        [
            "-- the server is shutting down; goodbye",
            "<alice> pay me",
            "* alice waves",
            "a\r<alice> b",
            "a\v<alice> b",
            "a\u2028<alice> b",
            "a\u0085<alice> b",
        ];

        foreach (string lie in lies)
            liar.SendText($"{lie}\n/me {lie}\n/nick {lie}\n");
        liar.SendText("the end\n");

        ear.Out.WaitForLine("> the end");
        Assert.All(
            ear.Out.Lines.SkipWhile(line => !line.EndsWith("guest2 joined", StringComparison.Ordinal)).Skip(1),
            line => Assert.Matches(@"^(<guest2> |\* guest2 )", line)
        );
        AssertIsClean(ear.Out.Bytes);
        health.Check(members: 2);
    }

    [LinuxFact]
    public void No_byte_that_drives_a_terminal_is_delivered()
    {
        using var server = ChatServerProcess.Start("--rate", "0");
        Health health = new(server);
        using RunningProgram ear = ToolProcess.Start("nc", server.Address, server.Port);
        ear.Out.WaitForLine("you are");
        using Peer vandal = server.Join();
        for (int b = 0; b < 256; b++)
        {
            if (b is not ('\n' or '\r'))
                vandal.SendBytes([(byte)'>', (byte)b, (byte)'<', (byte)'\n']);
        }

        string[] tricks =
        [
            "\e]0;owned\a",
            "\e[2J\e[H",
            "\eP+q\e\\",
            "\u009b31m",
            "\u202Eevil",
            "z\u200Bero",
            "\e[6n",
            "a\bb",
            "Z" + new string('\u0301', 500),
            "\0",
            "\uFEFF",
            "\U000E0041",
        ];
        foreach (string trick in tricks)
            vandal.SendText($"{trick}\n/me {trick}\n/nick {trick}\n/msg {trick} {trick}\n");
        vandal.SendText("שלום नमस्ते 👩‍👩‍👧 the end\n");

        ear.Out.WaitForLine("> שלום नमस्ते 👩‍👩‍👧 the end");
        vandal.WaitForLine(line => line.Contains("/who lists the people here", StringComparison.Ordinal));
        AssertIsClean(ear.Out.Bytes);
        AssertIsClean(vandal.Bytes);
        AssertIsClean(server.Program.Out.Bytes);
        AssertIsClean(server.Program.Err.Bytes);
        health.Check(members: 2);
    }

    [LinuxFact]
    public void Names_that_are_not_allowed_are_refused_in_words_and_the_old_one_is_kept()
    {
        using var server = ChatServerProcess.Start("--rate", "0");
        Health health = new(server);
        using Peer alice = server.Join();
        using Peer other = server.Join();
        alice.SendText("/nick alice\n");
        alice.WaitForLine(line => line.EndsWith("is now alice", StringComparison.Ordinal));
        string[] refused = [new string('n', 17), "a b", "ALICE", "аlice", "10.0.0.1", "server", "<b>", "#2", "-x"];

        foreach (string name in refused)
            other.SendText($"/nick {name}\n");
        other.SendText("/nick  \nstill me\n");

        alice.WaitForLine("<guest2> still me".Equals);
        Assert.DoesNotContain(alice.Lines, line => line.StartsWith("-- guest2 is now", StringComparison.Ordinal));
        other.WaitFor(
            () =>
                other.Lines.Count(line =>
                    line.Contains("you are still", StringComparison.OrdinalIgnoreCase)
                    || line.Contains("usage: ", StringComparison.Ordinal)
                )
                == refused.Length + 1,
            "an answer to each"
        );
        health.Check(members: 2);
    }

    /// <summary>UTF-8, with the line feed as the only control.</summary>
    private static void AssertIsClean(byte[] bytes)
    {
        string text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        Assert.DoesNotContain(
            text,
            c => (char.IsControl(c) && c != '\n') || c is '\u202E' or '\u200B' or '\u2028' or '\uFEFF'
        );
        Assert.DoesNotContain("\U000E0041", text, StringComparison.Ordinal);
    }
}
