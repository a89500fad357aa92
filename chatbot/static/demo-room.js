/** The demo's side of the staff: the staff room, signed in, and what they are told outside of it. */
import { words } from "./words.js";

const part = (id) => document.getElementById(id);
const room = part("room");
const said = part("room-said");
const byHand = part("by-hand");
const tabs = [...document.querySelectorAll("[role=tab]")];
let asked = false;

/** Show the room, by the session that this browser has or by a new one. */
async function enter(page = "/staff") {
  const there = await fetch("/staff", { method: "HEAD", redirect: "manual" });
  const open = there.ok || (await fetch("/demo/room", { method: "POST" })).ok;
  if (open) room.contentWindow.location.replace(page);
  return open;
}

async function tryToEnter(page) {
  said.textContent = words("web.demo.entering");
  const open = await enter(page).catch(() => false);
  said.textContent = open ? "" : words("web.demo.not_entered");
}

room.addEventListener("load", () => {
  const at = room.contentDocument?.location;
  if (at?.pathname !== "/staff/sign-in") {
    asked = false;
    return;
  }
  // A session that has ended is begun anew, once; whoever has signed out wants to see the sign-in.
  const query = new URLSearchParams(at.search);
  if (asked || query.has("out")) return;
  asked = true;
  tryToEnter(query.get("next") ?? "/staff");
});

function choose(tab) {
  for (const one of tabs) {
    one.setAttribute("aria-selected", one === tab);
    one.tabIndex = one === tab ? 0 : -1;
    part(one.getAttribute("aria-controls")).hidden = one !== tab;
  }
}

for (const [place, tab] of tabs.entries()) {
  tab.addEventListener("click", () => choose(tab));
  tab.addEventListener("keydown", ({ key }) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (!step) return;
    const other = tabs.at((place + step) % tabs.length);
    choose(other);
    other.focus();
  });
}

async function tellCode() {
  if (!byHand.open) return;
  const answer = await fetch("/demo/room").catch(() => null);
  if (!answer?.ok) return;
  for (const [name, value] of Object.entries(await answer.json())) part(name).textContent = value;
}

part("room-page").textContent = `${location.origin}/staff`;
byHand.addEventListener("toggle", tellCode);
setInterval(tellCode, 5000);
tryToEnter();
