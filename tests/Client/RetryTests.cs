using Chat.Client;
using Chat.Protocol;

namespace Chat.Tests.Client;

public sealed class RetryTests
{
    [Fact]
    public void Each_failure_doubles_the_longest_wait_up_to_the_bound_and_the_shortest_stays()
    {
        Retry longest = new(() => 0.999999), shortest = new(() => 0);

        Assert.Equal([999, 1999, 3999, 7999, 15999, 29999, 29999], Enumerable.Range(0, 7).Select(_ => longest.Next(0, Limits.RetryLeastMilliseconds)));
        Assert.All(Enumerable.Range(0, 100), _ => Assert.Equal(Limits.RetryLeastMilliseconds, shortest.Next(0, Limits.RetryLeastMilliseconds)));
    }

    [Fact]
    public void A_foreign_server_is_never_called_sooner_than_its_least() =>
        Assert.All(Enumerable.Range(0, 100), _ => Assert.Equal(Limits.ForeignRetryMilliseconds, new Retry(() => 0.9).Next(0, Limits.ForeignRetryMilliseconds)));

    [Fact]
    public void A_link_that_held_for_long_begins_anew_and_one_that_did_not_does_not()
    {
        Retry retry = new(() => 0.999999);
        for (var failure = 0; failure < 10; failure++)
            retry.Next(0, Limits.RetryLeastMilliseconds);

        Assert.Equal(29999, retry.Next(Limits.RetryResetMilliseconds - 1, Limits.RetryLeastMilliseconds));
        Assert.Equal(999, retry.Next(Limits.RetryResetMilliseconds, Limits.RetryLeastMilliseconds));
    }
}
