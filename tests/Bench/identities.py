#!/usr/bin/env python3
"""A flooder with a new identity for each of a thousand connections a second, and the time that a line of another
member takes meanwhile. The first half of the run fills the memory of people, and in the second half each newcomer
makes the server forget another person.

    tests/Bench/identities.py out/chat [SECONDS]
"""

import os
import socket
import subprocess
import sys
import threading
import time

PORT = 8233
RATE = 1000
OPEN_AT_ONCE = 200
PAUSE = 0.02


def join(name):
    """Joins as a rich client with a new identity."""
    member = socket.create_connection(("127.0.0.1", PORT))
    member.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    member.sendall(f"hello {name} {os.urandom(16).hex()} {os.urandom(16).hex()} - 0\n".encode())
    return member


def drain(member):
    while member.recv(65536):
        pass


def flood(ended, count):
    still_open = []
    due = time.monotonic()
    while not ended.is_set():
        member = join(f"x{count[0]}")
        member.sendall(b"say 1 x\nbye\n")
        count[0] += 1
        still_open.append(member)
        if len(still_open) > OPEN_AT_ONCE:
            still_open.pop(0).close()
        due += 1 / RATE
        time.sleep(max(0, due - time.monotonic()))


def share(times, part):
    return sorted(times)[int(len(times) * part)]


def main():
    binary = sys.argv[1]
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 45
    server = subprocess.Popen(
        [binary, "server", "127.0.0.1", str(PORT), "--rate", "0"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    server.stdout.readline()
    alice, bob = join("alice"), join("bob")
    threading.Thread(target=drain, args=(alice,), daemon=True).start()
    threading.Thread(target=server.stdout.read, daemon=True).start()
    ended, count, times = threading.Event(), [0], []
    threading.Thread(target=flood, args=(ended, count), daemon=True).start()
    lines = bob.makefile("rb")
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        number = len(times) + 1
        sent = time.monotonic()
        alice.sendall(f"say {number} probe{number}\n".encode())
        while not lines.readline().endswith(f" probe{number}\n".encode()):
            pass
        times.append(1000 * (time.monotonic() - sent))
        if number % 100 == 0:
            bob.sendall(b"ping 0\n")
        time.sleep(PAUSE)
    ended.set()
    half = len(times) // 2
    print(f"{count[0]} identities")
    for name, part in (("first", times[:half]), ("second", times[half:])):
        print(f"{name} half: median {share(part, 0.5):.2f} ms, 99 % {share(part, 0.99):.2f} ms")
    server.kill()


if __name__ == "__main__":
    main()
