using System.Runtime.CompilerServices;

namespace Chat.Tests.Tables;

/// <summary>
/// A fact about tables made from one version of the Unicode files, as Debian installs them. On another version,
/// or a system without the package, the test is skipped with the reason. If the files are only missing, it runs
/// and fails with the package to install.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactOfUnicodeAttribute : FactAttribute
{
    /// <summary>
    /// The version of the tables in the tree. To raise it, change it here, write the tables, and commit both.
    /// </summary>
    private const string TablesAreOf = "15.0.0";

    private bool _confusables;

    public FactOfUnicodeAttribute(
        [CallerFilePath] string? sourceFilePath = null,
        [CallerLineNumber] int sourceLineNumber = -1
    )
        : base(sourceFilePath, sourceLineNumber)
    {
        if (!OperatingSystem.IsLinux())
            Skip = "the Unicode files are those of Debian's package unicode-data";
        else if (UnicodeFiles.Version() is { } installed and not TablesAreOf)
            Skip = $"the tables are of Unicode {TablesAreOf}, and the files installed here are of {installed}";
    }

    /// <summary>Whether the confusables are needed too. They come from ICU 72, which some systems lack.</summary>
    public bool Confusables
    {
        get => _confusables;
        set
        {
            _confusables = value;
            if (value && !Icu.IsInstalled)
                Skip ??= "the confusables are read from ICU 72, which is not installed (Debian's package libicu72)";
        }
    }
}
