using Chat.Protocol;
using Chat.Protocol.Tls;
using Org.BouncyCastle.Tls;

namespace Chat.Tests.Protocol.Tls;

/// <summary>Records behind the handshake, also those that no honest peer sends.</summary>
public sealed class RecordTests : IDisposable
{
    private const string KeyUpdate = "1800000100",
        KeyUpdateRequest = "1800000101";

    private readonly RoguePeer _peer = new(new RoomKey(new byte[RoomKey.Bytes]));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(RecordProtection.PayloadBytes - 1)]
    [InlineData(RecordProtection.PayloadBytes)]
    public void A_record_carries_up_to_16_KiB(int bytes)
    {
        byte[] payload = [.. Enumerable.Range(0, bytes).Select(static i => (byte)i)];
        Assert.Equal(payload, _peer.Send(ContentType.application_data, payload));
        Assert.Null(_peer.Server.Failure);
    }

    [Fact]
    public void Padding_is_taken_off()
    {
        // The inner type stands behind the payload, and zeros behind it: so the outer type of this record is padding.
        byte[] padded = [.. "hello"u8, (byte)ContentType.application_data, 0, 0, 0];
        Assert.Equal("hello"u8.ToArray(), _peer.Send(type: 0, padded));
    }

    [Theory]
    [InlineData("17")]
    [InlineData("1703030000")]
    [InlineData("1703030001ff")]
    [InlineData("170303001000000000000000000000000000000000")]
    [InlineData("1603030005deadbeef00")]
    [InlineData("140303000101")]
    [InlineData("1503030002020a")]
    [InlineData("170303ffff")]
    [InlineData("17030300110000000000000000000000000000000000")]
    public void Bytes_that_are_no_record_of_the_connection_end_it_with_an_alert(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        Assert.Empty(_peer.SendRaw(bytes));
        if (bytes.Length < RecordProtection.HeaderBytes)
            _peer.SendRaw(new byte[30]);
        Assert.True(_peer.Server.HasEnded);
        Assert.NotNull(_peer.Server.Failure);
        (short type, string alert) = Assert.Single(_peer.Received);
        Assert.Equal(ContentType.alert, type);
        Assert.StartsWith("02", alert, StringComparison.Ordinal);
        // Nothing is read any more.
        Assert.Empty(_peer.Send(ContentType.application_data, [1]));
    }

    [Fact]
    public void A_record_that_comes_twice_ends_the_connection()
    {
        byte[] record = _peer.Protection.Seal(ContentType.application_data, "hello"u8).ToArray();
        Assert.Equal("hello"u8.ToArray(), _peer.SendRaw(record));
        Assert.Empty(_peer.SendRaw(record));
        Assert.Equal("bad_record_mac", _peer.Server.Failure);
    }

    [Theory]
    [InlineData(ContentType.change_cipher_spec, "01")]
    [InlineData(ContentType.handshake, "")]
    [InlineData(ContentType.handshake, "18")]
    [InlineData(ContentType.handshake, "180000010000")]
    [InlineData(ContentType.handshake, "180000")]
    [InlineData(ContentType.handshake, "1800000102")]
    [InlineData(ContentType.handshake, "18000002 0000")]
    [InlineData(ContentType.handshake, "18000000")]
    [InlineData(ContentType.handshake, "18ffffff00")]
    [InlineData(ContentType.handshake, KeyUpdate + KeyUpdate)]
    [InlineData(ContentType.handshake, "04000000")]
    [InlineData(ContentType.handshake, "0100000100")]
    [InlineData(ContentType.handshake, "0d0000020000")]
    [InlineData(ContentType.alert, "")]
    [InlineData(ContentType.alert, "02")]
    [InlineData(ContentType.alert, "020a00")]
    [InlineData(0, "000000")]
    [InlineData(255, "00")]
    public void A_message_that_no_peer_sends_behind_the_handshake_ends_the_connection(int type, string hex)
    {
        byte[] bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        Assert.Empty(_peer.Send((short)type, bytes));
        Assert.True(_peer.Server.HasEnded);
        Assert.NotNull(_peer.Server.Failure);
        Assert.Equal(ContentType.alert, Assert.Single(_peer.Received).Type);
    }

    [Fact]
    public void A_key_update_is_obeyed_and_answered_when_it_asks_for_that()
    {
        foreach (string update in (string[])[KeyUpdate, KeyUpdateRequest, KeyUpdateRequest])
        {
            Assert.Empty(_peer.Send(ContentType.handshake, Convert.FromHexString(update)));
            _peer.Protection.Update();
            Assert.Equal("hello"u8.ToArray(), _peer.Send(ContentType.application_data, "hello"u8.ToArray()));
            List<(short Type, string Bytes)> answers = _peer.Received;
            Assert.Equal(update == KeyUpdateRequest ? [(ContentType.handshake, KeyUpdate)] : [], answers);
        }
        _peer.Server.Keep(_peer.Server.Seal("after"u8));
        Assert.Equal([(ContentType.application_data, "6166746572")], _peer.Received);
    }

    [Fact]
    public void More_key_updates_a_minute_than_the_bound_end_the_connection()
    {
        for (int minute = 0; minute < 3; minute++)
        {
            for (int i = 0; i < ProtocolLimits.KeyUpdates; i++)
            {
                _peer.Send(ContentType.handshake, Convert.FromHexString(KeyUpdateRequest), minute * 60_000);
                _peer.Protection.Update();
                _ = _peer.Received;
            }
            Assert.False(_peer.Server.HasEnded);
        }
        _peer.Send(ContentType.handshake, Convert.FromHexString(KeyUpdateRequest), 3 * 60_000 - 1);
        Assert.True(_peer.Server.HasEnded);
    }

    [Fact]
    public void The_end_is_said_by_either_peer()
    {
        Assert.Empty(_peer.Send(ContentType.alert, [1, 0]));
        Assert.True(_peer.Server.HasEnded);
        Assert.Null(_peer.Server.Failure);
        _peer.Server.Finish();
        Assert.Equal([(ContentType.alert, "0100")], _peer.Received);
    }

    [Fact]
    public void An_alert_of_the_peer_is_named()
    {
        _peer.Send(ContentType.alert, [2, 80]);
        Assert.Equal("the peer ended the encryption: internal_error", _peer.Server.Failure);
    }

    [Fact]
    public void A_record_in_two_parts_leaves_no_buffer_behind()
    {
        byte[][] records =
        [
            .. Enumerable
                .Range(0, 100)
                .Select(_ => _peer.Protection.Seal(ContentType.application_data, new byte[5000]).ToArray()),
        ];
        byte[] payload = new byte[5000 + TlsConnection.ExtraPayloadBytes];
        long before = 0;
        int early = 0,
            whole = 0;
        for (int i = 0; i < records.Length; i++)
        {
            if (i == 1)
                before = GC.GetAllocatedBytesForCurrentThread();
            early += _peer.Server.Decrypt(records[i].AsSpan(0, 4000), payload, uptime: 0);
            whole += _peer.Server.Decrypt(records[i].AsSpan(4000), payload, uptime: 0);
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal((0, 5000 * records.Length), (early, whole));
        Assert.Equal(0, allocated);
    }

    public void Dispose() => _peer.Dispose();
}
