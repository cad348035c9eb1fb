// Passkeys in this browser (WebAuthn): registered, and used to sign a challenge. blocks/operators checks both.
"use strict";

export function bytesOf(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
}

export function textOf(buffer) {
  const text = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const named = (id) => ({ type: "public-key", id: bytesOf(id) });

// As a RegistrationResponseJSON.
export async function register(options) {
  const made = await navigator.credentials.create({
    publicKey: {
      rp: { id: options.rp, name: "rekey" },
      user: { id: bytesOf(options.user), name: options.operator, displayName: options.operator },
      challenge: bytesOf(options.challenge),
      pubKeyCredParams: options.algorithms.map((alg) => ({ type: "public-key", alg })),
      excludeCredentials: Object.keys(options.known).map(named),
      authenticatorSelection: { userVerification: "required", residentKey: "discouraged" },
      attestation: "none",
    },
  });
  const { clientDataJSON, attestationObject } = made.response;
  const id = textOf(made.rawId);
  const response = { clientDataJSON: textOf(clientDataJSON), attestationObject: textOf(attestationObject) };
  return { id, rawId: id, response };
}

// As an assertion of rekey's. `known` says whose each authenticator is.
export async function sign(rp, challenge, known) {
  const made = await navigator.credentials.get({
    publicKey: {
      rpId: rp,
      challenge: bytesOf(challenge),
      allowCredentials: Object.keys(known).map(named),
      userVerification: "required",
    },
  });
  const id = textOf(made.rawId);
  return {
    operator: known[id] ?? "",
    credential_id: id,
    client_data: textOf(made.response.clientDataJSON),
    authenticator_data: textOf(made.response.authenticatorData),
    signature: textOf(made.response.signature),
  };
}

// What the browser says of a ceremony that did not end well, in words.
export function told(error) {
  if (error.name === "InvalidStateError") return "This authenticator is registered already. Take another one.";
  if (error.name === "NotAllowedError") return "Nothing was signed: it was cancelled, or took too long. Try again.";
  if (error.name === "SecurityError") return "Open the page by the address in the link: passkeys belong to it.";
  return "This browser cannot use passkeys here. Use another one.";
}
