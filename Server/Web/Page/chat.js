// Joins the parts, and keeps the conversation in order.

import { draftText, setDraft, setTarget, startComposer } from './composer.js';
import { askOlder, find, giveSecret, hurry, join, leave, link, request, startLink, takeBack, tick } from './link.js';
import { focusItem, insert, isAtBottom, items, remove, startList, toBottom, touch, update } from './list.js';
import { followPeople, namesHere, replacePeople } from './people.js';
import {
	byId, dayOf, drawRow, isSaid, keyOf, make, makeButton, mentions, presenceWords, timeOf,
} from './rows.js';
import { claimSeat, read, token, write } from './store.js';

const [MOST_ITEMS, SPARE_ITEMS, MOST_CHANGES] = [20000, 1000, 200];
const [LATE_MS, CHANGE_MS, NEAR_TOP] = [2000, 600000, 800];
const [MOST_SPOKEN, SPEAK_MS] = [5, 300];
const isAttended = () => document.visibilityState === 'visible' && document.hasFocus();
const seat = await claimSeat();

// # The conversation

// This log's lines, its changes by the offset of their message, and its first item.
const [lines, changes] = [new Map(), new Map()];
let firstItem = 0;

// A note of the page stands between two lines.
function indexFor(place) {
	let [low, high] = [firstItem, items.length];
	while (low < high) {
		const middle = (low + high) >> 1;
		[low, high] = items[middle].place <= place ? [middle + 1, high] : [low, middle];
	}
	return low;
}

function add(item) {
	insert(indexFor(item.place), item);
	if (items.length > MOST_ITEMS)
		forgetOldest();
}

function forgetOldest() {
	remove(0, SPARE_ITEMS);
	firstItem = Math.max(0, firstItem - SPARE_ITEMS);
	const isGone = offset => offset < items[firstItem]?.place;
	[lines, changes].forEach(map => [...map.keys()].filter(isGone).forEach(offset => map.delete(offset)));
}

function removeItem(item) {
	const index = items.indexOf(item);
	if (index < 0)
		return;
	remove(index);
	firstItem -= index < firstItem;
}

// A note stands below the backlog, even while that is coming.
function addNote(kind, text, place = Math.max(seat.offset, link.tail)) {
	add({ kind, text, at: Date.now() - link.lead, place: place - 0.5 });
	speak(text);
	if (kind !== 'notice')
		toBottom();
}

const fail = (words, place) => addNote('error', words, place);
const tell = words => addNote('info', words);

function takeLine(event) {
	if (!event.isAgain) {
		followPeople(event);
		followNames(event);
	}
	if (lines.has(event.offset))
		return;
	const { kind, name, text } = event;
	lines.set(event.offset, event);
	event.place = event.offset;
	event.isHidden = isIgnored(name);
	if (kind === 'edit' || kind === 'delete')
		takeChange(event);
	else if (['join', 'leave', 'rename'].includes(kind))
		takePresence(event);
	else if (kind === 'notice')
		add(event);
	else if (isSaid(event))
		takeSaid(event);
}

function takeSaid(event) {
	event.isMention = !event.isMine && (event.kind === 'tell' || mentions(event.text, link.name));
	apply(changes.get(event.offset), event);
	count(event);
	add(event);
}

function takeChange(event) {
	// The message may not be loaded yet.
	changes.set(event.target, event);
	apply(event, lines.get(event.target));
	if (!event.isAgain && !event.isHidden && !event.isMine)
		speak(event.text ? `${event.name} corrects: ${event.text}` : `${event.name} withdraws a message`);
}

function apply(change, item) {
	if (!change || !item || item.isWithdrawn)
		return;
	item.isWithdrawn = change.kind === 'delete';
	[item.note, item.text] = [item.isWithdrawn ? '(withdrawn)' : ' (edited)', change.text];
	touch(item);
}

// Joins and leaves in a row share one row, and so does the name that a new guest takes.
function takePresence({ kind, name, text, at, place, isMine, isHidden }) {
	let row = items[indexFor(place) - 1];
	const isNew = !row?.changes || row.changes.length >= MOST_CHANGES || dayOf(row.at) !== dayOf(at);
	const known = isNew ? [] : row.changes.filter(each => each.name === name);
	// Only the mark of a host changed.
	if (isHidden || (kind === 'rename' && name === text))
		return;
	if (kind === 'rename' && !known.length) {
		add({ kind: 'notice', text: isMine ? `you are now ${text}` : `${name} is now ${text}`, at, place });
		return;
	}
	if (isNew)
		add((row = { kind: 'presence', changes: [], text: '', place }));
	if (kind === 'rename')
		known.forEach(each => (each.name = text));
	else
		row.changes.push({ name, isJoin: kind === 'join', reason: text });
	[row.at, row.text] = [at, presenceWords(row.changes)];
	touch(row);
}

function takeWelcome(isNewLog) {
	showTitle();
	if (!isNewLog)
		return;
	// Offsets of another log mean nothing here.
	items.forEach(item => (item.offset = undefined));
	firstItem = items.length;
	lines.clear();
	changes.clear();
	setTarget(null);
}

function takeGap(isNewLog, bytes) {
	fail(isNewLog ? 'the server restarted without the earlier conversation'
		: `${bytes > 0 ? `${bytes} bytes` : 'a part'} of the conversation is missing`, seat.offset);
}

const takeNote = (kind, words, entry) =>
	addNote(kind, words + (entry ? `\nnot said: ${shownText(entry).slice(0, 200)}` : ''));

// # Unread lines

let [unread, newBelow, spoken] = [0, 0, []];
let [marker, isMarking] = [null, false];

const newLines = number => `${number} new line${number === 1 ? '' : 's'}`;

function count(event) {
	if (event.isMine || event.isAgain || event.isHidden || event.offset < seat.readOffset)
		return;
	const isAway = !isAttended();
	if (event.isBacklog || isAway)
		mark(event);
	if (!event.isBacklog)
		speak(lineWords(event));
	newBelow++;
	if (isAway) {
		unread++;
		showTitle();
		if (event.isMention && !event.isBacklog)
			notify(lineWords(event));
	} else {
		seat.readOffset = seat.offset;
	}
}

function mark(event) {
	if (!isMarking) {
		removeItem(marker);
		marker = { kind: 'marker', at: event.at, place: event.offset - 0.25, lines: 0, mentions: 0, text: '' };
		add(marker);
	}
	isMarking = true;
	marker.lines++;
	marker.mentions += event.isMention ? 1 : 0;
	marker.text = newLines(marker.lines) + (marker.mentions ? `, ${marker.mentions} for you` : '');
	touch(marker);
}

function attend() {
	hurry();
	if (isAttended())
		[unread, isMarking, seat.readOffset] = [0, false, seat.offset];
	else
		saveDraft();
	showTitle();
}

function saveDraft() {
	seat.draft = draftText();
	seat.save();
}

function showTitle() {
	document.title = `${unread ? `(${unread}) ` : ''}chat${link.name && ` - ${link.name}`}`;
}

const lineWords = ({ kind, name, to, text }) =>
	(kind === 'me' ? `* ${name} ` : kind === 'tell' ? `${name} whispers to ${to}: ` : `${name}: `) + text;

// For a screen reader; of a flood, the last lines.
function speak(words) {
	if (spoken.push(words) === 1)
		setTimeout(() => {
			byId('live').replaceChildren(...spoken.slice(-MOST_SPOKEN).map(each => make('p', '', each)));
			spoken = [];
		}, SPEAK_MS);
}

const permission = () => (isSecureContext ? window.Notification?.permission : '');

function notify(words) {
	if (permission() !== 'granted')
		return;
	try {
		new Notification(document.title, { body: words.slice(0, 160), tag: 'chat' }).onclick = () => window.focus();
	} catch {
		// Some phones refuse it.
	}
}

// # The window

function moved() {
	const { scrollTop, scrollHeight, clientHeight } = byId('log');
	if (isAtBottom)
		newBelow = 0;
	byId('newest').hidden = isAtBottom;
	byId('newest').textContent = newBelow ? newLines(newBelow) : 'Newest';
	if (scrollTop < NEAR_TOP && (!isAtBottom || scrollHeight <= clientHeight))
		askOlder();
}

const typedText = ({ verb, to, text }) => verb === 'tell' ? `/msg ${to} ${text}` : verb === 'do' ? `/${text}`
	: verb === 'nick' ? `/nick ${text}` : text;

const shownText = ({ verb, to, text }) => verb === 'tell' ? `to ${to}: ${text}`
	: verb === 'nick' || verb === 'do' ? typedText({ verb, text })
	: verb === 'me' ? `* ${text}` : verb === 'delete' ? '(withdraw a message)' : text;

let lateTimer = 0;

function showPending() {
	const isLate = ({ id, sentAt }) => id && Date.now() - (sentAt || 0) >= LATE_MS;
	byId('pending').replaceChildren(...seat.pending.map(entry => make('div', 'row',
		make('div', 'text', shownText(entry)),
		isLate(entry) ? make('span', 'late', 'not taken yet') : '',
		entry.id ? '' : makeButton('take back', () => {
			takeBack(entry);
			if (!draftText())
				setDraft(typedText(entry));
		}))));
	clearTimeout(lateTimer);
	if (!seat.pending.every(isLate))
		lateTimer = setTimeout(showPending, LATE_MS / 4);
	update();
}

let wasLost = false;

function showState() {
	const { state, reason, name } = link;
	const show = (...words) => byId('status').replaceChildren(...words);
	document.body.dataset.link = state;
	if (state === 'joined') {
		show();
		if (wasLost)
			addNote('notice', 'connected again', seat.offset);
		wasLost = false;
		showPending();
	} else if (state === 'secret') {
		byId('secret-wrong').textContent = reason;
		byId('secret').open || byId('secret').showModal();
	} else if (state === 'left') {
		show(reason ? `${reason}. ` : 'You have left the room. ', makeButton('Join again', () => location.reload()));
	} else if (state === 'waiting') {
		const words = reason || 'the connection was lost';
		if (!wasLost && name)
			fail(words);
		wasLost ||= name !== '';
		show(`${words[0].toUpperCase()}${words.slice(1)}. Trying again... `, makeButton('Try now', hurry));
	}
}

// # Commands

function run({ kind, verb, to, text, error }) {
	if (kind === 'refused')
		fail(error);
	else if (kind === 'request')
		say(verb, to, text);
	else
		LOCAL[verb](text);
}

function say(verb, to, text) {
	request(verb, to, text);
	isMarking = false;
	toBottom();
}

const LOCAL = {
	reply: text => link.whisperer ? say('tell', link.whisperer, text)
		: fail('there is no whisper to answer yet; /msg NAME TEXT sends one'),
	who: () => tell([`${link.name} (you)`, ...namesHere()].join(', ')),
	find: text => {
		sought = text;
		if (!find(0, text))
			fail('the server searches, and there is no connection now; try again later');
	},
	edit: text => changeLast(item => text ? say('edit', `${item.offset}`, text) : setTarget('edit', item)),
	delete: () => changeLast(item => say('delete', `${item.offset}`, '')),
	ignore: name => !name || keyOf(name) === keyOf(link.name)
		? tell(`ignored: ${ignored.map(each => each.name).join(', ') || 'no person'}`)
		: setIgnored([...ignored.filter(isOther(name)), { name, keys: [keyOf(name)] }],
			`${name} is ignored; /unignore ${name} ends it`),
	unignore: name => setIgnored(ignored.filter(isOther(name)), `${name} is not ignored`),
	topic: () => tell(byId('topic').textContent ? `the topic: ${byId('topic').textContent}` : 'there is no topic'),
	// The menu lists the commands.
	help: () => setDraft('/'),
	quit: leave,
};

const isChangeable = item => item.isMine && (item.kind === 'say' || item.kind === 'me') && !item.isWithdrawn
	&& item.offset !== undefined && Date.now() - link.lead - item.at < CHANGE_MS;

const lastOwn = () => items.findLast(isChangeable);

function changeLast(change) {
	if (lastOwn() && !seat.pending.length)
		change(lastOwn());
	else
		fail('there is no message of yours from the last 10 minutes, or the server has not taken the last one yet');
}

// # Ignored people

// { name, keys: of all its names, the newest first }. A person stays ignored under a new name.
const readIgnored = () => [read('ignored')].flat().filter(each => Array.isArray(each?.keys));
let ignored = readIgnored();
const isOther = name => each => !each.keys.includes(keyOf(name));
const isIgnored = name => ignored.some(each => each.keys[0] === keyOf(name));

function followNames({ kind, name, text, former }) {
	const [from, to] = kind === 'rename' ? [name, text] : [former, name];
	const entry = from && ignored.find(each => each.keys[0] === keyOf(from));
	if (entry) {
		Object.assign(entry, { name: to, keys: [keyOf(to), ...entry.keys].slice(0, 16) });
		write('ignored', ignored);
	}
	if (kind === 'rename' && text === link.name) {
		write('name', text);
		showTitle();
	}
}

function setIgnored(list, words) {
	ignored = list;
	write('ignored', list);
	hideIgnored();
	tell(words);
}

function hideIgnored() {
	const keys = new Set(ignored.flatMap(each => each.keys));
	for (const item of items.filter(isSaid)) {
		item.isHidden = keys.has(keyOf(item.name));
		touch(item);
	}
}

// # Search

let [sought, before] = ['', 0];

function takeFound(found, next) {
	const rows = byId('found-rows');
	before = next;
	byId('found-title').textContent = `Lines with: ${sought}`;
	byId('found-older').hidden = !next;
	rows.prepend(...found.reverse().filter(line => !isIgnored(line.name)).map(line => {
		const row = makeButton('', () => showLine(lines.get(line.offset)), 'found-row');
		row.append(make('time', '', `${dayOf(line.at)}, ${timeOf(line.at)}`), ' ', make('bdi', '', lineWords(line)));
		return row;
	}));
	if (!rows.hasChildNodes())
		rows.append('No line was found.');
	if (!byId('found').open)
		byId('found').showModal();
}

function showLine(item) {
	byId('found').close();
	if (items.includes(item))
		focusItem(item);
	else
		tell('the page has not loaded this line; scroll up to load more');
}

// # The actions of a row

const actions = make('div', 'actions');

const ACTIONS = [
	['Answer', item => item.offset !== undefined && item.kind !== 'tell', item => setTarget('re', item)],
	['Copy', () => true, item => copy(item.text)],
	['Change', isChangeable, item => setTarget('edit', item)],
	['Withdraw', isChangeable, item => say('delete', `${item.offset}`, '')],
];

const rowOf = event => event.target.closest('.row[tabindex]');
const itemOf = row => row && items.find(item => item.element === row);

function showActions(row) {
	const item = itemOf(row);
	if (!item || item.isWithdrawn)
		actions.remove();
	else if (actions.parentNode !== row) {
		actions.replaceChildren(...ACTIONS.filter(([, isPossible]) => isPossible(item)).map(([words, , act]) =>
			makeButton(words, () => {
				actions.remove();
				act(item);
			})));
		row.append(actions);
	}
}

// navigator.clipboard exists on https and localhost only.
function copy(text) {
	const box = make('textarea', 'unseen');
	box.value = text;
	document.body.append(box);
	box.select();
	document.execCommand('copy');
	box.remove();
}

// Up and Down walk over the messages.
function walk(event) {
	const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
	if (!step || event.target.closest('pre, .actions'))
		return;
	event.preventDefault();
	const said = items.filter(item => isSaid(item) && !item.isHidden);
	const at = said.indexOf(itemOf(rowOf(event)));
	const next = said[at < 0 ? said.length - 1 : at + step];
	if (next)
		focusItem(next);
}

// # The side, and the start

const showNotifyButton = () => (byId('notify').hidden = permission() !== 'default');

async function offerDownload() {
	const answer = await fetch('/download', { method: 'HEAD' });
	const [anchor, kind] = byId('download').children;
	const system = answer.headers.get('X-Chat-System') ?? '';
	byId('download').hidden = !answer.ok;
	anchor.download = system.startsWith('win') ? 'chat.exe' : 'chat';
	kind.textContent = `for ${system}, ${(answer.headers.get('Content-Length') / 1e6).toFixed(1)} MB`;
}

startLink(seat, token(), {
	state: showState, welcome: takeWelcome, line: takeLine, gap: takeGap, note: takeNote, pending: showPending,
	people: replacePeople, found: takeFound, topic: words => (byId('topic').textContent = words),
	// A reload claims another seat.
	lost: () => location.reload(),
});
startList(drawRow, moved);
startComposer({ command: run, lastOwn });

byId('rows').onpointerover = event => event.pointerType === 'mouse' && showActions(rowOf(event));
byId('rows').addEventListener('focusin', event => showActions(rowOf(event)));
byId('rows').onclick = event => getSelection().isCollapsed && showActions(rowOf(event));
byId('log').onkeydown = walk;
byId('newest').onclick = toBottom;
byId('search').onclick = () => setDraft('/find ');
byId('found-older').onclick = () => find(before, sought);
byId('notify').onclick = () => Notification.requestPermission().then(showNotifyButton);
byId('found').onclose = () => byId('found-rows').replaceChildren();
const nameBox = byId('join-name');
byId('join').onsubmit = () => {
	write('name', nameBox.value);
	join(nameBox.value);
};
// Escape closes it without a value.
byId('join').onclose = ({ target }) => target.returnValue || target.showModal();
byId('secret').onsubmit = () => {
	giveSecret(byId('secret-text').value);
	byId('secret-text').value = '';
};
byId('secret').onclose = ({ target }) => link.state === 'secret' && target.showModal();
// For the keyboard of iOS.
visualViewport.onresize = ({ target }) => target.scale === 1 && (document.body.style.height = `${target.height}px`);
document.onvisibilitychange = window.ononline = window.onpageshow = window.onfocus = attend;
window.onpagehide = saveDraft;
window.onblur = () => (isMarking = false);
// Another page changed the list.
window.onstorage = ({ key }) => {
	if (key === 'chat.ignored') {
		ignored = readIgnored();
		hideIgnored();
	}
};
new Worker('ticker.js').onmessage = tick;

setDraft(seat.draft, matchMedia('(pointer: fine)').matches);
showNotifyButton();
offerDownload();
byId('room').textContent = location.host;
byId('status').textContent = '';
// On localhost and by https no text crosses a network in the clear.
byId('exposed').hidden = isSecureContext;
nameBox.value = read('name') ?? '';
if (nameBox.checkValidity())
	join(nameBox.value);
else
	byId('join').showModal();
