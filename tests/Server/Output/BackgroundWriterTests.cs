using System.Text;
using Chat.Server.Output;
using Chat.Tests.Support;

namespace Chat.Tests.Server.Output;

/// <summary>The times of writing, and the fate of lines when the disk is full and has room again.</summary>
public sealed class BackgroundWriterTests
{
    [Fact]
    public void A_line_that_did_not_fit_on_the_disk_leaves_no_part_before_the_next()
    {
        using TightDisk disk = new();
        using BackgroundWriter writer = new(disk, bytes: 1024);
        Assert.True(writer.TryWriteWhole("before\n"u8));
        Eventually.Is(() => disk.Text == "before\n", "the first line");

        disk.Room = 3;
        Assert.True(writer.TryWriteWhole("during\n"u8));
        Eventually.Is(() => disk.Refusals == 1 && disk.Text == "before\n", "the torn line to be cut off");
        disk.Room = int.MaxValue;
        Assert.True(writer.TryWriteWhole("after\n"u8));

        Eventually.Is(() => disk.Text == "before\nafter\n", "whole lines alone");
    }

    [Fact]
    public void Lines_queued_during_the_pause_go_out_in_one_write()
    {
        using TightDisk disk = new();
        using (BackgroundWriter writer = new(disk, bytes: 1024, Timeout.Infinite))
        {
            Assert.True(writer.TryWriteWhole("first\n"u8));
            Eventually.Is(() => disk.Text == "first\n", "a line that comes alone");

            Assert.True(writer.TryWriteWhole("second\n"u8));
            Assert.True(writer.TryWriteWhole("third\n"u8));
            // An early write would happen within a moment, so its absence takes a moment to see.
            Assert.False(SpinWait.SpinUntil(() => disk.Writes > 1, TimeSpan.FromMilliseconds(200)));
            Assert.True(writer.TryWriteWhole(Encoding.UTF8.GetBytes(new string('x', 512) + "\n")));
            Eventually.Is(
                () => disk.Text.EndsWith("x\n", StringComparison.Ordinal),
                "a write when more than half of the bound waits"
            );
            Assert.Equal(2, disk.Writes);

            Assert.True(writer.TryWriteWhole("last\n"u8));
        }
        Assert.EndsWith("x\nlast\n", disk.Text, StringComparison.Ordinal);
        Assert.Equal(3, disk.Writes);
    }

    // Accepts the bytes that fit and then fails, as write(2) does on a full disk.
    private sealed class TightDisk : MemoryStream
    {
        private readonly Lock _lock = new();

        public int Room { get; set; } = int.MaxValue;

        public int Refusals { get; private set; }

        public int Writes { get; private set; }

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
                Writes++;
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
