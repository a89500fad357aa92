// The secret of a one-time link stands behind the # and nowhere else: it is taken out of the address at once, kept in
// this script, and sent when the button is pressed.
import { setup, words } from "./words.js";

export const part = (id) => document.getElementById(id);
const buttons = document.querySelectorAll("button");
const sections = document.querySelectorAll("main > section");
const problem = part("problem");
const status = part("status");

let page = {};
let token = "";

/** Begin: `send()` gives what goes along with the secret, `read(answer)` what the server told, `tell(told)` shows that.
    `gone(code)` gives the id of the words for a link that opens nothing, `clear()` takes what is told off the page. */
export function begin(own) {
  page = own;
  part("open").addEventListener("click", press);
  addEventListener("hashchange", arrive);
  part("languages").addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || !token) return;
    event.preventDefault();
    location.replace(`${link.href}#${token}`);
  });
  part("no-script").remove();
  arrive();
}

/** A link was opened: in a new page, or in this one while it was still there. */
function arrive() {
  const secret = location.hash.slice(1);
  if (secret) history.replaceState(null, "", location.pathname + location.search);
  forget();
  token = secret;
  show(token ? "start" : "gone");
}

/** Whatever was secret or told is no longer on the page. */
export function forget() {
  token = "";
  problem.textContent = status.textContent = "";
  page.clear();
}

export function show(name, focus = false) {
  for (const section of sections) section.hidden = section.id !== name;
  if (focus) part(`${name}-heading`).focus();
}

export async function press() {
  const sent = token;
  const enable = (on) => buttons.forEach((button) => (button.disabled = !on));
  enable(false);
  problem.textContent = "";
  status.textContent = words(`${setup.name}.start.waiting`);
  try {
    const answer = await fetch(`/${setup.name}?lang=${setup.language}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", [setup.header]: "1" },
      body: JSON.stringify({ token: sent, ...page.send() }),
    });
    const opensNothing = answer.status === 410 || answer.status === 400;
    const told = answer.ok ? await page.read(answer) : opensNothing ? await answer.json() : null;
    if (token !== sent) return; // the page was left, or another link opened, in the meantime
    if (answer.ok) page.tell(told);
    else if (opensNothing) refuse(told.error);
    else complain(answer.status === 429 ? "slow" : "busy");
  } catch {
    if (token === sent) complain("offline");
  } finally {
    status.textContent = "";
    enable(true);
  }
}

function refuse(code) {
  forget();
  part("gone-text").textContent = words(page.gone(code));
  show("gone", true);
}

function complain(code) {
  show("start");
  problem.textContent = words(`${setup.name}.problem.${code}`);
}
