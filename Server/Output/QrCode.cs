using System.Collections;
using System.Text;
using QRCoder;

namespace Chat.Server.Output;

/// <summary>A QR code of an address, drawn with half blocks: two rows of modules in one row of text.</summary>
internal static class QrCode
{
    // ISO/IEC 18004 asks for a light margin of four modules. Phones need two, which leave room in a window of 24 rows.
    private const int StandardMargin = 4,
        Margin = 2;

    // ECMA-48, 8.3.117.
    private const string BlackOnWhite = "\e[30;47m",
        Reset = "\e[0m";

    /// <summary>Draws the code.</summary>
    /// <param name="address">Drawn in capitals, which need fewer modules. Schemes and hosts are the same in either case
    /// (RFC 3986, 6.2.2.1).</param>
    /// <param name="hasColours">Black on white. Without colours, the light modules are blocks on a background that is
    /// assumed to be dark.</param>
    /// <returns>Rows without line ends, all of the same width.</returns>
    public static string[] Draw(string address, bool hasColours)
    {
        using QRCodeGenerator generator = new();
        using QRCodeData code = generator.CreateQrCode(address.ToUpperInvariant(), QRCodeGenerator.ECCLevel.L);
        // The generator adds the standard margin on each side.
        List<BitArray> modules = code.ModuleMatrix;
        int from = StandardMargin - Margin,
            to = modules.Count - from;
        string[] rows = new string[(to - from + 1) / 2];
        for (int row = 0; row < rows.Length; row++)
        {
            StringBuilder text = new(hasColours ? BlackOnWhite : "");
            for (int x = from; x < to; x++)
            {
                int y = from + 2 * row;
                bool upper = modules[y][x] == hasColours,
                    lower = y + 1 < to ? modules[y + 1][x] == hasColours : !hasColours;
                text.Append(
                    (upper, lower) switch
                    {
                        (true, true) => '█',
                        (true, false) => '▀',
                        (false, true) => '▄',
                        _ => ' ',
                    }
                );
            }
            rows[row] = text.Append(hasColours ? Reset : "").ToString();
        }
        return rows;
    }
}
