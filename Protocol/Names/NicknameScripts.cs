using Chat.Protocol.Text;

namespace Chat.Protocol.Names;

/// <summary>
/// Whether the letters and digits of a name can be of one script. A character may be of several scripts at once (Han is written beside kana, Arabic
/// digits beside three alphabets), so the question is whether one script is left that all of them go with. A name without such a script was put
/// together from two alphabets, which people's names are not and look-alikes often are. UTS 39 calls what passes single-script.
/// </summary>
internal static class NicknameScripts
{
    private const int None = 0;
    private const int Any = 1;

    /// <summary>Whether a name may contain this code point at all.</summary>
    public static bool Know(int codePoint) => SetOf(codePoint) != None;

    /// <summary>Whether there is a script that every one of these characters, all of them known, goes with.</summary>
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
