// Hears from the server whether what the page shows is so still, as long as somebody can see the page.

// The server speaks every ten seconds (live.py): a connection that died without an end is silent.
const SILENT_MS = 25000;
const PAUSE_MS = 5000;
// A browser holds six connections to a server, for all of its tabs: one that nobody sees asks now and then instead.
const HIDDEN_MS = 20000;

// ``changed`` is called when there may be something new, ``heard`` each time the server speaks, ``lost`` when it does not.
export function follow(version, { changed, heard, lost }) {
  let events = null;
  let known = version;
  let last = Date.now();
  let tried = 0;

  function open() {
    events?.close();
    last = tried = Date.now();
    events = new EventSource("/live");
    for (const kind of ["changed", "still"]) {
      events.addEventListener(kind, (event) => {
        last = Date.now();
        heard();
        if (event.data === known) return;
        known = event.data;
        changed();
      });
    }
    events.addEventListener("error", lost);
  }

  function look() {
    if (document.hidden) return;
    const isSilent = Date.now() - last > SILENT_MS;
    // Any answer but 200 ends it for good, says its specification.
    if (!isSilent && events?.readyState !== EventSource.CLOSED) return;
    lost();
    if (Date.now() - tried > PAUSE_MS) open();
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      events?.close();
      events = null;
      return;
    }
    open();
    changed();
  });
  setInterval(() => document.hidden && changed(), HIDDEN_MS);
  setInterval(look, 1000);
  if (!document.hidden) open();
}
