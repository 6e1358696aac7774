using System.Globalization;
using Chat.Protocol;
using Chat.Tests.Documentation;

namespace Chat.Tests.Protocol;

/// <summary>The proof of the host's key, by the example of the wire page.</summary>
public sealed class HostProofTests
{
    [Fact]
    public void The_example_of_the_wire_page_is_right()
    {
        var fields = DocumentationTests
            .Fences("Protocol/README.md", "proof")
            .Single()
            .Select(static line => line.Split(' '))
            .ToDictionary(static words => words[0], static words => words[1], StringComparer.Ordinal);
        UInt128 key = UInt128.Parse(fields["key"], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

        Assert.Equal(fields["PROOF"], HostProof.Create(key, fields["NUMBER"], fields["EPOCH"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("00000000000000000000000000000000000000000")]
    public void A_proof_of_another_length_is_wrong(string proof) =>
        Assert.False(HostProof.IsRight(System.Text.Encoding.ASCII.GetBytes(proof), 1, "n", "e"));
}
