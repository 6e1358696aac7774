using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Chat.Tests.Support;

/// <summary>A test that needs an address of this machine beside the loopback.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SkippableAddressAttribute : FactAttribute
{
    public SkippableAddressAttribute(
        [CallerFilePath] string? sourceFilePath = null,
        [CallerLineNumber] int sourceLineNumber = -1
    )
        : base(sourceFilePath, sourceLineNumber) =>
        Skip = Own is null ? "this machine has no address but the loopback" : null;

    public static IPAddress? Own { get; } =
        NetworkInterface
            .GetAllNetworkInterfaces()
            .Where(static i => i.OperationalStatus == OperationalStatus.Up)
            .SelectMany(static i => i.GetIPProperties().UnicastAddresses)
            .Select(static a => a.Address)
            .FirstOrDefault(static a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a));
}
