#!/usr/bin/env python3
"""Measures searches and exports of a large history, and how long a line of another member takes meanwhile.

usage: tests/Bench/find.py BINARY [MEGABYTES [cold]]    (Linux; needs that much space in TMPDIR)

It writes a history, starts `BINARY server`, and times lines between two members: first in a quiet room, then while a
third one searches for a text that is not there, and while `BINARY history` exports everything. "cold" drops the file
from the page cache before the searches.
"""
import os, socket, subprocess, sys, tempfile, threading, time

binary, megabytes = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000
is_cold = "cold" in sys.argv[3:]
folder = tempfile.TemporaryDirectory()
path = os.path.join(folder.name, "history")

WORDS = "the build is green again and nobody knows why so we let it run over lunch".split()


def write_history():
    at, number = 0, 0
    with open(path, "wb", buffering=1 << 20) as file:
        file.write(b"chat-history 1 0123456789abcdef 1767323045000 0\n\n")
        while at < megabytes * 1_000_000:
            number += 1
            text = " ".join(WORDS[(number * k) % len(WORDS)] for k in range(1, 2 + number % 12))
            line = f"{at} {number * 100} say bob 0 {text}\n".encode()
            file.write(line)
            at += len(line)
    os.chmod(path, 0o600)


def join(port, name, person):
    peer = socket.create_connection(("127.0.0.1", port))
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lines = peer.makefile("rb")
    lines.readline()
    peer.sendall(f"hello {name} - {person:032x} - 0\n".encode())
    while not lines.readline().startswith(b"welcome "):
        pass
    return peer, lines


def cpu(process):
    fields = open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak(process):
    status = open(f"/proc/{process.pid}/status").read()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def talk(speaker, lines, is_over):
    delays = []
    while not is_over(len(delays)):
        text = b"probe %d" % time.monotonic_ns()
        began = time.monotonic()
        speaker[0].sendall(b"say %d " % speaker[2] + text + b"\n")
        speaker[2] += 1
        while not lines.readline().rstrip().endswith(text):
            pass
        delays.append(1000 * (time.monotonic() - began))
        time.sleep(0.005)
    delays.sort()
    at = lambda share: delays[min(len(delays) - 1, int(share * len(delays)))]
    return f"{len(delays)} lines; ms: median {at(.5):.2f}, 99 % {at(.99):.2f}, most {delays[-1]:.2f}"


write_history()
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
began = time.monotonic()
server = subprocess.Popen(
    [binary, "server", "127.0.0.1", str(port), "--history", path, "--rate", "0"],
    stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
)
try:
    for line in server.stderr:
        if b"listening on" in line:
            break
    threading.Thread(target=server.stdout.read, daemon=True).start()
    threading.Thread(target=server.stderr.read, daemon=True).start()
    print(f"{os.path.getsize(path) / 1e6:.0f} MB; start of the server: {time.monotonic() - began:.1f} s")
    speaker = [*join(port, "ann", 1), 1]
    listener = join(port, "bob", 2)
    seeker = join(port, "cy", 3)
    threading.Thread(target=speaker[1].read, daemon=True).start()
    print("quiet:    ", talk(speaker, listener[1], lambda count: count == 300))
    for text in ["no such text", "green again and nothing", "ёёё", "say"]:
        if is_cold:
            with open(path, "rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        done = []

        def seek():
            before, used = time.monotonic(), cpu(server)
            seeker[0].sendall(f"find 7 0 {text}\n".encode())
            while not seeker[1].readline().startswith(b"find 7 "):
                pass
            took, used = time.monotonic() - before, cpu(server) - used
            done.append(f"{took:.2f} s, {megabytes / took:.0f} MB/s, {100 * used / took:.0f} % of a core")

        thread = threading.Thread(target=seek)
        thread.start()
        words = talk(speaker, listener[1], lambda _: not thread.is_alive())
        print(f"{text!r}: {done[0]}\n          ", words)
    exported = os.path.join(folder.name, "exported")
    for options in [[], ["--json"]]:
        before, used = time.monotonic(), cpu(server)
        with open(exported, "wb") as file:
            export = subprocess.Popen([binary, "history", "127.0.0.1", str(port), *options], stdout=file)
            words = talk(speaker, listener[1], lambda _: export.poll() is not None)
        took, used = time.monotonic() - before, cpu(server) - used
        print(
            f"history {' '.join(options)}: exit {export.wait()}, {took:.1f} s, {megabytes / took:.0f} MB/s, "
            f"{os.path.getsize(exported) / 1e6:.0f} MB written; server: {100 * used / took:.0f} % of a core, "
            f"at most {peak(server)} MB\n          ", words,
        )
finally:
    server.kill()
    server.wait()
    folder.cleanup()
