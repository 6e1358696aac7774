using System.Buffers;
using System.Text;
using Chat.Client.Display;
using Chat.Client.Networking;
using Chat.Client.Storage;
using Chat.Client.Terminals;
using Chat.Client.Views;
using Chat.Protocol;

namespace Chat.Client;

/// <summary>
/// Runs <c>chat history</c>: prints the whole conversation that a server keeps. The conversation goes to stdout, all
/// other output to stderr.
/// </summary>
internal static class HistoryRole
{
    /// <summary>Runs an export until it ends.</summary>
    /// <param name="to">The server's address.</param>
    /// <param name="rules">The demands on the encryption.</param>
    /// <param name="isJson">Whether to write each line as JSON.</param>
    /// <param name="format">The format of times in text.</param>
    /// <param name="isAnonymous">Whether to leave out the whispers of this person.</param>
    /// <returns>The exit code.</returns>
    public static int Run(HostPort to, TrustRules rules, bool isJson, TimeFormat format, bool isAnonymous)
    {
        Diagnostics diagnostics = new(Console.Error);
        Func<string, string?> variable = Environment.GetEnvironmentVariable;
        string? warning = null;
        UInt128? identity = isAnonymous
            ? null
            : IdentityFile.Load(new UserPaths(variable, OperatingSystem.IsWindows()).Config, out warning);
        DatedLine text = new(format, LocalTimeZone.Load(variable, out string? zoneWarning));
        JsonLines json = new();
        RoomKeys keys = RoomKeys.Of(variable, isReadOnly: isAnonymous);
        keys.Load();
        foreach (string? words in (string?[])[warning, keys.Failure, zoneWarning])
        {
            if (words is not null)
                diagnostics.Print(words);
        }
        using Terminal terminal = Terminal.Open();
        terminal.TakesInput = false;
        RoomTrust trust = new(rules, keys, TimeProvider.System);
        using HistoryExport export = new(to, identity, trust, TimeProvider.System);
        ArrayBufferWriter<byte> lines = new();
        while (!export.IsComplete && export.Failure is null)
        {
            Wake wake = terminal.Wait(export.WaitHandle, alsoWritable: false, export.Patience);
            if (wake.HasFlag(Wake.SuspendAsked))
                terminal.Suspend();
            if (terminal.EndedBy is not null)
                break;
            export.Turn();
            while (export.TryTake(out ChatEvent @event))
            {
                if (isJson)
                    lines.Write(json.Format(@event));
                else if (text.Format(@event) is string line)
                    lines.Write(Encoding.UTF8.GetBytes(line + "\n"));
            }
            if (lines.WrittenCount == 0)
                continue;
            if (!terminal.Write(lines.WrittenSpan) && terminal.EndedBy is null)
            {
                diagnostics.Print("the conversation cannot be written: the output accepts no more data");
                return 1;
            }
            lines.ResetWrittenCount();
            export.NoteTaken();
        }
        return terminal.SignalCode ?? ExitCode(export, diagnostics);
    }

    private static int ExitCode(HistoryExport export, Diagnostics diagnostics)
    {
        if (export.Notice.Length > 0)
            diagnostics.Print(export.Notice);
        string? failure = export.Failure;
        if (failure is null && export.LostBytes > 0)
            failure = $"the server could not read {export.LostBytes} bytes of the conversation";
        if (failure is not null)
            diagnostics.Print(failure);
        return failure is null ? 0 : 1;
    }
}
