using Chat.Tests.Support;
using Xunit.Sdk;

namespace Chat.Tests.SupportTests;

public sealed class ProgramTests
{
    [Fact]
    public void A_program_ended_by_a_signal_reports_the_exit_code_of_a_shell()
    {
        using RunningProgram terminated = ToolProcess.Start("sleep", "1000");
        terminated.Signal(Signals.Terminate);
        Assert.Equal(128 + (int)Signals.Terminate, terminated.WaitForExit());
        using RunningProgram killed = ToolProcess.Start("sleep", "1000");
        killed.Kill();
        Assert.Equal(128 + (int)Signals.Kill, killed.WaitForExit());
    }

    [Fact]
    public void A_server_that_ends_instead_fails_with_its_output()
    {
        string standIn = Script("echo the port is taken >&2; exit 1");
        XunitException failure = Assert.Throws<XunitException>(() =>
            ChatServerProcess.Start(standIn, ChatServerProcess.FreePort(), [])
        );
        Assert.Contains("the port is taken", failure.Message, StringComparison.Ordinal);
        Assert.Contains("ended with 1", failure.Message, StringComparison.Ordinal);
        File.Delete(standIn);
    }

    /// <summary>
    /// A shell script that runs like the binary. Another process writes it. A file that this process has open
    /// for writing cannot run while a child started by another thread still holds a copy of the descriptor.
    /// </summary>
    private static string Script(string commands)
    {
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using RunningProgram writer = ToolProcess.Start(
            "sh",
            "-c",
            """printf '#!/bin/sh\n%s\n' "$2" >"$1"; chmod 700 "$1" """,
            "sh",
            file,
            commands
        );
        Assert.True(writer.WaitForExit() == 0, writer.Describe());
        return file;
    }
}
