// What a one-time link is for: approve it, or register authenticators. Its form may be replaced by the same one at any time.
// The token stands behind the # of the address, which goes nowhere by itself: only the body of a request has it.
"use strict";

import { register, sign, told } from "/static/passkey.js";

function form() {
  return document.querySelector("form[data-enrol]");
}

function say(text) {
  const said = form()?.querySelector(".said");
  if (!said) return;
  said.textContent = text;
  said.hidden = text === "";
}

function token() {
  return form()?.dataset.token ?? window.location.hash.slice(1);
}

async function post(path, body) {
  const answer = await fetch(`/enrol${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...body, token: token() }),
    redirect: "error",
  });
  const found = await answer.json().catch(() => ({ problem: "The console does not answer. Try again." }));
  if (found.problem) throw new Error(found.problem);
  return found;
}

async function approve(options) {
  const assertion = await sign(options.rp, options.challenge, options.known);
  return post("/approve", { assertion });
}

// What was registered and waits for a signature by the first authenticator: a browser wants a press for each.
let waiting = null;

async function add(options, called, button) {
  if (waiting === null) {
    const response = await register(options);
    const body = { called, response };
    if (!options.used) return post("/register", body);
    const { challenge } = await post("/challenge", { credential_id: response.id });
    waiting = { body, challenge };
    say("One more press: the authenticator that you registered first says that this one is yours.");
    button.textContent = "Sign with the first one";
    return null;
  }
  const assertion = await sign(options.rp, waiting.challenge, options.known);
  return post("/register", { ...waiting.body, assertion });
}

async function done(button) {
  const options = JSON.parse(form().dataset.options);
  button.disabled = true;
  say("");
  try {
    const answer =
      form().dataset.enrol === "approve"
        ? await approve(options)
        : await add(options, form().elements.called.value, button);
    if (answer === null) return;
    if (link()) await show();
    else window.location.reload();
  } catch (error) {
    say(error instanceof DOMException ? told(error) : error.message);
  } finally {
    button.disabled = false;
  }
}

// Where what the link leads to is shown; null on a page that offers one.
function link() {
  return document.getElementById("link");
}

async function show() {
  waiting = null;
  try {
    const { page } = await post("", {});
    link().replaceChildren(...new DOMParser().parseFromString(page, "text/html").body.childNodes);
    prepare();
  } catch (error) {
    const problem = document.createElement("p");
    problem.setAttribute("role", "alert");
    problem.textContent = error.message;
    link().replaceChildren(problem);
  }
}

// A form's buttons are disabled until something takes what they send: else a browser would send it by itself.
function prepare() {
  for (const button of form()?.querySelectorAll("button[disabled]") ?? []) button.disabled = false;
}

if (link() && window.location.hash !== "") show();
window.addEventListener("hashchange", () => link() && show());

document.addEventListener("submit", (event) => {
  if (event.target !== form()) return;
  event.preventDefault();
  done(event.submitter);
});
