/** Keeps a part of the page up to date: the server sends it again when something has happened. */
const live = document.getElementById("live");
const offline = document.getElementById("offline");
const moved = document.getElementById("moved");
const known = live.dataset.acts;

const events = new EventSource(live.dataset.live);
events.onmessage = ({ data }) => {
  offline.textContent = "";
  show(JSON.parse(data));
};
events.onerror = () => {
  // Ended for good: the session is over, or another page was asked for. The sign-in says why.
  if (events.readyState === EventSource.CLOSED) location.reload();
  else offline.textContent = offline.dataset.words;
};
addEventListener("pagehide", () => events.close());

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").body;
  if (normal(fresh) === normal(live)) return;
  // The forms of the wishes stand outside of this part, so that nothing disturbs whoever types there.
  const typing = [...document.querySelectorAll("textarea")].some((area) => area.value && !area.readOnly);
  if (wishes(fresh) !== wishes(live) && !typing) location.reload();
  const open = new Set([...live.querySelectorAll("details[open] summary")].map((one) => one.textContent));
  const focused = live.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  for (const summary of fresh.querySelectorAll("summary")) {
    if (open.has(summary.textContent)) summary.parentElement.open = true;
  }
  live.replaceChildren(...fresh.childNodes);
  if (focused) live.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  const now = document.getElementById("acts-now");
  if (moved && now) moved.hidden = now.dataset.acts === known;
}

function wishes(part) {
  return part.querySelector(".wishing")?.dataset.count;
}

/** Without what only this browser knows, such as which details stand open. */
function normal(part) {
  return part.innerHTML.replaceAll(' open=""', "").trim();
}
