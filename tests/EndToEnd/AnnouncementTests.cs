using System.Text.RegularExpressions;
using Chat.Protocol;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>A server announced on the interfaces of network namespaces, with avahi as the judge.</summary>
public sealed class AnnouncementTests
{
    [TwoHostsFact]
    public void Avahi_on_another_machine_and_on_the_same_one_finds_the_room_and_notices_its_end()
    {
        using Lan lan = new(machines: 2);
        using RunningProgram near = lan.StartAvahi(0).Browse();
        Avahi other = lan.StartAvahi(1);
        using RunningProgram far = other.Browse();
        using RunningProgram server = Server(lan, 0, "lab");

        foreach (RunningProgram browser in (RunningProgram[])[near, far])
        {
            foreach (string protocol in (string[])["IPv4", "IPv6"])
            {
                string found = Seen(browser, $"=;lan0;{protocol};lab;_chat._tcp;local;");
                Assert.Contains($";{ProtocolLimits.Port};", found, StringComparison.Ordinal);
                Assert.Contains("\"members=0\"", found, StringComparison.Ordinal);
                Assert.Matches("\"epoch=[0-9a-f]{16}\"", found);
                Assert.Matches("\"v=[0-9.]+\" \"chat=1\"", found);
            }
        }
        string host = Regex.Match(far.Out.Text, @"chat-[0-9a-f]+\.local").Value;
        using RunningProgram resolve = other.Start("avahi-resolve", "-4", "-n", host);
        resolve.Out.WaitForLine($"{host}\t10.98.0.1");

        server.Signal(Signals.Terminate);
        Seen(near, "-;lan0;IPv4;lab;");
        Seen(far, "-;lan0;IPv6;lab;");
        Assert.Equal(0, server.WaitForExit());
    }

    [TwoHostsFact]
    public void A_name_that_avahi_has_published_gets_a_number_and_the_log_says_so()
    {
        using Lan lan = new(machines: 2);
        Avahi avahi = lan.StartAvahi(1);
        using RunningProgram publish = avahi.Start("avahi-publish", "-s", "lab", "_chat._tcp", "9999");
        publish.Err.WaitForLine("Established");
        using RunningProgram server = Server(lan, 0, "lab");

        server.Err.WaitForLine("another room of this network is called lab; this one is lab (2) now");
        using RunningProgram browser = avahi.Browse();
        Seen(browser, @"=;lan0;IPv4;lab\032\0402\041;");
        Seen(browser, "=;lan0;IPv4;lab;_chat._tcp;local;machine1.local;10.98.0.2;9999;");
    }

    [TwoHostsFact]
    public void Three_servers_that_begin_at_once_with_one_name_have_three_names()
    {
        using Lan lan = new(machines: 2);
        // Two of them on one machine, where they share the port of multicast DNS.
        using RunningProgram first = Server(lan, 0, "lab"),
            second = Server(lan, 0, "lab", "8083"),
            third = Server(lan, 1, "lab");
        using RunningProgram browser = lan.StartAvahi(1).Browse();

        Seen(browser, "=;lan0;IPv4;lab;");
        Seen(browser, @"=;lan0;IPv4;lab\032\0402\041;");
        Seen(browser, @"=;lan0;IPv4;lab\032\0403\041;");
    }

    [TwoHostsFact]
    public void A_room_is_announced_on_an_interface_that_comes_later_and_stays_when_another_goes()
    {
        using Lan lan = new(machines: 2, networks: 2);
        lan.Connect(1, network: 1);
        using RunningProgram server = Server(lan, 0, "lab");
        using RunningProgram browser = lan.StartAvahi(1).Browse();
        Seen(browser, "=;lan0;IPv4;lab;");

        lan.Connect(0, network: 1);
        string found = Seen(browser, "=;lan1;IPv4;lab;");
        // Of the addresses of the new interface avahi prints one, which may be the link-local one.
        Assert.Matches(";(10\\.98\\.1\\.1|fe80:[0-9a-f:]+);", found);
        lan.Disconnect(0, network: 0);
        lan.Connect(0, network: 0);
        server.Signal(Signals.Terminate);

        Seen(browser, "-;lan1;IPv4;lab;");
    }

    [TwoHostsFact]
    public void A_server_without_descriptors_survives_a_new_interface_and_announces_there_later()
    {
        using Lan lan = new(machines: 2, networks: 2);
        lan.Connect(1, network: 1);
        using RunningProgram server = Server(lan, 0, "lab");
        using RunningProgram browser = lan.StartAvahi(1).Browse();
        Seen(browser, "=;lan0;IPv4;lab;");
        LimitDescriptors(server, "3:");

        lan.Connect(0, network: 1);
        server.Err.WaitForLine("the network interfaces cannot be read: ");
        LimitDescriptors(server, "1024:");

        Seen(browser, "=;lan1;IPv4;lab;");
    }

    private static void LimitDescriptors(RunningProgram server, string limit)
    {
        using RunningProgram prlimit = ToolProcess.Start("prlimit", "--pid", $"{server.Pid}", $"--nofile={limit}");
        Assert.True(prlimit.WaitForExit() == 0, prlimit.Describe());
    }

    [TwoHostsFact]
    public void A_server_announces_only_the_addresses_that_it_listens_on()
    {
        using Lan lan = new(machines: 2, networks: 2);
        lan.Connect(0, network: 1);
        lan.Connect(1, network: 1);
        using RunningProgram local = Server(lan, 0, "local", "8083", "127.0.0.1");
        using RunningProgram silent = Server(lan, 0, "silent", "8084", "10.98.0.1", "--no-announce");
        using RunningProgram server = Server(lan, 0, "lab", "8082", "10.98.1.1");
        using RunningProgram browser = lan.StartAvahi(1).Browse();

        Seen(browser, "=;lan1;IPv4;lab;");
        server.Signal(Signals.Terminate);
        Seen(browser, "-;lan1;IPv4;lab;");
        Assert.DoesNotContain(
            browser.Out.Lines,
            static line =>
                !line.Contains(";lab;", StringComparison.Ordinal)
                || line.Contains("lan0", StringComparison.Ordinal)
                || line.Contains("IPv6", StringComparison.Ordinal)
        );
        Assert.Contains("-- the room is called lab;", server.Out.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("the room is called", local.Out.Text + silent.Out.Text, StringComparison.Ordinal);
    }

    // Another program has the port of multicast DNS alone.
    private static RunningProgram Hold(Lan lan, string family, string address)
    {
        RunningProgram holder = lan.Start(
            0,
            "python3",
            "-c",
            "import socket, sys\n"
                + $"a = socket.socket(socket.{family}, socket.SOCK_DGRAM)\n"
                + $"a.bind(('{address}', 5353))\n"
                + "print('bound', flush=True)\n"
                + "sys.stdin.read()\n"
        );
        holder.Out.WaitForLine("bound");
        return holder;
    }

    [TwoHostsFact]
    public void A_server_that_has_the_port_of_one_protocol_only_says_which_is_missing_and_announces()
    {
        using Lan lan = new(machines: 2);
        using RunningProgram holder = Hold(lan, "AF_INET", "0.0.0.0");
        using RunningProgram server = Server(lan, 0, "lab");

        server.Err.WaitForLine("no IPv4, because another program holds UDP port 5353 alone");
        using RunningProgram browser = lan.StartAvahi(1).Browse();
        Seen(browser, "=;lan0;IPv6;lab;");
    }

    [TwoHostsFact]
    public void A_server_that_cannot_have_the_port_of_multicast_dns_says_so_once_and_runs()
    {
        using Lan lan = new(machines: 1);
        using RunningProgram holder = Hold(lan, "AF_INET6", "::");
        using RunningProgram server = Server(lan, 0, "lab");

        server.Err.WaitForLine("the room is not announced in the network: ");
        using RunningProgram nc = lan.Start(0, "nc", "127.0.0.1", $"{ProtocolLimits.Port}");
        nc.Out.WaitForLine("-- you are guest");
        Assert.DoesNotContain("the room is called", server.Out.Text, StringComparison.Ordinal);
        Assert.Single(server.Err.Lines, static line => line.Contains("not announced", StringComparison.Ordinal));
    }

    [TwoHostsFact]
    public void A_server_without_a_network_says_so_and_announces_when_one_comes()
    {
        using Lan lan = new(machines: 2);
        lan.Disconnect(0, network: 0);
        using RunningProgram server = Server(lan, 0, "lab");
        server.Err.WaitForLine("the room is not announced in the network: no network interface has an address");

        lan.Connect(0, network: 0);

        using RunningProgram browser = lan.StartAvahi(1).Browse();
        Seen(browser, "=;lan0;IPv4;lab;");
    }

    [TwoHostsFact]
    public void A_flood_of_packets_delays_no_line_and_afterwards_the_room_is_found_and_the_server_rests()
    {
        using Lan lan = new(machines: 2);
        using RunningProgram server = Server(lan, 0, "lab");
        using RunningProgram nc = lan.Start(0, "nc", "127.0.0.1", $"{ProtocolLimits.Port}");
        nc.Out.WaitForLine("-- you are guest");
        // Random bytes, real questions, empty and long packets.
        const string Flood =
            "import os, socket, struct\n"
            + "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            + "s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton('10.98.0.2'))\n"
            + "head = lambda n: struct.pack('>6H', 0, 0, n, 0, 0, 0)\n"
            + "ask = b'\\5_chat\\4_tcp\\5local\\0\\0\\x0c\\0\\1'\n"
            + "packets = [head(1) + ask, head(65535) + ask * 60, os.urandom(500), b'', head(9) + b'\\xc0\\x0c' * 600]\n"
            + "print('begun', flush=True)\n"
            + "for i in range(100000):\n"
            + "    try: s.sendto(packets[i % 5], ('224.0.0.251', 5353))\n"
            + "    except OSError: pass\n"
            + "print('done', flush=True)\n";
        using RunningProgram flood = lan.Start(1, "python3", "-c", Flood);
        flood.Out.WaitForLine("begun");
        for (int i = 0; i < 10; i++)
        {
            nc.SendLine($"line {i}");
            server.Out.WaitForLine($"> line {i}");
        }
        flood.Out.WaitForLine("done");

        Health.IsAtRest(server);
        using RunningProgram browser = lan.StartAvahi(1).Browse();
        Seen(browser, "=;lan0;IPv4;lab;");
    }

    // The line of avahi-browse with this part, wherever it stands among the others.
    private static string Seen(RunningProgram browser, string part)
    {
        string? found = null;
        Eventually.Is(
            () =>
                (found = browser.Out.Lines.FirstOrDefault(line => line.Contains(part, StringComparison.Ordinal)))
                    is not null,
            $"a line with {part}",
            seen: browser.Describe
        );
        return found!;
    }

    private static RunningProgram Server(
        Lan lan,
        int machine,
        string room,
        string port = "8082",
        string address = "::",
        params IEnumerable<string> extra
    )
    {
        string[] args = ["server", address, port, "--room", room, "--log-level", "Information", .. extra];
        RunningProgram server = lan.Start(machine, ChatProcess.BinaryPath, args);
        server.Out.WaitForLine("-- room open");
        return server;
    }
}
