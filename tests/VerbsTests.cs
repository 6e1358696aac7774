using System.Globalization;
using System.Reflection;
using System.Text;
using Chat.Protocol.CommandLine;

namespace Chat.Tests;

/// <summary>The table of options and the parameters of the verbs' methods name the same options.</summary>
public sealed class VerbsTests
{
    public static TheoryData<string> Names => [.. Verbs.Rules.Select(static rule => rule.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_parameter_of_a_verb_is_an_option_of_the_table(string verb) =>
        Assert.Equal(Parameters(verb).Select(NameOf), RuleOf(verb).Options.Select(static option => option.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void Only_a_parameter_that_is_a_flag_takes_no_value(string verb) =>
        Assert.All(
            Parameters(verb),
            parameter =>
                Assert.Equal(
                    parameter.ParameterType == typeof(bool),
                    RuleOf(verb).Find(NameOf(parameter))!.Value is null
                )
        );

    [Theory]
    [MemberData(nameof(Names))]
    public void The_default_of_a_parameter_is_the_default_of_the_table(string verb)
    {
        ParameterInfo[] withDefault =
        [
            .. Parameters(verb).Where(static parameter => parameter.DefaultValue is not (null or false)),
        ];

        Assert.NotEmpty(withDefault);
        Assert.All(
            withDefault,
            parameter =>
            {
                OptionRule option = RuleOf(verb).Find(NameOf(parameter))!;
                string usual = Convert.ToString(parameter.DefaultValue, CultureInfo.InvariantCulture)!;
                Assert.Equal(usual, option.Default);
                Assert.Null(option.Refusal(usual));
            }
        );
    }

    [Fact]
    public void Every_method_that_sets_a_verb_to_run_has_a_rule() =>
        Assert.Equal(
            Verbs.Rules.Select(static rule => rule.Name).Order(),
            typeof(Verbs)
                .GetMethods(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
                .Where(static method => method.IsAssembly && !method.IsSpecialName)
                .Select(static method => method.Name.ToLowerInvariant())
                .Order()
        );

    [Fact]
    public void Every_option_has_a_description_and_every_verb_an_example() =>
        Assert.All(
            Verbs.Rules,
            static rule =>
            {
                Assert.NotEmpty(rule.Examples);
                Assert.All(rule.Options, static option => Assert.NotEmpty(option.Description));
            }
        );

    private static VerbRule RuleOf(string verb) => Verbs.Rules.Single(rule => rule.Name == verb);

    private static ParameterInfo[] Parameters(string verb)
    {
        string name = char.ToUpperInvariant(verb[0]) + verb[1..];
        MethodInfo method = typeof(Verbs).GetMethod(name, BindingFlags.Instance | BindingFlags.NonPublic)!;
        return [.. method.GetParameters().Where(static parameter => parameter.Name is not ("address" or "port"))];
    }

    // byteRate is --byte-rate. Private is --private: the framework writes names into its code unescaped, and private is
    // a keyword.
    private static string NameOf(ParameterInfo parameter)
    {
        StringBuilder name = new("--");
        name.Append(char.ToLowerInvariant(parameter.Name![0]));
        foreach (char c in parameter.Name[1..])
            name.Append(char.IsUpper(c) ? $"-{char.ToLowerInvariant(c)}" : c);
        return name.ToString();
    }
}
