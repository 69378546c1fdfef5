// A stream of messages that comes back by itself. The browser reconnects after a broken
// connection; what it gives up on, and a connection that is dead without knowing it (a lid
// that was closed), is opened anew here.
const quiet = 3000, dead = 8000;

export function listen(url, { message, stale }) {
  let source, heard = 0, day = 0, old = false, wait = 1000;
  // Neither clock is enough: the one stands still while a laptop sleeps, the other may be put back.
  const hear = () => { heard = performance.now(); day = Date.now(); };
  const silent = () => Math.max(performance.now() - heard, Date.now() - day);
  const open = () => {
    source?.close();
    hear();
    source = new EventSource(url);
    for (const name of ["hello", "tick", "event"]) {
      source.addEventListener(name, (e) => {
        hear();
        wait = 1000;
        message(name, JSON.parse(e.data));
        // Only now: what was known before may have changed since.
        if (old) { old = false; stale(false); }
      });
    }
    // Of the desk alone: nothing that is shown of the stage changes with it.
    source.addEventListener("prediction", (e) => dispatchEvent(new CustomEvent("prediction", { detail: JSON.parse(e.data) })));
  };
  const look = () => {
    const silence = silent();
    if (silence > quiet && !old) { old = true; stale(true); }
    if (silence > Math.max(dead, wait) || (source.readyState === EventSource.CLOSED && silence > wait)) {
      wait = Math.min(wait * 2, 15000);
      open();
    }
  };
  open();
  setInterval(look, 500);
  document.addEventListener("visibilitychange", look);
  addEventListener("online", open);
}
