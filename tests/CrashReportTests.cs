namespace Chat.Tests;

/// <summary>A crash without the names of methods tells the version and the places.</summary>
public sealed class CrashReportTests
{
    [Fact]
    public void The_report_of_a_crash_has_an_address_for_each_call()
    {
        Exception thrown = Assert.Throws<InvalidOperationException>(static () =>
            Invoke(static () => throw new InvalidOperationException("broken"))
        );

        string report = Program.CrashReport(thrown);

        Assert.Matches(@"^crash of chat \S+( \(\S+\))? at( 0x[0-9a-f]+){2,}$", report);
    }

    private static void Invoke(Action act) => act();
}
