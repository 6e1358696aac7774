using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Chat.Bench;

/// <summary>What the client did with a long conversation.</summary>
internal sealed record ClientInPipe(int Lines, double CpuSeconds, double Seconds);

/// <summary>What the client did at a terminal in a flood; the frames drawn for keys are not counted.</summary>
internal sealed record ClientInFlood(double LinesPerSecond, double FramesPerSecond, Latencies Echoes);

/// <summary>
/// The other end: our client, and a server that is nothing but a log it has never seen. Through a pipe counts what a
/// long backlog costs; at a terminal (script(1) has one) somebody types while the server says more than can ever be
/// shown, and counts how long each key takes to stand in the prompt.
/// </summary>
internal static class ClientCost
{
    private const int Keys = 40;
    private const string Name = "kim";
    private static readonly TimeSpan KeyEvery = TimeSpan.FromMilliseconds(73),
        Patience = TimeSpan.FromSeconds(30);

    /// <summary>A backlog of so many lines, to a pipe.</summary>
    public static ClientInPipe InPipe(string binary, int lines)
    {
        using Socket listener = Listen();
        Stopwatch watch = Stopwatch.StartNew();
        using Ended client = new(Start(binary, [binary, .. Arguments(listener)]));
        using Socket socket = Welcome(listener, lines);
        Thread speaker = new(() => Speak(socket, lines)) { IsBackground = true };
        speaker.Start();
        // The greeting comes through the pipe as well.
        _ = client.StandardOutput.ReadLine();
        for (int i = 0; i < lines; i++)
        {
            string line =
                client.StandardOutput.ReadLine() ?? throw new TimeoutException($"the client has ended after {i} lines");
            if (!line.EndsWith(Text(i), StringComparison.Ordinal))
                throw new TimeoutException($"line {i} of the client is '{line}'");
        }
        ClientInPipe outcome = new(lines, ProcessCost.Of(client.Id).CpuSeconds, watch.Elapsed.TotalSeconds);
        return outcome;
    }

    /// <summary>A flood, at a terminal.</summary>
    public static ClientInFlood InFlood(string binary)
    {
        using Socket listener = Listen();
        string command = string.Join(
            ' ',
            new[] { binary }.Concat(Arguments(listener)).Select(static word => $"'{word}'")
        );
        using Ended terminal = new(
            Start(
                binary,
                ["script", "--quiet", "--flush", "--command", $"stty columns 80 rows 24; exec {command}", "/dev/null"]
            )
        );
        using Socket socket = Welcome(listener, 0);
        Reading reading = new(terminal.StandardOutput.BaseStream) { Awaited = Prompt("") };
        Reading.WaitFor(() => reading.Awaited is null, Patience, "the prompt");
        Thread speaker = new(() => Speak(socket, int.MaxValue)) { IsBackground = true };
        speaker.Start();
        Reading.WaitFor(() => reading.Lines > 1000, Patience, "the flood");

        (long lines, int frames) = (reading.Lines, reading.Frames);
        Stopwatch watch = Stopwatch.StartNew();
        Latencies echoes = new();
        string typed = "";
        for (int i = 0; i < Keys; i++)
        {
            while (watch.Elapsed < i * KeyEvery)
                Thread.Sleep(1);
            typed += (char)('a' + (i % 26));
            reading.Awaited = Prompt(typed);
            long at = Stopwatch.GetTimestamp();
            terminal.StandardInput.BaseStream.Write([(byte)typed[^1]]);
            terminal.StandardInput.BaseStream.Flush();
            Reading.WaitFor(() => reading.Awaited is null, Patience, $"'{typed}' at the prompt");
            echoes.Add(reading.SeenAt - at);
        }
        double seconds = watch.Elapsed.TotalSeconds;
        ClientInFlood outcome = new(
            (reading.Lines - lines) / seconds,
            (reading.Frames - frames - Keys) / seconds,
            echoes
        );
        return outcome;
    }

    private static byte[] Prompt(string typed) => Encoding.ASCII.GetBytes($"{Name}> {typed}\e[K");

    private static Socket Listen()
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    private static string[] Arguments(Socket listener) =>
        [
            "client",
            "127.0.0.1",
            ((IPEndPoint)listener.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture),
            "--name",
            Name,
            "--no-identity",
            "--private",
            "--listen",
        ];

    // The shell becomes the program, so the process is the program's.
    private static Process Start(string binary, string[] command)
    {
        ProcessStartInfo start = new("/bin/sh", ["-c", "exec \"$@\" 2>&1", "sh", .. command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["TERM"] = "xterm-256color";
        return Process.Start(start) ?? throw new TimeoutException($"{binary} does not start");
    }

    private static Socket Welcome(Socket listener, int lines)
    {
        Socket socket = listener.Accept();
        socket.Send("Welcome to this chatroom! [chat/1]\n"u8);
        byte[] hello = new byte[1024];
        for (int heard = 0; heard == 0 || hello[heard - 1] != '\n'; )
            heard += socket.Receive(hello.AsSpan(heard));
        socket.Send(Encoding.ASCII.GetBytes($"welcome {Name} 0123456789abcdef 1764000000000 7 0 {lines} 0\n"));
        return socket;
    }

    private static string Text(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"line {number} of what is said while somebody types");

    private static void Speak(Socket socket, int lines)
    {
        byte[] piece = new byte[64 * 1024];
        long offset = 0;
        try
        {
            for (int i = 0; i < lines; )
            {
                int length = 0;
                for (; i < lines && length < piece.Length - 256; i++)
                {
                    int line = Encoding.ASCII.GetBytes(
                        string.Create(CultureInfo.InvariantCulture, $"{offset} {i} say bob 3.{i + 1} {Text(i)}\n"),
                        piece.AsSpan(length)
                    );
                    length += line;
                    offset += line;
                }
                for (int sent = 0; sent < length; )
                    sent += socket.Send(piece.AsSpan(sent, length - sent));
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The client was ended: enough was measured.
        }
    }

    /// <summary>A program that does not outlive what is measured, however that ends.</summary>
    private sealed class Ended(Process process) : IDisposable
    {
        public int Id => process.Id;

        public StreamReader StandardOutput => process.StandardOutput;

        public StreamWriter StandardInput => process.StandardInput;

        public void Dispose()
        {
            process.Kill(entireProcessTree: true);
            process.Dispose();
        }
    }

    /// <summary>What a program writes to its terminal, read as it comes on a thread of its own.</summary>
    private sealed class Reading
    {
        private static readonly byte[] PromptHead = Encoding.ASCII.GetBytes(Name + "> ");
        private readonly Stream _stream;
        private volatile byte[]? _awaited;
        private long _lines;
        private int _frames;

        public Reading(Stream stream)
        {
            _stream = stream;
            new Thread(Read) { IsBackground = true }.Start();
        }

        public long Lines => Volatile.Read(ref _lines);

        /// <summary>Times the prompt was drawn.</summary>
        public int Frames => Volatile.Read(ref _frames);

        /// <summary>What is looked for; null once it came.</summary>
        public byte[]? Awaited
        {
            get => _awaited;
            set => _awaited = value;
        }

        /// <summary>When it came.</summary>
        public long SeenAt { get; private set; }

        public static void WaitFor(Func<bool> holds, TimeSpan patience, string what)
        {
            for (Stopwatch watch = Stopwatch.StartNew(); !holds(); Thread.Sleep(1))
            {
                if (watch.Elapsed > patience)
                    throw new TimeoutException($"the client has not shown {what}");
            }
        }

        private void Read()
        {
            byte[] bytes = new byte[128 * 1024];
            int kept = 0;
            while (_stream.Read(bytes, kept, bytes.Length - kept) is > 0 and int count)
            {
                ReadOnlySpan<byte> all = bytes.AsSpan(0, kept + count);
                // What may be the beginning of something is looked at again with what follows.
                kept = Math.Min(all.Length, 64);
                ReadOnlySpan<byte> whole = all[..^kept];
                Volatile.Write(ref _lines, _lines + whole.Count((byte)'\n'));
                Volatile.Write(ref _frames, _frames + all.Count(PromptHead) - all[^kept..].Count(PromptHead));
                if (_awaited is byte[] awaited && all.IndexOf(awaited) >= 0)
                {
                    SeenAt = Stopwatch.GetTimestamp();
                    _awaited = null;
                }
                all[^kept..].CopyTo(bytes);
            }
        }
    }
}
