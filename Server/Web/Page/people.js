// The people in the room, at the side of the conversation.

import { setDraft } from './composer.js';
import { askPeople, link } from './link.js';
import { byId, make, makeButton, nameElement } from './rows.js';
import { bare } from './wire.js';

const [MOST_SHOWN, ASK_MS] = [500, 2000];

let [here, hosts] = [new Set(), new Set()];
let [total, spoke, frame, askTimer] = [0, [], 0, 0];

function showPeople(isOpen) {
	document.body.classList.toggle('people-open', isOpen);
	byId('people-button').ariaExpanded = `${isOpen}`;
}

byId('people-button').onclick = () => showPeople(!document.body.classList.contains('people-open'));

function whisper(name) {
	showPeople(false);
	setDraft(`/msg ${name} `);
}

/** The names to complete, the last speaker first. */
export const namesHere = () =>
	[...new Set([...spoke.filter(name => here.has(name)), ...here])].filter(name => name !== link.name);

export function replacePeople(names, count) {
	[here, hosts, total] = [new Set(names.map(bare)), new Set(names.filter(name => name !== bare(name)).map(bare)), count];
	drawPeople();
}

/** Follows a new line of the log. */
export function followPeople({ kind, name, text, former, isHost }) {
	if (kind === 'join') {
		here.delete(former);
		total += here.has(name) ? 0 : 1;
		here.add(name);
	} else if (kind === 'leave') {
		total -= here.delete(name) ? 1 : 0;
		hosts.delete(name);
	} else if (kind === 'rename') {
		here.delete(name);
		here.add(text);
		hosts.delete(name);
		if (isHost)
			hosts.add(text);
	} else if (kind === 'notice' && name === '*') {
		// Joins and leaves that the server only counted.
		clearTimeout(askTimer);
		askTimer = setTimeout(askPeople, ASK_MS);
	} else {
		spoke = [name, ...spoke.filter(each => each !== name)].slice(0, MOST_SHOWN);
		return;
	}
	drawPeople();
}

function drawPeople() {
	frame ||= requestAnimationFrame(() => {
		frame = 0;
		const shown = [...here].sort((a, b) => (b === link.name) - (a === link.name) || a.localeCompare(b));
		const rows = shown.slice(0, MOST_SHOWN).map(name => make('li', '', name === link.name
			? make('span', '', nameElement(name, true, hosts.has(name)), ' (you)')
			: makeButton(nameElement(name, false, hosts.has(name)), () => whisper(name), 'person')));
		if (total > rows.length)
			rows.push(make('li', 'quiet', `and ${total - rows.length} more`));
		byId('people').querySelector('ul').replaceChildren(...rows);
		byId('people-count').textContent = byId('people-button').textContent = `${total} here`;
	});
}
