using System.Globalization;
using System.Text;

namespace Chat.Tests.Support;

/// <summary>
/// The wire of `ncat --chat`. Joins, leaves and the list of members are lines of &lt;announce&gt; to all;
/// messages follow &lt;userN&gt;. Every byte other than printable ASCII, CR, LF or TAB becomes an octal escape.
/// A half-closed client is disconnected. Tests compare it with the real one.
/// </summary>
internal sealed class NcatChatServer(int port = 0) : ForeignServer(chunkBytes: 8192, port)
{
    /// <summary>Sends a line typed at the server's own console.</summary>
    public void OperatorSays(string line) =>
        Do(() => SendToAll("<user0> " + Escape(Encoding.UTF8.GetBytes(line + "\n"))));

    protected override void Greet(Member newcomer)
    {
        newcomer.Name = string.Create(CultureInfo.InvariantCulture, $"<user{newcomer.Number}>");
        SendToAll($"<announce> {newcomer.Address} is connected as {newcomer.Name}.\n");
        string others = string.Join(
            ", ",
            Members.Where(member => member != newcomer).Select(member => $"{member.Address} as {member.Name}")
        );
        SendToAll($"<announce> already connected: {(others.Length == 0 ? "nobody" : others)}.\n");
    }

    protected override void Received(Member from, ReadOnlySpan<byte> chunk) =>
        SendToAllBut(from, Encoding.ASCII.GetBytes($"{from.Name} {Escape(chunk)}"));

    protected override void Left(Member member) => SendToAll($"<announce> {member.Name} is disconnected.\n");

    private static string Escape(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        foreach (byte b in bytes)
        {
            if (b is (>= 0x20 and < 0x7F) or (byte)'\r' or (byte)'\n' or (byte)'\t')
                text.Append((char)b);
            else
                text.Append('\\').Append(Convert.ToString(b, toBase: 8).PadLeft(3, '0'));
        }

        return text.ToString();
    }
}
