// The secret of the link stands behind the # and nowhere else: it is taken out of the address at once, kept in
// this script, sent once when the button is pressed. What the server tells is shown as text, and goes away when
// nobody touches the page for a while, or with the page.
import { element, setup, words } from "./words.js";

const part = (id) => document.getElementById(id);
const open = part("open");
const problem = part("problem");
const status = part("status");

let token = "";
let touched = 0;
let timer = 0;

/** A link was opened: in a new page, or in this one while it was still there. */
function arrive() {
  const secret = location.hash.slice(1);
  if (secret) history.replaceState(null, "", location.pathname + location.search);
  forget();
  token = secret;
  show(token ? "start" : "gone");
}

function show(name, focus = false) {
  for (const id of ["start", "gone", "held", "ended"]) part(id).hidden = id !== name;
  part("languages").hidden = name === "held";
  if (focus) part(`${name}-heading`).focus();
}

async function ask() {
  const sent = token;
  open.disabled = true;
  problem.textContent = "";
  status.textContent = words("my.start.opening");
  try {
    const answer = await fetch(`/my?lang=${setup.language}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", [setup.header]: "1" },
      body: JSON.stringify({ token: sent }),
    });
    const told = await answer.json();
    if (token !== sent) return; // the page was left, or another link opened, in the meantime
    if (answer.ok) tell(told);
    else if (answer.status === 410 || answer.status === 400) refuse(told.error);
    else problem.textContent = words(answer.status === 429 ? "my.problem.slow" : "my.problem.busy");
  } catch {
    problem.textContent = words("my.problem.offline");
  } finally {
    status.textContent = "";
    open.disabled = false;
  }
}

function tell({ heading, lines, about, lookups, more, as_of: asOf }) {
  token = "";
  part("held-heading").textContent = heading;
  part("lines").replaceChildren(...lines.map(line));
  part("about").replaceChildren(...about.map((text) => element("p", "", text)));
  part("lookups").replaceChildren(...lookups.map((text) => element("li", "", text)));
  part("more").textContent = more;
  part("as-of").textContent = asOf;
  show("held", true);
  touch();
}

function line({ label, value }) {
  const shown = element("span", "value", value);
  shown.dir = "auto";
  return element("li", "", element("span", "label", label), shown);
}

function refuse(code) {
  token = "";
  part("gone-text").textContent = words(code === "no_record" ? "profile.gone" : "my.gone.text");
  show("gone", true);
}

/** Whatever was secret or personal is no longer on the page. */
function forget() {
  clearTimeout(timer);
  token = "";
  for (const id of ["held-heading", "lines", "about", "lookups", "more", "as-of", "status", "problem"]) {
    part(id).replaceChildren();
  }
}

function end() {
  if (part("held").hidden) return;
  forget();
  show("ended", true);
}

function touch() {
  if (part("held").hidden) return;
  touched = Date.now();
  status.textContent = "";
  watch();
}

/** By the clock on the wall: timers stand still while a phone sleeps. */
function watch() {
  clearTimeout(timer);
  if (part("held").hidden) return;
  const left = touched + setup.idle_ms - Date.now();
  if (left <= 0) {
    end();
    return;
  }
  const warn = left <= setup.warning_ms;
  if (warn) status.textContent ||= words("my.held.soon");
  timer = setTimeout(watch, warn ? left : left - setup.warning_ms);
}

open.addEventListener("click", ask);
part("print").addEventListener("click", () => print());
part("hide").addEventListener("click", end);
for (const event of ["pointerdown", "keydown", "wheel", "scroll", "touchmove"]) {
  addEventListener(event, touch, { passive: true });
}
document.addEventListener("visibilitychange", watch);
// Also before the browser keeps the page for its "back" button.
addEventListener("pagehide", () => {
  if (part("held").hidden) forget();
  else end();
});
addEventListener("pageshow", ({ persisted }) => {
  if (persisted && !part("start").hidden) show("gone");
});
addEventListener("hashchange", arrive);
part("languages").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || !token) return;
  event.preventDefault();
  location.replace(`${link.href}#${token}`);
});

part("no-script").remove();
arrive();
