// The token of the person, and one seat for each open page.

const [ANSWER_MS, SEAT] = [150, 'chat.seat.'];

// What a blocked or full storage refuses.
const memory = new Map();

const isId = text => /^[0-9a-f]{32}$/.test(text);

// crypto.randomUUID exists on https and localhost only.
const randomHex = () =>
	[...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('');

const owner = randomHex();

export function read(key, area = 'localStorage') {
	try {
		return memory.get(key) ?? JSON.parse(window[area].getItem(`chat.${key}`));
	} catch {
		return null;
	}
}

export function write(key, value, area = 'localStorage') {
	try {
		window[area].setItem(`chat.${key}`, JSON.stringify(value));
		memory.delete(key);
	} catch {
		memory.set(key, value);
	}
}

/** The token that makes all pages of this browser one person. */
export function token() {
	if (!isId(read('token')))
		write('token', randomHex());
	return read('token');
}

// It is written before a request is sent, so a reload or a crash neither loses nor repeats a line.
function openSeat(id) {
	held = id;
	const key = `seat.${id}`;
	const empty = { id, epoch: '-', offset: 0, readOffset: 0, lastId: 0, pending: [], draft: '' };
	const kept = read(key);
	const seat = isSeat(kept, empty) ? { ...kept, id } : empty;
	const put = () => write(key, { ...seat, owner, used: Date.now() });
	// False if another page took the seat while this one was frozen.
	seat.isMine = () => read(key)?.owner === owner;
	seat.save = () => seat.isMine() && (put(), true);
	put();
	write('seat', id, 'sessionStorage');
	return seat;
}

// Another program at the same address may have written there.
const isSeat = (kept, empty) => Object.keys(empty).every(key => typeof kept?.[key] === typeof empty[key])
	&& /^(-|[0-9a-f]{16})$/.test(kept.epoch) && Math.min(kept.offset, kept.readOffset, kept.lastId) >= 0
	&& Array.isArray(kept.pending) && kept.pending.every(entry => typeof entry?.text === 'string');

/** Claims this tab's seat, a free one or a new one. A duplicated tab has a copy of sessionStorage. */
export async function claimSeat() {
	const own = read('seat', 'sessionStorage');
	for (const id of new Set([own, ...keptSeats()]))
		if (isId(id) && await isFree(id))
			return openSeat(id);
	return openSeat(randomHex());
}

function keptSeats() {
	try {
		const used = id => read(`seat.${id}`)?.used;
		const ids = Object.keys(localStorage).filter(key => key.startsWith(SEAT)).map(key => key.slice(SEAT.length));
		return ids.sort((a, b) => used(b) - used(a));
	} catch {
		return [];
	}
}

// A page answers when another one asks for its seat; a frozen one notices later that its seat is gone.
const channel = new BroadcastChannel('chat');
let held = null;
channel.addEventListener('message', ({ data }) => data.ask === held && held && channel.postMessage({ taken: held }));

function isFree(id) {
	return new Promise(resolve => {
		channel.addEventListener('message', ({ data }) => data.taken === id && resolve(false));
		channel.postMessage({ ask: id });
		setTimeout(() => resolve(true), ANSWER_MS);
	});
}
