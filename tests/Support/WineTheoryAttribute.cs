using System.Runtime.CompilerServices;

namespace Chat.Tests.Support;

/// <summary>A theory about the program for Windows, as <see cref="WineFactAttribute"/> is a fact.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class WineTheoryAttribute : TheoryAttribute
{
    public WineTheoryAttribute(
        [CallerFilePath] string? sourceFilePath = null,
        [CallerLineNumber] int sourceLineNumber = -1
    )
        : base(sourceFilePath, sourceLineNumber) => Skip = Wine.Absent;
}
