// Only the rows near the window are in the document; the others have their last height, or an estimate. The row at the
// top of the window stays in its place while others change.

import { byId, make } from './rows.js';

const [BOTTOM_SLACK, MOST_PASSES] = [32, 4];
const [scroller, above, rows, below] = ['log', 'above', 'rows', 'below'].map(byId);

/** The items, oldest first. */
export const items = [];
export let isAtBottom = true;

let draw, onMove;
// The item at the top of the window, and how much of it is above.
let [anchor, shift] = [null, 0];
let [shown, frame, width] = [[], 0, 0];

export function startList(drawRow, moved) {
	[draw, onMove] = [drawRow, moved];
	scroller.addEventListener('scroll', scrolled, { passive: true });
	new ResizeObserver(() => {
		if (scroller.clientWidth !== width)
			items.forEach(item => (item.height = undefined));
		width = scroller.clientWidth;
		layOut();
	}).observe(scroller);
}

export function insert(index, item) {
	items.splice(index, 0, item);
	// The head of a row depends on the row before.
	touch(items[index + 1]);
}

export function remove(index, count = 1) {
	items.splice(index, count);
	touch(items[index]);
}

export function touch(item) {
	if (item)
		[item.height, item.isStale] = [undefined, true];
	update();
}

export function update() {
	frame ||= requestAnimationFrame(layOut);
}

export function toBottom() {
	isAtBottom = true;
	layOut();
}

/** Scrolls an item into the window, and focuses it. */
export function focusItem(item) {
	const { top, bottom } = scroller.getBoundingClientRect();
	const box = item.element?.getBoundingClientRect();
	if (!(box?.top >= top && box.bottom <= bottom)) {
		[isAtBottom, anchor, shift] = [false, item, -scroller.clientHeight / 3];
		layOut();
		scrolled();
	}
	item.element?.focus({ preventScroll: true });
}

function scrolled() {
	const { scrollTop, clientHeight, scrollHeight } = scroller;
	isAtBottom = scrollHeight - scrollTop - clientHeight < BOTTOM_SLACK;
	let end = 0;
	anchor = items.find(item => (end += heightOf(item)) > scrollTop);
	shift = anchor ? scrollTop - end + heightOf(anchor) : 0;
	update();
}

const heightOf = item => (item.isHidden ? 0 : item.height ?? estimate(item));

// Most rows have lines of some 8 px a letter.
const estimate = ({ text }) => 10 + 24 * Math.ceil((text.length + 1) / Math.max(20, Math.min(width - 90, 900) / 8));

function layOut() {
	cancelAnimationFrame(frame);
	frame = 0;
	for (let pass = 0; pass < MOST_PASSES; pass++) {
		const top = place();
		const isMeasured = measure();
		const target = isAtBottom ? scroller.scrollHeight - scroller.clientHeight : top;
		if (Math.abs(scroller.scrollTop - target) >= 1)
			scroller.scrollTop = target;
		if (isMeasured)
			break;
	}
	onMove();
}

// Draws the rows up to a window's height outside the window. Returns the top of the window.
function place() {
	const view = scroller.clientHeight;
	const tops = [0];
	let [total, top] = [0, 0];
	for (const item of items) {
		if (item === anchor)
			top = total + shift;
		tops.push((total += heightOf(item)));
	}
	top = Math.max(0, isAtBottom ? total - view : top);
	const first = Math.max(0, tops.findIndex(each => each > top - view) - 1);
	const end = tops.findIndex(each => each > top + 2 * view);
	const last = end < 0 ? items.length : end;
	fill(first, last);
	above.style.height = `${tops[first]}px`;
	below.style.height = `${total - tops[last]}px`;
	return top;
}

function fill(first, last) {
	const wanted = items.slice(first, last).filter(item => !item.isHidden);
	let previous = items.findLast((item, i) => i < first && !item.isHidden);
	for (const item of wanted) {
		if (!item.element || item.isStale) {
			const element = drawAny(item, previous);
			item.element?.replaceWith(element);
			[item.element, item.isStale] = [element, false];
		}
		previous = item;
	}
	for (const item of shown)
		if (!wanted.includes(item)) {
			item.element.remove();
			item.element = null;
		}
	let next = rows.firstChild;
	for (const { element } of wanted)
		if (element === next)
			next = next.nextSibling;
		else
			rows.insertBefore(element, next);
	shown = wanted;
}

// One row that fails hides no other row.
function drawAny(item, previous) {
	try {
		return draw(item, previous);
	} catch (error) {
		console.error(error);
		return make('div', 'row error', '(a line that this page cannot show)');
	}
}

function measure() {
	let isMeasured = true;
	for (const item of shown)
		if (item.height === undefined) {
			item.height = item.element.getBoundingClientRect().height;
			isMeasured &&= Math.abs(item.height - estimate(item)) < 0.5;
		}
	return isMeasured;
}
