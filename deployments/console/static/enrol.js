// What a one-time link is for: approve it, or register authenticators. Its form may be replaced by the same one at any time.
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

async function post(path, body) {
  const answer = await fetch(`${form().dataset.path ?? window.location.pathname}/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    redirect: "error",
  });
  const found = await answer.json().catch(() => ({ problem: "The console does not answer. Try again." }));
  if (found.problem) throw new Error(found.problem);
  return found;
}

async function approve(options) {
  const assertion = await sign(options.rp, options.challenge, options.known);
  return post("approve", { assertion });
}

// What was registered and waits for a signature by the first authenticator: a browser wants a press for each.
let waiting = null;

async function add(options, called, button) {
  if (waiting === null) {
    const response = await register(options);
    const body = { called, response };
    if (!options.used) return post("register", body);
    const { challenge } = await post("challenge", { credential_id: response.id });
    waiting = { body, challenge };
    say("One more press: the authenticator that you registered first says that this one is yours.");
    button.textContent = "Sign with the first one";
    return null;
  }
  const assertion = await sign(options.rp, waiting.challenge, options.known);
  return post("register", { ...waiting.body, assertion });
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
    if (answer !== null) window.location.reload();
  } catch (error) {
    say(error instanceof DOMException ? told(error) : error.message);
  } finally {
    button.disabled = false;
  }
}

document.addEventListener("submit", (event) => {
  if (event.target !== form()) return;
  event.preventDefault();
  done(event.submitter);
});
