// Keeps the page up to date: the clocks by themselves, the rest whenever the server says that there is something new.
// Sends what a person does; a pair is sealed here, and nothing of it is kept in the browser.

import { follow } from "/static/live.js";
import { bytesOf, sign, textOf, told } from "/static/passkey.js";

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
  for (const one of document.querySelectorAll("details[id]")) {
    // Also before this script listened.
    if (one.open !== one.hasAttribute("data-open")) touched.add(one.id);
  }
  return new Map([...document.querySelectorAll("details[id]")].map((one) => [one.id, one.open]));
}

// Whoever opened or closed something finds it so, and keeps the place where the keyboard is.
function put(next) {
  const before = opened();
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement : null;
  const address = focused instanceof HTMLAnchorElement ? focused.getAttribute("href") : null;
  const within = focused ? focused.closest("details[id]") : null;
  const name = focused instanceof HTMLInputElement ? focused.name : null;
  const same = sameForm(next);
  keepEntries(next, same?.form);
  if (same) putAround(same, next);
  else main().replaceWith(next);
  prepare();
  for (const one of document.querySelectorAll("details[id]")) {
    if (touched.has(one.id)) one.open = before.get(one.id) ?? one.open;
  }
  remember();
  if (focused?.isConnected) return;
  if (address) document.querySelector(`main a[href="${CSS.escape(address)}"]`)?.focus();
  else if (name) document.querySelector(`main input[name="${CSS.escape(name)}"]`)?.focus();
  else if (within) document.querySelector(`#${CSS.escape(within.id)} summary`)?.focus();
}

// What stands in main around a form that is the same still: as it is now, and as it comes.
function sameForm(next) {
  for (const form of main().querySelectorAll("form[data-act]")) {
    const now = formOf(next, form.dataset.act);
    if (now && asks(now) === asked.get(form)) return { form, old: childOf(main(), form), now: childOf(next, now) };
  }
  return null;
}

// What each form asked when it came. One that Prefect keeps is told apart by its key; any other by all that it says,
// because taking a rotation that nobody has and taking it over from somebody are two questions at one address.
const asked = new WeakMap();

function asks(form) {
  return form.dataset.form ?? form.outerHTML;
}

function childOf(parent, one) {
  let child = one;
  while (child.parentElement !== parent) child = child.parentElement;
  return child;
}

// The form is not touched: a key that is pressed just now must not be lost.
function putAround({ old, now }, next) {
  const children = [...next.childNodes];
  const at = children.indexOf(now);
  for (const child of [...main().childNodes]) if (child !== old) child.remove();
  old.before(...children.slice(0, at));
  old.after(...children.slice(at + 1));
  for (const { name, value } of next.attributes) main().setAttribute(name, value);
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
    const answer = await fetch(window.location.href);
    if (answer.redirected) {
      isCurrent = false;
      if (!isFilledIn()) {
        // What was waited for is there, on a page of its own.
        window.location.assign(answer.url);
      } else {
        line.textContent = LOGGED_OUT;
      }
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.getElementById("main");
    if (!next || answer.status >= 500) {
      lost();
      return;
    }
    put(next);
    document.title = page.title;
    adjust();
    tick();
    isCurrent = true;
    heard();
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

const LOGGED_OUT = "You are logged out. What you typed stays here: log in in another tab, then submit it here.";
// Whether the page could be brought up to date when that was tried last.
let isCurrent = true;

function lost() {
  isCurrent = false;
  document.body.classList.add("lost");
  line.textContent = "The console does not answer: this page is not up to date. It tries again by itself.";
}

function heard() {
  if (!isCurrent) {
    renew();
    return;
  }
  document.body.classList.remove("lost");
  line.textContent = isKept() ? "Up to date. What you typed stays in this tab until its form comes again." : "Up to date";
}

// What is typed stays: in the same form as it is; and in memory, by what it answers, until a form asks for it again, which
// comes back with a reason.
const typed = new Map();
// What was typed and not sent, by what it answers.
const unsent = new Set();

function keepEntries(next, staying) {
  for (const old of main().querySelectorAll("form[data-act]")) {
    if (old === staying) continue;
    typed.set(old.dataset.act, [...old.elements].filter((field) => field.name && field.type !== "hidden"));
    if (hasPair(old) && old.dataset.sent === undefined) unsent.add(old.dataset.act);
  }
  if (next.dataset.ended !== undefined) {
    typed.clear();
    unsent.clear();
  }
  for (const [act, fields] of typed) {
    const now = formOf(next, act);
    if (!now) continue;
    typed.delete(act);
    unsent.delete(act);
    for (const field of fields) {
      const same = [...now.elements].find((one) => one.name === field.name && one.type === field.type);
      if (!same || (field.type === "radio" && same.value !== field.value)) continue;
      same.value = field.value;
      same.checked = field.checked;
    }
  }
}

function formOf(page, act) {
  return [...page.querySelectorAll("form[data-act]")].find((one) => one.dataset.act === act);
}

function hasPair(within) {
  return [...within.querySelectorAll("input[data-minted]")].some((field) => field.value !== "");
}

function isKept() {
  return unsent.size > 0;
}

function isFilledIn() {
  return hasPair(document) || isKept();
}

// A reload would lose a secret that may be shown nowhere else.
window.addEventListener("beforeunload", (event) => {
  if (isFilledIn()) event.preventDefault();
});

function prepare() {
  // Those of enrol.js, which may just have come again.
  for (const button of document.querySelectorAll("form[data-enrol] button[disabled]")) button.disabled = false;
  for (const form of document.querySelectorAll("form[data-act]")) {
    if (asked.has(form)) continue;
    asked.set(form, asks(form));
    // Before this a browser would send it by itself.
    for (const button of form.querySelectorAll("button[disabled]")) button.disabled = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit(form, event.submitter);
    });
    // Whoever stops instead has no pair to enter.
    const stops = form.querySelector("input[data-stops]");
    stops?.addEventListener("change", () => (form.noValidate = stops.checked));
    for (const field of form.querySelectorAll("input[data-minted]")) {
      if (!CSS.supports("-webkit-text-security", "disc")) field.type = "password";
      field.addEventListener("input", () => look(form));
    }
  }
}

// What is wrong with the looks of what was typed, by field; nothing of it leaves the page.
async function doubts(form) {
  const found = new Map();
  for (const field of form.querySelectorAll("input[data-minted]")) {
    const typed = field.value.trim();
    if (typed === "") continue;
    const hint = JSON.parse(field.dataset.hints).find((one) => new RegExp(one.pattern).test(typed));
    if (hint) found.set(field, hint.told);
    else if (form.dataset.old && (await fingerprint(typed)) === form.dataset.old) {
      found.set(field, `This is the old ${form.dataset.thing}, which is being replaced. Copy the new one.`);
    }
  }
  return found;
}

async function fingerprint(text) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...digest.slice(0, 6)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function look(form) {
  const found = await doubts(form);
  for (const field of form.querySelectorAll("input[data-minted]")) {
    const told = found.get(field) ?? "";
    const hint = document.getElementById(`hint-${field.name}`);
    if (hint.textContent !== told) hint.textContent = told;
    if (told) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
  if (found.size === 0) delete form.dataset.doubted;
  return found.size;
}

function say(form, told, isProblem) {
  const line = form.querySelector(".said");
  if (!line) return;
  line.hidden = told === "";
  line.textContent = told;
  line.classList.toggle("alarm", isProblem);
}

async function submit(form, button) {
  if (form.dataset.busy) return;
  if (form.dataset.form) {
    const wrong = await look(form);
    // It may be another pair that somebody made by mistake: that one has to arrive, too.
    if (wrong > 0 && !form.dataset.doubted) {
      form.dataset.doubted = "1";
      say(form, "Look at what is said beside the fields. To send it all the same, press the button again.", true);
      return;
    }
  }
  form.dataset.busy = "1";
  if (button) button.disabled = true;
  say(form, "Sending …", false);
  try {
    const body = await bodyOf(form);
    if (form.dataset.signs !== undefined) {
      const asked = await post(form.dataset.challenge ?? form.dataset.act.replace(/answer$/, "challenge"), body);
      if (asked.problem) {
        say(form, asked.problem, true);
        return;
      }
      say(form, "Now your passkey: it signs what you chose here.", false);
      body.assertion = await sign(asked.rp, asked.challenge, asked.known);
      // Outside of a form the signature is good for what the console has named.
      body.form ??= asked.form;
    }
    const said = await post(form.dataset.act, body);
    if (said.problem) {
      say(form, said.problem, true);
    } else if (said.go) {
      clear(form);
      window.location.assign(said.go);
      return;
    } else {
      form.dataset.sent = "";
      clear(form);
      say(form, said.told, false);
      renew();
    }
  } catch (error) {
    say(form, wrong(error), true);
  } finally {
    delete form.dataset.busy;
    if (button) button.disabled = false;
  }
}

// A proxy may keep one waiting for ever.
const ANSWER_MS = 60000;
const SHOWN = 300;

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    redirect: "error",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch {
    const isSaid = answer.headers.get("Content-Type")?.startsWith("text/plain");
    const said = isSaid ? text.slice(0, SHOWN) : `The console, or a proxy before it, answered with ${answer.status}.`;
    return { problem: `${said} Whether it counts is unknown: look at the inbox before you press the button again.` };
  }
}

class TooLong extends Error {}

function wrong(error) {
  if (error instanceof TooLong) return "That is longer than any key: copy it again, the key alone.";
  if (error.name === "TimeoutError") {
    return "No answer for a minute. Whether it counts is unknown: look at the inbox before you press the button again.";
  }
  const problem = error instanceof DOMException ? told(error) : "The console did not answer.";
  return `${problem} Nothing is lost: press the button again.`;
}

function clear(form) {
  for (const field of form.querySelectorAll("input[type=password]")) field.value = "";
}

async function bodyOf(form) {
  const values = {};
  const pair = {};
  for (const field of form.elements) {
    if (!field.name || (field.type === "radio" && !field.checked)) continue;
    if (field.dataset.minted !== undefined) pair[field.name] = field.value.trim();
    else if (field.dataset.local === undefined) values[field.name] = field.type === "checkbox" ? field.checked : field.value;
  }
  if (form.dataset.to) values.to = form.dataset.to;
  if (!form.dataset.form) return values;
  if (Object.values(pair).some((value) => value !== "")) {
    values.sealed = await sealed(JSON.parse(form.dataset.sealing), pair);
  }
  // In clear nothing of it is sent.
  for (const field of form.querySelectorAll("input[data-minted]:not([data-local])")) values[field.name] = "";
  return { form: form.dataset.form, run: form.dataset.run, values };
}

// The length of a sealed text must not tell which key it is.
const SEALED_BYTES = 1024;

// As RFC 9180 has it: to X25519, or to P-256 in a browser without it. blocks/sealed/envelope.py opens it.
async function sealed(sealing, pair) {
  const HPKE = await import("/static/hpke/index.js");
  const encoder = new TextEncoder();
  const names = Object.keys(pair).sort();
  const text = encoder.encode(JSON.stringify(Object.fromEntries(names.map((name) => [name, pair[name]]))));
  if (text.length > SEALED_BYTES) throw new TooLong();
  const padded = new Uint8Array(SEALED_BYTES).fill(0x20);
  padded.set(text);
  for (const [name, kem, key] of [
    ["X25519", HPKE.KEM_DHKEM_X25519_HKDF_SHA256, sealing.x25519],
    ["P256", HPKE.KEM_DHKEM_P256_HKDF_SHA256, sealing.p256],
  ]) {
    try {
      const suite = new HPKE.CipherSuite(kem, HPKE.KDF_HKDF_SHA256, HPKE.AEAD_AES_256_GCM);
      const to = await suite.DeserializePublicKey(bytesOf(key));
      const { encapsulatedSecret, ciphertext } = await suite.Seal(to, padded, { info: encoder.encode(sealing.info) });
      const whole = new Uint8Array([...encapsulatedSecret, ...ciphertext]);
      return `rekey-sealed-1.${name}.${textOf(whole)}`;
    } catch (error) {
      if (name === "P256") throw error;
    }
  }
}

prepare();
adjust();
tick();
setInterval(tick, 1000);
remember();
// What the ledger does not have yet, a page asks for by itself.
setInterval(() => {
  if (main().dataset.watch !== undefined) renew();
}, 2000);
follow(main().dataset.version, { changed: renew, heard, lost });
