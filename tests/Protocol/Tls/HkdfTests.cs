using Chat.Protocol.Tls;

namespace Chat.Tests.Protocol.Tls;

public sealed class HkdfTests
{
    // RFC 5869, A.1 and A.3.
    [Theory]
    [InlineData(
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )]
    [InlineData(
        "",
        "",
        "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    )]
    public void Keys_are_extracted_and_expanded_as_in_RFC_5869(string salt, string info, string key, string expanded)
    {
        byte[] secret = new byte[22];
        secret.AsSpan().Fill(0x0B);
        byte[] extracted = Hkdf.Extract(Convert.FromHexString(salt), secret);
        byte[] output = new byte[expanded.Length / 2];
        Hkdf.Expand(extracted, Convert.FromHexString(info), output);
        Assert.Equal((key, expanded), (Convert.ToHexStringLower(extracted), Convert.ToHexStringLower(output)));
    }

    // RFC 8448, 3: the traffic secrets of the application data, and the keys and IVs that follow from them.
    [Theory]
    [InlineData(
        "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
        "17422dda596ed5d9acd890e3c63f5051",
        "5b78923dee08579033e523d9"
    )]
    [InlineData(
        "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
        "9f02283b6c9c07efc26bb9f2ac92e356",
        "cf782b88dd83549aadf1e984"
    )]
    public void Keys_of_records_follow_from_a_secret_as_in_RFC_8448(string secret, string key, string iv)
    {
        byte[] derivedKey = new byte[16],
            derivedIv = new byte[12];
        Hkdf.ExpandLabel(Convert.FromHexString(secret), "key", derivedKey);
        Hkdf.ExpandLabel(Convert.FromHexString(secret), "iv", derivedIv);
        Assert.Equal((key, iv), (Convert.ToHexStringLower(derivedKey), Convert.ToHexStringLower(derivedIv)));
    }
}
