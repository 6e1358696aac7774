using Chat.Client.Storage;
using Chat.Client.Views;
using Chat.Protocol;
using Chat.Tests.Support;

namespace Chat.Tests.Protocol;

/// <summary>The messages for a file that cannot be used.</summary>
public sealed class FileErrorsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-error-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void An_exception_without_an_error_number_keeps_its_own_message()
    {
        Assert.Equal("it is a pipe", FileErrors.Words(new IOException("it is a pipe")));
        Assert.Equal("it ended", FileErrors.Words(new EndOfStreamException("it ended")));
        Assert.Equal("it is ^[[31mred", FileErrors.Words(new IOException("it is \e[31mred")));
    }

    [Theory]
    [InlineData(28, "no space left on the disk")]
    [InlineData(11, "another client keeps it")]
    [InlineData(unchecked((int)0x80070020), "another client keeps it")]
    [InlineData(71, "the system refuses it (error 71)")]
    [InlineData(unchecked((int)0x80070052), "the system refuses it (error 82)")]
    public void An_error_number_of_the_system_has_own_words(int number, string words)
    {
        IOException error = new("a message of the runtime", number);
        Assert.Equal(words, FileErrors.Words(error, "client"));
        Assert.Equal(words.StartsWith("another", StringComparison.Ordinal), FileErrors.IsLocked(error));
    }

    [LinuxFact]
    public void A_pipe_at_the_path_of_a_file_is_named_as_a_pipe()
    {
        string pipe = Path.Combine(_folder, "pipe");
        using RunningProgram mkfifo = ToolProcess.Start("mkfifo", pipe);
        Assert.Equal(0, mkfifo.WaitForExit());

        Assert.EndsWith(": it is a pipe", new IgnoreList(pipe).Failure, StringComparison.Ordinal);
        Assert.EndsWith(
            ": it is a pipe or a device",
            Scrollback.Save([], pipe, overwrite: true),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void An_identity_file_with_other_content_is_reported()
    {
        File.WriteAllText(Path.Combine(_folder, "person.key"), "my diary");
        IdentityFile.Load(_folder, out string? error);
        Assert.EndsWith(": it has other content", error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public void The_bell_and_the_input_history_report_errors_in_the_same_words()
    {
        string file = Path.Combine(_folder, "file"),
            inFile = Path.Combine(file, "kept");
        File.WriteAllText(file, "");
        InputHistory history = new(inFile);
        history.Add("a line");

        const string Words = ": something else is in its place";
        Assert.EndsWith(Words, new Bell(BellMode.Off, inFile).Choose(BellMode.All), StringComparison.Ordinal);
        Assert.EndsWith(Words, history.TakeFailure(), StringComparison.Ordinal);
    }
}
