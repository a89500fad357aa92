/** The conversation as it is shown. */
import { element, formatter, setup, words } from "./words.js";

// The time of the shop, as in everything that it writes.
const time = formatter({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = formatter({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const NEAR = 80;

export class Log {
  /** onPress: (token, label, byKeyboard), onRetry: (message), onBottom: (). */
  constructor({ onPress, onRetry, onBottom }) {
    this.scroller = document.getElementById("scroll");
    this.list = document.getElementById("log");
    this.newer = document.getElementById("newer");
    this.onPress = onPress;
    this.onRetry = onRetry;
    this.onBottom = onBottom;
    this.unsent = new Map();
    this.day = "";
    this.choices = null;
    this.newer.addEventListener("click", () => {
      this.toEnd();
      this.scroller.focus({ preventScroll: true });
    });
    // The room changes with the on-screen keyboard and a growing input: who reads the end stays there.
    this.follows = true;
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.follows && !this.empty() && this.toEnd()).observe(this.scroller);
  }

  /** Everything stored so far is shown: from now on new entries are announced. */
  goLive() {
    this.list.setAttribute("aria-live", "polite");
    this.list.classList.add("live");
  }

  clear() {
    for (const shown of this.list.querySelectorAll(".message:not(.unsent), .day")) shown.remove();
    this.day = "";
    this.choices = null;
  }

  empty() {
    return !this.list.childElementCount;
  }

  add(entry) {
    const follow = entry.mine || this.atEnd();
    const waiting = this.unsent.get(entry.id);
    waiting?.remove();
    this.unsent.delete(entry.id);
    const at = new Date(entry.at);
    this.newDay(at);
    const message = entry.mine ? mine(entry) : bot(entry);
    message.querySelector(".foot").append(clock(at));
    this.list.insertBefore(message, this.firstUnsent());
    if (entry.mine) this.settle();
    if (entry.buttons?.length) {
      this.settle();
      this.offer(message, entry.buttons);
    }
    if (follow) this.toEnd();
    else if (this.list.classList.contains("live")) this.newer.hidden = false;
  }

  /** A message of the customer's that is not yet stored. */
  addUnsent(message) {
    const shown = mine({ text: message.label, files: message.names });
    shown.classList.add("unsent");
    this.unsent.set(message.id, shown);
    this.list.append(shown);
    this.settle();
    this.toEnd();
  }

  /** What stands below the bubbles that are not yet stored. */
  markUnsent(key) {
    for (const shown of this.unsent.values()) {
      if (!shown.classList.contains("failed") && !shown.classList.contains("acked")) {
        shown.querySelector(".foot").textContent = words(key);
      }
    }
  }

  /** Stored; its entry is on its way, and takes its place. */
  acknowledge(id) {
    const shown = this.unsent.get(id);
    if (!shown) return;
    shown.classList.remove("unsent");
    shown.classList.add("acked");
    shown.querySelector(".foot").replaceChildren();
  }

  /** The customer has it in the input again. */
  withdraw(message) {
    this.unsent.get(message.id)?.remove();
    this.unsent.delete(message.id);
  }

  fail(message) {
    const shown = this.unsent.get(message.id);
    if (!shown) return;
    shown.classList.add("failed");
    shown.querySelector(".foot").textContent = words("web.chat.state.failed");
    const retry = element("button", "button retry", words("web.chat.state.retry"));
    retry.type = "button";
    retry.addEventListener("click", () => {
      retry.remove();
      shown.classList.remove("failed");
      this.onRetry(message);
    });
    shown.append(retry);
  }

  /** The buttons of the last question; once answered they stay to be read, not to be pressed. */
  offer(message, buttons) {
    const group = element("div", "choices");
    group.setAttribute("role", "group");
    for (const { token, label } of buttons) {
      const button = element("button", "button", label);
      button.type = "button";
      button.addEventListener("click", (event) => {
        button.classList.add("chosen");
        this.onPress(token, label, event.detail === 0);
      });
      group.append(button);
    }
    message.append(group);
    this.choices = group;
  }

  settle() {
    for (const button of this.choices?.children ?? []) button.disabled = true;
    this.choices = null;
  }

  newDay(at) {
    const name = day.format(at);
    if (name === this.day) return;
    this.day = name;
    this.list.insertBefore(element("p", "day", name), this.firstUnsent());
  }

  firstUnsent() {
    return this.list.querySelector(".unsent");
  }

  atEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  toEnd() {
    this.follows = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  scrolled() {
    this.follows = this.atEnd();
    if (!this.follows) return;
    this.newer.hidden = true;
    this.onBottom();
  }
}

function bot(entry) {
  const bubble = element("div", "bubble", element("span", "hidden-text", `${words("web.chat.shop")}: `));
  bubble.append(element("div", "words", entry.text ?? ""));
  if (entry.link) bubble.append(link(entry.link));
  bubble.append(element("div", "foot"));
  return element("div", "message bot", bubble);
}

function mine(entry) {
  const bubble = element("div", "bubble", element("span", "hidden-text", `${words("web.chat.you")}: `));
  // A starter sends a command; it is shown as its button was.
  const text = setup.starters.find((starter) => starter.send === entry.text)?.label ?? entry.text;
  if (text) bubble.append(element("div", "words", text));
  for (const name of entry.files ?? []) {
    const clip = document.querySelector("#attach svg").cloneNode(true);
    bubble.append(element("div", "file", clip, element("span", "", name)));
  }
  bubble.append(element("div", "foot"));
  return element("div", "message mine", bubble);
}

function link({ label, url }) {
  const target = new URL(url, location.href);
  if (!["https:", "http:", "mailto:", "tel:"].includes(target.protocol)) return "";
  const anchor = element("a", "button link", label);
  anchor.href = target.href;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer";
  anchor.append(element("span", "hidden-text", ` (${words("web.chat.opens_tab")})`));
  return anchor;
}

function clock(at) {
  const shown = element("time", "", time.format(at));
  shown.dateTime = at.toISOString();
  return shown;
}
