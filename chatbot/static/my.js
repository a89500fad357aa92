// What the server tells is shown as text, and goes away when nobody touches the page for a while, or with the page.
import { begin, forget, part, show } from "./onetime.js";
import { element, setup, words } from "./words.js";

let touched = 0;
let timer = 0;

function tell({ heading, lines, about, lookups, more, as_of: asOf }) {
  forget();
  part("held-heading").textContent = heading;
  part("lines").replaceChildren(...lines.map(line));
  part("about").replaceChildren(...about.map((text) => element("p", "", text)));
  part("lookups").replaceChildren(...lookups.map((text) => element("li", "", text)));
  part("more").textContent = more;
  part("as-of").textContent = asOf;
  part("languages").hidden = true;
  show("held", true);
  touch();
}

function line({ label, value }) {
  const shown = element("span", "value", value);
  shown.dir = "auto";
  return element("li", "", element("span", "label", label), shown);
}

/** Nothing personal is on the page any more. */
function clear() {
  clearTimeout(timer);
  for (const id of ["held-heading", "lines", "about", "lookups", "more", "as-of"]) part(id).replaceChildren();
  part("languages").hidden = false;
}

function end() {
  if (part("held").hidden) return;
  forget();
  show("ended", true);
}

function touch() {
  if (part("held").hidden) return;
  touched = Date.now();
  part("status").textContent = "";
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
  if (warn) part("status").textContent ||= words("my.held.soon");
  timer = setTimeout(watch, warn ? left : left - setup.warning_ms);
}

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
begin({
  send: () => ({}),
  read: (answer) => answer.json(),
  tell,
  gone: (code) => (code === "no_record" ? "profile.gone" : "my.gone.text"),
  clear,
});
