// The commands, and the meaning of typed text.

import { link } from './link.js';
import { SAY_BYTES, SNIPPET_BYTES, SNIPPET_ROWS, encode } from './wire.js';

/** [names, arguments, purpose]; the usual name first. */
export const COMMANDS = [
	[['nick'], 'NAME', 'take a name'],
	[['me'], 'TEXT', 'say what you do: * alice waves'],
	[['msg', 'tell', 'w', 'whisper'], 'NAME TEXT', 'whisper to one person'],
	[['reply', 'r'], 'TEXT', 'answer the last whisper'],
	[['who', 'names', 'users', 'list'], '', 'list the people here'],
	[['topic'], '[TEXT]', 'show the topic; a host sets it'],
	[['find'], 'TEXT', 'search the history'],
	[['edit'], '[TEXT]', 'change your last message'],
	[['delete'], '', 'withdraw your last message'],
	[['ignore'], '[NAME]', 'hide the lines of a person'],
	[['unignore'], 'NAME', 'show them again'],
	[['help', 'h', '?'], '', 'list the commands'],
	[['quit', 'exit'], '', 'leave'],
];

// The server runs them, and others that it knows.
const OF_HOST = [
	[['kick'], 'NAME [REASON]', 'remove a person, who may come back'],
	[['ban'], 'NAME [10m|2h|1d]', 'remove a person and keep it out'],
	[['unban'], 'NAME', 'let in again'],
	[['bans'], '', 'list the bans and the mutes'],
	[['mute'], 'NAME [10m|2h|1d]', 'let a person say nothing'],
	[['unmute'], 'NAME', 'let a person speak again'],
	[['free'], 'NAME', 'free a kept name'],
	[['announce'], 'TEXT', 'tell all, in a line of the room'],
	[['limits'], '', 'list the bounds of the server'],
	[['stats'], '', 'show people, lines, processor and memory'],
	[['shutdown'], '[SECONDS|off]', 'end the room; off: go on'],
	[['op'], 'NAME', 'make a person a host'],
	[['deop'], 'NAME', 'take the rights of a host away'],
];

export const commands = () => (link.isHost ? [...OF_HOST, ...COMMANDS] : COMMANDS);
export const commandNamed = name => COMMANDS.find(([names]) => names.includes(name.toLowerCase()));
export const usage = ([[name], args]) => `/${name}${args && ' '}${args}`;

const refuse = error => ({ kind: 'refused', error });

/** Parses typed text: { kind: 'empty' | 'refused' | 'request' | 'local', ... }. */
export const parse = typed => !typed.trim() ? { kind: 'empty' }
	: typed.startsWith('/') && !typed.startsWith('//') ? command(typed.trimEnd())
	: message(typed.replace(/^\/\//, '/'));

/** A message; of several rows, or a long one, a snippet. */
export function message(typed) {
	const text = typed.replace(/\s+$|^\n+/g, '');
	const bytes = encode(text).length;
	if (bytes > SNIPPET_BYTES || text.split('\n').length > SNIPPET_ROWS)
		return refuse(`a message has at most ${SNIPPET_ROWS} rows and ${SNIPPET_BYTES / 1024} KiB; send this in parts`);
	return { kind: 'request', verb: /[\n\t]/.test(text) || bytes > SAY_BYTES ? 'snippet' : 'say', to: '', text };
}

function command(typed) {
	const [, name, rest] = /^\/(\S*)\s*(.*)$/s.exec(typed);
	const known = commandNamed(name);
	const slash = '; to say a text that begins with a slash, double it';
	if (!known && !link.isHost)
		return refuse(`there is no command /${name}${slash}`);
	if (rest.includes('\n') || encode(rest).length > SAY_BYTES)
		return refuse(`a command has one row of ${SAY_BYTES} bytes at most${slash}`);
	if (!known || (known[0][0] === 'topic' && rest))
		return { kind: 'request', verb: 'do', to: '', text: `${name} ${rest}`.trimEnd() };
	const [[verb], args] = known;
	const [, first, more] = /^@?(\S*)\s*(.*)$/s.exec(rest);
	if (args === 'NAME TEXT' ? !more : args && !args.startsWith('[') && !rest)
		return refuse(`usage: ${usage(known)}`);
	if (verb === 'msg')
		return { kind: 'request', verb: 'tell', to: first, text: more };
	return { kind: verb === 'nick' || verb === 'me' ? 'request' : 'local', verb, to: '',
		text: args.includes('NAME') ? first : rest };
}
