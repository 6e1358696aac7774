// The message box: draft, completion, the menu of commands, answers and changes.

import { commandNamed, commands, message, parse, usage } from './commands.js';
import { link } from './link.js';
import { namesHere } from './people.js';
import { byId, make } from './rows.js';
import { SAY_BYTES, encode } from './wire.js';

const [MOST_HEIGHT, QUOTATION_BYTES] = [200, 200];
const [draft, menu, context] = ['draft', 'menu', 'context'].map(byId);
const [words, cancel] = context.children;

let on;
// The menu, its marked option, and the candidates of Tab.
let [options, marked, cycle] = [[], -1, null];
// The message that is answered or changed, and the draft of before.
let [target, kept] = [null, ''];

export function startComposer(handlers) {
	on = handlers;
	draft.oninput = changed;
	draft.onkeydown = key;
	draft.onblur = () => setOptions([]);
	byId('send').onclick = send;
	cancel.onclick = () => setTarget(null);
	// The box keeps the focus, and a phone its keyboard.
	menu.onmousedown = event => event.preventDefault();
	menu.onclick = event => choose([...menu.children].indexOf(event.target.closest('[role=option]')));
}

/** The draft, without a message that is being changed. */
export const draftText = () => (target?.verb === 'edit' ? kept : draft.value);

export function setDraft(text, hasFocus = true) {
	draft.value = text;
	changed();
	if (hasFocus)
		draft.focus();
}

/** Begins or ends an answer to a message, or a change of it. */
export function setTarget(verb, item) {
	if (!verb && !target)
		return;
	kept = draftText();
	target = verb && { verb, item };
	setDraft(verb === 'edit' ? item.text : kept);
}

function send() {
	const { verb, item } = target ?? {};
	let said = verb && draft.value.trim() ? message(draft.value) : parse(draft.value);
	if (verb === 're' && (said.verb === 'snippet' || encode(said.text).length > SAY_BYTES - QUOTATION_BYTES))
		said = { kind: 'refused', error: 'an answer has one row; press Cancel to send this as a message' };
	if (said.kind === 'empty')
		return;
	if (said.kind !== 'refused') {
		setDraft(verb === 'edit' ? kept : '');
		setTarget(null);
		if (verb)
			said = { ...said, verb, to: `${item.offset}` };
	}
	on.command(said);
}

function key(event) {
	// An input method composes.
	if (event.isComposing || event.keyCode === 229)
		return;
	const isUp = event.key === 'ArrowUp';
	let isTaken = true;
	if (event.key === 'Tab')
		isTaken = complete(event.shiftKey ? -1 : 1);
	else if (event.key === 'Enter' && !event.shiftKey)
		(marked >= 0 ? choose(marked) : send());
	else if (event.key === 'Escape')
		(options.length ? setOptions([]) : target && setTarget(null));
	else if (options.length && (isUp || event.key === 'ArrowDown'))
		mark((marked + (isUp ? options.length + 1 : 2)) % (options.length + 1) - 1);
	else if (isUp && !draft.value && !target && on.lastOwn())
		setTarget('edit', on.lastOwn());
	else
		isTaken = false;
	if (isTaken)
		event.preventDefault();
}

function changed() {
	draft.style.height = 'auto';
	draft.style.height = `${Math.min(draft.scrollHeight + 2, MOST_HEIGHT)}px`;
	cycle = null;
	setOptions(menuOptions());
	const [, name, to] = /^\/(\S+)\s+@?(\S*)/.exec(draft.value) ?? [];
	const command = name && commandNamed(name)?.[0][0];
	const reader = command === 'msg' ? to : command === 'reply' ? link.whisperer : '';
	words.textContent = target?.verb === 'edit' ? 'Changing your message'
		: target ? `Answering ${target.item.name}: ${target.item.text.slice(0, 80)}`
		: reader ? `Only ${reader} and you will read this` : '';
	context.hidden = !words.textContent;
	cancel.hidden = !target;
}

// # Completion

// The candidates for the word before the cursor, which begins at start.
function candidates() {
	const head = draft.value.slice(0, draft.selectionStart);
	const start = head.search(/\S*$/);
	const typed = head.slice(start).toLowerCase();
	const isCommand = start === 0 && /^\/[^/]*$/.test(typed);
	const at = typed.startsWith('@') ? '@' : '';
	const all = isCommand
		? commands().filter(([names]) => names.some(name => `/${name}`.startsWith(typed)))
			.map(command => ({ insert: `/${command[0][0]} `, label: usage(command), purpose: command[2] }))
		: namesHere().filter(name => (at + name).toLowerCase().startsWith(typed))
			.map(name => ({ insert: at + name + (start ? ' ' : ': ') }));
	return { start, typed, isCommand, all };
}

function menuOptions() {
	const { typed, isCommand, all } = candidates();
	return !isCommand || target || all[0]?.insert.trim() === typed ? [] : all;
}

function setOptions(all) {
	options = all;
	menu.hidden = !all.length;
	menu.replaceChildren(...all.map(({ label, purpose }, i) =>
		Object.assign(make('div', '', make('b', '', label), ' ', make('span', 'quiet', purpose)),
			{ role: 'option', id: `option${i}` })));
	mark(-1);
}

function mark(index) {
	marked = index;
	[...menu.children].forEach((option, i) => (option.ariaSelected = `${i === index}`));
	menu.children[index]?.scrollIntoView({ block: 'nearest' });
	draft.setAttribute('aria-activedescendant', index < 0 ? '' : `option${index}`);
}

function choose(index) {
	if (index < 0)
		return;
	insert(candidates().start, options[index].insert);
	changed();
}

// With nothing to complete, Tab moves the focus.
function complete(step) {
	if (marked >= 0) {
		choose(marked);
		return true;
	}
	const next = cycle ?? { ...candidates(), index: -1 };
	const count = next.all.length;
	if (!count || (!cycle && (!next.typed || step < 0)))
		return false;
	next.index = (next.index + step + count) % count;
	insert(next.start, next.all[next.index].insert);
	changed();
	setOptions([]);
	cycle = next;
	return true;
}

const insert = (start, text) => draft.setRangeText(text, start, draft.selectionStart, 'end');
