using System.Buffers.Binary;
using System.Net;
using System.Text;
using Chat.Protocol.Discovery;

namespace Chat.Tests.Client.Discovery;

/// <summary>Packets of multicast DNS as rooms send them, and the interfaces by which they come.</summary>
internal static class Answer
{
    public static readonly LocalInterface Wire = Interface(2, "eth0", "192.168.1.10"),
        Wireless = Interface(3, "wlan0", "10.0.0.10");

    /// <summary>An interface with a network of 24 bits.</summary>
    public static LocalInterface Interface(int index, string name, string address) =>
        new(index, name, [new LocalAddress(IPAddress.Parse(address), 24)]);

    /// <summary>A whole announcement.</summary>
    public static byte[] Room(
        string name,
        string address,
        string text = "chat=1 epoch=0123456789abcdef members=3",
        int port = 8082,
        string host = "box",
        uint ttl = 120
    ) => Message(true, true, true, name, [address], text, port, host, ttl);

    public static byte[] Message(
        bool hasPointer,
        bool hasServer,
        bool hasText,
        string name,
        string[] addresses,
        string text = "chat=1",
        int port = 8082,
        string host = "box",
        uint ttl = 120
    )
    {
        byte[] message = new byte[9000];
        DnsWriter writer = new(message, isResponse: true);
        byte[] instance = RoomService.InstanceName(name),
            machine = DnsName.Of(host, "local");
        if (hasPointer)
            writer.TryWriteRecord(DnsSection.Answer, RoomService.Name, DnsType.Ptr, ttl, false, instance);
        byte[] server = new byte[DnsRecord.ServerHead + machine.Length];
        BinaryPrimitives.WriteUInt16BigEndian(server.AsSpan(4), (ushort)port);
        machine.CopyTo(server, DnsRecord.ServerHead);
        if (hasServer)
            writer.TryWriteRecord(DnsSection.Answer, instance, DnsType.Srv, ttl, true, server);
        if (hasText)
            writer.TryWriteRecord(DnsSection.Answer, instance, DnsType.Txt, ttl, true, Text(text));
        foreach (string address in addresses)
        {
            byte[] bytes = IPAddress.Parse(address).GetAddressBytes();
            DnsType type = bytes.Length == 4 ? DnsType.A : DnsType.Aaaa;
            writer.TryWriteRecord(DnsSection.Answer, machine, type, ttl, true, bytes);
        }
        return message[..writer.Length];
    }

    private static byte[] Text(string words)
    {
        List<byte> data = [];
        foreach (string word in words.Split(' '))
        {
            byte[] bytes = Encoding.UTF8.GetBytes(word.Replace('_', ' '));
            data.Add((byte)bytes.Length);
            data.AddRange(bytes);
        }
        return [.. data];
    }
}
