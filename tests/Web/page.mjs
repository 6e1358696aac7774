// Drives the page in a real Chromium: node page.mjs [NAME...] prints "ok NAME" or "not ok NAME why" for each test.
//
// CHAT_BINARY    the program; each test has a server of its own
// CHAT_PACKAGES  the folder of the npm packages [default: the current one]
// CHROMIUM       the browser [default: /usr/bin/chromium]
// SHOTS          a folder: instead of the tests, the pictures of the README are taken there
// TIMES          set, the time of each test is printed

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

const require = createRequire(path.join(process.env.CHAT_PACKAGES ?? process.cwd(), 'package.json'));
const { chromium } = require('playwright-core');
const wanted = process.argv.slice(2);
const { CHAT_BINARY: binary, SHOTS: shots } = process.env;
const LINES = 200;
const PATIENCE = 30000;
const AT_ONCE = 4;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
    // A page of an error would load again by itself, in the middle of a test.
    '--disable-auto-reload',
    // A name of the LAN: over http it is no secure context, and an address of loopback is one. The other name is one of
    // the Internet that an attacker has made to resolve to the server.
    '--host-resolver-rules=MAP room.local 127.0.0.1, MAP evil.example 127.0.0.1'],
});

const folder = mkdtempSync(path.join(tmpdir(), 'chat-web-'));

// ---- Rooms and their members ----

/** A server, and the members of its room. */
async function startRoom(options) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const contexts = [];
  const children = [];
  const names = ['alice', 'bob', 'carol', 'dave', 'eve', 'jun'];

  const run = async () => {
    const server = spawn(binary, ['server', '127.0.0.1', `${port}`, '--rate', '0', ...options], { stdio: 'ignore' });
    children.push(server);
    await until('the server listens', () => new Promise(resolve => {
      const probe = net.connect(port, '127.0.0.1');
      probe.on('connect', () => { probe.destroy(); resolve(true); }).on('error', () => resolve(false));
    }));
    return server;
  };

  /** Opens a tab, which joins. */
  const open = async (context, name, at = url) => {
    const page = await newPage(context);
    await visit(page, () => page.goto(at));
    await page.waitForSelector('#join[open], body[data-link=joined]');
    if (await page.locator('#join').isVisible()) {
      await page.fill('#join-name', name);
      await page.press('#join-name', 'Enter');
    }
    await joined(page);
    return page;
  };

  const newContext = async options => {
    contexts.push(await browser.newContext({ viewport: { width: 1000, height: 700 }, ...options }));
    return contexts.at(-1);
  };

  let server = await run();

  return {
    url, port, open, newContext,

    /** A person with a browser of their own. */
    async person({ name = names.shift(), at = url, ...options } = {}) {
      const context = await newContext(options);
      return { context, name, page: await open(context, name, at) };
    },

    /** A plain member, as nc is one. */
    async plain(name = names.shift()) {
      const socket = net.connect(port, '127.0.0.1');
      const member = { socket, name, text: '', say: line => socket.write(`${line}\n`) };
      socket.setEncoding('utf8').on('data', data => (member.text += data)).on('error', () => {});
      member.say(`/nick ${name}`);
      await until(`${name} joins`, () => member.text.includes(`is now ${name}`));
      return member;
    },

    /** The program's own client in a pipe. */
    client(name, ...options) {
      const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: '', XDG_DATA_HOME: '' };
      const child = spawn(binary, ['client', '127.0.0.1', `${port}`, '--name', name, '--no-identity', '--listen',
        ...options], { env, stdio: ['pipe', 'pipe', 'inherit'] });
      const member = { child, text: '', say: line => child.stdin.write(`${line}\n`) };
      children.push(child);
      child.stdout.setEncoding('utf8').on('data', data => (member.text += data));
      return member;
    },

    async restart() {
      server.kill('SIGKILL');
      await once(server, 'exit');
      server = await run();
    },

    async stop() {
      await Promise.all(contexts.map(context => context.close()));
      children.forEach(child => child.kill());
    },
  };
}

async function newPage(context) {
  const page = await context.newPage();
  page.errors = [];
  page.errorPages = 0;
  page.on('framenavigated', frame => frame.url().startsWith('chrome-error:') && page.errorPages++);
  page.on('pageerror', error => page.errors.push(error.stack));
  // A program of many files has no download.
  page.on('console', message => message.type() === 'error' && !message.location().url.endsWith('/download')
    && page.errors.push(message.text()));
  return page;
}

/**
 * Navigates. The server greets a connection that is silent for 150 ms as a person; on a loaded machine Chromium is that
 * slow, and takes the greeting for a broken answer. Its error page comes later than the error and would interrupt the
 * next try, so the next try waits for it.
 */
async function visit(page, go) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const before = page.errorPages;
    try {
      return await go();
    } catch (error) {
      if (Date.now() > end || !error.message.includes('ERR_INVALID_HTTP_RESPONSE'))
        throw error;
      await until('the error page', () => page.errorPages > before);
    }
  }
}

/** Sends a request, as visit() navigates: node, too, may be late with its first bytes, and then reads the greeting. */
async function get(url) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      return await fetch(url);
    } catch (error) {
      if (Date.now() > end || !`${error.cause?.code}`.startsWith('HPE_'))
        throw new Error(`${error.message}: ${error.cause?.code} ${error.cause?.message}`);
    }
  }
}

const joined = page => page.waitForSelector('body[data-link=joined]');

async function say(page, text) {
  await page.fill('#draft', text);
  await page.press('#draft', 'Enter');
}

/** What the list holds, drawn or not. */
const textsOf = page => page.evaluate(() => import('/list.js').then(({ items }) =>
  items.filter(item => ['say', 'me', 'tell'].includes(item.kind)).map(item => item.text)));

/** Numbered requests, as fast as the page takes them. */
const request = (page, texts) => page.evaluate(all => import('/link.js').then(link =>
  all.forEach(text => link.request('say', '', text))), texts);

const numbered = (words, count) => Array.from({ length: count }, (_, i) => `${words} ${i}`);

async function until(what, condition) {
  const end = Date.now() + PATIENCE;
  while (!(await condition())) {
    if (Date.now() > end)
      throw new Error(`in vain: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 30));
  }
}

const seatOf = page => page.evaluate(() => sessionStorage.getItem('chat.seat'));

/**
 * The seats of these pages, once each has one of its own. On a loaded machine a page may answer too late to keep its
 * seat, and reloads to claim another.
 */
async function seatsOf(pages) {
  let seats = [];
  await until('a seat for each page', async () => {
    seats = await Promise.all(pages.map(seatOf)).catch(() => []);
    return new Set(seats).size === pages.length;
  });
  return seats;
}

/** Waits for a note of the page with these words. */
const noteOf = (page, words) => page.locator('.row.error', { hasText: words }).last().waitFor();

const hasText = (page, text) => until(text, async () => (await textsOf(page)).includes(text));

const pendingOf = page => page.locator('#pending .row').count();

/** A TCP proxy before the room, which can lose its connections: the network goes and comes back. */
async function network(room) {
  const sockets = new Set();
  const line = { isUp: true, cut() { line.isUp = false; sockets.forEach(each => each.destroy()); } };
  const server = net.createServer(near => {
    if (!line.isUp) {
      near.destroy();
      return;
    }
    const far = net.connect(room.port, '127.0.0.1');
    for (const [from, to] of [[near, far], [far, near]]) {
      sockets.add(from);
      from.on('error', () => {}).on('close', () => { sockets.delete(from); to.destroy(); });
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  line.url = `http://127.0.0.1:${server.address().port}/`;
  return line;
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Opens the page with a server of the test in place of the room's: the page gets these lines after the welcome. */
async function openWith(room, lines) {
  const page = await newPage(await room.newContext());
  let offset = 0;
  const log = lines.map(line => {
    const text = `${offset} ${line}\n`;
    offset += Buffer.byteLength(text);
    return text;
  });
  await page.routeWebSocket(/chat$/, socket => socket.onMessage(message => {
    if (`${message}`.startsWith('hello '))
      socket.send(Buffer.from(`welcome alice 0123456789abcdef 1700000000000 1 0 0 0\n${log.join('')}`));
  }));
  await page.addInitScript(() => localStorage.setItem('chat.name', '"alice"'));
  await visit(page, () => page.goto(room.url));
  await joined(page);
  return page;
}

// ---- Expectations ----

function equal(actual, expected, what = '') {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b)
    throw new Error(`${what} expected ${b.slice(0, 400)}, got ${a.slice(0, 400)}`);
}

function ensure(condition, what) {
  if (!condition)
    throw new Error(what);
}

/** Waits until the page has drawn its lines: it lays out in one frame and measures in the next. */
const settled = page => page.evaluate(async () => {
  for (let frame = 0; frame < 5; frame++)
    await new Promise(requestAnimationFrame);
});

// ---- The tests ----

const tests = {
  async 'a line goes both ways'(newRoom) {
    const room = await newRoom();
    const [alice, bob] = [await room.person(), await room.plain()];
    await say(alice.page, 'from the page');
    await until('bob reads', () => bob.text.includes(`<${alice.name}> from the page\n`));
    bob.say('from nc');
    await hasText(alice.page, 'from nc');
    equal(await pendingOf(alice.page), 0, 'pending');
    equal(alice.page.errors, []);
  },

  async 'pages, a client, a JSON bot and nc read one order'(newRoom) {
    const room = await newRoom();
    const [alice, bob, nc] = [await room.person(), await room.person(), await room.plain('nc')];
    const [client, bot] = [room.client('client'), room.client('bot', '--json')];
    await until('the programs join', () => ['client', 'bot'].every(name => nc.text.includes(`${name} joined`)));
    const talkers = ['alice', 'bob', 'nc', 'client', 'bot'];
    await Promise.all([
      request(alice.page, numbered('line alice', LINES)),
      request(bob.page, numbered('line bob', LINES)),
      ...numbered('line nc', LINES).map(text => nc.say(text)),
      ...numbered('line client', LINES).map(text => client.say(text)),
      ...numbered('line bot', LINES).map(text => bot.say(JSON.stringify({ type: 'say', text }))),
    ]);
    const total = LINES * talkers.length;
    const of = (text, pattern) => [...text.matchAll(pattern)].map(match => match[1]);
    const readers = {
      bob: async () => (await textsOf(bob.page)).filter(text => text.startsWith('line ')),
      nc: () => of(nc.text, /^<[^>]+> (line .*)$/gm),
      client: () => of(client.text, /^(?:\S+ )?<[^>]+> (line .*)$/gm),
      bot: () => of(bot.text, /^\{"type":"say",.*"text":"(line [^"]*)"/gm),
    };
    await until('all lines', async () => (await textsOf(alice.page)).length >= total);
    const order = await textsOf(alice.page);
    for (const talker of talkers)
      equal(order.filter(text => text.startsWith(`line ${talker} `)), numbered(`line ${talker}`, LINES));
    equal(order.length, total);
    for (const [name, read] of Object.entries(readers)) {
      // A plain member and a client in a pipe do not read their own lines.
      const isOwn = text => ['nc', 'client'].includes(name) && text.startsWith(`line ${name} `);
      const expected = order.filter(text => !isOwn(text));
      await until(`all lines at ${name}`, async () => (await read()).length >= expected.length);
      equal(await read(), expected, name);
    }
  },

  async 'a reload in a stream loses nothing and doubles nothing'(newRoom) {
    const room = await newRoom();
    const [alice, bob, nc] = [await room.person(), await room.person(), await room.plain()];
    const mark = 'mark';
    let k = 0;
    const timer = setInterval(() => nc.say(`${mark} nc ${k++}`), 2);
    let n = 0;
    for (let reload = 0; reload < 5; reload++) {
      await request(alice.page, numbered(`${mark} page`, n + 20).slice(n));
      n += 20;
      await visit(alice.page, () => alice.page.reload());
      await joined(alice.page);
    }
    clearInterval(timer);
    await say(alice.page, `${mark} last`);
    await hasText(bob.page, `${mark} last`);
    nc.say(`${mark} end`);
    for (const { page } of [alice, bob])
      await hasText(page, `${mark} end`);
    const seen = (await textsOf(bob.page)).filter(text => text.startsWith(mark));
    const said = Array.from({ length: n }, (_, i) => `${mark} page ${i}`);
    equal(seen.filter(text => text.includes(' page ')), said, 'said');
    const shown = (await textsOf(alice.page)).filter(text => text.startsWith(mark));
    equal(shown.length, new Set(shown).size, 'doubled');
    equal(shown, seen.slice(-shown.length), 'shown after the reload');
    ensure(!nc.text.includes(`${alice.name} left`), 'a reload was announced as a leave');
  },

  async 'lines said without a network arrive once when it is back'(newRoom) {
    const room = await newRoom();
    const line = await network(room);
    const [alice, bob, nc] = [await room.person({ at: line.url }), await room.person(), await room.plain()];
    const mark = 'mark';
    await say(alice.page, 'before');
    await hasText(bob.page, 'before');
    line.cut();
    await alice.page.waitForFunction(() => document.querySelector('#status').textContent.includes('Trying again'));
    for (let i = 0; i < 5; i++)
      await say(alice.page, `${mark} offline ${i}`);
    nc.say('meanwhile');
    equal(await pendingOf(alice.page), 5, 'waiting lines');
    // The lines survive a reload, if the page itself is there: here the network is back for the page.
    line.isUp = true;
    await visit(alice.page, () => alice.page.reload());
    await hasText(bob.page, `${mark} offline 4`);
    const mine = texts => texts.filter(text => text.startsWith(mark));
    equal(mine(await textsOf(bob.page)), [0, 1, 2, 3, 4].map(i => `${mark} offline ${i}`), 'bob');
    await until('own lines', async () => mine(await textsOf(alice.page)).length === 5);
    await hasText(alice.page, 'meanwhile');
    equal(await pendingOf(alice.page), 0, 'pending');
    line.cut();
    await alice.page.waitForFunction(() => document.querySelector('#status').textContent.includes('Trying again'));
    await say(alice.page, `${mark} again`);
    line.isUp = true;
    await hasText(bob.page, `${mark} again`);
    await alice.page.waitForFunction(() => document.querySelector('#rows').textContent.includes('connected again'));
  },

  async 'a server that is killed and restarted with its history loses nothing'(newRoom) {
    const room = await newRoom('--history', path.join(mkdtempSync(path.join(folder, 'room-')), 'history'));
    const [alice, bob] = [await room.person(), await room.person()];
    const sent = numbered('line', 40);
    for (let round = 0; round < 4; round++) {
      await request(alice.page, sent.slice(round * 10, round * 10 + 10));
      await room.restart();
    }
    for (const { page } of [alice, bob]) {
      await hasText(page, sent.at(-1));
      equal(await textsOf(page), sent);
    }
    await until('no line waits', async () => (await pendingOf(alice.page)) === 0);
  },

  async 'a server that is restarted without its history says so'(newRoom) {
    const room = await newRoom();
    const alice = await room.person();
    await say(alice.page, 'before');
    await hasText(alice.page, 'before');
    await room.restart();
    await noteOf(alice.page, 'restarted without the earlier conversation');
    await joined(alice.page);
    await say(alice.page, 'after');
    await hasText(alice.page, 'after');
    equal(await textsOf(alice.page), ['before', 'after']);
  },

  async 'a frozen tab loses nothing and leaves without a word'(newRoom) {
    const room = await newRoom();
    const [alice, nc] = [await room.person(), await room.plain()];
    await say(alice.page, 'before');
    await hasText(alice.page, 'before');
    const start = nc.text.length;
    const session = await alice.context.newCDPSession(alice.page);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    // The server gives a silent member up after 15 s.
    for (const text of numbered('meanwhile', 17)) {
      nc.say(text);
      await new Promise(resolve => setTimeout(resolve, 1000));
    }
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    nc.say('after');
    await hasText(alice.page, 'after');
    await say(alice.page, 'awake');
    await hasText(alice.page, 'awake');
    equal(await textsOf(alice.page), ['before', ...numbered('meanwhile', 17), 'after', 'awake']);
    await until('nc reads', () => nc.text.includes('<alice> awake'));
    ensure(!/alice (joined|left)/.test(nc.text.slice(start)), nc.text.slice(start));
  },

  async 'a page of another origin may not join'(newRoom) {
    const room = await newRoom();
    const nc = await room.plain();
    const start = nc.text.length;
    const other = http.createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end('hello'));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const page = await newPage(await room.newContext());
    await visit(page, () => page.goto(`http://127.0.0.1:${other.address().port}/`));
    const outcome = at => page.evaluate(address => new Promise(resolve => {
      const socket = new WebSocket(address);
      socket.onopen = () => resolve('open');
      socket.onclose = ({ code }) => resolve(code);
    }), at);
    equal(await outcome(`ws://127.0.0.1:${room.port}/chat`), 1006);
    ensure(page.errors.some(error => error.includes('403')), page.errors.join('; '));
    other.close();
    nc.say('/who');
    await until('the answer', () => nc.text.includes('here:'));
    ensure(!nc.text.slice(start).includes('joined'), nc.text);
  },

  async 'a room with a secret asks for it until it is right, and again behind a break by itself'(newRoom) {
    const secretFile = path.join(mkdtempSync(path.join(folder, 'secret-')), 'secret');
    writeFileSync(secretFile, 'rumor-parrot-airport-sanity-mend-metric\n', { mode: 0o600 });
    const room = await newRoom('--secret-file', secretFile);
    const page = await newPage(await room.newContext());
    await visit(page, () => page.goto(room.url));
    await page.fill('#join-name', 'alice');
    await page.press('#join-name', 'Enter');
    await page.fill('#secret-text', 'a guess');
    await page.press('#secret-text', 'Enter');
    await page.getByText('That is not it.').waitFor();
    await page.fill('#secret-text', 'Rumor parrot airport sanity mend metric');
    await page.press('#secret-text', 'Enter');
    await joined(page);
    ensure(!(await page.locator('#secret').isVisible()), 'the question is still there');
    await room.restart();
    await say(page, 'back');
    await until('taken', async () => (await pendingOf(page)) === 0);
    await joined(page);
    const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    ensure(!stored.includes('arrot'), stored);
  },

  async 'a foreign name that resolves to the server is refused'(newRoom) {
    const room = await newRoom();
    const page = await newPage(await room.newContext());
    const answer = await visit(page, () => page.goto(room.url.replace('127.0.0.1', 'evil.example')));
    equal(answer.status(), 400);
    ensure((await answer.text()).includes('--web-host'), await answer.text());
    equal(await page.evaluate(() => new Promise(resolve => {
      const socket = new WebSocket(`ws://${location.host}/chat`);
      socket.onopen = () => resolve('open');
      socket.onclose = ({ code }) => resolve(code);
    })), 1006);
  },

  async 'the download is the program that runs'(newRoom) {
    const room = await newRoom();
    const answer = await get(`${room.url}download`);
    if (answer.status === 404)
      return 'skipped: the program is not one file';
    const sum = createHash('sha256');
    for await (const part of createReadStream(binary))
      sum.update(part);
    equal(createHash('sha256').update(new Uint8Array(await answer.arrayBuffer())).digest('hex'), sum.digest('hex'));
    const { page } = await room.person();
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download a')]);
    equal(download.suggestedFilename(), 'chat');
    ensure(readFileSync(await download.path()).equals(readFileSync(binary)), 'Chromium saved other bytes');
  },

  async 'a link in the clear is named where it crosses a network'(newRoom) {
    const room = await newRoom();
    const isNamed = async at => {
      const page = await newPage(await room.newContext());
      await visit(page, () => page.goto(at));
      await page.waitForSelector('#join[open]');
      return page.getByText('There is no encryption').isVisible();
    };
    equal(await isNamed(room.url), false);
    equal(await isNamed(room.url.replace('127.0.0.1', 'room.local')), true);
  },

  async 'Escape does not close the question for a name'(newRoom) {
    const room = await newRoom();
    const page = await newPage(await room.newContext());
    await visit(page, () => page.goto(room.url));
    await page.waitForSelector('#join[open]');
    await page.fill('#join-name', 'alice');
    for (let i = 0; i < 5; i++)
      await page.keyboard.press('Escape');
    await page.waitForSelector('#join[open]');
    await page.press('#join-name', 'Enter');
    await joined(page);
    ensure(await page.locator('#join').isHidden(), 'the question stays');
  },

  async 'a name that is not given is explained below the backlog'(newRoom) {
    const room = await newRoom();
    const nc = await room.plain('bob');
    numbered('line', 100).forEach(text => nc.say(text));
    for (const [name, words] of [['admin', 'that name is reserved'], ['bob', 'bob is taken; you are bob2']]) {
      const { page } = await room.person({ name });
      await hasText(page, 'line 99');
      const note = page.locator('.row.info', { hasText: words });
      await note.waitFor();
      await settled(page);
      ensure(await note.evaluate(({ offsetTop, offsetHeight }) => {
        const { scrollTop, clientHeight } = document.getElementById('log');
        return offsetTop >= scrollTop && offsetTop + offsetHeight <= scrollTop + clientHeight;
      }), 'the note is out of sight');
      equal(await page.evaluate(() => JSON.parse(localStorage.getItem('chat.name'))), name, 'the wish');
    }
  },

  async 'a page with a full storage joins'(newRoom) {
    const room = await newRoom();
    const alice = await room.person();
    await alice.page.evaluate(() => {
      for (let size = 1 << 20; size >= 1; size >>= 1)
        try {
          for (let i = 0; ; i++)
            localStorage.setItem(`other${size}.${i}`, 'x'.repeat(size));
        } catch {
          // It is as full as it gets with values of this size.
        }
    });
    const tab = await room.open(alice.context, 'alice');
    await say(tab, 'from the second tab');
    await hasText(alice.page, 'from the second tab');
    await visit(alice.page, () => alice.page.reload());
    await joined(alice.page);
    await say(alice.page, 'from the first tab');
    await hasText(tab, 'from the first tab');
    equal(await textsOf(tab), ['from the second tab', 'from the first tab']);
  },

  async 'a storage with other shapes is begun again'(newRoom) {
    const room = await newRoom();
    const hex = 'ab'.repeat(16);
    const seat = change => JSON.stringify({ id: hex, epoch: '0123456789abcdef', offset: 0, readOffset: 0, lastId: 0,
      pending: [], draft: '', ...change });
    const spoilt = [
      { 'chat.token': '{"a":1}' }, { 'chat.seat.zz': 'null' },
      { [`chat.seat.${hex}`]: 'null' }, { [`chat.seat.${hex}`]: seat({ pending: 5 }) },
      { [`chat.seat.${hex}`]: seat({ pending: [null] }) }, { [`chat.seat.${hex}`]: seat({ offset: -5 }) },
      { [`chat.seat.${hex}`]: seat({ epoch: 'x y' }) }, { [`chat.seat.${hex}`]: seat({ id: 'x y' }) },
    ];
    const context = await room.newContext();
    const page = await newPage(context);
    // Any file of the origin gives its storage.
    await visit(page, () => page.goto(`${room.url}icon.svg`));
    const fill = entries => page.evaluate(all => {
      localStorage.clear();
      sessionStorage.clear();
      Object.entries(all).forEach(([key, value]) => localStorage.setItem(key, value));
    }, entries);
    for (const [i, entries] of spoilt.entries()) {
      await fill(entries);
      const [claimed, token] = await page.evaluate(async n => {
        // A module with another address is another one.
        const store = await import(`/store.js?${n}`);
        return [await store.claimSeat(), store.token()];
      }, i);
      ensure(/^[0-9a-f]{32}$/.test(claimed.id) && /^[0-9a-f]{32}$/.test(token), JSON.stringify(entries));
      equal([claimed.epoch, claimed.offset, claimed.pending], ['-', 0, []], JSON.stringify(entries));
    }
    for (const entries of [{ 'chat.name': '"a b"', 'chat.ignored': '5' },
      { 'chat.name': '5', 'chat.ignored': '[{"name":"x"},null]' }, { 'chat.name': '{' }]) {
      await fill(entries);
      const tab = await room.open(context, 'alice');
      await say(tab, JSON.stringify(entries));
      await hasText(tab, JSON.stringify(entries));
      equal(tab.errors, [], JSON.stringify(entries));
      await tab.close();
    }
  },

  async 'an address that ends in a thousand points hides no line'(newRoom) {
    const room = await newRoom();
    const page = await openWith(room, [
      ...['.', ')', '()', ').', ']', '(a'].map(
        (end, i) => `1 snippet bob 2.${i + 1} http://example.com/${end.repeat(60000 / end.length)}`),
      '2 say bob 2.7 see (https://example.com/a_(b)), or https://example.com/c).', '3 say bob 2.8 the end',
    ]);
    await page.locator('.row', { hasText: 'the end' }).waitFor();
    equal(await page.locator('.row', { hasText: 'see (' }).locator('a').evaluateAll(all => all.map(each => each.href)),
      ['https://example.com/a_(b)', 'https://example.com/c']);
    equal(page.errors, []);
  },

  async 'a row that cannot be drawn hides no other row'(newRoom) {
    const room = await newRoom();
    const { page } = await room.person();
    await say(page, 'one');
    await hasText(page, 'one');
    await page.evaluate(() => import('/list.js').then(({ items, touch }) => {
      items.at(-1).text = { length: 1 };
      touch(items.at(-1));
    }));
    await page.locator('.row.error', { hasText: 'cannot show' }).waitFor();
    await say(page, 'two');
    await page.locator('.row.say', { hasText: 'two' }).waitFor();
  },

  async 'many joins in a row take rows of bounded length'(newRoom) {
    const room = await newRoom();
    const page = await openWith(room, Array.from({ length: 10000 },
      (_, i) => `${i} ${i % 2 ? 'leave' : 'join'} bob${i >> 1} 0`));
    const sizes = () => page.evaluate(() => import('/list.js').then(({ items }) =>
      items.filter(item => item.changes).map(item => item.changes.length)));
    await until('all joins', async () => (await sizes()).reduce((sum, size) => sum + size, 0) === 10000);
    ensure(Math.max(...await sizes()) <= 200, 'a row has more than 200 joins');
    await page.locator('.row', { hasText: 'came and went' }).last().waitFor();
  },

  async 'the page keeps a bounded number of lines'(newRoom) {
    const room = await newRoom();
    const page = await openWith(room, numbered('x', 42000).map((text, i) => i % 2 ? `${i} edit bob 2.${i} 0 ${text}`
      : `${i} say bob 2.${i} ${text}`));
    await hasText(page, 'x 41998');
    const session = await page.context().newCDPSession(page);
    const evaluate = async expression => (await session.send('Runtime.evaluate', { expression })).result.objectId;
    const { objects } = await session.send('Runtime.queryObjects',
      { prototypeObjectId: await evaluate('Map.prototype') });
    const functionDeclaration = 'function () { return this.filter(m => m !== Map.prototype).map(m => m.size); }';
    const { result } = await session.send('Runtime.callFunctionOn',
      { objectId: objects.objectId, returnByValue: true, functionDeclaration });
    ensure(Math.max(...result.value) <= 40000, `a map has ${Math.max(...result.value)} entries`);
    ensure((await textsOf(page)).length <= 20000, 'too many rows');
  },

  async 'a page with a wrong clock changes its last message'(newRoom) {
    const room = await newRoom();
    for (const minutes of [-60, 60]) {
      const context = await room.newContext();
      await context.addInitScript(ms => {
        const { now } = Date;
        Date.now = () => now() + ms;
      }, minutes * 60000);
      const page = await room.open(context, minutes < 0 ? 'slow' : 'fast');
      await say(page, 'one');
      await hasText(page, 'one');
      await until('taken', async () => (await pendingOf(page)) === 0);
      await say(page, '/edit two');
      await hasText(page, 'two');
      await say(page, '/delete');
      await page.locator('.row', { hasText: '(withdrawn)' }).last().waitFor();
    }
  },

  async 'hostile texts are shown as text'(newRoom) {
    const room = await newRoom();
    const [alice, nc] = [await room.person(), await room.plain()];
    const mark = 'mark';
    const hostile = [
      '<img src=x onerror="document.title=1">', '<script>document.title=2</script>', '&lt;b&gt; &amp;', '</div></main>',
      'javascript:alert(1) data:text/html,x', '\u202etxt.exe\u202c', 'שלום עולם (world) 123',
      'مرحبا بالعالم abc', `z${'\u0300\u0301\u0302\u0303\u0304\u0305'.repeat(40)}algo`, 
      '👩‍👧‍👦 🏳️‍🌈', 'x'.repeat(4000), '\u001b[31mred', 'a\u0000b\u0007',
      'https://example.com/"onmouseover="x', 'http://', 'HTTPS://EXAMPLE.COM/a(b)c).', '${1+1} {{1}}', '-- alice left',
    ];
    hostile.forEach(text => nc.say(`${mark} ${text}`));
    nc.say(`${mark} end`);
    await hasText(alice.page, `${mark} end`);
    await say(alice.page, `${mark} snippet\n${'y'.repeat(200)}\n${'<b>\tz\n'.repeat(400)}end`);
    await alice.page.waitForSelector('#pending .row', { state: 'detached' });
    const shown = (await textsOf(alice.page)).filter(text => text.startsWith(mark));
    equal(shown.length, hostile.length + 2);
    for (const plainText of hostile.slice(0, 5))
      ensure(shown.includes(`${mark} ${plainText}`), plainText);
    const found = await alice.page.evaluate(() => ({
      elements: document.querySelectorAll('#rows img, #rows script, #rows b').length,
      targets: [...document.querySelectorAll('#rows a')].map(a => a.protocol),
      rels: [...document.querySelectorAll('#rows a')].every(a => a.rel === 'noopener noreferrer'),
      wide: document.querySelector('#log').scrollWidth <= document.querySelector('#log').clientWidth,
      tall: [...document.querySelectorAll('#rows .row')].every(row => row.scrollHeight <= row.clientHeight + 1),
    }));
    equal(found.elements, 0, 'elements');
    ensure(found.targets.every(protocol => ['http:', 'https:'].includes(protocol)), 'links');
    ensure(found.rels && found.wide && found.tall, JSON.stringify(found));
    equal(alice.page.errors, []);
  },

  async 'a message is answered, changed and withdrawn'(newRoom) {
    const room = await newRoom();
    const [alice, bob] = [await room.person(), await room.person()];
    await say(alice.page, 'tea at five?');
    await hasText(bob.page, 'tea at five?');
    const row = bob.page.locator('.row.say', { hasText: 'tea at five?' });
    await row.hover();
    await row.getByRole('button', { name: 'Answer' }).click();
    await say(bob.page, 'gladly');
    await hasText(alice.page, 'gladly');
    await alice.page.locator('.quoted', { hasText: `to ${alice.name}: "tea at five?"` }).waitFor();
    await alice.page.focus('#draft');
    await alice.page.keyboard.press('ArrowUp');
    equal(await alice.page.inputValue('#draft'), 'tea at five?');
    await say(alice.page, 'tea at six?');
    await hasText(bob.page, 'tea at six?');
    ensure(!(await textsOf(bob.page)).includes('tea at five?'), 'the old text stays');
    await say(bob.page, '/delete');
    await until('withdrawn', async () => (await alice.page.locator('.row', { hasText: 'withdrawn' }).count()) > 0);
    await visit(bob.page, () => bob.page.reload());
    await joined(bob.page);
    await hasText(bob.page, 'tea at six?');
    ensure(!(await textsOf(bob.page)).includes('tea at five?'), 'the old text is back after a reload');
  },

  async 'a whisper reaches one person, and a reply its sender'(newRoom) {
    const room = await newRoom();
    const [alice, bob, carol] = [await room.person(), await room.person(), await room.person()];
    await say(alice.page, `/msg ${bob.name} psst`);
    await hasText(bob.page, 'psst');
    await hasText(alice.page, 'psst');
    await say(bob.page, '/r yes?');
    await hasText(alice.page, 'yes?');
    await say(alice.page, 'aloud');
    await hasText(carol.page, 'aloud');
    ensure(!(await textsOf(carol.page)).some(text => text === 'psst' || text === 'yes?'), 'carol read it');
    await say(alice.page, '/msg zoe hello');
    await noteOf(alice.page, 'there is no zoe here');
    equal(await pendingOf(alice.page), 0);
  },

  async 'tabs of one browser are one person with a seat each'(newRoom) {
    const room = await newRoom();
    const nc = await room.plain();
    const alice = await room.person();
    const second = await room.open(alice.context, alice.name);
    // A duplicated tab has a copy of sessionStorage.
    const copy = await seatOf(alice.page);
    const third = await alice.context.newPage();
    await third.addInitScript(seat => sessionStorage.setItem('chat.seat', seat), copy);
    await visit(third, () => third.goto(room.url));
    await joined(third);
    const tabs = [alice.page, second, third];
    const seats = await seatsOf(tabs);
    for (const page of tabs)
      equal(await page.title(), `chat - ${alice.name}`);
    await say(third, 'from the third');
    for (const page of tabs)
      await hasText(page, 'from the third');
    equal(nc.text.split(`${alice.name} joined`).length - 1, 1, 'joins');
    await second.close();
    const fourth = await room.open(alice.context, alice.name);
    equal((await seatsOf([alice.page, third, fourth])).sort(), seats.sort(), 'the free seat is taken again');
  },

  async 'a page without a secure context has seats and copies'(newRoom) {
    const room = await newRoom();
    const at = room.url.replace('127.0.0.1', 'room.local');
    const { page, context, name } = await room.person({ at });
    equal(await page.evaluate(() => isSecureContext), false);
    const second = await room.open(context, name, at);
    await seatsOf([page, second]);
    await say(second, 'copy me');
    await hasText(page, 'copy me');
    const row = page.locator('.row.say', { hasText: 'copy me' }).last();
    await row.hover();
    await row.getByRole('button', { name: 'Copy' }).click();
    await page.focus('#draft');
    await page.keyboard.press('Control+V');
    equal(await page.inputValue('#draft'), 'copy me');
    ensure(await page.locator('#notify').isHidden(), 'notices are offered, and cannot work');
  },

  async 'unread lines are counted in the title and marked'(newRoom) {
    const room = await newRoom();
    const [alice, nc] = [await room.person(), await room.plain()];
    await alice.page.evaluate(() => {
      document.hasFocus = () => false;
      window.dispatchEvent(new Event('blur'));
    });
    nc.say('one');
    nc.say(`${alice.name}: two`);
    await hasText(alice.page, `${alice.name}: two`);
    equal(await alice.page.title(), `(2) chat - ${alice.name}`);
    await alice.page.locator('.marker', { hasText: '2 new lines, 1 for you' }).waitFor();
    await alice.page.evaluate(() => {
      document.hasFocus = () => true;
      window.dispatchEvent(new Event('focus'));
    });
    equal(await alice.page.title(), `chat - ${alice.name}`);
    // What comes while the page is away for good is marked when it is back.
    await alice.page.goto('about:blank');
    nc.say('three');
    await visit(alice.page, () => alice.page.goto(room.url));
    await hasText(alice.page, 'three');
    await alice.page.locator('.marker', { hasText: /^1 new line$/ }).waitFor();
  },

  async 'a part of the log that is gone is named'(newRoom) {
    const room = await newRoom('--ring', '65536');
    const line = await network(room);
    const [alice, nc] = [await room.person({ at: line.url }), await room.plain()];
    await say(alice.page, 'before');
    await hasText(alice.page, 'before');
    line.cut();
    const words = 'x'.repeat(1000);
    numbered(words, 200).forEach(text => nc.say(text));
    nc.say('/who');
    await until('all is said', () => nc.text.includes('here:'));
    line.isUp = true;
    await hasText(alice.page, `${words} 199`);
    const notes = await alice.page.evaluate(() => import('/list.js').then(({ items }) =>
      items.filter(item => item.kind === 'error').map(item => item.text)));
    ensure(notes.some(note => note.endsWith('of the conversation is missing')), notes.join('; '));
    equal((await textsOf(alice.page))[0], 'before');
  },

  async 'a snippet of 64 KiB arrives as it was pasted'(newRoom) {
    const room = await newRoom();
    const [alice, bob] = [await room.person(), await room.person()];
    const row = '\t"quoted \\n back\\\\slash" é 👍  ';
    const text = `first\n${`${row}\n`.repeat(400)}end`;
    await say(alice.page, text);
    await hasText(bob.page, text);
    await hasText(alice.page, text);
    await say(alice.page, 'x'.repeat(70000));
    await noteOf(alice.page, '64 KiB');
    equal((await alice.page.inputValue('#draft')).length, 70000, 'the draft is kept');
  },

  async 'a draft survives a reload'(newRoom) {
    const room = await newRoom();
    const { page } = await room.person();
    await page.fill('#draft', 'half a th');
    await visit(page, () => page.reload());
    await joined(page);
    equal(await page.inputValue('#draft'), 'half a th');
  },

  async 'a hundred reloads announce no leave and no join'(newRoom) {
    const room = await newRoom();
    const { page, name } = await room.person();
    const nc = await room.plain();
    const start = nc.text.length;
    for (let i = 0; i < 100; i++)
      await visit(page, () => page.reload({ waitUntil: 'domcontentloaded' }));
    await joined(page);
    await say(page, 'still here');
    await until('the line', () => nc.text.includes(`<${name}> still here`));
    ensure(!new RegExp(`${name} (joined|left)`).test(nc.text.slice(start)), nc.text.slice(start));
  },

  async 'Tab completes names and the menu commands'(newRoom) {
    const room = await newRoom();
    const [alice, bob] = [await room.person(), await room.person()];
    await say(bob.page, 'hello');
    await hasText(alice.page, 'hello');
    await alice.page.fill('#draft', bob.name.slice(0, -1));
    await until('bob is first', async () => {
      await alice.page.fill('#draft', bob.name);
      await alice.page.press('#draft', 'Tab');
      return (await alice.page.inputValue('#draft')) === `${bob.name}: `;
    });
    await alice.page.fill('#draft', '/wh');
    ensure(await alice.page.locator('#menu').isVisible(), 'no menu');
    await alice.page.press('#draft', 'ArrowDown');
    await alice.page.press('#draft', 'Enter');
    equal(await alice.page.inputValue('#draft'), '/msg ');
    await alice.page.fill('#draft', '/hlep');
    await alice.page.press('#draft', 'Enter');
    await noteOf(alice.page, 'there is no command /hlep');
    equal(await alice.page.inputValue('#draft'), '/hlep', 'the draft is kept');
    await alice.page.fill('#draft', '');
    await alice.page.press('#draft', 'Tab');
    ensure(await alice.page.evaluate(() => document.activeElement.id !== 'draft'), 'Tab is trapped');
  },

  async 'an ignored person stays hidden under a new name'(newRoom) {
    const room = await newRoom();
    const [alice, nc] = [await room.person(), await room.plain('mallory')];
    nc.say('spam one');
    await hasText(alice.page, 'spam one');
    await say(alice.page, '/ignore mallory');
    nc.say('/nick trent');
    nc.say('spam two');
    const bob = await room.plain();
    bob.say('after the spam');
    await hasText(alice.page, 'after the spam');
    ensure(!(await alice.page.locator('#rows').innerText()).includes('spam t'), 'shown');
    ensure(!(await alice.page.locator('#rows').innerText()).includes('spam one'), 'earlier lines shown');
    await say(alice.page, '/unignore trent');
    await until('shown again', async () => (await alice.page.locator('#rows').innerText()).includes('spam two'));
  },

  async 'a host in a browser has the mark, removes a person, and a removed page stays away'(newRoom) {
    const key = path.join(folder, 'host-key');
    const room = await newRoom('--host-key', key);
    const [alice, bob, nc] = [await room.person(), await room.person(), await room.plain('mallory')];
    await say(alice.page, '/kick mallory');
    await noteOf(alice.page, 'there is no command /kick');
    const hilda = room.client('hilda', '--host-key', key, '--commands');
    hilda.say(`/op ${alice.name}`);
    await alice.page.locator('#people .name', { hasText: `@${alice.name}` }).waitFor();
    await say(alice.page, '/kick mallory spam');
    await until('removed', () => nc.text.includes(`@${alice.name} removed you from the room: spam`));
    await until('acknowledged', async () => (await pendingOf(alice.page)) === 0);
    await say(alice.page, 'quiet now');
    await bob.page.locator('.head .name', { hasText: `@${alice.name}` }).first().waitFor();
    hilda.say(`/kick ${bob.name}`);
    await bob.page.locator('#status', { hasText: '@hilda removed you from the room' }).waitFor();
    ensure((await bob.page.getAttribute('body', 'data-link')) === 'left', 'it reconnects');
  },

  async 'the topic stands below the name of the room, as text, until a host removes it'(newRoom) {
    const key = path.join(folder, 'topic-key');
    const room = await newRoom('--host-key', key);
    const alice = await room.person();
    const hilda = room.client('hilda', '--host-key', key, '--commands');
    const topic = page => page.locator('#topic').innerText();
    const height = page => page.evaluate(() => document.querySelector('#topic').offsetHeight);
    equal(await height(alice.page), 0, 'the height without a topic');
    await say(alice.page, '/topic');
    await alice.page.locator('.row.info', { hasText: 'there is no topic' }).waitFor();
    await say(alice.page, '/topic mine');
    await noteOf(alice.page, '/topic is for hosts');
    const words = `<b>lunch</b> &amp; ${'a_long_word'.repeat(9)}`;
    hilda.say(`/topic ${words}`);
    await until('the topic comes', async () => (await topic(alice.page)) === words);
    await say(alice.page, '/topic');
    await alice.page.locator('.row.info', { hasText: `the topic: ${words}` }).waitFor();
    const bob = await room.person({ viewport: { width: 390, height: 700 } });
    await until('a newcomer has it', async () => (await topic(bob.page)) === words);
    const row = await height(bob.page);
    ensure(row > 10 && row < 50, `it has ${row} pixels on a phone`);
    equal(await bob.page.evaluate(() => document.documentElement.scrollWidth), 390, 'the width');
    await alice.page.reload();
    await until('a reloaded page has it', async () => (await topic(alice.page)) === words);
    await say(alice.page, 'still here');
    await hasText(bob.page, 'still here');
    hilda.say(`/op ${alice.name}`);
    await alice.page.locator('#people .name', { hasText: `@${alice.name}` }).waitFor();
    await alice.page.fill('#draft', '/');
    for (const command of ['/topic', '/announce', '/kick'])
      await alice.page.locator('#menu', { hasText: command }).waitFor();
    await say(alice.page, '/announce tea is ready');
    await bob.page.locator('.row', { hasText: 'announces: tea is ready' }).waitFor();
    await say(alice.page, '/topic -');
    await until('removed', async () => (await height(bob.page)) === 0 && (await height(alice.page)) === 0);
  },

  async 'the search finds lines of the history'(newRoom) {
    const room = await newRoom();
    const [alice, nc] = [await room.person(), await room.plain()];
    const mark = 'mark';
    for (let i = 0; i < 30; i++)
      nc.say(`${mark} needle ${i}`);
    await hasText(alice.page, `${mark} needle 29`);
    await say(alice.page, `/find ${mark} needle`);
    await until('found', async () => (await alice.page.locator('.found-row').count()) === 20);
    await alice.page.click('#found-older');
    await until('older', async () => (await alice.page.locator('.found-row').count()) === 30);
    await alice.page.locator('.found-row').first().click();
    ensure(await alice.page.evaluate(() => document.activeElement.textContent.includes('needle 0')), 'no jump');
  },

  async 'older lines stay in place while new ones come'(newRoom) {
    const room = await newRoom();
    const [alice, nc] = [await room.person(), await room.plain()];
    for (let i = 0; i < 300; i++)
      nc.say(`line ${i}`);
    await hasText(alice.page, 'line 299');
    await alice.page.hover('#log');
    await alice.page.mouse.wheel(0, -3000);
    await alice.page.locator('#newest').waitFor();
    await settled(alice.page);
    const topRow = () => alice.page.evaluate(() => {
      const box = document.querySelector('#log').getBoundingClientRect();
      const rows = [...document.querySelectorAll('#rows .row')];
      const row = rows.find(each => each.getBoundingClientRect().bottom > box.top);
      return [row.textContent, Math.round(row.getBoundingClientRect().top)];
    });
    const before = await topRow();
    for (let i = 0; i < 50; i++)
      nc.say(`new ${i}`);
    await hasText(alice.page, 'new 49');
    await settled(alice.page);
    equal(await topRow(), before, 'the row at the top');
    equal(await alice.page.locator('#newest').textContent(), '50 new lines');
    await alice.page.click('#newest');
    ensure(await alice.page.locator('.row', { hasText: 'new 49' }).isVisible(), 'not at the bottom');
    ensure(await alice.page.locator('#newest').isHidden(), 'the button stays');
  },

  async 'of ten thousand lines only those near the window are in the document'(newRoom) {
    const room = await newRoom('--ring', '4194304');
    const nc = await room.plain();
    for (let i = 0; i < 10000; i++)
      nc.say(`line ${i} ${'word '.repeat(i % 23)}${i % 97 === 0 ? 'https://example.com/' : ''}`);
    nc.say('the end');
    const alice = await room.person();
    await hasText(alice.page, 'the end');
    await alice.page.evaluate(() => import('/link.js').then(({ askOlder }) => askOlder()));
    await until('all lines', async () => (await textsOf(alice.page)).length >= 9900);
    const figures = await alice.page.evaluate(async () => {
      const log = document.querySelector('#log');
      const frames = [];
      let [last, most] = [performance.now(), 0];
      const step = async pixels => {
        log.scrollTop += pixels;
        await new Promise(requestAnimationFrame);
        const time = performance.now();
        frames.push(time - last);
        last = time;
        most = Math.max(most, document.querySelectorAll('#rows .row').length);
      };
      for (let i = 0; i < 600; i++)
        await step(i < 300 ? -120 : -2000);
      for (let i = 0; i < 300; i++)
        await step(400);
      frames.sort((a, b) => a - b);
      const quantile = part => frames[Math.floor(frames.length * part)];
      return { frames: frames.length, median: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99),
        worst: frames.at(-1), rows: most };
    });
    console.log(`# frames ${JSON.stringify(figures)}`);
    ensure(figures.rows < 400, `${figures.rows} rows are in the document`);
  },

  async 'axe finds nothing serious'(newRoom) {
    const source = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
    for (const colorScheme of ['light', 'dark']) {
      const room = await newRoom();
      const [alice, nc] = [await room.person({ colorScheme }), await room.plain()];
      nc.say(`${alice.name}: look at https://example.com/`);
      nc.say('/me waves');
      nc.say(`/msg ${alice.name} psst`);
      await say(alice.page, 'if ok:\n\tgo()');
      await say(alice.page, '/hlep');
      await say(alice.page, '/who');
      await hasText(alice.page, 'psst');
      await noteOf(alice.page, 'there is no command');
      for (const state of ['room', 'menu', 'narrow', 'join']) {
        if (state === 'menu')
          await alice.page.fill('#draft', '/');
        if (state === 'narrow') {
          await alice.page.setViewportSize({ width: 320, height: 640 });
          await alice.page.click('#people-button');
        }
        if (state === 'join') {
          await alice.page.evaluate(() => localStorage.clear());
          await visit(alice.page, () => alice.page.goto(room.url));
          await alice.page.waitForSelector('#join[open]');
        }
        await alice.page.evaluate(source);
        const { violations } = await alice.page.evaluate(() => axe.run({ resultTypes: ['violations'] }));
        for (const { id, impact, nodes } of violations)
          console.log(`# ${colorScheme} ${state}: ${id} (${impact}): ${nodes[0].html.slice(0, 160)}`);
        const bad = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
        equal(bad.map(({ id }) => id), [], `${colorScheme} ${state}`);
      }
    }
  },
};

/** The pictures of the README: one conversation on a desktop and on a phone, light and dark. */
async function takePictures() {
  const sizes = { desktop: [860, 800], phone: [390, 860] };
  for (const colorScheme of ['light', 'dark'])
    for (const [device, [width, height]] of Object.entries(sizes)) {
      const room = await startRoom([]);
      const [bob, carol, jun] = [await room.plain('bob'), await room.plain('carol'), await room.plain('jun')];
      const { page } = await room.person({ name: 'alice', colorScheme, locale: 'en-GB',
        viewport: { width, height } });
      const says = async (member, text) => {
        member.say(text);
        await hasText(page, text.replace(/^\/(me|msg \S+) /, ''));
      };
      await says(bob, 'The projector in room 3 has a new cable. We can give the demo there after all.');
      await says(carol, 'What do we show first?');
      await say(page, "The search. Bob, is this morning's index on the demo machine as well?");
      await until('taken', async () => (await pendingOf(page)) === 0);
      await says(bob, 'alice: it is on both, I copied it at ten');
      await says(carol, '/me makes tea');
      await says(jun, 'Room 3 is booked, from two to four.');
      await says(carol, '/msg alice there is cake in the kitchen, not a word to bob');
      await say(page, 'for room in 2 3; do\n\tindex --room $room --verify\ndone');
      await until('taken', async () => (await pendingOf(page)) === 0);
      await says(bob, 'My notes are at http://wiki.lan/demo, I go and set up');
      await page.fill('#draft', 'Thank you, jun! I bring the lapto');
      await page.evaluate(() => (document.getElementById('room').textContent = '192.168.1.65:8082'));
      await settled(page);
      await page.screenshot({ path: path.join(shots, `page-${device}-${colorScheme}.png`) });
      await room.stop();
    }
}

let failures = 0;

async function run(name, test) {
  const began = Date.now();
  const rooms = [];
  const newRoom = async (...options) => {
    rooms.push(await startRoom(options));
    return rooms.at(-1);
  };
  try {
    const skipped = await test(newRoom);
    console.log(`ok ${name}${skipped ? ` # ${skipped}` : ''}${process.env.TIMES ? ` # ${Date.now() - began} ms` : ''}`);
  } catch (error) {
    failures++;
    console.log(`not ok ${name} ${error.message.replace(/\s*\n\s*/g, ' ')}`);
  }
  await Promise.all(rooms.map(room => room.stop()));
}

if (shots) {
  await takePictures();
} else {
  const due = Object.entries(tests).filter(([name]) => !wanted.length || wanted.some(part => name.includes(part)));
  const work = async () => {
    while (due.length)
      await run(...due.shift());
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
await browser.close();
rmSync(folder, { recursive: true, force: true });
process.exit(failures === 0 ? 0 : 1);
