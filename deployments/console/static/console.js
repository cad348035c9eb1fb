// Keeps the page up to date: the clocks by themselves, the rest whenever the server says that there is something new.
"use strict";

const line = document.getElementById("line");
// This machine's clock may be wrong: the server's counts.
let behind = 0;

function main() {
  return document.getElementById("main");
}

function adjust() {
  behind = new Date(main().dataset.now).getTime() - Date.now();
}

function lasted(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

function tick() {
  const now = Date.now() + behind;
  for (const clock of document.querySelectorAll("time[data-since]")) {
    clock.textContent = lasted((now - new Date(clock.dataset.since).getTime()) / 1000);
  }
}

function opened() {
  return new Map([...document.querySelectorAll("details[id]")].map((one) => [one.id, one.open]));
}

// Whoever opened or closed something finds it so, and keeps the place where the keyboard is.
function put(next) {
  const before = opened();
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement : null;
  const address = focused instanceof HTMLAnchorElement ? focused.getAttribute("href") : null;
  const within = focused ? focused.closest("details[id]") : null;
  main().replaceWith(next);
  for (const one of document.querySelectorAll("details[id]")) {
    if (touched.has(one.id)) one.open = before.get(one.id) ?? one.open;
  }
  remember();
  if (address) document.querySelector(`main a[href="${CSS.escape(address)}"]`)?.focus();
  else if (within) document.querySelector(`#${CSS.escape(within.id)} summary`)?.focus();
}

const touched = new Set();

function remember() {
  for (const one of document.querySelectorAll("details[id] summary")) {
    one.addEventListener("click", () => touched.add(one.parentElement.id));
  }
}

let busy = false;
let again = false;

async function renew() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  try {
    const answer = await fetch(window.location.href, { redirect: "error" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.getElementById("main");
    if (next) {
      put(next);
      document.title = page.title;
      adjust();
      tick();
    }
  } catch {
    lost();
  } finally {
    busy = false;
    if (again) {
      again = false;
      renew();
    }
  }
}

function lost() {
  document.body.classList.add("lost");
  line.textContent = "The console does not answer: this page is not up to date. It tries again by itself.";
}

function heard() {
  document.body.classList.remove("lost");
  line.textContent = "Up to date";
}

adjust();
tick();
setInterval(tick, 1000);
remember();
const events = new EventSource("/live");
let version = main().dataset.version;
for (const kind of ["changed", "still"]) {
  events.addEventListener(kind, (event) => {
    heard();
    if (event.data !== version) {
      version = event.data;
      renew();
    }
  });
}
events.addEventListener("error", lost);
