namespace Chat.Tests.Support;

/// <summary>A theory about the program for Windows, as <see cref="WineFactAttribute"/> is a fact.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class WineTheoryAttribute : TheoryAttribute
{
    public WineTheoryAttribute() => Skip = Wine.Absent;
}
