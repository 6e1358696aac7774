using Chat.Protocol.Tls;
using Org.BouncyCastle.Tls;

namespace Chat.Tests.Protocol.Tls;

/// <summary>Damaged handshakes and records: the connection ends, and nothing is thrown.</summary>
public sealed class TlsFuzzTests
{
    private static readonly RoomKey Key = new(new byte[RoomKey.Bytes]);

    private readonly byte[] _payload = new byte[64 * 1024];

    [Theory]
    [InlineData(1, 30_000)]
    public void A_damaged_first_flight_ends_the_handshake(int seed, int cases)
    {
        Random random = new(seed);
        byte[] hello = ClientHello();
        for (int i = 0; i < cases; i++)
        {
            using TlsConnection server = TlsConnection.Accept(Key);
            byte[] damaged = i % 8 == 0 ? Noise(random) : Damage(hello, random);
            Offer(server, damaged, random);
            Assert.False(server.IsEstablished);
        }
    }

    [Fact]
    public void A_damaged_answer_of_the_server_ends_the_handshake()
    {
        Random random = new(2);
        int established = 0;
        for (int i = 0; i < 2_000; i++)
        {
            using TlsConnection server = TlsConnection.Accept(Key),
                client = TlsConnection.Connect(static _ => true);
            server.Decrypt(client.Output, _payload, uptime: 0);
            byte[] answer = server.Output.ToArray();
            byte[] damaged = Damage(answer, random);
            Offer(client, damaged, random);
            established += client.IsEstablished ? 1 : 0;
        }
        // A few bytes of a record's header mean nothing (RFC 8446, 5.1: the version), and a part may be missing.
        Assert.InRange(established, 0, 100);
    }

    [Fact]
    public void Damaged_records_end_the_connection_and_carry_nothing()
    {
        Random random = new(3);
        for (int round = 0; round < 300; round++)
        {
            using RoguePeer peer = new(Key);
            for (int i = 0; i < 20; i++)
            {
                byte[] record = peer.Protection.Seal(ContentType.application_data, "a line\n"u8).ToArray();
                Assert.Equal(7, peer.SendRaw(record).Length);
            }
            byte[] damaged = peer.Protection.Seal(ContentType.application_data, new byte[300]).ToArray();
            int at = random.Next(damaged.Length);
            damaged[at] ^= (byte)(1 << random.Next(8));
            Assert.Empty(peer.SendRaw(damaged));
        }
    }

    [Fact]
    public void Any_bytes_as_a_record_are_refused_without_another_exception()
    {
        Random random = new(4);
        RecordProtection protection = new();
        protection.SetKeys(new byte[Hkdf.KeyBytes]);
        for (int i = 0; i < 70_000; i++)
        {
            byte[] record = new byte[RecordProtection.HeaderBytes + random.Next(200)];
            random.NextBytes(record);
            if (i % 2 == 0)
                record[0] = (byte)ContentType.application_data;
            Assert.ThrowsAny<IOException>(() => protection.Open(record, out _));
        }
    }

    private void Offer(TlsConnection connection, ReadOnlySpan<byte> bytes, Random random)
    {
        while (!bytes.IsEmpty)
        {
            int piece = random.Next(4) == 0 ? random.Next(1, bytes.Length + 1) : bytes.Length;
            connection.Decrypt(bytes[..piece], _payload, uptime: 0);
            bytes = bytes[piece..];
        }
    }

    private static byte[] ClientHello()
    {
        using TlsConnection client = TlsConnection.Connect(static _ => true);
        return client.Output.ToArray();
    }

    private static byte[] Noise(Random random)
    {
        byte[] noise = new byte[random.Next(1, 600)];
        random.NextBytes(noise);
        // Half of it looks like a ClientHello at first.
        if (noise.Length > 6 && random.Next(2) == 0)
            (noise[0], noise[1], noise[2], noise[3], noise[5]) = (22, 3, 1, (byte)(noise[3] & 1), 1);
        return noise;
    }

    // Flips, cuts, doubles and shifts.
    private static byte[] Damage(byte[] bytes, Random random)
    {
        List<byte> damaged = [.. bytes];
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int at = random.Next(damaged.Count);
            switch (random.Next(5))
            {
                case 0:
                    damaged[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    damaged[at] = (byte)random.Next(256);
                    break;
                case 2:
                    damaged.RemoveRange(at, Math.Min(damaged.Count - at, random.Next(1, 40)));
                    break;
                case 3:
                    damaged.InsertRange(at, damaged.GetRange(0, Math.Min(damaged.Count, random.Next(1, 40))));
                    break;
                default:
                    damaged.Insert(at, (byte)random.Next(256));
                    break;
            }
            if (damaged.Count == 0)
                return [0];
        }
        return [.. damaged];
    }
}
