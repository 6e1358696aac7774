using Chat.Client;
using Chat.Client.Storage;
using Chat.Protocol;
using Chat.Tests.Server.History;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Storage;

[Collection(HistoryRefusedTests.Devices)]
public sealed class InputHistoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-history-").FullName;

    private string File_ => Path.Combine(_folder, "below", "chat", "history");

    [Fact]
    public void Sent_lines_are_in_the_history_of_the_next_run()
    {
        var first = new InputHistory(File_);
        Assert.Empty(first.Load());
        first.Add("one");
        first.Add("zwei 漢字");
        Assert.Equal(["one", "zwei 漢字"], new InputHistory(File_).Load());
    }

    [Theory]
    [InlineData("if x:\n\treturn \\n\n\n    \\\\t")]
    [InlineData("  one\ntwo\\")]
    [InlineData("\\\n\\n\n\\\\n")]
    [InlineData(@"C:\new\table\")]
    [InlineData(@"\n")]
    [InlineData("漢\n字 👩\u200d👩\u200d👧")]
    public void A_message_comes_back_unchanged_in_the_next_run(string message)
    {
        var first = new InputHistory(File_);
        first.Add("one");
        first.Add(message);
        first.Add("two");
        Assert.Equal(["one", message, "two"], new InputHistory(File_).Load());
        Assert.Equal(3, File.ReadAllLines(File_).Length);
    }

    [Theory]
    [InlineData(@"a\nb\\c\t")]
    [InlineData(@"\one\ntwo")]
    [InlineData(@" one\ntwo")]
    public void A_line_of_an_earlier_version_keeps_its_backslashes(string line)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File_)!);
        File.WriteAllText(File_, line + "\n");
        Assert.Equal([line], new InputHistory(File_).Load());
    }

    [Fact]
    public void Messages_of_several_rows_outlive_a_cut_of_the_file_and_a_very_long_one_is_not_kept()
    {
        var history = new InputHistory(File_);
        history.Add("row\n" + new string('x', ClientLimits.InputHistoryEntryBytes));
        Assert.False(File.Exists(File_) && new FileInfo(File_).Length > 0);
        for (int i = 0; i < 700; i++)
            history.Add($"{i}\n\t{new string('x', 500)}");
        IReadOnlyList<string> lines = history.Load();
        Assert.InRange(lines.Count, 200, 600);
        Assert.All(lines, line => Assert.EndsWith("\n\t" + new string('x', 500), line, StringComparison.Ordinal));
        Assert.StartsWith("699\n", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_owner_can_read_the_file()
    {
        if (OperatingSystem.IsWindows())
            return;
        new InputHistory(File_).Add("one");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(File_));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Path.GetDirectoryName(File_)!)
        );
    }

    [Fact]
    public void Several_clients_at_once_lose_nothing_of_each_other()
    {
        Parallel.For(
            0,
            4,
            client =>
            {
                var history = new InputHistory(File_);
                for (int i = 0; i < 50; i++)
                    history.Add($"{client} {i}");
                while (!history.Load().Contains($"{client} 49"))
                    history.Finish();
            }
        );
        IReadOnlyList<string> lines = new InputHistory(File_).Load();
        Assert.Equal(200, lines.Count);
        for (int client = 0; client < 4; client++)
            Assert.Equal(
                Enumerable.Range(0, 50).Select(i => $"{client} {i}"),
                lines.Where(line => line.StartsWith($"{client} ", StringComparison.Ordinal))
            );
    }

    [Fact]
    public void A_line_waits_while_another_client_writes()
    {
        var history = new InputHistory(File_);
        history.Add("one");
        using (UserPaths.Open(File_))
            history.Add("two");
        Assert.Equal(["one"], new InputHistory(File_).Load());
        history.Finish();
        Assert.Equal(["one", "two"], new InputHistory(File_).Load());
    }

    [Fact]
    public void The_input_history_is_bounded_in_lines_and_bytes_and_keeps_the_newest()
    {
        var history = new InputHistory(File_);
        for (int i = 0; i < 1500; i++)
            history.Add($"{i} {new string('x', 500)}");
        IReadOnlyList<string> lines = history.Load();
        Assert.InRange(new FileInfo(File_).Length, 1, ClientLimits.InputHistoryBytes + 600);
        Assert.InRange(lines.Count, 200, ClientLimits.InputHistoryLines);
        Assert.Equal(
            Enumerable.Range(1500 - lines.Count, lines.Count),
            lines.Select(line => int.Parse(line.Split(' ')[0]))
        );
    }

    [Fact]
    public void Control_characters_in_the_file_do_not_reach_the_terminal()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File_)!);
        File.WriteAllText(File_, "a\e[2Jb\n\n  \nc\u202ed\n");
        Assert.Equal(["a^[[2Jb", "cd"], new InputHistory(File_).Load());
    }

    /// <summary>The content of the file, and the entries under Up. 'z' is a zero.</summary>
    [Theory]
    [InlineData("first\nsecond without its end", "first|second without its end")]
    [InlineData("one\r\ntwo\r\n", "one|two")]
    [InlineData("one\r\ntwo", "one|two")]
    [InlineData("one\ntwo\nzzzzzzzz", "one|two")]
    [InlineData("one\ntwzzzz", "one")]
    [InlineData("one\nzzzz\nthree\n", "one|three")]
    [InlineData("one\nwrong \u00ff\nthree\n", "one|three")]
    [InlineData("\r\n \r\none\n", "one")]
    [InlineData("", "")]
    public void An_entry_is_whole_or_not_there_and_a_new_one_is_its_own(string text, string entries)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File_)!);
        File.WriteAllBytes(File_, System.Text.Encoding.Latin1.GetBytes(text.Replace('z', '\0')));
        var history = new InputHistory(File_);
        Assert.Equal(entries.Split('|', StringSplitOptions.RemoveEmptyEntries), history.Load());
        history.Add("new");
        history.Add("newer");
        Assert.Equal(
            [.. entries.Split('|', StringSplitOptions.RemoveEmptyEntries), "new", "newer"],
            new InputHistory(File_).Load()
        );
        Assert.Null(history.TakeFailure());
    }

    [Fact]
    public void An_entry_longer_than_a_line_is_not_there()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File_)!);
        File.WriteAllText(
            File_,
            $"one\n{new string('x', ProtocolLimits.LineBytes)}\n{new string('y', ProtocolLimits.TextBytes)}\n"
        );
        Assert.Equal(["one", new string('y', ProtocolLimits.TextBytes)], new InputHistory(File_).Load());
    }

    [SmallDiskFact]
    public void A_read_only_input_history_is_read_and_a_notice_says_once_that_nothing_is_kept()
    {
        using var disk = new SmallDisk(64);
        File.WriteAllText(disk["history"], "one\ntwo\n");
        disk.MakeReadOnly();
        var history = new InputHistory(disk["history"]);
        Assert.Equal(["one", "two"], history.Load());
        Assert.Null(history.TakeFailure());
        history.Add("three");
        Assert.StartsWith(
            "your input is not saved for the next run: ",
            history.TakeFailure(),
            StringComparison.Ordinal
        );
        history.Add("four");
        Assert.Null(history.TakeFailure());
    }

    [SmallDiskFact]
    public void A_full_disk_cuts_no_entry_and_waiting_entries_are_written_when_there_is_room()
    {
        using var disk = new SmallDisk(64);
        var history = new InputHistory(disk["history"]);
        history.Add("one");
        disk.Fill();
        // The first page of the file has room for one entry.
        string[] long_ = [new string('x', 3000), new string('y', 3000)];
        history.Add(long_[0]);
        history.Add(long_[1]);
        Assert.StartsWith(
            "your input is not saved for the next run: ",
            history.TakeFailure(),
            StringComparison.Ordinal
        );
        Assert.Equal($"one\n{long_[0]}\n", File.ReadAllText(disk["history"]));
        disk.MakeRoom();
        history.Add("four");
        Assert.Equal(["one", .. long_, "four"], new InputHistory(disk["history"]).Load());
    }

    [Fact]
    public void A_folder_instead_of_the_file_is_reported_and_a_client_that_waits_reports_nothing()
    {
        var folder = new InputHistory(_folder);
        Assert.Empty(folder.Load());
        Assert.StartsWith(
            "your input of earlier runs cannot be read: ",
            folder.TakeFailure(),
            StringComparison.Ordinal
        );

        var history = new InputHistory(File_);
        Assert.Empty(history.Load());
        using (UserPaths.Open(File_))
            history.Add("one");
        Assert.Null(history.TakeFailure());
    }

    [Fact]
    public void A_private_client_keeps_nothing_and_an_unwritable_file_breaks_nothing()
    {
        var none = new InputHistory(null);
        none.Add("secret");
        none.Finish();
        Assert.Empty(none.Load());

        File.WriteAllText(Path.Combine(_folder, "file"), "");
        var impossible = new InputHistory(Path.Combine(_folder, "file", "history"));
        impossible.Add("one");
        impossible.Finish();
        Assert.Empty(impossible.Load());
        Assert.Empty(new InputHistory(_folder).Load());
    }

    [Fact]
    public void A_pipe_at_the_path_does_not_block()
    {
        if (OperatingSystem.IsWindows())
            return;
        string pipe = Path.Combine(_folder, "pipe");
        using (RunningProgram mkfifo = ToolProcess.Start("mkfifo", pipe))
            mkfifo.WaitForExit();
        var history = new InputHistory(pipe);
        history.Add("one");
        Assert.Empty(history.Load());
    }

    [Theory]
    [InlineData(false, "HOME=/home/a", "/home/a/.local/share/chat", "/home/a/.config/chat")]
    [InlineData(false, "HOME=/home/a XDG_DATA_HOME=/d XDG_CONFIG_HOME=/c", "/d/chat", "/c/chat")]
    [InlineData(
        false,
        "HOME=/home/a XDG_DATA_HOME=d XDG_CONFIG_HOME=",
        "/home/a/.local/share/chat",
        "/home/a/.config/chat"
    )]
    [InlineData(false, "", null, null)]
    [InlineData(true, "LOCALAPPDATA=/l APPDATA=/r HOME=/h", "/l/chat", "/r/chat")]
    public void Folders_follow_the_conventions_of_the_system(
        bool isWindows,
        string environment,
        string? data,
        string? config
    )
    {
        var variables = environment
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('='))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        var folders = new UserPaths(variables.GetValueOrDefault, isWindows);
        Assert.Equal(data, folders.Data?.Replace('\\', '/'));
        Assert.Equal(config, folders.Config?.Replace('\\', '/'));
    }

    [Fact]
    public void An_ignored_name_and_its_look_alikes_stay_ignored()
    {
        string path = Path.Combine(_folder, "config", "ignored");
        var list = new IgnoreList(path);
        Assert.False(list.Holds("alice"));
        Assert.True(list.Add("alice"));
        Assert.False(list.Add("ALICE"));
        Assert.True(list.Add("Bob"));

        var next = new IgnoreList(path);
        Assert.True(next.Holds("al1ce"));
        Assert.True(next.Holds("bob"));
        Assert.False(next.Holds("carol"));
        Assert.Equal("alice", next.Remove("Alice"));
        Assert.Null(next.Remove("Alice"));
        Assert.Equal(["Bob"], new IgnoreList(path).Names);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void An_unwritable_ignore_list_works_for_this_run_and_a_notice_says_so()
    {
        File.WriteAllText(Path.Combine(_folder, "file"), "");
        var list = new IgnoreList(Path.Combine(_folder, "file", "ignored"));
        Assert.True(list.Add("bob"));
        Assert.True(list.Holds("bob"));
        Assert.StartsWith("this is not saved for the next run: ", list.Failure, StringComparison.Ordinal);
        Assert.Null(new IgnoreList(null).Failure);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Two_clients_of_one_person_lose_no_ignored_name()
    {
        string path = Path.Combine(_folder, "ignored");
        (IgnoreList? one, IgnoreList? two) = (new IgnoreList(path), new IgnoreList(path));
        Assert.True(one.Add("ann"));
        Assert.True(two.Add("bob"));
        Assert.True(one.Add("cy"));
        Assert.Equal(["ann", "bob", "cy"], new IgnoreList(path).Names);
        Assert.Equal("bob", two.Remove("bob"));
        Assert.Equal("ann", one.Remove("ann"));
        Assert.Equal(["cy"], new IgnoreList(path).Names);
    }

    [Fact]
    public void A_hand_edited_list_and_a_read_only_list_are_read()
    {
        string path = Path.Combine(_folder, "ignored");
        Directory.CreateDirectory(_folder);
        File.WriteAllText(path, "zoe\r\nann");
        Assert.NotNull(new IgnoreList(path).Remove("zoe"));
        Assert.Equal(["ann"], new IgnoreList(path).Names);
        File.WriteAllText(path, "ann");
        Assert.True(new IgnoreList(path).Add("bob"));
        Assert.Equal(["ann", "bob"], File.ReadAllLines(path));
        File.SetAttributes(path, FileAttributes.ReadOnly);
        Assert.Equal(["ann", "bob"], new IgnoreList(path).Names);
    }

    [LinuxTheory]
    [InlineData("/dev/full")]
    [InlineData("/dev/zero")]
    public void An_endless_device_at_the_path_is_read_no_longer_than_a_file(string device)
    {
        Assert.True(new InputHistory(device).Load().Count <= ClientLimits.InputHistoryLines);
        Assert.True(new IgnoreList(device).Names.Count <= 1);
    }
}
