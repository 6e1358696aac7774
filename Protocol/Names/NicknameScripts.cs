using Chat.Protocol.Text;

namespace Chat.Protocol.Names;

/// <summary>
/// Checks that all characters of a name can be of one script. A character may be of several scripts (Han goes
/// with kana, Arabic digits with three alphabets), so at least one script must remain that all characters
/// share. Otherwise the name mixes alphabets, as look-alikes often do and people's names do not. UTS 39 calls
/// names that pass single-script.
/// </summary>
internal static class NicknameScripts
{
    private const int None = 0;
    private const int Any = 1;

    /// <summary>Whether a name may contain this code point.</summary>
    public static bool Know(int codePoint) => SetOf(codePoint) != None;

    /// <summary>Whether these code points, all of them known, share a script.</summary>
    public static bool Agree(ReadOnlySpan<int> codePoints)
    {
        foreach (int codePoint in codePoints)
        {
            if (SetOf(codePoint) != Any)
                return AgreeOnOneOf(Members(SetOf(codePoint)), codePoints);
        }

        return true;
    }

    private static bool AgreeOnOneOf(ReadOnlySpan<byte> scripts, ReadOnlySpan<int> codePoints)
    {
        foreach (byte script in scripts)
        {
            bool all = true;
            foreach (int codePoint in codePoints)
                all = all && (SetOf(codePoint) == Any || Members(SetOf(codePoint)).Contains(script));
            if (all)
                return true;
        }

        return false;
    }

    private static ReadOnlySpan<byte> Members(int set) =>
        NicknameScriptTable.Members.AsSpan(NicknameScriptTable.Ends[set - 1]..NicknameScriptTable.Ends[set]);

    private static int SetOf(int codePoint)
    {
        int range = CodePointTable.Range(NicknameScriptTable.Starts, codePoint);
        return range < 0 ? None : NicknameScriptTable.Sets[range];
    }
}
