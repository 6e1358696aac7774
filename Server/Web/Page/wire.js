// The rich dialect as bytes and lines; see Protocol/README.md.

// Ids above every numbered request: an answer returns its id, which tells the question.
export const [HISTORY_ID, QUESTION_ID] = [1e14 + 1, 1e14 + 2];

// The most that a person may say.
export const [SAY_BYTES, SNIPPET_BYTES, SNIPPET_ROWS] = [3900, 65536, 500];

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
export const encode = text => new TextEncoder().encode(text);

/** Returns a function that splits received bytes into lines. A chunk may end inside a line or a character. */
export function lineReader(handle) {
	let rest = new Uint8Array(0);
	const append = bytes => {
		const whole = new Uint8Array(rest.length + bytes.length);
		whole.set(rest);
		whole.set(bytes, rest.length);
		return whole;
	};
	return bytes => {
		let start = 0;
		for (let end; (end = bytes.indexOf(10, start)) >= 0; start = end + 1) {
			const line = append(bytes.subarray(start, end));
			rest = new Uint8Array(0);
			handle(decoder.decode(line), line.length + 1);
		}
		rest = append(bytes.subarray(start));
	};
}

const ESCAPES = { '\n': '\\n', '\t': '\\t', '\\': '\\\\', n: '\n', t: '\t' };
export const escapeSnippet = text => text.replace(/[\\\n\t]/g, c => ESCAPES[c]);
const unescapeSnippet = text => text.replace(/\\([nt\\])/g, (_, c) => (c === '\\' ? c : ESCAPES[c]));

/** Splits off the first word. */
export function word(text) {
	const [, first, rest] = /^(\S*) ?(.*)$/s.exec(text);
	return [first, rest];
}

/** A name without the mark of a host. */
export const bare = name => name.replace(/^@(?=.)/, '');

/** Parses a line of the log: OFFSET TIME KIND NAME ID TEXT. Returns null for any other line. */
export function parseLogLine(text) {
	const fields = /^(\d{1,16}) (-?\d{1,16}) (\S+) (\S+) (?:(\d{1,16})\.)?(\d{1,16})(?: (.*))?$/s.exec(text);
	if (!fields)
		return null;
	const [, offset, time, kind, name, seat, id, rest = ''] = fields;
	const line = { offset: +offset, time: +time, kind, name: bare(name), isHost: name !== bare(name),
		seat: +(seat ?? 0), id: +id, text: rest };
	if (kind === 'tell')
		[line.to, line.text] = word(rest);
	if (kind === 'tell')
		[line.to, line.isToHost] = [bare(line.to), line.to !== bare(line.to)];
	if (kind === 'join')
		[line.former, line.isInClear, line.text] = [bare(rest.split(' ')[0].replace(/^-$/, '')), / clear$/.test(rest), ''];
	if (kind === 'rename')
		[line.text, line.isHost] = [bare(rest), rest !== bare(rest)];
	if (['edit', 'delete', 're'].includes(kind)) {
		[line.target, line.text] = word(rest);
		line.target = +line.target;
	}
	if (kind === 'snippet' || kind === 'edit')
		line.text = unescapeSnippet(line.text);
	if (kind === 're')
		[, line.quoted, line.text] = /^(?:\((to [^:]*: ".*?")\) )?(.*)$/s.exec(line.text);
	if (kind === 'snippet' || kind === 're')
		line.kind = 'say';
	return line;
}
