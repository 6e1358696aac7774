using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client.Editing;

/// <summary>
/// Files by the names a person types: their home for <c>~</c>, and what a name may be the beginning of.
/// </summary>
internal static class PathCompletion
{
    private static readonly char[] Separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];

    private static readonly EnumerationOptions All = new() { AttributesToSkip = FileAttributes.None };

    /// <summary>The path with the home in the place of <c>~</c>, as a shell has it.</summary>
    public static string WithHome(string path) =>
        (path == "~" || path.StartsWith("~/", StringComparison.Ordinal))
        && Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home
            ? Path.Join(home, path[1..])
            : path;

    /// <summary>
    /// Files and folders whose path begins with what was typed, in alphabetical order, folders with a slash behind.
    /// Hidden ones need their dot. A name that cannot stand in the line as it is (control characters, bytes that are no
    /// text, blanks at its ends) is left out.
    /// </summary>
    public static IReadOnlyList<string> BeginningWith(string typed)
    {
        int cut = typed.LastIndexOfAny(Separators) + 1;
        (string folder, string begin) = (typed[..cut], typed[cut..]);
        try
        {
            string place = WithHome(folder);
            return
            [
                .. new DirectoryInfo(place.Length == 0 ? "." : place)
                    .EnumerateFileSystemInfos("*", All)
                    .Take(ClientLimits.FolderEntries)
                    .Where(entry =>
                        entry.Name.StartsWith(begin, StringComparison.OrdinalIgnoreCase)
                        && (begin.Length > 0 || entry.Name[0] != '.')
                    )
                    .Where(entry => IsShowable(entry.Name) && !(folder.Length == 0 && IsAmbiguous(entry.Name)))
                    .Select(entry =>
                        folder + entry.Name + (entry.Attributes.HasFlag(FileAttributes.Directory) ? "/" : "")
                    )
                    .Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (FileErrors.IsTheSystems(e))
        {
            return [];
        }
    }

    private static bool IsShowable(string name) =>
        SafeText.Clean(name) == name
        && name.Trim() == name
        && !name.Contains((char)CodePointRules.Replacement, StringComparison.Ordinal);

    // Would be taken for an option, or for the home.
    private static bool IsAmbiguous(string name) =>
        name is "-f" or "~" || name.StartsWith("-f ", StringComparison.Ordinal);
}
