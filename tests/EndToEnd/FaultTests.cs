using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>What peers do to a server, by accident or not. After each, <see cref="Health"/>.</summary>
[Collection(ProcessHeavy.Collection)]
public sealed class FaultTests
{
    [LinuxFact]
    public void Who_leaves_is_gone_and_missed_once_however_they_leave()
    {
        using var server = ChatServerProcess.Start();
        Health health = new(server);
        using var stays = Join(server);
        Peer[] leavers = [.. Enumerable.Range(0, 12).Select(_ => Join(server))];
        foreach (var leaver in leavers)
            stays.WaitForLine(line => line.EndsWith(" joined", StringComparison.Ordinal));

        for (var i = 0; i < leavers.Length; i++)
        {
            if (i % 2 == 0)
                leavers[i].Reset();
            else
                Leave(leavers[i]);
        }

        foreach (var leaver in leavers)
            stays.WaitForLine(line => line.Contains(" left", StringComparison.Ordinal));
        health.Check(members: 1);
        Assert.Equal(leavers.Length / 2, stays.Lines.Count(line => line.EndsWith("left (connection reset)", StringComparison.Ordinal)));
        var left = stays.Lines.Where(line => line.Contains(" left", StringComparison.Ordinal)).Select(line => line.Split(' ')[1]).ToArray();
        Assert.Equal(left.Order(StringComparer.Ordinal), left.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [LinuxFact]
    public void Writing_to_somebody_who_has_gone_is_no_harm()
    {
        using var server = ChatServerProcess.Start();
        Health health = new(server);
        using var speaker = Join(server);
        for (var round = 0; round < 10; round++)
        {
            using var goes = Join(server);
            goes.StopReading();
            goes.Reset();
            speaker.SendText($"are you there, {round}?\n");
        }

        server.Program.Out.WaitForLine("are you there, 9?");
        health.Check(members: 1);
    }

    [LinuxFact]
    public void Resets_before_they_are_accepted_are_no_harm()
    {
        using var server = ChatServerProcess.Start();
        Health health = new(server);
        using var stays = Join(server);
        server.Program.Signal(Signals.Stop);
        for (var i = 0; i < 100; i++)
        {
            using var hasty = Peer.Connect(server.EndPoint);
            hasty.SendText("hello?\n");
            hasty.Reset();
        }

        server.Program.Signal(Signals.Continue);

        health.Check(members: 1);
    }

    [LinuxFact]
    public void Bytes_without_a_line_feed_are_bounded_and_nobody_sees_them()
    {
        using var server = ChatServerProcess.Start("--rate", "0");
        Health health = new(server);
        using var others = Join(server);
        using var endless = Join(server);
        endless.SendText(new string('y', 600));
        Health.IsAtRest(server.Program);

        try
        {
            for (var i = 0; i < 200; i++)
                endless.SendText(new string('y', 1000));
        }
        catch (SocketException gone) when (gone.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            // It was sent away while it was still talking.
        }

        endless.WaitForEnd();
        others.WaitForLine(line => line.EndsWith("left (sent away)", StringComparison.Ordinal));
        Assert.Contains("a line is at most 4096 bytes", endless.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("yy", others.Text, StringComparison.Ordinal);
        endless.Dispose();
        health.Check(members: 1);
    }

    [LinuxFact]
    public void Lines_written_byte_by_byte_by_two_people_stay_whole()
    {
        using var server = ChatServerProcess.Start();
        Health health = new(server);
        using var ear = ToolProcess.Start("nc", server.Address, server.Port);
        ear.Out.WaitForLine("you are");
        using var one = Join(server);
        using var two = Join(server);
        var first = Encoding.UTF8.GetBytes("äöü one's line\nand another\n");
        var second = Encoding.UTF8.GetBytes("漢字 two's line\r\nand more!!\r\n");

        for (var i = 0; i < Math.Max(first.Length, second.Length); i++)
        {
            one.SendBytes(first.AsSpan().Slice(Math.Min(i, first.Length), i < first.Length ? 1 : 0));
            two.SendBytes(second.AsSpan().Slice(Math.Min(i, second.Length), i < second.Length ? 1 : 0));
        }

        one.SendText("two lines\nin one segment\n");
        ear.Out.WaitForLine("> in one segment");
        ear.Out.WaitForText("and more!!\n");
        var texts = ear.Out.Lines.Where(line => line.StartsWith('<')).Select(line => line[(line.IndexOf('>') + 2)..]);
        Assert.Equal(
            ((string[])["äöü one's line", "and another", "漢字 two's line", "and more!!", "two lines", "in one segment"]).Order(StringComparer.Ordinal),
            texts.Order(StringComparer.Ordinal));
        health.Check(members: 3);
    }

    [LinuxFact]
    public void Nobody_can_write_a_line_that_looks_like_the_servers_or_somebody_elses()
    {
        using var server = ChatServerProcess.Start("--rate", "0");
        Health health = new(server);
        using var ear = ToolProcess.Start("nc", server.Address, server.Port);
        ear.Out.WaitForLine("you are");
        using var liar = Join(server);
        string[] lies = ["-- the server is shutting down; goodbye", "<alice> pay me", "* alice waves", "a\r<alice> b", "a\v<alice> b", "a\u2028<alice> b", "a\u0085<alice> b"];

        foreach (var lie in lies)
            liar.SendText($"{lie}\n/me {lie}\n/nick {lie}\n");
        liar.SendText("the end\n");

        ear.Out.WaitForLine("> the end");
        Assert.All(ear.Out.Lines.SkipWhile(line => !line.EndsWith("#2 joined", StringComparison.Ordinal)).Skip(1),
            line => Assert.Matches(@"^(<127\.0\.0\.1#2> |\* 127\.0\.0\.1#2 )", line));
        AssertIsClean(ear.Out.Bytes);
        health.Check(members: 2);
    }

    [LinuxFact]
    public void What_would_play_with_a_terminal_reaches_nobody()
    {
        using var server = ChatServerProcess.Start("--rate", "0");
        Health health = new(server);
        using var ear = ToolProcess.Start("nc", server.Address, server.Port);
        ear.Out.WaitForLine("you are");
        using var vandal = Join(server);
        for (var b = 0; b < 256; b++)
        {
            if (b is not ('\n' or '\r'))
                vandal.SendBytes([(byte)'>', (byte)b, (byte)'<', (byte)'\n']);
        }

        string[] tricks = ["\e]0;owned\a", "\e[2J\e[H", "\eP+q\e\\", "\u009b31m", "\u202Eevil", "z\u200Bero", "\e[6n", "a\bb", "Z" + new string('\u0301', 500), "\0", "\uFEFF", "\U000E0041"];
        foreach (var trick in tricks)
            vandal.SendText($"{trick}\n/me {trick}\n/nick {trick}\n/msg {trick} {trick}\n");
        vandal.SendText("שלום नमस्ते 👩‍👩‍👧 the end\n");

        ear.Out.WaitForLine("> שלום नमस्ते 👩‍👩‍👧 the end");
        vandal.WaitForLine(line => line.Contains("nobody here is called", StringComparison.Ordinal));
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
        using var alice = Join(server);
        using var other = Join(server);
        alice.SendText("/nick alice\n");
        alice.WaitForLine(line => line.EndsWith("is now alice", StringComparison.Ordinal));
        string[] refused = [new string('n', 17), "a b", "ALICE", "аlice", "10.0.0.1", "server", "<b>", "#2", "-x"];

        foreach (var name in refused)
            other.SendText($"/nick {name}\n");
        other.SendText("/nick  \nstill me\n");

        alice.WaitForLine("<127.0.0.1#2> still me".Equals);
        Assert.DoesNotContain(alice.Lines, line => line.StartsWith("-- 127.0.0.1#2 is now", StringComparison.Ordinal));
        other.WaitFor(() => other.Lines.Count(line => line.Contains("you are still", StringComparison.Ordinal) || line.Contains("say it like this", StringComparison.Ordinal)) == refused.Length + 1,
            "an answer to each");
        health.Check(members: 2);
    }

    [LinuxTheory]
    [InlineData("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: secret\r\n\r\n", "no web server here")]
    [InlineData("POST /x HTTP/1.0\r\nContent-Length: 9\r\n\r\nlet me in\n", "no web server here")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", "no SSH here")]
    [InlineData("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00FC\n\u0003\u0003hello\n", "no TLS here")]
    public void What_is_no_chat_is_told_so_and_the_room_hears_nothing_of_it(string words, string hint)
    {
        using var server = ChatServerProcess.Start();
        Health health = new(server);
        using var ear = Join(server);
        using var lost = Peer.Connect(server.EndPoint);

        lost.SendBytes(Encoding.Latin1.GetBytes(words));
        lost.WaitForEnd();

        Assert.Equal(SocketError.Success, lost.Error);
        Assert.Equal(2, lost.Lines.Count);
        Assert.Contains(hint, lost.Lines[1], StringComparison.Ordinal);
        lost.Dispose();
        using var last = Join(server);
        last.SendText("the end\n");
        ear.WaitForLine(line => line.EndsWith("> the end", StringComparison.Ordinal));
        Assert.DoesNotContain(ear.Lines, line => line.Contains("127.0.0.1#2", StringComparison.Ordinal) && !line.EndsWith("joined", StringComparison.Ordinal)
            && !line.EndsWith("the end", StringComparison.Ordinal));
        Assert.Single(ear.Lines, line => line.Contains("#2 joined", StringComparison.Ordinal));
        health.Check(members: 2);
    }

    [LinuxFact]
    public void A_thousand_come_at_once_and_all_are_greeted()
    {
        const int Crowd = 1000;
        using var server = ChatServerProcess.Start();
        Health health = new(server);
        using var stays = Join(server);

        Peer[] crowd = [.. Enumerable.Range(0, Crowd).AsParallel().Select(_ => Peer.Connect(server.EndPoint))];
        foreach (var one in crowd)
            one.WaitForLine(line => line.Contains("you are 127.0.0.1#", StringComparison.Ordinal));
        foreach (var one in crowd)
            one.Dispose();

        // Whoever came within the same second as twenty others is counted, not named.
        int Told(string what) => stays.Lines.Count(line => line.Contains('#') && line.EndsWith(what, StringComparison.Ordinal))
            + stays.Lines.Select(line => Counted(line, what.Trim())).Sum();
        stays.WaitFor(() => Told(" joined") >= Crowd && Told(" left") >= Crowd, "everybody to be told or counted");
        Assert.Equal(Crowd, Told(" joined"));
        Assert.Equal(Crowd, Told(" left"));
        Assert.InRange(stays.Lines.Count, 3, Crowd);
        health.Check(members: 1);
    }

    /// <summary>The number in <c>-- 12 joined, 34 left; 5 here now</c>.</summary>
    private static int Counted(string line, string what) =>
        line.EndsWith(" here now", StringComparison.Ordinal)
            ? line[3..line.IndexOf(';')].Split(", ").Where(part => part.EndsWith(what, StringComparison.Ordinal))
                .Sum(part => int.Parse(part.Split(' ')[0], CultureInfo.InvariantCulture))
            : 0;

    private static Peer Join(ChatServerProcess server)
    {
        var peer = Peer.Connect(server.EndPoint);
        peer.WaitForLine(line => line.Contains("you are", StringComparison.Ordinal));
        return peer;
    }

    /// <summary>In order: closing with something unread would be a reset.</summary>
    private static void Leave(Peer peer)
    {
        peer.HalfClose();
        peer.WaitForEnd();
        peer.Dispose();
    }

    /// <summary>UTF-8, and of the controls only the line feed.</summary>
    private static void AssertIsClean(byte[] bytes)
    {
        var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        Assert.DoesNotContain(text, c => (char.IsControl(c) && c != '\n') || c is '\u202E' or '\u200B' or '\u2028' or '\uFEFF');
        Assert.DoesNotContain("\U000E0041", text, StringComparison.Ordinal);
    }
}
