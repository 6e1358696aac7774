using System.Text;
using Chat.Server;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>What becomes of lines when the disk fills up and is emptied again.</summary>
public sealed class OutletTests
{
    [Fact]
    public void A_line_that_the_disk_had_no_room_for_leaves_nothing_for_the_next_to_be_glued_to()
    {
        using TightDisk disk = new();
        using Outlet outlet = new(disk, bytes: 1024);
        Assert.True(outlet.OfferWhole("before\n"u8));
        Eventually.Is(() => disk.Text == "before\n", "the first line");

        disk.Room = 3;
        Assert.True(outlet.OfferWhole("during\n"u8));
        Eventually.Is(() => disk.Refusals == 1 && disk.Text == "before\n", "the torn line to be cut off");
        disk.Room = int.MaxValue;
        Assert.True(outlet.OfferWhole("after\n"u8));

        Eventually.Is(() => disk.Text == "before\nafter\n", "whole lines alone");
    }

    // Takes what there is room for and then fails, as write(2) does on a full disk.
    private sealed class TightDisk : MemoryStream
    {
        private readonly Lock _lock = new();

        public int Room { get; set; } = int.MaxValue;

        public int Refusals { get; private set; }

        public string Text
        {
            get
            {
                lock (_lock)
                    return Encoding.UTF8.GetString(ToArray());
            }
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            lock (_lock)
            {
                foreach (byte b in buffer[..Math.Min(Room, buffer.Length)])
                    WriteByte(b);
                if (Room >= buffer.Length)
                    return;
                Refusals++;
                throw new IOException("no room");
            }
        }

        public override void SetLength(long value)
        {
            lock (_lock)
                base.SetLength(value);
        }
    }
}
