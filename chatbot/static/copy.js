// The secret of the link stands behind the # and nowhere else: it is taken out of the address at once, kept in
// this script, and sent when the button is pressed. A secret of this browser goes with it, so that a download that
// broke off can be begun anew here, and nowhere else.
import { setup, words } from "./words.js";

const part = (id) => document.getElementById(id);
const problem = part("problem");
const status = part("status");

let token = "";

/** A link was opened: in a new page, or in this one while it was still there. */
function arrive() {
  const secret = location.hash.slice(1);
  if (secret) history.replaceState(null, "", location.pathname + location.search);
  token = secret;
  problem.textContent = status.textContent = "";
  show(token ? "start" : "gone");
}

function show(name, focus = false) {
  for (const id of ["start", "done", "gone"]) part(id).hidden = id !== name;
  if (focus) part(`${name}-heading`).focus();
}

/** Random, and the same whenever this browser asks; where it may not be stored, as long as this page lives. */
let browser = "";
function browserSecret() {
  try {
    browser ||= localStorage.getItem("desk-copy") ?? "";
  } catch {} // storage is switched off
  if (!browser) {
    browser = Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    try {
      localStorage.setItem("desk-copy", browser);
    } catch {}
  }
  return browser;
}

async function fetchCopy() {
  const sent = token;
  part("open").disabled = part("again").disabled = true;
  problem.textContent = "";
  status.textContent = words("copy.start.loading");
  try {
    const answer = await fetch(`/copy?lang=${setup.language}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", [setup.header]: "1" },
      body: JSON.stringify({ token: sent, browser: browserSecret() }),
    });
    if (token !== sent) return; // another link was opened in the meantime
    if (answer.ok) {
      save(await answer.blob(), /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1]);
      show("done", true);
    } else if (answer.status === 410 || answer.status === 400) {
      show("gone", true);
    } else {
      complain(answer.status === 429 ? "copy.problem.slow" : "copy.problem.busy");
    }
  } catch {
    complain("copy.problem.offline");
  } finally {
    status.textContent = "";
    part("open").disabled = part("again").disabled = false;
  }
}

function complain(key) {
  show("start");
  problem.textContent = words(key);
}

function save(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name ?? "data.zip";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

part("open").addEventListener("click", fetchCopy);
part("again").addEventListener("click", fetchCopy);
addEventListener("hashchange", arrive);
part("languages").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || !token) return;
  event.preventDefault();
  location.replace(`${link.href}#${token}`);
});

part("no-script").remove();
arrive();
