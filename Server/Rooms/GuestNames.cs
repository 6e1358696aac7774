using System.Globalization;
using Chat.Protocol.Names;

namespace Chat.Server.Rooms;

/// <summary>
/// Gives names to members that have not chosen one: <c>guest</c>, <c>guest2</c>, <c>guest3</c>. The lowest free
/// number is given, so names stay short in a room with many joins.
/// </summary>
/// <remarks>
/// A member may choose a name such as <c>guest7</c>. The caller therefore reports which names are free, and a
/// name in use is skipped.
/// </remarks>
internal sealed class GuestNames
{
    private const string Stem = Nickname.Guest;

    // Returned numbers, all below the highest one given. A set, because a number may be returned twice.
    private readonly SortedSet<int> _free = [];
    private int _highest;

    /// <summary>The lowest free name. The result stays the same until the name is in use.</summary>
    /// <param name="isFree">Whether no member has this name.</param>
    public string Lowest(Func<string, bool> isFree)
    {
        while (_free.Count > 0)
        {
            if (NameOf(_free.Min) is string name && isFree(name))
                return name;
            _free.Remove(_free.Min);
        }
        while (true)
        {
            if (NameOf(_highest + 1) is string name && isFree(name))
                return name;
            _highest++;
        }
    }

    /// <summary>Returns a name that is free again. Names that are not guest names are ignored.</summary>
    public void Return(string name)
    {
        if (!TryNumber(name, out int number) || number > _highest)
            return;
        _free.Add(number);
        while (_free.Remove(_highest))
            _highest--;
    }

    /// <summary>Whether a name has the form of a guest name.</summary>
    public static bool IsGuestName(string name) => TryNumber(name, out _);

    private static string NameOf(int number) => number == 1 ? Stem : $"{Stem}{number}";

    private static bool TryNumber(string name, out int number)
    {
        number = 1;
        return name.StartsWith(Stem, StringComparison.Ordinal)
            && (
                name.Length == Stem.Length
                || (
                    int.TryParse(name.AsSpan(Stem.Length), NumberStyles.None, CultureInfo.InvariantCulture, out number)
                    && NameOf(number) == name
                )
            );
    }
}
