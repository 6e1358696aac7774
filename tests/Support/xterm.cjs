// Draws bytes in xterm.js and prints the copy of its selection, as JSON: a list of lines for each width.
// usage: node xterm.cjs FOLDER-OF-PACKAGES ROWS COLUMNS [COLUMNS...] < BYTES
// The first width is that of the window while the bytes arrive; then the window gets each further one.
const [folder, rows, ...widths] = process.argv.slice(2);
const { Terminal } = require(require("path").join(folder, "node_modules", "@xterm", "headless"));

const terminal = new Terminal({ cols: +widths[0], rows: +rows, scrollback: 10000, allowProposedApi: true });

// As the selection service of xterm.js does: blanks at the end of a row go away, wrapped rows are joined.
function lines() {
    const copied = [];
    const buffer = terminal.buffer.active;
    for (let i = 0; i < buffer.length; i++) {
        const row = buffer.getLine(i);
        const text = row.translateToString(true);
        if (row.isWrapped) copied[copied.length - 1] += text;
        else copied.push(text);
    }
    return copied;
}

terminal.write(require("fs").readFileSync(0), () => {
    const all = widths.map((width) => {
        terminal.resize(+width, +rows);
        return lines();
    });
    process.stdout.write(JSON.stringify(all));
});
