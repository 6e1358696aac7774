namespace Chat.Tests.Unicode;

/// <summary>
/// A fact about tables made from one version of the Unicode files. Where another version is installed there is nothing to compare with, and
/// the test is skipped in words; where none is installed it runs, and fails with what to install.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactOfUnicodeAttribute : FactAttribute
{
    /// <summary>The version the tables in the tree are made from. Raise it, write the tables, commit both.</summary>
    public const string TablesAreOf = "15.0.0";

    public FactOfUnicodeAttribute()
    {
        if (UnicodeFiles.Version() is { } installed and not TablesAreOf)
            Skip = $"the tables are of Unicode {TablesAreOf}, and the files installed here are of {installed}";
    }
}
