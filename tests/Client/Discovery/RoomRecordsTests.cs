using System.Net;
using Chat.Client;
using Chat.Client.Discovery;
using Chat.Client.Storage;
using Chat.Protocol;
using Chat.Protocol.Discovery;
using Chat.Protocol.Text;

namespace Chat.Tests.Client.Discovery;

/// <summary>What a client makes of answers: good, broken, too many, and false ones.</summary>
public sealed class RoomRecordsTests
{
    private readonly RoomRecords _records = new();
    private List<FoundRoom> Rooms => _records.Rooms(now: 1000);

    private void Read(byte[] packet, LocalInterface? at = null, int? sender = null) =>
        _records.Read(packet, at ?? Answer.Wire, Sender(sender ?? 0), now: 1000);

    private static byte[] Sender(int number) => [10, 0, (byte)(number >> 8), (byte)number];

    [Fact]
    public void An_announcement_is_a_room_with_its_people_and_its_address()
    {
        Read(Answer.Room("My Lab", "192.168.1.65", "chat=1 epoch=0123456789abcdef members=3 topic=the_build", 8083));

        FoundRoom room = Assert.Single(Rooms);
        Assert.Equal(("My Lab", 3, "the build", "0123456789abcdef"), (room.Name, room.Members, room.Topic, room.Epoch));
        Assert.Equal("192.168.1.65 8083", room.Typed);
        Assert.False(room.IsEncrypted);
        Assert.True(room.IsCalled("my lab"));
    }

    [Fact]
    public void The_usual_port_is_not_part_of_the_address_to_type()
    {
        Read(Answer.Room("lab", "192.168.1.65", "chat=1"));

        Assert.Equal("192.168.1.65", Assert.Single(Rooms).Typed);
    }

    [Theory]
    [InlineData("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", true)]
    [InlineData("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHhA", false)]
    [InlineData("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gIQ==", false)]
    [InlineData("abc", false)]
    [InlineData("", false)]
    public void A_room_with_a_whole_key_is_encrypted(string key, bool isEncrypted)
    {
        Read(Answer.Room("lab", "192.168.1.65", $"chat=1 key={key}"));

        Assert.Equal(isEncrypted, Assert.Single(Rooms).IsEncrypted);
        Assert.Equal(isEncrypted ? key : null, Rooms[0].Key);
    }

    [Theory]
    [InlineData("chat=1 secret=1", true)]
    [InlineData("chat=1 secret=0", false)]
    [InlineData("chat=1", false)]
    public void A_room_may_ask_for_a_secret(string text, bool asksSecret)
    {
        Read(Answer.Room("lab", "192.168.1.65", text));

        Assert.Equal(asksSecret, Assert.Single(Rooms).AsksSecret);
    }

    [Fact]
    public void Records_that_come_in_several_packets_and_any_order_are_one_room()
    {
        Read(Answer.Message(false, false, true, "lab", []));
        Read(Answer.Message(false, true, false, "lab", []));
        Assert.Empty(Rooms);
        Read(Answer.Message(false, false, false, "lab", ["192.168.1.65"]));
        Read(Answer.Message(true, false, false, "lab", []));

        Assert.Equal("192.168.1.65", Assert.Single(Rooms).Typed);
    }

    [Theory]
    [InlineData("v=1")]
    [InlineData("chat=2")]
    [InlineData("chat")]
    public void An_instance_of_another_program_is_no_room(string text)
    {
        Read(Answer.Room("printer", "192.168.1.65", text));

        Assert.Empty(Rooms);
    }

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("192.168.2.65")]
    [InlineData("127.0.0.1")]
    [InlineData("fd00::65")]
    public void An_address_outside_the_network_of_the_interface_is_not_used(string address)
    {
        Read(Answer.Room("lab", address));

        Assert.Empty(Rooms);
    }

    [Fact]
    public void A_link_local_address_has_its_interface_and_comes_last()
    {
        Read(Answer.Message(true, true, true, "lab", ["fe80::1", "192.168.1.65"]));

        FoundRoom room = Assert.Single(Rooms);
        Assert.Equal(["192.168.1.65", "fe80::1%eth0"], room.Addresses.Select(static address => address.Text));
        Assert.Equal(2, room.Addresses[1].Address.ScopeId);
    }

    [Fact]
    public void The_same_room_on_two_interfaces_is_one_room_with_both_addresses()
    {
        Read(Answer.Room("lab", "192.168.1.65"));
        Read(Answer.Room("lab", "10.0.0.65"), Answer.Wireless);
        Read(Answer.Room("old", "192.168.1.66", "chat=1", host: "other"), sender: 1);
        Read(Answer.Room("old", "10.0.0.66", "chat=1", host: "other"), Answer.Wireless, sender: 1);

        Assert.Equal(["lab", "old"], Rooms.Select(static room => room.Name));
        Assert.All(Rooms, static room => Assert.Equal(2, room.Addresses.Count));
    }

    [Fact]
    public void Rooms_of_one_name_on_two_machines_are_two_rooms()
    {
        Read(Answer.Room("lab", "192.168.1.65", "chat=1 epoch=0123456789abcdef"));
        Read(Answer.Room("lab", "10.0.0.65", "chat=1 epoch=fedcba9876543210"), Answer.Wireless);

        Assert.Equal(["192.168.1.65", "10.0.0.65"], Rooms.Select(static room => room.Typed));
    }

    [Theory]
    [InlineData("lab\u200B")]
    [InlineData("lab ")]
    [InlineData("lab\u202E")]
    public void A_look_alike_with_hidden_characters_and_the_same_epoch_is_another_room_without_that_name(string name)
    {
        Read(Answer.Room(name, "192.168.1.66", port: 6666, host: "trap"), sender: 2);
        Read(Answer.Room("lab", "192.168.1.65"), sender: 1);

        Assert.Equal(["192.168.1.66 6666", "192.168.1.65"], Rooms.Select(static room => room.Typed));
        Assert.Equal([true, false], Rooms.Select(static room => room.IsNameChanged));
        Assert.Equal("192.168.1.65", Assert.Single(Rooms, static room => room.IsCalled("lab")).Typed);
        Assert.Contains("has hidden characters", RoomWords.Doubt(Rooms[0], []), StringComparison.Ordinal);
        Assert.Null(RoomWords.Doubt(Rooms[1], []));
    }

    [Fact]
    public void A_second_server_of_a_name_is_a_second_room_and_changes_nothing_of_the_first()
    {
        Read(Answer.Room("lab", "192.168.1.65"), sender: 1);
        Read(Answer.Room("lab", "192.168.1.66", port: 6666, host: "trap"), sender: 2);
        Read(Answer.Message(true, true, true, "lab", ["192.168.1.65"], ttl: 0), sender: 2);
        Read(Answer.Room("lab", "192.168.1.66", port: 6666, host: "trap"), sender: 2);

        Assert.Equal(["192.168.1.65", "192.168.1.66 6666"], Rooms.Select(static room => room.Typed));
    }

    [Fact]
    public void A_copy_of_all_records_but_the_address_is_another_room()
    {
        Read(Answer.Room("lab", "192.168.1.66"), sender: 2);
        Read(Answer.Room("lab", "192.168.1.65"), sender: 1);

        Assert.Equal(["192.168.1.66", "192.168.1.65"], Rooms.Select(static room => room.Typed));
    }

    [Fact]
    public void A_copy_with_an_address_more_does_not_add_it_to_the_room()
    {
        Read(Answer.Message(true, true, true, "lab", ["192.168.1.66", "192.168.1.65"]), sender: 2);
        Read(Answer.Message(true, true, true, "lab", ["192.168.1.65"]), sender: 1);
        Read(Answer.Message(false, false, false, "lab", ["192.168.1.67"]), sender: 3);

        Assert.Equal(["192.168.1.65"], Assert.Single(Rooms).Addresses.Select(static address => address.Text));
    }

    [Fact]
    public void A_room_that_answers_by_both_protocols_is_one_room()
    {
        Read(Answer.Message(true, true, true, "lab", ["fe80::1", "192.168.1.65"]), sender: 1);
        Read(Answer.Message(true, true, true, "lab", ["fe80::1"]), sender: 2);

        Assert.Equal(2, Assert.Single(Rooms).Addresses.Count);
    }

    [Fact]
    public void A_server_that_was_started_again_replaces_itself()
    {
        Read(Answer.Room("lab", "192.168.1.65"));
        Read(Answer.Room("lab", "192.168.1.65", "chat=1", port: 9000, host: "later"));

        Assert.Equal("192.168.1.65 9000", Assert.Single(Rooms).Typed);
    }

    [Fact]
    public void A_changed_address_replaces_the_old_one()
    {
        Read(Answer.Room("lab", "192.168.1.65"));
        _records.Read(Answer.Room("lab", "192.168.1.99"), Answer.Wire, Sender(0), now: 5000);

        Assert.Equal("192.168.1.99", Assert.Single(_records.Rooms(now: 5000)).Typed);
    }

    [Fact]
    public void An_address_that_another_machine_tells_counts_for_a_service_without_its_own()
    {
        Read(Answer.Message(true, true, true, "lab", []), sender: 1);
        Read(Answer.Message(false, false, false, "lab", ["192.168.1.65"]), sender: 2);

        Assert.Equal("192.168.1.65", Assert.Single(Rooms).Typed);
    }

    [Fact]
    public void Rooms_of_an_interface_that_went_are_forgotten()
    {
        Read(Answer.Room("lab", "192.168.1.65"));
        Read(Answer.Room("pub", "10.0.0.65"), Answer.Wireless);

        _records.Keep([Answer.Wireless]);

        Assert.Equal("pub", Assert.Single(Rooms).Name);
    }

    [Fact]
    public void A_goodbye_removes_the_room_and_a_new_announcement_brings_it_back()
    {
        Read(Answer.Room("lab", "192.168.1.65"));
        Read(Answer.Message(true, false, false, "lab", [], ttl: 0));
        Assert.Empty(Rooms);

        Read(Answer.Room("lab", "192.168.1.65"));

        Assert.Single(Rooms);
    }

    [Fact]
    public void A_room_that_answers_no_more_goes_after_its_time()
    {
        Read(Answer.Room("lab", "192.168.1.65", ttl: 1));

        Assert.Single(_records.Rooms(1000 + 1000 * ClientLimits.LeastRecordSeconds - 1));
        Assert.Empty(_records.Rooms(1000 + 1000 * ClientLimits.LeastRecordSeconds));
    }

    [Fact]
    public void Names_and_texts_reach_the_screen_clean()
    {
        Read(Answer.Room("\e[2J\u202Elab", "192.168.1.65", "chat=1 members=-5 topic=\e]0;x\a epoch=\u2066"));

        FoundRoom room = Assert.Single(Rooms);
        Assert.Equal(("^[[2Jlab", "^[]0;x^G", ""), (room.Name, room.Topic, room.Epoch));
        Assert.Null(room.Members);
    }

    [Theory]
    [InlineData("members=4000000000")]
    [InlineData("members=")]
    [InlineData("members=many")]
    public void A_number_of_people_that_cannot_be_is_not_shown(string text)
    {
        Read(Answer.Room("lab", "192.168.1.65", $"chat=1 {text}"));

        Assert.Null(Assert.Single(Rooms).Members);
    }

    [Fact]
    public void A_flood_of_rooms_is_cut_off()
    {
        for (int i = 0; i < 5000; i++)
            Read(Answer.Room($"room {i}", $"192.168.1.{i % 250}", $"chat=1 epoch={i:x16}", host: $"box{i}"), sender: i);

        Assert.Equal(ClientLimits.Rooms, Rooms.Count);
        Assert.True(_records.Count <= 4096);
    }

    [Fact]
    public void A_flood_of_names_without_a_server_hides_no_room()
    {
        for (int i = 0; i < 5000; i++)
            Read(Answer.Message(true, false, false, $"nothing {i}", []), sender: i + 1);
        for (int i = 0; i < 300; i++)
            Read(Answer.Message(false, false, false, "lab", [$"192.168.1.{i % 250}"], host: $"stranger{i}"));

        Read(Answer.Room("lab", "192.168.1.65"));

        Assert.Equal("lab", Assert.Single(Rooms).Name);
        Assert.True(_records.Count <= 4096);
    }

    [Fact]
    public void A_flood_of_rooms_by_one_sender_hides_no_room_of_another()
    {
        for (int i = 0; i < 5000; i++)
            Read(Answer.Room($"room {i}", "192.168.1.66", host: $"box{i}"), sender: 1);

        Read(Answer.Room("lab", "192.168.1.65"), sender: 2);

        Assert.Equal("lab", Rooms[^1].Name);
        Assert.Equal(ClientLimits.InstancesPerSender + 1, Rooms.Count);
    }

    [Fact]
    public void A_crowd_of_four_machines_hides_no_later_room_and_the_others_are_counted()
    {
        for (int i = 0; i < ClientLimits.RoomInstances; i++)
            Read(Answer.Room($"room {i}", "192.168.1.66", host: $"box{i}"), sender: i % 16);

        Read(Answer.Room("lab", "192.168.1.65"), sender: 99);

        Assert.Contains(Rooms, static room => room.Name == "lab");
        Assert.Equal(ClientLimits.Rooms, Rooms.Count);
        Assert.Equal(ClientLimits.RoomInstances - ClientLimits.Rooms, _records.More);
    }

    [Fact]
    public void The_room_that_a_person_means_is_found_in_any_crowd()
    {
        RoomRecords records = new(static name => name == "lab");
        for (int i = 0; i < 5000; i++)
            records.Read(Answer.Room($"room {i}", "192.168.1.66", host: $"box{i}"), Answer.Wire, Sender(i), now: 1000);

        records.Read(Answer.Room("lab", "192.168.1.65"), Answer.Wire, Sender(6000), now: 1000);

        Assert.Contains(records.Rooms(now: 1000), static room => room.Name == "lab");
    }

    [Fact]
    public void Rooms_that_went_take_no_place_of_later_ones_of_their_sender()
    {
        for (int i = 0; i <= ClientLimits.InstancesPerSender; i++)
        {
            Read(Answer.Room($"room {i}", "192.168.1.65"));
            Assert.Equal($"room {i}", Assert.Single(Rooms).Name);
            Read(Answer.Room($"room {i}", "192.168.1.65", ttl: 0));
        }
    }

    [Fact]
    public void A_remembered_address_is_tried_before_the_others_of_its_room()
    {
        Read(Answer.Message(true, true, true, "lab", ["192.168.1.66", "192.168.1.65"]));
        KnownRoom[] known = [new(new HostPort("192.168.1.65", 8082), "", "lab")];

        FoundRoom room = Assert.Single(Rooms).WithKnownFirst(known);

        Assert.Equal(["192.168.1.65", "192.168.1.66"], room.Addresses.Select(static address => address.Text));
        Assert.Null(room.Contradicts(known));
    }

    [Fact]
    public void A_room_at_a_new_address_is_in_doubt_until_the_person_has_joined_it_there()
    {
        KnownRoom old = new(new HostPort("192.168.1.65", 8082), "0123456789abcdef", "lab"),
            typed = new(new HostPort("192.168.1.99", 8082), "0123456789abcdef", "");
        Read(Answer.Room("lab", "192.168.1.99"));

        Assert.Equal(
            "the room lab was at 192.168.1.65 when you joined it, and now a room of that name is at 192.168.1.99; "
                + "nothing proves that they are the same; to join it all the same, type: chat client 192.168.1.99",
            RoomWords.Doubt(Assert.Single(Rooms), [old])
        );
        Assert.Null(RoomWords.Doubt(Assert.Single(Rooms), [typed, old]));
    }

    [Fact]
    public void Addresses_of_one_host_are_limited()
    {
        Read(Answer.Message(true, true, true, "lab", [.. Enumerable.Range(1, 200).Select(i => $"192.168.1.{i}")]));

        Assert.Equal(ProtocolLimits.AddressesPerInterface, Assert.Single(Rooms).Addresses.Count);
    }

    [Fact]
    public void No_damage_to_a_packet_harms_the_client()
    {
        byte[][] packets =
        [
            Answer.Room("lab", "192.168.1.65"),
            Answer.Message(true, true, true, "My Room", ["fe80::1", "192.168.1.66", "10.0.0.1"]),
            Answer.Room("gone", "192.168.1.67", ttl: 0),
        ];
        Random random = new(18);
        for (int i = 0; i < 40_000; i++)
        {
            byte[] packet = [.. packets[random.Next(packets.Length)]];
            for (int changes = random.Next(8); changes >= 0; changes--)
            {
                // A header with many records, pointers, lengths, or any byte.
                int at = random.Next(4) == 0 ? random.Next(12) : random.Next(packet.Length);
                packet[at] = random.Next(3) == 0 ? (byte)(0xC0 | random.Next(64)) : (byte)random.Next(256);
            }
            Array.Resize(ref packet, random.Next(5) == 0 ? random.Next(packet.Length) : packet.Length);
            _records.Read(packet, random.Next(2) == 0 ? Answer.Wire : Answer.Wireless, Sender(random.Next(40)), now: i);
            if (i % 100 == 0)
                Assert.All(_records.Rooms(i), AssertIsPossible);
        }

        Assert.True(_records.Count <= 4096);
    }

    private static void AssertIsPossible(FoundRoom room)
    {
        Assert.Equal(SafeText.Clean(room.Name), room.Name);
        Assert.Equal(SafeText.Clean(room.Topic), room.Topic);
        Assert.InRange(room.Port, 1, 65535);
        Assert.Null(HostPort.Parse(room.Addresses[0].Text, $"{room.Port}", out HostPort to));
        Assert.True(IPAddress.TryParse(to.Host, out _));
        Assert.All(
            room.Addresses,
            static address =>
                Assert.True(
                    Answer.Wire.IsOnLink(address.Address.GetAddressBytes())
                        || Answer.Wireless.IsOnLink(address.Address.GetAddressBytes())
                )
        );
    }

    [Fact]
    public void A_later_question_names_the_known_rooms_and_asks_for_what_is_missing()
    {
        Read(Answer.Room("lab", "192.168.1.65"));
        Read(Answer.Message(true, false, false, "half", []));
        Read(Answer.Message(true, true, true, "without address", [], host: "far"));
        byte[] message = new byte[ProtocolLimits.DiscoveryMessageBytes];
        DnsWriter known = new(message, isResponse: false);
        known.TryWriteQuestion(RoomService.Name, DnsType.Ptr);

        _records.WriteKnown(ref known, Answer.Wire, now: 1000);

        Assert.True(DnsReader.TryOpen(message.AsSpan(0, known.Length), out DnsReader reader));
        Assert.True(reader.TryReadQuestion(out _));
        Assert.Equal(1, reader.Answers);
        Assert.True(reader.TryReadRecord(out DnsRecord record));
        Assert.True(reader.HasData(record, RoomService.InstanceName("lab")));
        // The address of "without address", both families, and all records of "half".
        DnsWriter missing = new(message, isResponse: false);
        _records.WriteMissing(ref missing, Answer.Wire, wantsUnicast: true, now: 1000);
        Assert.True(DnsReader.TryOpen(message.AsSpan(0, missing.Length), out reader));
        Assert.Equal(3, reader.Questions);
    }

    [Fact]
    public void Missing_records_are_asked_for_a_few_times_only()
    {
        Read(Answer.Message(true, false, false, "half", []));
        int asked = 0;
        for (int i = 0; i < 100; i++)
        {
            DnsWriter writer = new(new byte[ProtocolLimits.DiscoveryMessageBytes], isResponse: false);
            _records.WriteMissing(ref writer, Answer.Wire, wantsUnicast: true, now: 1000);
            asked += writer.IsEmpty ? 0 : 1;
        }

        Assert.Equal(ClientLimits.DetailQuestions, asked);
    }

    [Theory]
    // A copied epoch elsewhere, another epoch at the same address, another room of the name, another name.
    [InlineData("lab", "192.168.1.99", "0123456789abcdef", true)]
    [InlineData("LAB", "192.168.1.65", "fedcba9876543210", false)]
    [InlineData("lab", "192.168.1.99", "fedcba9876543210", true)]
    [InlineData("pub", "192.168.1.99", "fedcba9876543210", false)]
    public void A_room_of_a_remembered_name_at_another_address_is_another_room_whatever_epoch_it_names(
        string name,
        string address,
        string epoch,
        bool isOther
    )
    {
        KnownRoom[] known = [new(new HostPort("192.168.1.65", 8082), "0123456789abcdef", "lab")];
        Read(Answer.Room(name, address, $"chat=1 epoch={epoch}"));

        Assert.Equal(isOther, Assert.Single(Rooms).Contradicts(known) is not null);
    }

    [Theory]
    // The known key at a new address, another one there, none there, another name, and another key at the old address,
    // which the handshake refuses.
    [InlineData("lab", "192.168.1.99", 1, false)]
    [InlineData("lab", "192.168.1.99", 2, true)]
    [InlineData("lab", "192.168.1.99", 0, true)]
    [InlineData("pub", "192.168.1.99", 2, false)]
    [InlineData("lab", "192.168.1.65", 2, false)]
    public void A_room_of_a_remembered_name_is_known_by_its_key(string name, string address, byte key, bool isOther)
    {
        KnownRoom[] known = [new(new HostPort("192.168.1.65", 8082), "", "lab") { Key = KeyOf(1) }];
        Read(Answer.Room(name, address, key == 0 ? "chat=1" : $"chat=1 key={KeyOf(key)}"));

        Assert.Equal(isOther, Assert.Single(Rooms).Contradicts(known) is not null);
    }

    private static string KeyOf(byte first) => Convert.ToBase64String([first, .. new byte[31]]);

    [Fact]
    public void The_answer_for_a_host_has_only_its_addresses_on_this_network()
    {
        List<IPAddress> addresses = [];
        byte[] packet = Answer.Message(
            false,
            false,
            false,
            "lab",
            ["192.168.1.65", "8.8.8.8", "fe80::1"],
            host: "somebox"
        );

        HostSearch.Read(packet, DnsName.Of("SOMEBOX", "local"), Answer.Wire, addresses);
        HostSearch.Read(packet, DnsName.Of("other", "local"), Answer.Wire, addresses);

        Assert.Equal(["192.168.1.65", "fe80::1%2"], addresses.Select(static address => address.ToString()));
    }
}
