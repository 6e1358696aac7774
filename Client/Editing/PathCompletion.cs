using Chat.Client.Commands;
using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client.Editing;

/// <summary>Resolves <c>~</c> in typed paths, and completes them.</summary>
internal static class PathCompletion
{
    private static readonly char[] Separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];

    private static readonly EnumerationOptions All = new() { AttributesToSkip = FileAttributes.None };

    /// <summary>The path with a leading <c>~</c> replaced by the home folder, as in a shell.</summary>
    public static string WithHome(string path) =>
        (path == "~" || path.StartsWith("~/", StringComparison.Ordinal))
        && Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home
            ? Path.Join(home, path[1..])
            : path;

    /// <summary>
    /// The files and folders whose path begins with the typed one, in ordinal order; folders end with a slash. Hidden
    /// ones match only after a typed dot. A name that the line cannot hold unchanged (control characters, invalid
    /// UTF-8, blanks at its ends) is skipped.
    /// </summary>
    public static IReadOnlyList<string> BeginningWith(string typed)
    {
        int cut = typed.LastIndexOfAny(Separators) + 1;
        (string folder, string begin) = (typed[..cut], typed[cut..]);
        try
        {
            string path = WithHome(folder);
            return
            [
                .. new DirectoryInfo(path.Length == 0 ? "." : path)
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

    // /save would read such a name as its option or number, or as the home folder.
    private static bool IsAmbiguous(string name) => name is "~" || SaveArguments.Parse(name).PathStart > 0;
}
