using System.Buffers.Binary;
using System.Text;
using Chat.Protocol;
using Chat.Protocol.Discovery;
using Chat.Server;
using Chat.Tests.Protocol.Discovery;

namespace Chat.Tests.Server.Discovery;

/// <summary>The announcement of a room, in memory: probes, answers, conflicts, limits and goodbyes.</summary>
public sealed class AnnouncerTests
{
    private const string Announcement =
        "PTR _chat 4500, SRV! lab 120, TXT! lab 4500, PTR _services 4500, A! host 120, AAAA! host 120";

    private const string Probe = "?ANY lab, ~SRV lab 120, ~TXT lab 4500";

    private const string PointerAnswer = "PTR _chat 4500, +SRV! lab 120, +TXT! lab 4500, +A! host 120, +AAAA! host 120";

    private readonly MemoryNetwork _network = new();

    private static LocalInterface Ethernet => MemoryNetwork.Interface(2, "10.0.0.1", "fe80::1");

    [Fact]
    public void A_room_is_probed_three_times_and_announced_twice_and_then_it_is_silent()
    {
        long start = _network.Now;
        _network.Add("lab", Ethernet);

        _network.Advance(3000);
        Assert.Equal([Probe, Probe, Probe, Announcement, Announcement], _network.Since(0));
        long[] times = [.. _network.Sent.Select(static one => one.At)];
        Assert.InRange(times[0] - start, 0, ServerLimits.ProbeMilliseconds);
        Assert.Equal([250, 250, 250, 1000], times.Zip(times.Skip(1), static (a, b) => b - a));

        _network.Advance(3_600_000);
        Assert.Equal(5, _network.Sent.Count);
    }

    [Fact]
    public void A_question_for_rooms_is_answered_once_after_a_random_time()
    {
        Announce();
        long asked = _network.Now;
        _network.Deliver(Query(RoomService.Name, DnsType.Ptr));
        _network.Deliver(Query(RoomService.Name, DnsType.Ptr));
        Assert.Empty(_network.Since(5));

        _network.Advance(5000);

        Assert.Equal([PointerAnswer], _network.Since(5));
        Assert.InRange(_network.Sent[^1].At - asked, ServerLimits.SharedAnswerLeast, ServerLimits.SharedAnswerMost);
    }

    [Fact]
    public void A_record_is_sent_at_most_once_a_second()
    {
        Announce();
        for (int i = 0; i < 500; i++)
        {
            _network.Deliver(Query(RoomService.Name, DnsType.Ptr), sender: i);
            _network.Deliver(Query(Instance("lab"), DnsType.Any), sender: i);
            _network.Advance(10);
        }

        // In five seconds: pointer and instance, each once a second.
        Assert.InRange(_network.Sent.Count - 5, 5, 11);
    }

    [Fact]
    public void The_instance_the_host_and_the_list_of_services_are_answered()
    {
        MemoryNetwork.Machine machine = Announce();

        Assert.Equal("SRV! lab 120, +A! host 120, +AAAA! host 120", Ask(Instance("LAB"), DnsType.Srv));
        Assert.Equal("TXT! lab 4500", Ask(Instance("lab"), DnsType.Txt));
        Assert.Equal("A! host 120", Ask(DnsName.Of(machine.Host, "local"), DnsType.A));
        Assert.Equal("AAAA! host 120", Ask(DnsName.Of(machine.Host, "local"), DnsType.Aaaa));
        Assert.Equal("PTR _services 4500", Ask(RoomService.ServicesName, DnsType.Ptr));
        Assert.Equal("nothing", Ask(Instance("other"), DnsType.Any));
        Assert.Equal("nothing", Ask(RoomService.Name, DnsType.Txt));
    }

    [Fact]
    public void A_type_that_a_name_does_not_have_is_answered_by_the_types_that_it_has()
    {
        MemoryNetwork.Machine machine = Announce(MemoryNetwork.Interface(2, "10.0.0.1"));

        Assert.Equal("NSEC! host 120", Ask(DnsName.Of(machine.Host, "local"), DnsType.Aaaa));
        Assert.Equal("NSEC! lab 120", Ask(Instance("lab"), DnsType.A));
    }

    [Fact]
    public void An_asker_that_knows_the_answer_gets_none()
    {
        Announce();

        Assert.Equal("nothing", Ask(RoomService.Name, DnsType.Ptr, known: (Instance("lab"), 2250)));
        Assert.Equal(PointerAnswer, Ask(RoomService.Name, DnsType.Ptr, known: (Instance("lab"), 2249)));
        Assert.Equal(PointerAnswer, Ask(RoomService.Name, DnsType.Ptr, known: (Instance("other"), 4500)));
    }

    [Fact]
    public void Known_answers_in_a_second_message_of_the_same_asker_count()
    {
        Announce();
        byte[] more = Query([], DnsType.None, known: (Instance("lab"), 4500));

        _network.Deliver(Query(RoomService.Name, DnsType.Ptr, isTruncated: true), sender: 7);
        _network.Advance(100);
        _network.Deliver(more, sender: 7);
        _network.Deliver(Query(RoomService.Name, DnsType.Ptr, isTruncated: true), sender: 8);
        _network.Advance(100);
        // Of another asker.
        _network.Deliver(more, sender: 9);
        Assert.Empty(_network.Since(5));
        _network.Advance(2000);

        Assert.Equal([PointerAnswer], _network.Since(5));
    }

    [Fact]
    public void An_asker_with_a_port_of_its_own_is_answered_alone_with_its_number_and_question_and_short_times()
    {
        Announce();

        _network.Deliver(Query(RoomService.Name, DnsType.Ptr, id: 4711), isShared: false);

        Assert.Equal(
            ["?PTR _chat, PTR _chat 10, +SRV lab 10, +TXT lab 10, +A host 10, +AAAA host 10"],
            _network.Replies
        );
        Assert.Equal(4711, BinaryPrimitives.ReadUInt16BigEndian(_network.Last));
        _network.Advance(5000);
        Assert.Empty(_network.Since(5));
    }

    [Fact]
    public void A_question_for_a_unicast_answer_gets_one_if_the_group_knows_the_records()
    {
        Announce();

        _network.Deliver(Query(RoomService.Name, DnsType.Ptr, wantsUnicast: true));
        Assert.Equal([PointerAnswer], _network.Replies);

        // The times of all records but two are over by a quarter.
        _network.Advance(20 * 60_000);
        _network.Deliver(Query(RoomService.Name, DnsType.Ptr, wantsUnicast: true));
        _network.Advance(1000);
        Assert.Single(_network.Replies);
        Assert.Equal([PointerAnswer], _network.Since(5));
    }

    [Fact]
    public void Unicast_answers_are_limited()
    {
        Announce();

        for (int i = 0; i < 1000; i++)
            _network.Deliver(Query(RoomService.Name, DnsType.Ptr), sender: i, isShared: false);
        Assert.Equal(ServerLimits.DiscoveryReplies, _network.Replies.Count);

        _network.Advance(ServerLimits.DiscoveryWindowMilliseconds);
        _network.Deliver(Query(RoomService.Name, DnsType.Ptr), isShared: false);
        Assert.Equal(ServerLimits.DiscoveryReplies + 1, _network.Replies.Count);
    }

    [Fact]
    public void An_answer_that_another_machine_gives_is_not_given_again()
    {
        Announce();
        _network.Deliver(Query(RoomService.ServicesName, DnsType.Ptr));
        _network.Deliver(Response(RoomService.ServicesName, DnsType.Ptr, 4500, RoomService.Name));

        _network.Advance(2000);

        Assert.Empty(_network.Since(5));
    }

    [Fact]
    public void A_record_that_another_machine_shortens_is_sent_again()
    {
        Announce();
        _network.Deliver(Response(RoomService.Name, DnsType.Ptr, 0, Instance("lab")));

        _network.Advance(2000);

        Assert.Equal([PointerAnswer], _network.Since(5));
    }

    [Fact]
    public void A_name_that_is_taken_gets_a_number()
    {
        MemoryNetwork.Machine machine = _network.Add("lab", Ethernet);
        _network.Advance(300);
        _network.Deliver(Server("lab", "other"));
        Assert.Equal("lab (2)", machine.Announcer.Name);
        _network.Deliver(Server("lab (2)", "other"));
        _network.Advance(3000);

        Assert.Equal("lab (3)", machine.Announcer.Name);
        Assert.True(machine.Announcer.HasName);
        Assert.Equal(
            "PTR _chat 4500, +SRV! lab (3) 120, +TXT! lab (3) 4500, +A! host 120, +AAAA! host 120",
            Ask(RoomService.Name, DnsType.Ptr)
        );
    }

    [Fact]
    public void An_announced_name_is_probed_again_after_a_conflict_and_kept_if_no_machine_answers()
    {
        MemoryNetwork.Machine machine = Announce();
        _network.Deliver(Server("lab", "other"));
        Assert.False(machine.Announcer.HasName);
        _network.Advance(3000);

        Assert.Equal("lab", machine.Announcer.Name);
        Assert.Equal([Probe, Probe, Probe, Announcement, Announcement], _network.Since(5));
    }

    [Fact]
    public void A_goodbye_of_the_name_and_an_answer_from_another_port_are_no_conflicts()
    {
        MemoryNetwork.Machine machine = Announce();

        _network.Deliver(Server("lab", "other", ttl: 0));
        _network.Deliver(Server("lab", "other"), isShared: false);
        _network.Deliver(Server("lab", "other"), interfaceIndex: 3);

        Assert.True(machine.Announcer.HasName);
    }

    [Fact]
    public void A_probe_for_an_announced_name_is_answered_at_once()
    {
        MemoryNetwork.Machine machine = Announce();
        MemoryNetwork.Machine other = _network.Add("lab", MemoryNetwork.Interface(2, "10.0.0.2"));

        _network.Advance(3000);

        Assert.Equal("lab", machine.Announcer.Name);
        Assert.Equal("lab (2)", other.Announcer.Name);
        Assert.Equal("SRV! lab 120, TXT! lab 4500, +A! host 120, +AAAA! host 120", _network.Since(6)[0]);
        Assert.Equal(_network.Sent[5].At, _network.Sent[6].At);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Machines_that_begin_at_once_with_one_name_end_with_different_names(int count)
    {
        MemoryNetwork.Machine[] machines =
        [
            .. Enumerable.Range(1, count).Select(i => _network.Add("lab", MemoryNetwork.Interface(2, $"10.0.0.{i}"))),
        ];

        _network.Advance(20_000);

        Assert.Equal(
            ((string[])["lab", "lab (2)", "lab (3)"])[..count],
            machines.Select(static machine => machine.Announcer.Name).Order(StringComparer.Ordinal)
        );
        Assert.All(machines, static machine => Assert.True(machine.Announcer.HasName));
    }

    [Fact]
    public void Two_interfaces_of_a_machine_on_one_network_do_not_conflict()
    {
        MemoryNetwork.Machine machine = _network.Add("lab", Ethernet, MemoryNetwork.Interface(3, "10.0.0.2"));
        machine.Announcer.Describe(1, topic: null, _network.Now);
        _network.Advance(200);
        // What one interface sent earlier comes by the other one.
        foreach (int index in (int[])[2, 3])
        {
            _network.Advance(1000);
            _network.Deliver(_network.Last, index);
        }
        _network.Advance(5000);

        Assert.Equal("lab", machine.Announcer.Name);
        Assert.Equal(10, _network.Sent.Count);
    }

    [Fact]
    public void A_conflict_on_one_interface_renames_the_room_on_all_and_withdraws_the_old_name_there()
    {
        MemoryNetwork.Machine machine = Announce();
        machine.Announcer.SetInterfaces([Ethernet, MemoryNetwork.Interface(3, "10.1.0.1")], _network.Now);
        _network.Deliver(Server("lab", "other"), interfaceIndex: 3);

        Assert.Equal("lab (2)", machine.Announcer.Name);
        Assert.Equal(["PTR _chat 0, SRV! lab 0, TXT! lab 0, A! host 0, AAAA! host 0"], _network.Since(5));
    }

    [Fact]
    public void Fifteen_conflicts_in_ten_seconds_cost_a_rest()
    {
        _network.Add("lab", Ethernet);
        for (int i = 1; i <= ServerLimits.Conflicts; i++)
            _network.Deliver(Server(i == 1 ? "lab" : $"lab ({i})", "other"));

        _network.Advance(ServerLimits.ConflictRestMilliseconds - 1);
        Assert.Empty(_network.Sent);
        _network.Advance(1000);
        Assert.NotEmpty(_network.Sent);
    }

    [Fact]
    public void The_end_withdraws_all_records_but_the_shared_one()
    {
        MemoryNetwork.Machine machine = Announce();

        machine.Announcer.Withdraw();

        Assert.Equal(["PTR _chat 0, SRV! lab 0, TXT! lab 0, A! host 0, AAAA! host 0"], _network.Since(5));
        _network.Deliver(Query(RoomService.Name, DnsType.Ptr));
        _network.Advance(5000);
        Assert.Single(_network.Since(5));
    }

    [Fact]
    public void The_end_withdraws_the_records_while_a_conflict_is_probed()
    {
        MemoryNetwork.Machine machine = Announce();
        _network.Deliver(Server("lab", "other"));

        machine.Announcer.Withdraw();

        Assert.Equal(["PTR _chat 0, SRV! lab 0, TXT! lab 0, A! host 0, AAAA! host 0"], _network.Since(5));
    }

    [Fact]
    public void A_room_that_is_not_announced_yet_withdraws_nothing()
    {
        MemoryNetwork.Machine machine = _network.Add("lab", Ethernet);
        machine.Announcer.Withdraw();
        _network.Advance(5000);

        Assert.Empty(_network.Sent);
    }

    [Fact]
    public void The_number_of_people_is_sent_at_once_and_then_at_most_once_a_minute()
    {
        MemoryNetwork.Machine machine = Announce();
        for (int second = 0; second < 130; second++)
        {
            machine.Announcer.Describe(second, topic: null, _network.Now);
            _network.Advance(1000);
        }

        Assert.Equal(["TXT! lab 4500", "TXT! lab 4500", "TXT! lab 4500"], _network.Since(5));
        Assert.Contains("members=121", Encoding.UTF8.GetString(_network.Last), StringComparison.Ordinal);
    }

    [Fact]
    public void The_topic_and_the_key_are_sent_and_a_long_topic_fits()
    {
        MemoryNetwork.Machine machine = Announce();

        machine.Announcer.Describe(0, new string('ü', 500), _network.Now);
        _network.Advance(1000);

        string text = Encoding.UTF8.GetString(_network.Last);
        Assert.Contains("topic=üüü", text, StringComparison.Ordinal);
        Assert.Contains($"key={Convert.ToBase64String(MemoryNetwork.PublicKey)}", text, StringComparison.Ordinal);
        Assert.Contains("chat=1", text, StringComparison.Ordinal);
        Assert.Contains("v=1.2.3", text, StringComparison.Ordinal);
        Assert.Contains("epoch=0123456789abcdef", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_room_with_a_secret_sends_neither_topic_nor_people()
    {
        MemoryNetwork network = new() { HasSecret = true };
        MemoryNetwork.Machine machine = network.Add("lab", Ethernet);
        network.Advance(3000);

        machine.Announcer.Describe(3, "the merger", network.Now);
        network.Advance(120_000);

        string text = Encoding.UTF8.GetString(network.Last);
        Assert.Contains("secret=1", text, StringComparison.Ordinal);
        Assert.DoesNotContain("merger", text, StringComparison.Ordinal);
        Assert.DoesNotContain("members", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interface_that_comes_is_probed_alone_and_one_that_goes_is_left()
    {
        MemoryNetwork.Machine machine = Announce();
        LocalInterface later = MemoryNetwork.Interface(3, "10.1.0.1");

        machine.Announcer.SetInterfaces([Ethernet, later], _network.Now);
        _network.Advance(3000);
        Assert.Equal([Probe, Probe, Probe], _network.Since(5)[..3]);
        Assert.Equal(10, _network.Sent.Count);
        Assert.Equal([2, 3], machine.Joined);

        machine.Announcer.SetInterfaces([later], _network.Now);
        Assert.Equal([3], machine.Joined);
        Assert.Equal("nothing", Ask(RoomService.Name, DnsType.Ptr));
    }

    [Fact]
    public void A_changed_address_is_announced_and_an_unchanged_interface_is_not()
    {
        MemoryNetwork.Machine machine = Announce();

        machine.Announcer.SetInterfaces([Ethernet], _network.Now);
        _network.Advance(3000);
        Assert.Equal(5, _network.Sent.Count);
        machine.Announcer.SetInterfaces([MemoryNetwork.Interface(2, "10.0.0.9", "fe80::1")], _network.Now);
        _network.Advance(3000);

        Assert.Equal(10, _network.Sent.Count);
    }

    // An IPv6 address cannot send for its first second or two.
    [Fact]
    public void A_refused_announcement_is_sent_when_the_system_reports_a_change()
    {
        MemoryNetwork.Machine machine = _network.Add("lab", Ethernet);
        machine.IsRefused = true;
        _network.Advance(3000);
        machine.IsRefused = false;
        _network.Advance(60_000);
        Assert.Empty(_network.Sent);

        machine.Announcer.SetInterfaces([Ethernet], _network.Now);
        _network.Advance(3000);

        Assert.Equal([Announcement, Announcement], _network.Since(0));
    }

    [Fact]
    public void All_addresses_of_an_interface_fit_one_message()
    {
        string[] addresses = [.. Enumerable.Range(1, ProtocolLimits.AddressesPerInterface).Select(i => $"fd00::{i}")];
        MemoryNetwork.Machine machine = Announce(MemoryNetwork.Interface(2, addresses));
        machine.Announcer.Describe(10_000, new string('x', 500), _network.Now);
        _network.Advance(2000);

        string answer = Ask(RoomService.Name, DnsType.Ptr);

        Assert.Equal(ProtocolLimits.AddressesPerInterface, answer.Split("AAAA!").Length - 1);
    }

    [Fact]
    public void A_hundred_thousand_mutated_packets_do_no_harm_make_no_garbage_and_leave_the_room_announced()
    {
        MemoryNetwork.Machine machine = Announce();
        byte[][] originals =
        [
            Query(RoomService.Name, DnsType.Ptr, known: (Instance("lab"), 4500)),
            Query(Instance("lab"), DnsType.Any, isTruncated: true),
            Query(DnsName.Of(machine.Host, "local"), DnsType.A, wantsUnicast: true),
            Response(RoomService.Name, DnsType.Ptr, 4500, Instance("lab")),
            Probing("lab", "other"),
        ];
        byte[] packet = new byte[ProtocolLimits.DiscoveryPacketBytes];
        Random random = new(6763);
        int length = 0;
        _network.IsRecording = false;
        // Delegates that are made once are made before.
        for (int i = 0; i < 1000; i++)
            Deliver();
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 100_000; i++)
            Deliver();

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        _network.IsRecording = true;
        _network.Advance(30_000);
        Assert.Equal("lab", machine.Announcer.Name);
        Assert.Equal(PointerAnswer, Ask(RoomService.Name, DnsType.Ptr));

        void Deliver()
        {
            byte[] original = originals[random.Next(originals.Length)];
            length = DnsMessageTests.Mutate(original, packet, random);
            // As a response, the foreign probe would be a conflict, and rightly rename the room.
            if (original == originals[^1])
                packet[2] &= 0x7F;
            _network.Deliver(packet.AsSpan(0, length), sender: random.Next(10));
        }
    }

    private MemoryNetwork.Machine Announce(LocalInterface? at = null)
    {
        MemoryNetwork.Machine machine = _network.Add("lab", at ?? Ethernet);
        _network.Advance(10_000);
        Assert.Equal(5, _network.Sent.Count);
        return machine;
    }

    // The answer to a question, in an idle network.
    private string Ask(ReadOnlySpan<byte> name, DnsType type, (byte[] Data, int Ttl)? known = null)
    {
        int count = _network.Sent.Count;
        _network.Deliver(Query(name, type, known));
        _network.Advance(2000);
        return _network.Since(count) is [string answer] ? answer : "nothing";
    }

    private static byte[] Instance(string room) => RoomService.InstanceName(room);

    private static byte[] Query(
        ReadOnlySpan<byte> name,
        DnsType type,
        (byte[] Data, int Ttl)? known = null,
        bool isTruncated = false,
        bool wantsUnicast = false,
        ushort id = 0
    )
    {
        byte[] message = new byte[512];
        DnsWriter writer = new(message, isResponse: false, id);
        if (!name.IsEmpty)
            Assert.True(writer.TryWriteQuestion(name, type, wantsUnicast));
        if (known is (byte[] data, int ttl))
            Assert.True(
                writer.TryWriteRecord(DnsSection.Answer, RoomService.Name, DnsType.Ptr, (uint)ttl, false, data)
            );
        if (isTruncated)
            writer.SetTruncated();
        return message[..writer.Length];
    }

    private static byte[] Response(ReadOnlySpan<byte> name, DnsType type, uint ttl, ReadOnlySpan<byte> data)
    {
        byte[] message = new byte[512];
        DnsWriter writer = new(message, isResponse: true);
        Assert.True(writer.TryWriteRecord(DnsSection.Answer, name, type, ttl, type != DnsType.Ptr, data));
        return message[..writer.Length];
    }

    // Another machine says that it has the name.
    private static byte[] Server(string room, string host, uint ttl = 120) =>
        Response(Instance(room), DnsType.Srv, ttl, [0, 0, 0, 0, 0x1F, 0x92, .. DnsName.Of(host, "local")]);

    private static byte[] Probing(string room, string host)
    {
        byte[] message = new byte[512];
        DnsWriter writer = new(message, isResponse: false);
        Assert.True(writer.TryWriteQuestion(Instance(room), DnsType.Any));
        byte[] data = [0, 0, 0, 0, 0x1F, 0x92, .. DnsName.Of(host, "local")];
        Assert.True(writer.TryWriteRecord(DnsSection.Authority, Instance(room), DnsType.Srv, 120, false, data));
        return message[..writer.Length];
    }
}
