using System.Runtime.InteropServices;

namespace Chat.Tests.Tables;

/// <summary>
/// The confusables of UTS 39, which Debian packs in no text file. ICU 72 contains those of Unicode 15.0 and
/// maps each character to the sequence that represents its look-alikes.
/// </summary>
internal static partial class Icu
{
    private const string Library = "libicui18n.so.72";

    public static bool IsInstalled => NativeLibrary.TryLoad(Library, out _);

    /// <summary>The prototype of this code point's look-alikes; itself when it has none.</summary>
    public static unsafe Func<int, string> Prototypes()
    {
        int error = 0;
        nint checker = Open(ref error);
        return codePoint =>
        {
            string text = char.ConvertFromUtf32(codePoint);
            Span<char> prototype = stackalloc char[64];
            int length;
            fixed (char* from = text)
            fixed (char* to = prototype)
                length = GetSkeleton(checker, 0, from, text.Length, to, prototype.Length, ref error);
            return error <= 0
                ? new string(prototype[..length])
                : throw new InvalidOperationException($"ICU error {error} at U+{codePoint:X4}");
        };
    }

    [LibraryImport(Library, EntryPoint = "uspoof_open_72")]
    private static partial nint Open(ref int error);

    [LibraryImport(Library, EntryPoint = "uspoof_getSkeleton_72")]
    private static unsafe partial int GetSkeleton(
        nint checker,
        uint type,
        char* text,
        int length,
        char* prototype,
        int capacity,
        ref int error
    );
}
