using System.Text;
using Chat.Client.Commands;
using Chat.Client.Views;

namespace Chat.Tests.Client.Views;

public sealed class JsonRequestTests
{
    [Theory]
    [InlineData("[", 70)]
    [InlineData("{\"a\":", 70)]
    public void A_too_deeply_nested_object_is_refused_as_such(string open, int times)
    {
        string line = "{\"type\":\"quit\",\"x\":" + string.Concat(Enumerable.Repeat(open, times));
        InputOrigin origin = new(1);

        string? refusal = JsonRequest.Read(Encoding.UTF8.GetBytes(line), ref origin, out _);

        Assert.Contains("nested too deeply", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"say","text":"hello"}""", "Say say  hello")]
    [InlineData("""{ "text" : "/usr \u001b[1m\tis\u2603" , "type" : "say" }""", "Say snippet  /usr ^[[1m\tis☃")]
    [InlineData("""{"type":"edit","text":"a\tb","target":20}""", "Say edit 20 a\tb")]
    [InlineData("""{"type":"say","text":"a\tb","target":20}""", "Say re 20 a b")]
    [InlineData("""{"type":"me","text":"a\tb"}""", "Say me  a b")]
    [InlineData("""{"type":"say","text":"a\r\n\tb\u001b\n\n"}""", "Say snippet  a\n\tb^[\n")]
    [InlineData("""{"type":"say","text":"a\n"}""", "Say say  a")]
    [InlineData("""{"type":"say","text":"yes","target":20}""", "Say re 20 yes")]
    [InlineData("""{"type":"edit","text":"a\nb","target":20}""", "Say edit 20 a\nb")]
    [InlineData("""{"type":"delete","target":0}""", "Say delete 0 ")]
    [InlineData("""{"type":"me","text":"waves"}""", "Say me  waves")]
    [InlineData("""{"type":"whisper","to":"127.0.0.1#2","text":"psst, you"}""", "Say tell 127.0.0.1#2 psst, you")]
    [InlineData("""{"type":"nick","name":"Алиса"}""", "Say nick  Алиса")]
    [InlineData("""{"type":"who"}""", "Ask who  ")]
    [InlineData("""{"type":"history"}""", "Ask history  20")]
    [InlineData("""{"type":"history","lines":7}""", "Ask history  7")]
    [InlineData("""{"type":"find","text":"tea pot"}""", "Ask find  tea pot")]
    [InlineData("""{"type":"find"}""", "Ask find  ")]
    [InlineData("""{"type":"quit"}""", "Quit   ")]
    public void A_request_is_read(string line, string expected)
    {
        InputOrigin origin = new(1);

        Assert.Null(JsonRequest.Read(Encoding.UTF8.GetBytes(line), ref origin, out Command request));

        Assert.NotNull(request.Text);
        Assert.Equal(expected, $"{request.Kind} {request.Verb} {request.To} {request.Text}");
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("{} x")]
    [InlineData("""{"type":"quit"} {"type":"quit"}""")]
    [InlineData("""{"type":"quit",}""")]
    [InlineData("""{"type":"quit"}//""")]
    [InlineData("""{'type':'quit'}""")]
    [InlineData("""{"type":"dance"}""")]
    [InlineData("""{"type":"Say","text":"x"}""")]
    [InlineData("""{"type":5,"text":"x"}""")]
    [InlineData("""{"text":"x"}""")]
    [InlineData("""{"type":"say"}""")]
    [InlineData("""{"type":"say","text":null}""")]
    [InlineData("""{"type":"say","text":["x"]}""")]
    [InlineData("""{"type":"say","text":{"type":"quit"}}""")]
    [InlineData("""{"type":"say","text":""}""")]
    [InlineData("""{"type":"say","text":" \u200b\t "}""")]
    [InlineData("""{"type":"me","text":"a\nb"}""")]
    [InlineData("""{"type":"whisper","to":"bob","text":"a\rb"}""")]
    [InlineData("""{"type":"say","text":"\n \t\r\n"}""")]
    [InlineData("""{"type":"say","text":"\ud800"}""")]
    [InlineData("""{"type":"say","text":"\ue0a0"}""")]
    [InlineData("""{"type":"say","type":"me","text":"x"}""")]
    [InlineData("""{"type":"say","text":"x","to":"bob"}""")]
    [InlineData("""{"type":"say","text":"x","Text":"y"}""")]
    [InlineData("""{"type":"whisper","text":"x"}""")]
    [InlineData("""{"type":"whisper","to":"","text":"x"}""")]
    [InlineData("""{"type":"whisper","to":"a b","text":"x"}""")]
    [InlineData("""{"type":"whisper","to":"a\u0000","text":"x"}""")]
    [InlineData("""{"type":"whisper","to":["bob"],"text":"x"}""")]
    [InlineData("""{"type":"me","text":"x","target":20}""")]
    [InlineData("""{"type":"say","text":"x","target":-1}""")]
    [InlineData("""{"type":"say","text":"x","target":"20"}""")]
    [InlineData("""{"type":"say","text":"x\ny","target":20}""")]
    [InlineData("""{"type":"edit","text":"x"}""")]
    [InlineData("""{"type":"edit","target":20}""")]
    [InlineData("""{"type":"edit","target":20,"text":" "}""")]
    [InlineData("""{"type":"delete"}""")]
    [InlineData("""{"type":"delete","target":20,"text":"x"}""")]
    [InlineData("""{"type":"nick"}""")]
    [InlineData("""{"type":"nick","name":"two words"}""")]
    [InlineData("""{"type":"nick","name":"server"}""")]
    [InlineData("""{"type":"history","lines":0}""")]
    [InlineData("""{"type":"history","lines":-1}""")]
    [InlineData("""{"type":"history","lines":1.5}""")]
    [InlineData("""{"type":"history","lines":"7"}""")]
    [InlineData("""{"type":"history","lines":99999999999}""")]
    [InlineData("""{"type":"who","id":{}}""")]
    [InlineData("""{"type":"who","id":""}""")]
    [InlineData("""{"type":"who","id":"a\"b"}""")]
    [InlineData("""{"type":"who","id":1.5}""")]
    public void A_request_that_cannot_be_understood_is_refused_in_words(string line)
    {
        InputOrigin origin = new(1);

        string? error = JsonRequest.Read(Encoding.UTF8.GetBytes(line), ref origin, out _);

        Assert.Matches("^[\"a-z][^\\p{C}]*$", error);
    }

    [Fact]
    public void A_request_too_deep_or_of_no_encoding_is_refused_in_words()
    {
        byte[][] lines =
        [
            Encoding.UTF8.GetBytes($$"""{"type":"say","text":{{new string('[', 60_000)}}"""),
            [.. "{\"type\":\"say\",\"text\":\""u8, 0xFF, .. "\"}"u8],
            [.. "{\""u8, 0xFF, .. "\":1}"u8],
            [.. "{"u8, 0],
        ];

        Assert.All(
            lines,
            line =>
            {
                InputOrigin origin = new(1);
                Assert.NotNull(JsonRequest.Read(line, ref origin, out _));
            }
        );
    }

    [Theory]
    [InlineData("12", "12")]
    [InlineData("-3", "-3")]
    [InlineData("\"build:7.x_-\"", "\"build:7.x_-\"")]
    public void The_id_of_a_request_is_kept_even_when_the_request_is_refused(string id, string kept)
    {
        InputOrigin origin = new(4);

        Assert.NotNull(JsonRequest.Read(Encoding.UTF8.GetBytes($$"""{"type":"say","id":{{id}}}"""), ref origin, out _));

        Assert.Equal(new InputOrigin(4, kept), origin);
    }
}
