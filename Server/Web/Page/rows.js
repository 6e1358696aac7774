// Draws one row. All text goes into text nodes; no HTML is made of messages.

const [GROUP_MS, PRESENCE_NAMES] = [300000, 5];
const clock = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit' });
const calendar = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full' });

export const byId = id => document.getElementById(id);
export const timeOf = at => clock.format(at);
export const dayOf = at => calendar.format(at);
export const isSaid = item => ['say', 'me', 'tell'].includes(item.kind);

// The terminal's palette as OKLCH angles.
const HUES = [89, 110, 124, 134, 140, 143, 146, 154, 170, 195, 226, 253, 267, 278, 290, 303, 358];
const ALIKE = { 0: 'o', 1: 'i', l: 'i', m: 'rn', w: 'vv' };

/** The look-alikes of Latin names, a part of the server's table. */
export const keyOf = name => name.toLowerCase().normalize('NFD').replace(/[01lmw]/g, c => ALIKE[c]);

/** The hue of a name, the same as in a terminal: FNV-1a over UTF-16 units. */
function hueOf(name) {
	let hash = 2166136261;
	for (const unit of keyOf(name).split(''))
		hash = Math.imul(hash ^ unit.charCodeAt(0), 16777619);
	return HUES[((hash ^ (hash >>> 16)) >>> 0) % HUES.length];
}

/** Whether a text has a name as a word, in any case and in look-alike letters. */
export const mentions = (text, name) =>
	(text.match(/[\p{L}\p{N}\p{M}_-]+/gu) ?? []).some(
		found => keyOf(found) === keyOf(name) || keyOf(found.replace(/^[_-]+|[_-]+$/g, '')) === keyOf(name));

/** Makes an element; strings become text nodes. */
export function make(tag, className, ...children) {
	const element = document.createElement(tag);
	element.className = className;
	element.append(...children);
	return element;
}

export function makeButton(words, onClick, className = 'link') {
	const element = make('button', className, words);
	element.type = 'button';
	element.onclick = onClick;
	return element;
}

export function nameElement(name, isMine, isHost) {
	const element = make('bdi', isMine ? 'name' : 'name hue', `${isHost ? '@' : ''}${name}`);
	element.style.setProperty('--hue', hueOf(name));
	return element;
}

function appendText(element, text) {
	let end = 0;
	for (const { 0: match, index } of text.matchAll(/https?:\/\/[^\s<>"`/][^\s<>"`]*/gi)) {
		const href = trimAddress(match);
		element.append(text.slice(end, index),
			Object.assign(make('a', '', href), { href, target: '_blank', rel: 'noopener noreferrer' }));
		end = index + href.length;
	}
	element.append(text.slice(end));
}

// Punctuation behind an address is not part of it, nor is a bracket that no other one opens.
function trimAddress(address) {
	let [end, loose] = [address.length, address.split(')').length - address.split('(').length];
	while (/[.,;:!?'*\]}]/.test(address[end - 1]) || (address[end - 1] === ')' && loose-- > 0))
		end--;
	return address.slice(0, end);
}

export function drawRow(item, previous) {
	const row = make('div', `row ${item.kind}`);
	const isNewDay = !previous || dayOf(item.at) !== dayOf(previous.at);
	row.role = 'listitem';
	if (isNewDay)
		row.append(make('div', 'day', dayOf(item.at)));
	if (isSaid(item)) {
		drawSaid(row, item, isNewDay ? null : previous);
		return row;
	}
	row.className += ' note';
	row.append(...(item.kind === 'marker' ? [item.text] : [make('div', 'text', item.text), ' ', timeElement(item.at)]));
	return row;
}

const timeElement = at => make('time', '', timeOf(at));

function drawSaid(row, item, previous) {
	const { kind, name, to, at, text, quoted, isMine, isHost } = item;
	const isMe = kind === 'me';
	const isGrouped = previous?.kind === kind && previous.name === name && previous.isHost === isHost && previous.to === to
		&& !quoted && !isMe
		&& at - previous.at < GROUP_MS;
	row.tabIndex = -1;
	row.classList.toggle('mention', !!item.isMention);
	row.classList.toggle('first', !isGrouped);
	row.title = timeOf(at);
	if (isGrouped)
		row.append(make('span', 'unseen', `${name}: `));
	else if (!isMe)
		row.append(head(item));
	const isSnippet = /[\n\t]/.test(text);
	const body = make('div', isSnippet ? '' : 'text');
	if (isMe)
		body.append('* ', nameElement(name, isMine, isHost), ' ');
	if (isSnippet)
		// With the focus, it scrolls by keys.
		body.append(Object.assign(make('pre', 'text', text),
			{ tabIndex: 0, role: 'group', ariaLabel: `Snippet of ${name}` }));
	else
		appendText(body, text);
	if (item.note)
		body.append(make('span', 'quiet', item.note));
	if (isMe)
		body.append(' ', timeElement(at));
	row.append(body);
}

function head({ kind, name, to, at, quoted, isMine, isHost, isToHost }) {
	const words = make('div', 'head', nameElement(name, isMine, isHost));
	if (kind === 'tell')
		words.append(' whispers to ', nameElement(to, false, isToHost));
	words.append(' ', timeElement(at));
	if (quoted)
		words.append(make('div', 'quoted', make('bdi', '', quoted)));
	return words;
}

/** The words for the joins and leaves in a row: { name, isJoin, reason }. */
export function presenceWords(changes) {
	const was = new Map([...changes].reverse().map(({ name, isJoin }) => [name, !isJoin]));
	const is = new Map(changes.map(({ name, isJoin }) => [name, isJoin]));
	const describe = (wasHere, isHere, what) => {
		const names = [...is.keys()].filter(name => was.get(name) === wasHere && is.get(name) === isHere);
		const more = names.length > PRESENCE_NAMES ? ` and ${names.length - PRESENCE_NAMES} more` : '';
		return names.length > 1 ? `${names.length} ${what} (${names.slice(0, PRESENCE_NAMES).join(', ')}${more})`
			: names.length && `${names[0]} ${what}`;
	};
	const { reason } = changes[0];
	return [describe(false, true, 'joined'), describe(true, false, 'left'), describe(false, false, 'came and went'),
		describe(true, true, 'left and came back')].filter(Boolean).join(', ')
		+ (reason && changes.length === 1 ? ` (${reason})` : '');
}
