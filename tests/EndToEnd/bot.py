#!/usr/bin/env python3
"""A bot that knows who is here. It says so when somebody asks: people?

usage: bot.py CHAT ADDRESS PORT

CHAT is the program `chat`. The bot ends when somebody says: bot, go home
"""
import json
import subprocess
import sys

chat = subprocess.Popen(
    [sys.argv[1], "client", sys.argv[2], sys.argv[3], "--json", "--name", "bot"],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
here = set()


def request(**fields):
    chat.stdin.write(json.dumps(fields) + "\n")
    chat.stdin.flush()


for line in chat.stdout:
    event = json.loads(line)
    kind = event["type"]
    if kind == "present":
        here = {person["name"] for person in event["people"]}
    elif event.get("history"):
        continue
    elif kind == "join":
        here.add(event["name"])
    elif kind == "leave":
        here.discard(event["name"])
    elif kind == "rename":
        here.discard(event["name"])
        here.add(event["text"])
    elif kind == "say" and event["text"] == "people?":
        request(type="say", text="here: " + " ".join(sorted(here)))
    elif kind == "say" and event["text"] == "bot, go home":
        request(type="quit")

sys.exit(chat.wait())
