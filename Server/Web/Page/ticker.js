// A worker: browsers slow the timers of a hidden page down to one a minute, but not those of a worker.
setInterval(() => postMessage(0), 3500);
