using Chat.Client;
using Chat.Client.Views;
using Chat.Protocol;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Views;

public sealed class ScrollbackTests
{
    [Fact]
    public void The_scrollback_keeps_the_last_lines_within_its_bound()
    {
        var seen = new Scrollback();
        for (int i = 0; i < ClientLimits.SeenLines + 10; i++)
            seen.Add($"line {i}");
        Assert.Equal(ClientLimits.SeenLines, seen.Lines.Count);
        Assert.Equal("line 10", seen.Lines.First());

        string wide = new string('x', ProtocolLimits.TextBytes);
        for (int i = 0; i < 1000; i++)
            seen.Add(wide);
        Assert.InRange(
            seen.Lines.Sum(line => line.Length),
            ClientLimits.SeenLength - wide.Length,
            ClientLimits.SeenLength
        );
    }

    [Fact]
    public void A_search_with_many_hits_shows_the_last_and_their_number()
    {
        var seen = new Scrollback();
        for (int i = 0; i < 100; i++)
            seen.Add($"{(i % 2 == 0 ? "ÄPFEL" : "nuts")} {i}");
        (IReadOnlyList<string>? last, int count) = seen.Find("äpfel");
        Assert.Equal(50, count);
        Assert.Equal(ProtocolLimits.FoundLines, last.Count);
        Assert.Equal("ÄPFEL 98", last[^1]);
    }

    [Fact]
    public void Saving_replaces_a_file_as_a_whole_and_a_failure_leaves_it_unchanged()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("chat-seen-");
        try
        {
            string file = Path.Combine(folder.FullName, "f");
            File.WriteAllText(file, "what was there, and it is longer");
            var seen = new Scrollback();
            seen.Add("new");
            Assert.Equal(
                $"{file} exists already; /save -f {file} overwrites it",
                Scrollback.Save(seen.Lines, file, overwrite: false)
            );
            Assert.Null(Scrollback.Save(seen.Lines, file, overwrite: true));
            Assert.Equal("new\n", File.ReadAllText(file));

            Directory.CreateDirectory(Path.Combine(folder.FullName, "d", "below"));
            Assert.EndsWith(
                "is a folder; name a file in it",
                Scrollback.Save(seen.Lines, Path.Combine(folder.FullName, "d"), overwrite: true),
                StringComparison.Ordinal
            );
            File.WriteAllText(file, "longer than what is saved over it");
            File.CreateSymbolicLink(Path.Combine(folder.FullName, "link"), file);
            Assert.EndsWith(
                "overwrites it",
                Scrollback.Save(seen.Lines, Path.Combine(folder.FullName, "link"), overwrite: false)
            );
            Assert.Null(Scrollback.Save(seen.Lines, Path.Combine(folder.FullName, "link"), overwrite: true));
            Assert.Equal("new\n", File.ReadAllText(file));
            Assert.Equal(file, new FileInfo(Path.Combine(folder.FullName, "link")).LinkTarget);
            File.Delete(Path.Combine(folder.FullName, "link"));
            Assert.Equal(
                ["d", "f"],
                folder.EnumerateFileSystemInfos().Select(entry => entry.Name).Order(StringComparer.Ordinal)
            );
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [LinuxFact]
    public void Saving_to_a_device_keeps_the_device()
    {
        var seen = new Scrollback();
        seen.Add("new");
        Assert.Null(Scrollback.Save(seen.Lines, "/dev/null", overwrite: true));
        Assert.StartsWith(
            "/dev/full cannot be written: ",
            Scrollback.Save(seen.Lines, "/dev/full", overwrite: true),
            StringComparison.Ordinal
        );
        Assert.Equal(0, new FileInfo("/dev/null").Length);
        Assert.False(File.Exists("/dev/full") && new FileInfo("/dev/full").Length > 0);
    }
}
