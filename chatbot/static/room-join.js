// Tells how strong a password is while it is typed, and shows it on demand. The server judges it again.
import { setup, words } from "./words.js";

const STRONG = 16;
const part = (id) => document.getElementById(id);
const password = part("password");
const again = part("again");
const show = part("show");

function tell() {
  const typed = password.value.normalize("NFKC");
  const missing = setup.least - [...typed].length;
  const different = new Set(typed).size;
  let said = "";
  if (typed && missing > 0) said = words("room.say.short", { count: missing });
  else if (typed) said = words([...typed].length >= STRONG && different >= 8 ? "room.say.strong" : "room.say.good");
  part("strength").textContent = said;
}

function turn(visible) {
  for (const field of [password, again]) field.type = visible ? "text" : "password";
  show.textContent = words(visible ? "room.say.hide" : "room.say.show");
}

password.addEventListener("input", tell);
show.addEventListener("click", () => turn(password.type === "password"));
// Never sent as a field of plain text, which a browser may remember.
password.form.addEventListener("submit", () => turn(false));
turn(false);
show.hidden = false;
