using System.Text;
using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Server;

/// <summary>The file of <c>--motd</c>: rows that newcomers see.</summary>
internal static class MessageOfTheDay
{
    /// <summary>Reads the rows, cleaned. Blank rows at the end are left out.</summary>
    /// <exception cref="StartupException">The file cannot be read or is too large.</exception>
    public static IReadOnlyList<string> Load(string path)
    {
        string text;
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            byte[] bytes = new byte[ServerLimits.MotdBytes + 1];
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > ServerLimits.MotdBytes)
                throw new StartupException($"it has more than {ServerLimits.MotdBytes} bytes");
            text = Encoding.UTF8.GetString(bytes, 0, length);
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error))
        {
            throw new StartupException($"cannot read {path}, the file of --motd: {FileErrors.Words(error)}");
        }
        string[] rows = [.. text.TrimStart('\uFEFF').TrimEnd().ReplaceLineEndings("\n").Split('\n').Select(CleanRow)];
        return rows.Length <= ServerLimits.MotdRows
            ? rows is [""]
                ? []
                : rows
            : throw new StartupException(
                $"{path}, the file of --motd, has {rows.Length} rows, and {ServerLimits.MotdRows} is the most"
            );
    }

    // Cleaning can lengthen a row, and each must fit into a line.
    private static string CleanRow(string row)
    {
        Span<byte> clean = new byte[ProtocolLimits.TextBytes];
        return Encoding.UTF8.GetString(clean[..SafeText.Clean(Encoding.UTF8.GetBytes(row.TrimEnd()), clean)]);
    }
}
