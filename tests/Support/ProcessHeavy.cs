namespace Chat.Tests.Support;

/// <summary>
/// The collection of test classes that start programs: <c>[Collection(ProcessHeavy.Collection)]</c>. They run one after another, so that two cores
/// are not asked for ten programs at once; all other classes still run beside them.
/// </summary>
internal static class ProcessHeavy
{
    public const string Collection = "starts programs";
}
