using System.Runtime.CompilerServices;

namespace Chat.Tests.Support;

/// <summary>A fact about the program for Windows. Without wine or that program, it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class WineFactAttribute : FactAttribute
{
    public WineFactAttribute(
        [CallerFilePath] string? sourceFilePath = null,
        [CallerLineNumber] int sourceLineNumber = -1
    )
        : base(sourceFilePath, sourceLineNumber) => Skip = Wine.Absent;
}
