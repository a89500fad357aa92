/** The demo: what staff would be told, messages that would go out, sample customers, and the clock. */
import { element, formatter, words } from "./words.js";

const chat = document.getElementById("chat");
const status = document.getElementById("status");
const ask = document.getElementById("ask");
const date = formatter({ dateStyle: "full" });
const time = formatter({ timeStyle: "short" });
const short = formatter({ dateStyle: "short", timeStyle: "short" });

const events = new EventSource("/demo/events");
events.onmessage = ({ data }) => {
  status.textContent = "";
  show(JSON.parse(data));
};
events.onerror = () => {
  status.textContent = words("web.demo.offline");
};

function show(board) {
  const now = document.getElementById("now");
  now.dateTime = board.now;
  now.textContent = `${time.format(new Date(board.now))} · ${date.format(new Date(board.now))}`;
  list("staff", board.staff, (told) => [meta(told.at), element("div", "words", told.text)]);
  const count = document.getElementById("staff-count");
  count.textContent = board.staff.length;
  count.hidden = !board.staff.length;
  list("codes", board.codes, (sent) => [
    element("div", "", element("div", "", words(`web.demo.by.${sent.by}`, { to: sent.to })), meta(sent.at)),
    /^\d{6}$/.test(sent.code)
      ? filler(sent.code, words("web.demo.use_code", { code: sent.code }))
      : element("div", "words", sent.code),
  ]);
  const customers = board.customers.map((customer) => ({ id: customer.phone ?? customer.email, ...customer }));
  list("customers", customers, (customer) => [
    element("span", "name", customer.name),
    ...[customer.phone, customer.email]
      .filter(Boolean)
      .map((value) => filler(value, words("web.demo.use", { value }))),
  ]);
}

/** Newest first; what is shown already stays as it is, so that only what is new is announced. */
function list(id, items, parts) {
  const shown = document.getElementById(id);
  const known = new Map([...shown.children].map((item) => [item.dataset.id, item]));
  const rows = items.map((item) => {
    const row = known.get(String(item.id)) ?? element("li", "", ...parts(item));
    row.dataset.id = item.id;
    return row;
  });
  if (id !== "customers") rows.reverse();
  if (rows.length !== known.size || rows.some((row) => !row.isConnected)) shown.replaceChildren(...rows);
  const none = document.getElementById(`${id}-none`);
  if (none) none.hidden = rows.length > 0;
}

function meta(at) {
  const time = element("time", "meta", short.format(new Date(at)));
  time.dateTime = at;
  return time;
}

/** A button that types a value into the chat, as the customer would. */
function filler(value, label) {
  const button = element("button", "button", value);
  button.type = "button";
  button.setAttribute("aria-label", label);
  button.addEventListener("click", () => {
    const field = chat.contentDocument.querySelector("#composer textarea:not([hidden]), #composer #line:not([hidden])");
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
  return button;
}

for (const button of document.querySelectorAll("[data-step]")) {
  button.addEventListener("click", () => {
    if (button.dataset.step === "year") ask.showModal();
    else move(button.dataset.step);
  });
}
ask.addEventListener("close", () => ask.returnValue === "yes" && move("year"));

async function move(step) {
  const buttons = document.querySelectorAll("[data-step]");
  for (const button of buttons) button.disabled = true;
  status.textContent = words("web.demo.moving");
  try {
    const answer = await fetch("/demo/clock", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ step }),
    });
    status.textContent = answer.ok ? "" : words("web.demo.failed");
  } catch {
    status.textContent = words("web.demo.failed");
  }
  for (const button of buttons) button.disabled = false;
}
