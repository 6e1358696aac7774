using Chat.Protocol;
using Chat.Protocol.Discovery;

namespace Chat.Tests.Protocol.Discovery;

/// <summary>Messages of multicast DNS: what the writer writes, the reader reads, and no other bytes harm it.</summary>
public sealed class DnsMessageTests
{
    private static readonly byte[] Room = RoomService.InstanceName("Room of Ünal"),
        Host = DnsName.Of("chat-1", "local"),
        Server = [0, 0, 0, 0, 0x1F, 0x92, .. Host];

    [Fact]
    public void A_written_message_is_read_back()
    {
        byte[] message = Message();

        Assert.True(DnsReader.TryOpen(message, out DnsReader reader));
        Assert.True(reader.IsResponse);
        Assert.False(reader.IsTruncated);
        Assert.Equal(
            (7, 1, 1, 1, 2),
            (reader.Id, reader.Questions, reader.Answers, reader.Authorities, reader.Additionals)
        );
        Assert.True(reader.TryReadQuestion(out DnsQuestion question));
        Assert.True(reader.HasName(question.NameAt, RoomService.Name));
        Assert.Equal((DnsType.Ptr, true), (question.Type, question.WantsUnicast));
        Assert.True(reader.TryReadRecord(out DnsRecord pointer));
        Assert.Equal((DnsType.Ptr, false, 4500u), (pointer.Type, pointer.IsUnique, pointer.Ttl));
        Assert.True(reader.HasData(pointer, Room));
        Assert.True(reader.TryReadRecord(out DnsRecord server));
        Assert.Equal((DnsType.Srv, true, 120u), (server.Type, server.IsUnique, server.Ttl));
        Assert.True(reader.HasName(server.NameAt, Room));
        Assert.True(reader.HasData(server, Server));
        Assert.True(reader.TryReadRecord(out DnsRecord text));
        Assert.Equal([5, .. "a=b=c"u8], reader.DataOf(text).ToArray());
        Assert.True(reader.TryReadRecord(out DnsRecord address));
        Assert.True(reader.HasName(address.NameAt, Host));
        Assert.Equal([10, 0, 0, 1], reader.DataOf(address).ToArray());
        Assert.False(reader.TryReadRecord(out _));

        Span<byte> copy = stackalloc byte[DnsName.MostBytes + DnsRecord.ServerHead];
        Assert.Equal(Room, copy[..reader.CopyName(pointer.TargetAt, copy)]);
        Assert.Equal(Server, copy[..reader.CopyData(server, copy)]);
    }

    [Fact]
    public void A_name_is_written_once_and_then_pointed_to()
    {
        byte[] message = Message();

        Assert.Equal(1, Count(message, "_chat"u8));
        Assert.Equal(1, Count(message, "Room of"u8));
        Assert.Equal(1, Count(message, "chat-1"u8));
    }

    // RFC 6762, 18.14: an asker that speaks no multicast DNS expects no pointer there.
    [Fact]
    public void The_host_of_a_server_record_is_written_whole()
    {
        Assert.True(DnsReader.TryOpen(Message(), out DnsReader reader));
        Assert.True(reader.TryReadQuestion(out _));
        Assert.True(reader.TryReadRecord(out _));
        Assert.True(reader.TryReadRecord(out DnsRecord server));

        Assert.Equal(Server, reader.DataOf(server));
    }

    [Fact]
    public void A_record_that_does_not_fit_leaves_the_message_as_it_was()
    {
        DnsWriter writer = new(new byte[64], isResponse: true);
        Assert.True(writer.TryWriteRecord(DnsSection.Answer, Host, DnsType.A, 120, true, [10, 0, 0, 1]));
        int length = writer.Length;

        Assert.False(writer.TryWriteRecord(DnsSection.Answer, Room, DnsType.Txt, 120, true, [1, 1]));
        Assert.False(writer.TryWriteQuestion(Room, DnsType.Txt));
        Assert.Equal(length, writer.Length);
    }

    [Fact]
    public void The_case_of_letters_does_not_matter_in_a_name()
    {
        Assert.True(DnsName.IsSame(DnsName.Of("LAB", "_Chat", "_tcp", "local"), RoomService.InstanceName("lab")));
        Assert.False(DnsName.IsSame(RoomService.InstanceName("lab"), RoomService.InstanceName("lap")));
        Assert.Equal("lab"u8, DnsName.FirstLabel(RoomService.InstanceName("lab")));
        Assert.Equal(RoomService.Name, DnsName.Rest(RoomService.InstanceName("lab")));
    }

    [Theory]
    // A pointer to itself, forward, into the header, and cut in its middle.
    [InlineData("C00C")]
    [InlineData("C00E016100")]
    [InlineData("C000")]
    [InlineData("C0")]
    // A loop of two: the label a, then a pointer to it.
    [InlineData("0161C00C")]
    // A label beyond the end, the two reserved kinds of labels, and no end.
    [InlineData("3F61")]
    [InlineData("4061")]
    [InlineData("8061")]
    [InlineData("0161")]
    [InlineData("")]
    public void A_broken_name_is_refused(string name)
    {
        byte[] message = [.. Header(questions: 1), .. Convert.FromHexString(name)];
        // A name that ends would be a whole question.
        if (name.EndsWith("00", StringComparison.Ordinal))
            message = [.. message, 0, 12, 0, 1];

        Assert.True(DnsReader.TryOpen(message, out DnsReader reader));
        Assert.False(reader.TryReadQuestion(out _));
    }

    [Fact]
    public void A_name_of_255_bytes_is_read_and_a_longer_one_is_refused()
    {
        string label = new('a', 61);
        byte[] longest = DnsName.Of(label, label, label, label, "abcde");
        Assert.Equal(DnsName.MostBytes, longest.Length);

        Assert.True(DnsReader.TryOpen([.. Header(1), .. longest, 0, 12, 0, 1], out DnsReader reader));
        Assert.True(reader.TryReadQuestion(out _));
        Assert.True(DnsReader.TryOpen([.. Header(1), 1, (byte)'b', .. longest, 0, 12, 0, 1], out reader));
        Assert.False(reader.TryReadQuestion(out _));
    }

    [Fact]
    public void A_chain_of_pointers_is_cut()
    {
        byte[] chain = [1, (byte)'a', 0];
        int places = 12 + chain.Length;
        IEnumerable<byte> pointers = Enumerable
            .Range(0, ProtocolLimits.NamePointers + 1)
            .SelectMany(i => new byte[] { 0xC0, (byte)(i == 0 ? 12 : places + 2 * (i - 1)) });

        Assert.True(DnsReader.TryOpen([.. Header(0), .. chain, .. pointers], out DnsReader reader));
        Assert.True(DnsReader.HasName([.. Header(0), .. chain, .. pointers], places, DnsName.Of("a")));
        byte[] message = [.. Header(0), .. chain, .. pointers];
        Assert.False(DnsReader.HasName(message, message.Length - 2, DnsName.Of("a")));
        Assert.Equal(0, reader.Questions);
    }

    [Theory]
    [InlineData((int)DnsType.A, 3)]
    [InlineData((int)DnsType.A, 5)]
    [InlineData((int)DnsType.Aaaa, 4)]
    [InlineData((int)DnsType.Srv, 6)]
    [InlineData((int)DnsType.Ptr, 0)]
    [InlineData((int)DnsType.Ptr, 2)]
    public void Data_that_does_not_fit_its_type_is_refused(int type, int length)
    {
        byte[] message =
        [
            .. Header(0, answers: 1),
            0,
            0,
            (byte)type,
            0,
            1,
            0,
            0,
            0,
            1,
            0,
            (byte)length,
            .. new byte[length],
        ];

        Assert.True(DnsReader.TryOpen(message, out DnsReader reader));
        Assert.False(reader.TryReadRecord(out _));
    }

    [Fact]
    public void A_message_of_another_kind_is_not_opened()
    {
        byte[] status = Header(0),
            failure = Header(0);
        status[2] = 0x10;
        failure[3] = 3;

        Assert.False(DnsReader.TryOpen(status, out _));
        Assert.False(DnsReader.TryOpen(failure, out _));
        Assert.False(DnsReader.TryOpen(Header(0).AsSpan(0, 11), out _));
        Assert.False(DnsReader.TryOpen([], out _));
    }

    [Fact]
    public void A_hundred_thousand_mutated_messages_are_read_without_harm_and_without_garbage()
    {
        byte[] original = Message(),
            message = new byte[ProtocolLimits.DiscoveryPacketBytes];
        byte[] name = new byte[DnsName.MostBytes + DnsRecord.ServerHead];
        Random random = new(6762);
        int broken = ReadAll(original, name);
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 100_000; i++)
            broken += ReadAll(message.AsSpan(0, Mutate(original, message, random)), name);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.InRange(broken, 10_000, 100_000);
    }

    /// <summary>Copies a message and changes, cuts or repeats parts of it.</summary>
    /// <returns>The length of the result.</returns>
    internal static int Mutate(ReadOnlySpan<byte> original, Span<byte> message, Random random)
    {
        original.CopyTo(message);
        int length = original.Length;
        for (int changes = random.Next(1, 8); changes > 0; changes--)
        {
            int at = random.Next(length);
            switch (random.Next(6))
            {
                case 0:
                    length = Math.Max(1, at);
                    break;
                case 1:
                    // A pointer to anywhere.
                    message[at] = (byte)(0xC0 | random.Next(2));
                    break;
                case 2:
                    // A part once more.
                    int bytes = Math.Min(random.Next(1, 64), length - at);
                    bytes = Math.Min(bytes, message.Length - length);
                    message.Slice(at, bytes).CopyTo(message[length..]);
                    length += bytes;
                    break;
                case 3:
                    // The counts of the sections.
                    message[4 + random.Next(8)] = (byte)random.Next(256);
                    break;
                default:
                    message[at] ^= (byte)(1 << random.Next(8));
                    break;
            }
        }
        return length;
    }

    // Reads all parts that there are; returns 1 if the message breaks off.
    private static int ReadAll(ReadOnlySpan<byte> message, Span<byte> name)
    {
        if (!DnsReader.TryOpen(message, out DnsReader reader))
            return 1;
        for (int i = reader.Questions; i > 0; i--)
        {
            if (!reader.TryReadQuestion(out DnsQuestion question))
                return 1;
            reader.CopyName(question.NameAt, name);
        }
        for (int i = reader.Answers + reader.Authorities + reader.Additionals; i > 0; i--)
        {
            if (!reader.TryReadRecord(out DnsRecord record))
                return 1;
            reader.CopyName(record.NameAt, name);
            reader.CopyData(record, name);
            reader.HasData(record, Server);
            RoomService.TryReadText(reader.DataOf(record), RoomService.MembersKey, out _);
        }
        return 0;
    }

    private static byte[] Header(int questions, int answers = 0) =>
        [0, 0, 0, 0, 0, (byte)questions, 0, (byte)answers, 0, 0, 0, 0];

    private static byte[] Message()
    {
        byte[] message = new byte[ProtocolLimits.DiscoveryMessageBytes];
        DnsWriter writer = new(message, isResponse: true, id: 7);
        Assert.True(writer.IsEmpty);
        Assert.True(writer.TryWriteQuestion(RoomService.Name, DnsType.Ptr, wantsUnicast: true));
        Assert.True(writer.TryWriteRecord(DnsSection.Answer, RoomService.Name, DnsType.Ptr, 4500, false, Room));
        Assert.True(writer.TryWriteRecord(DnsSection.Authority, Room, DnsType.Srv, 120, true, Server));
        Assert.True(writer.TryWriteRecord(DnsSection.Additional, Room, DnsType.Txt, 4500, true, [5, .. "a=b=c"u8]));
        Assert.True(writer.TryWriteRecord(DnsSection.Additional, Host, DnsType.A, 120, true, [10, 0, 0, 1]));
        return message[..writer.Length];
    }

    private static int Count(ReadOnlySpan<byte> message, ReadOnlySpan<byte> part) => message.Count(part);
}
