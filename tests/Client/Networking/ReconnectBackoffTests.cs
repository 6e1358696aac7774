using Chat.Client;
using Chat.Client.Networking;
using Chat.Protocol;

namespace Chat.Tests.Client.Networking;

public sealed class ReconnectBackoffTests
{
    [Fact]
    public void Each_failure_doubles_the_longest_wait_up_to_the_bound_and_the_shortest_stays()
    {
        ReconnectBackoff longest = new(() => 0.999999),
            shortest = new(() => 0);

        Assert.Equal(
            [999, 1999, 3999, 7999, 15999, 29999, 29999],
            Enumerable.Range(0, 7).Select(_ => longest.Next(0, ClientLimits.RetryLeastMilliseconds))
        );
        Assert.All(
            Enumerable.Range(0, 100),
            _ =>
                Assert.Equal(ClientLimits.RetryLeastMilliseconds, shortest.Next(0, ClientLimits.RetryLeastMilliseconds))
        );
    }

    [Fact]
    public void A_foreign_server_is_never_called_before_the_shortest_wait() =>
        Assert.All(
            Enumerable.Range(0, 100),
            _ =>
                Assert.Equal(
                    ClientLimits.ForeignRetryMilliseconds,
                    new ReconnectBackoff(() => 0.9).Next(0, ClientLimits.ForeignRetryMilliseconds)
                )
        );

    [Fact]
    public void A_server_on_the_same_network_is_called_every_five_seconds_at_least()
    {
        ReconnectBackoff longest = new(() => 0.999999);

        Assert.Equal(
            [999, 1999, 3999, 4999, 4999],
            Enumerable
                .Range(0, 5)
                .Select(_ =>
                    longest.Next(0, ClientLimits.RetryLeastMilliseconds, ClientLimits.RetryNearMostMilliseconds)
                )
        );
        Assert.Equal(
            ClientLimits.ForeignRetryMilliseconds,
            longest.Next(0, ClientLimits.ForeignRetryMilliseconds, ClientLimits.RetryNearMostMilliseconds)
        );
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("10.255.255.255", true)]
    [InlineData("11.0.0.0", false)]
    [InlineData("172.15.255.255", false)]
    [InlineData("172.16.0.0", true)]
    [InlineData("172.31.255.255", true)]
    [InlineData("172.32.0.0", false)]
    [InlineData("192.168.1.65", true)]
    [InlineData("192.169.0.1", false)]
    [InlineData("169.254.9.9", true)]
    [InlineData("127.1.2.3", true)]
    [InlineData("8.8.8.8", false)]
    [InlineData("::1", true)]
    [InlineData("fe80::1%1", true)]
    [InlineData("febf::1", true)]
    [InlineData("fec0::1", false)]
    [InlineData("fd12::1", true)]
    [InlineData("fe00::1", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("::ffff:192.168.1.1", true)]
    [InlineData("::ffff:8.8.8.8", false)]
    [InlineData("printer", true)]
    [InlineData("printer.", true)]
    [InlineData("printer.LOCAL", true)]
    [InlineData("app.localhost", true)]
    [InlineData("chat.example.org", false)]
    [InlineData("local.example.org", false)]
    public void A_server_is_on_the_same_network_by_its_address_or_the_kind_of_its_name(string? host, bool isNear) =>
        Assert.Equal(isNear, NetworkScope.Has(new HostPort(host, null)));

    [Fact]
    public void A_long_connection_resets_the_backoff_and_a_short_one_does_not()
    {
        ReconnectBackoff backoff = new(() => 0.999999);
        for (int failure = 0; failure < 10; failure++)
            backoff.Next(0, ClientLimits.RetryLeastMilliseconds);

        Assert.Equal(29999, backoff.Next(ClientLimits.RetryResetMilliseconds - 1, ClientLimits.RetryLeastMilliseconds));
        Assert.Equal(999, backoff.Next(ClientLimits.RetryResetMilliseconds, ClientLimits.RetryLeastMilliseconds));
    }
}
