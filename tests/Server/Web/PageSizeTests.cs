using Chat.Server.Web;

namespace Chat.Tests.Server.Web;

public sealed class PageSizeTests
{
    // Compressed, as they are sent and as they are in every binary.
    private const int MostBytes = 28 * 1024;

    [Fact]
    public void The_files_of_the_page_have_at_most_28_KiB_together()
    {
        long total = 0;
        foreach (string name in typeof(WebSite).Assembly.GetManifestResourceNames())
        {
            using Stream stream = typeof(WebSite).Assembly.GetManifestResourceStream(name)!;
            total += name.StartsWith("page/", StringComparison.Ordinal) ? stream.Length : 0;
        }

        Assert.InRange(total, 1, MostBytes);
    }
}
