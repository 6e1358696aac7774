namespace Chat.Tests.Support;

/// <summary>The repository these tests were compiled from.</summary>
internal static class Checkout
{
    /// <summary>The folder that holds chat.slnx, found by walking up from the test assembly.</summary>
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "chat.slnx")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds chat.slnx.");
    }
}
