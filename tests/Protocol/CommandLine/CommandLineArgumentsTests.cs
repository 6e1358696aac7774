using Chat.Protocol.CommandLine;

namespace Chat.Tests.Protocol.CommandLine;

/// <summary>An error names the wrong word and the nearest valid one.</summary>
public sealed class CommandLineArgumentsTests
{
    private static readonly OptionRule Even = new("--even", "N")
    {
        Refusal = static text => text is "2" or "4" ? null : $"{text} is odd",
    };

    private static readonly VerbRule[] Verbs =
    [
        new(
            "server",
            [
                Even,
                new("--history", "FILE"),
                new("--history-max", "SIZE"),
                new("--rate", "LINES"),
                new("--log-json", null),
                new("--allow", "RANGE") { IsRepeatable = true },
            ]
        ),
        new("client", [new("--name", "NAME"), new("--no-history", null), new("--json", null), new("--color", "WHEN")]),
    ];

    [Theory]
    [InlineData("there is no option --nam; did you mean --name?", "client", "--nam", "x", "127.0.0.1", "8999")]
    [InlineData("there is no option --nam; did you mean --name?", "client", "127.0.0.1", "8999", "--nam", "x")]
    [InlineData("there is no option --nam; did you mean --name?", "client", "--nam=x", "127.0.0.1")]
    [InlineData("there is no option -name; did you mean --name?", "client", "-name", "x")]
    [InlineData("there is no option --Name; did you mean --name?", "client", "--Name", "x")]
    [InlineData("the command is empty; use chat server or chat client", "")]
    [InlineData("-- stands before the command; put the command first, such as chat server", "--", "server")]
    [InlineData("there is no option --no-color; use --color never", "client", "--no-color")]
    [InlineData(
        "there is no option --na\u200Bme: it has the invisible character U+200B in it; type it again",
        "client",
        "--na\u200Bme",
        "x"
    )]
    [InlineData("the name of the file for --history is empty; give a name: --history FILE", "server", "--history", "")]
    [InlineData("there is no option --no-colour; use --color never", "client", "--no-colour", "127.0.0.1", "8999")]
    [InlineData("there is no option --colour; did you mean --color?", "client", "--colour", "never")]
    [InlineData("there is no option --hist; did you mean --history?", "server", "--hist", "x")]
    [InlineData("there is no option --port", "server", "--port", "8099")]
    [InlineData("there is no command clinet; did you mean client?", "clinet")]
    [InlineData("there is no command sevrer; did you mean server?", "sevrer", "127.0.0.1")]
    [InlineData("there is no command 10.0.0.1; did you mean chat client 10.0.0.1?", "10.0.0.1", "8082")]
    [InlineData("there is no command dance; use chat server or chat client", "dance")]
    [InlineData("options follow the command: chat client --name", "--name", "x", "client")]
    [InlineData("there is no option --hepl; did you mean --help?", "--hepl")]
    [InlineData("--version stands alone; leave out server", "--version", "server")]
    [InlineData("--version stands alone: chat --version", "client", "127.0.0.1", "--version")]
    [InlineData("--name needs a value: --name NAME", "client", "--name")]
    [InlineData("--name needs a value: --name NAME", "client", "--name=")]
    [InlineData("--name needs a value: --name NAME", "client", "--name", "--json")]
    [InlineData(
        "--name needs a value: --name NAME; one that begins with dashes is written --name=--x",
        "client",
        "--name",
        "--x"
    )]
    [InlineData("--name is given twice; give it once", "client", "--name", "a", "--name=b")]
    [InlineData("--json takes no value; leave out =yes", "client", "--json=yes")]
    [InlineData("fourth is one word too many: chat client takes an address and a port", "client", "a", "1", "fourth")]
    [InlineData(
        "fourth is one word too many: chat client takes an address and a port",
        "client",
        "--",
        "a",
        "1",
        "fourth"
    )]
    [InlineData("'-a' is neither an address nor a port", "client", "--", "-a", "1")]
    [InlineData("'--' is neither an address nor a port", "client", "--", "a", "--")]
    [InlineData("--name cannot take the value -h", "client", "--name", "-h")]
    [InlineData("--name cannot take the value --help", "client", "--name", "--help", "a")]
    [InlineData("--name cannot take the value --", "client", "--name", "--", "a", "1")]
    [InlineData("--history cannot take the value --; write ./--", "server", "--history=--")]
    [InlineData("3 is odd", "server", "--even", "3")]
    [InlineData("3 is odd", "server", "a", "--even=3", "1")]
    [InlineData("--even needs a value: --even N", "server", "--even=")]
    public void The_error_names_the_wrong_word(string refusal, params string[] words) =>
        Assert.Equal(refusal, CommandLineArguments.Refusal(words, Verbs, out _));

    [Theory]
    [InlineData("--help", "help")]
    [InlineData("--help", "-h")]
    [InlineData("client --help", "help", "client")]
    [InlineData("--version", "version")]
    [InlineData("--version", "-v")]
    [InlineData("--version", "-V")]
    [InlineData("--version", "client", "--version")]
    [InlineData("client --name -x a 1", "client", "--name", "-x", "a", "1")]
    [InlineData("client --name --x", "client", "--name=--x")]
    [InlineData("client a --name b=c 1", "client", "a", "--name=b=c", "1")]
    [InlineData("client a --name  1", "client", "a", "--name", "", "1")]
    [InlineData("server --even 2 --log-json", "server", "--even=2", "--log-json")]
    [InlineData("client --help", "client", "--name", "x", "-h", "--nonsense")]
    [InlineData("client --help", "client", "-?")]
    [InlineData("client a -1", "client", "a", "-1")]
    [InlineData("server --rate -5", "server", "--rate", "-5")]
    [InlineData("client a 1", "client", "--", "a", "1")]
    [InlineData("client --json a -1", "client", "--json", "a", "--", "-1")]
    [InlineData("client --json --json", "client", "--json", "--json")]
    [InlineData("server --allow a,b,c --rate 1", "server", "--allow", "a", "--rate", "1", "--allow=b", "--allow", "c")]
    public void Words_that_can_be_read_reach_the_library(string plain, params string[] words)
    {
        Assert.Null(CommandLineArguments.Refusal(words, Verbs, out string[] left));
        Assert.Equal(plain, string.Join(' ', left));
    }
}
