// The membership over all connections: hello, resume, requests and acknowledgements.

import { HISTORY_ID, QUESTION_ID, bare, encode, escapeSnippet, lineReader, parseLogLine, word } from './wire.js';

const [CONNECT_MS, RETRY_LEAST_MS, RETRY_MOST_MS, STABLE_MS, HURRY_MS] = [10000, 500, 5000, 60000, 1000];
const [HEARTBEAT_MS, DEAD_MS, PROBE_MS, SAVE_MS] = [7000, 15000, 3000, 1000];
const [FIRST_LINES, ALL_LINES, MOST_PEOPLE] = [500, 1e6, 2000];

/**
 * State: waiting, connecting, secret (the room asks for it), joined or left. Tail: the end of the backlog. Lead: of the
 * page's clock.
 */
export const link = { state: 'waiting', name: '', isHost: false, whisperer: '', reason: '', tail: 0, lead: 0 };

let seat, token, on, wanted;
// Kept for the connections of this page alone.
let secret = '';
let socket = null;
let [failures, dialedAt, joinedAt, receivedAt, sentAt, probedAt] = [0, -HURRY_MS, 0, 0, 0, 0];
let [retryTimer, saveTimer] = [0, 0];
let begun, ownNumber, from, taken, isCatchingUp, wasWelcome;
// The lines of history asked for; whether some, and whether all, have come.
let [asked, isReplaying, isWhole] = [0, false, false];
let [people, found] = [[], []];
const now = () => performance.now();

export function startLink(ofSeat, ofPerson, handlers) {
	[seat, token, on] = [ofSeat, ofPerson, handlers];
}

export function join(name) {
	wanted = name;
	dial();
}

/** Connects now, or checks a connection that may have died in sleep. */
export function hurry() {
	if (link.state === 'waiting' && wanted && now() - dialedAt >= HURRY_MS) {
		dial();
	} else if (link.state === 'joined' && !probedAt && now() - sentAt >= HURRY_MS) {
		probedAt = now();
		ask(`ping ${QUESTION_ID}`);
		setTimeout(tick, PROBE_MS + 100);
	}
}

/** Runs every few seconds. */
export function tick() {
	const isSilent = link.state === 'joined' ? now() - receivedAt > DEAD_MS || (probedAt && now() - probedAt > PROBE_MS)
		: link.state === 'connecting' && now() - dialedAt > CONNECT_MS;
	if (isSilent)
		drop('the server does not answer');
	else if (now() - sentAt >= HEARTBEAT_MS)
		ask(`ping ${QUESTION_ID}`);
}

/** A numbered request is repeated after each welcome until it is acknowledged. */
export function request(verb, to, text) {
	seat.pending.push({ verb, to, text, id: 0 });
	flush();
	on.pending();
}

export function takeBack(entry) {
	seat.pending.splice(seat.pending.indexOf(entry), 1);
	save();
	on.pending();
}

/** Sends a question, which is not repeated after a break. Returns false without a connection. */
export function ask(line) {
	if (link.state !== 'joined')
		return false;
	send(`${line}\n`);
	return true;
}

export function askPeople() {
	people = [];
	ask(`people ${QUESTION_ID} 0`);
}

const askTopic = () => ask(`topic ${QUESTION_ID}`);

export const find = (before, text) => ask(`find ${QUESTION_ID} ${before} ${text}`);

/** Asks for older lines. */
export function askOlder(lines = ALL_LINES) {
	if (!asked && !isWhole && ask(`history ${HISTORY_ID} ${lines}`))
		asked = lines;
}

export function leave() {
	ask('bye');
	wanted = '';
	close();
	setState('left');
}

function dial() {
	close();
	if (!save())
		return;
	dialedAt = now();
	link.reason = '';
	const read = lineReader(take);
	const mine = (socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/chat`));
	mine.binaryType = 'arraybuffer';
	mine.onopen = sendHello;
	mine.onmessage = ({ data }) => {
		// What a connection that was given up still brings comes again.
		if (mine !== socket)
			return;
		[receivedAt, probedAt] = [now(), 0];
		read(new Uint8Array(data));
	};
	mine.onclose = () => mine === socket && drop(joinedAt ? '' : 'the server cannot be reached');
	setState('connecting');
}

function sendHello() {
	send(['hello', link.name || wanted, token, seat.id, seat.epoch, seat.epoch === '-' ? FIRST_LINES : seat.offset]
		.join(' ') + '\n');
}

/** Answers the question for the secret of the room. */
export function giveSecret(text) {
	secret = text;
	dialedAt = now();
	setState('connecting');
	send(`${text}\n`);
	sendHello();
}

function askSecret(why) {
	if (why)
		secret = '';
	link.reason = why;
	if (secret)
		giveSecret(secret);
	else
		setState('secret');
}

function take(text, bytes) {
	if (link.state === 'joined')
		takeLine(text, bytes);
	else if (text.startsWith('welcome '))
		takeWelcome(text);
	else if (text === '-- that is not it')
		askSecret('That is not it.');
	else if (text === '-- this room asks for its secret')
		link.state === 'secret' || askSecret('');
	else if (text.startsWith('-- '))
		link.reason = text.slice(3);
	else if (text.startsWith('gone '))
		removed(text);
}

// A host has removed this person.
function removed(text) {
	link.reason = word(word(text)[1])[1];
	wanted = '';
	close();
	setState('left');
}

function takeWelcome(text) {
	const [, name, epoch, ...numbers] = text.split(' ');
	[begun, ownNumber, from, link.tail, taken] = numbers.map(Number);
	const isReturn = seat.epoch !== '-';
	const isNewLog = epoch !== seat.epoch;
	if (isReturn && (isNewLog || from !== seat.offset))
		on.gap(isNewLog, from - seat.offset);
	if (isReturn && isNewLog)
		giveUp(entry => ['edit', 'delete', 're'].includes(entry.verb), 'the server has another log now');
	[link.name, link.isHost] = [bare(name), name !== bare(name)];
	[isCatchingUp, asked, isReplaying, isWhole] = [true, 0, false, isWhole && !isNewLog];
	Object.assign(seat, { epoch, offset: from, lastId: Math.max(seat.lastId, taken) });
	if (isNewLog)
		seat.readOffset = isReturn ? 0 : link.tail;
	for (const entry of seat.pending)
		entry.sentAt = 0;
	joinedAt = receivedAt = now();
	on.welcome(isNewLog);
	setState('joined');
	save();
	catchUp();
	flush();
	askPeople();
	askTopic();
	// A reloaded page has its offset, but not the lines before it.
	if (!wasWelcome && !isNewLog)
		askOlder(FIRST_LINES);
	wasWelcome = true;
}

function takeLine(text, bytes) {
	if (/^\d/.test(text)) {
		const line = parseLogLine(text);
		if (line)
			takeLogLine(line, line.offset + bytes);
		return;
	}
	const [verb, rest] = word(text);
	const [id, words] = word(rest);
	if (verb === 'err') {
		on.note('error', words, acknowledge(+id));
	} else if (verb === 'done') {
		acknowledge(+id);
	} else if (verb === 'gone') {
		removed(text);
	} else if (verb === 'info' && +id !== HISTORY_ID) {
		on.note('info', words);
	} else if (verb === 'topic') {
		on.topic(words);
	} else if (verb === 'person') {
		people.push(words.split(' ')[1]);
	} else if (verb === 'people') {
		const [next, total] = words.split(' ');
		if (next === '-' || people.length >= MOST_PEOPLE)
			on.people(people, +total);
		else
			ask(`people ${QUESTION_ID} ${next}`);
	} else if (verb === 'finding') {
		found = [];
	} else if (verb === 'found') {
		const line = parseLogLine(words);
		if (line)
			found.push(eventOf(line));
	} else if (verb === 'find') {
		on.found(found, words === '-' ? 0 : +words);
	}
}

function takeLogLine(line, end) {
	const event = eventOf(line);
	const { isAgain } = event;
	if (isAgain && !asked)
		return;
	if (line.id > 0 && line.seat === ownNumber && acknowledge(line.id))
		event.isMine = true;
	if (!isAgain) {
		if (isReplaying)
			endReplay();
		remember(event);
		if (!event.isBacklog)
			link.lead = Date.now() - event.at;
		// It may be about the topic.
		if (!event.isBacklog && line.kind === 'notice' && line.name === '-')
			askTopic();
		seat.offset = end;
		saveTimer ||= setTimeout(save, SAVE_MS);
	}
	on.line(event);
	isReplaying ||= isAgain;
	if (isAgain && end >= seat.offset)
		endReplay();
	catchUp();
}

function endReplay() {
	[isWhole, asked, isReplaying] = [asked === ALL_LINES, 0, false];
}

function eventOf(line) {
	return {
		...line,
		at: begun + line.time,
		isMine: line.name === link.name || (line.seat > 0 && line.seat === ownNumber),
		isBacklog: line.offset < link.tail,
		isAgain: line.offset < seat.offset,
	};
}

function remember({ kind, name, text, former, isMine, isBacklog, isHost }) {
	const [from, to] = kind === 'rename' ? [name, text] : [former, name];
	// In the backlog, another person may have had the own name.
	if (kind === 'rename' && name === link.name && !isBacklog)
		[link.name, link.isHost] = [text, isHost];
	if (from && from === link.whisperer)
		link.whisperer = to;
	// Another person has that name now.
	else if (from && to === link.whisperer)
		link.whisperer = '';
	else if (kind === 'tell' && !isMine)
		link.whisperer = name;
}

function acknowledge(id) {
	const entry = id > 0 && seat.pending.find(each => each.id === id);
	if (entry)
		takeBack(entry);
	return entry;
}

// At the tail, a request that the server has taken came back, or was refused.
function catchUp() {
	if (!isCatchingUp || seat.offset < link.tail)
		return;
	isCatchingUp = false;
	giveUp(entry => entry.id > 0 && entry.id <= taken, 'the answer was lost with the old connection');
}

function giveUp(isGone, why) {
	const gone = seat.pending.filter(isGone);
	seat.pending = seat.pending.filter(entry => !isGone(entry));
	for (const entry of gone)
		on.note('error', why, entry);
}

// The seat is saved before the bytes go: a request whose id is lost could be said twice.
function flush() {
	const isDue = ({ id, sentAt }) => link.state === 'joined' && !sentAt && (!id || id > taken);
	const due = seat.pending.filter(isDue);
	for (const entry of due) {
		entry.id ||= ++seat.lastId;
		entry.sentAt = Date.now();
	}
	if (save())
		send(due.map(requestLine).join(''));
}

function requestLine({ verb, id, to, text }) {
	const words = verb === 'snippet' || verb === 'edit' ? escapeSnippet(text) : text;
	return `${[verb, id, to, words].filter(field => field !== '').join(' ')}\n`;
}

function send(text) {
	if (text && socket?.readyState === WebSocket.OPEN) {
		sentAt = now();
		socket.send(encode(text));
	}
}

function drop(reason) {
	close();
	link.reason ||= reason;
	if (joinedAt && now() - joinedAt >= STABLE_MS)
		failures = 0;
	joinedAt = link.tail = 0;
	// With jitter, the pages of a restarted server do not return all at once.
	const most = Math.min(RETRY_MOST_MS, RETRY_LEAST_MS << Math.min(++failures, 16));
	retryTimer = setTimeout(dial, RETRY_LEAST_MS + Math.random() * (most - RETRY_LEAST_MS));
	setState('waiting');
}

function close() {
	clearTimeout(retryTimer);
	socket?.close();
	[socket, probedAt] = [null, 0];
}

function setState(state) {
	link.state = state;
	on.state();
}

function save() {
	clearTimeout(saveTimer);
	saveTimer = 0;
	if (seat.save())
		return true;
	close();
	on.lost();
	return false;
}
