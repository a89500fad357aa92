/** The input: one line or several, with the on-screen keyboard that fits what is asked. */
import { words } from "./words.js";

const DRAFT = "desk.draft";
const FIELDS = {
  text: { many: true },
  none: { many: true },
  files: { many: true },
  day: { inputMode: "text", autocomplete: "off" },
  phone: { inputMode: "tel", autocomplete: "tel" },
  email: { inputMode: "email", autocomplete: "email" },
  code: { inputMode: "numeric", autocomplete: "one-time-code" },
};

export class Composer {
  /** onSend: (text). */
  constructor({ onSend }) {
    this.form = document.getElementById("composer");
    this.area = document.getElementById("area");
    this.line = document.getElementById("line");
    this.attach = document.getElementById("attach");
    this.field = this.area;
    this.expect("text");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.field.value.trim();
      this.field.focus();
      if (!text) return;
      this.put("");
      onSend(text);
    });
    this.area.addEventListener("keydown", (event) => {
      // While a Vietnamese or other input method composes, Enter belongs to it.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.form.requestSubmit();
    });
    for (const field of [this.area, this.line]) field.addEventListener("input", () => this.changed());
    this.put(recall());
  }

  /** Fit the input to what the open question accepts. Typing something else stays possible. */
  expect(kind) {
    const { many, inputMode, autocomplete } = FIELDS[kind] ?? FIELDS.text;
    const next = many ? this.area : this.line;
    next.placeholder = words(`web.chat.hint.${kind in FIELDS ? kind : "text"}`);
    if (!many) {
      next.inputMode = inputMode;
      next.autocomplete = autocomplete;
    }
    this.attach.classList.toggle("wanted", kind === "files");
    if (next === this.field) return;
    const focused = document.activeElement === this.field;
    const text = this.field.value;
    this.field.hidden = true;
    this.field.value = "";
    next.hidden = false;
    this.field = next;
    this.put(text);
    if (focused) next.focus();
  }

  put(text) {
    this.field.value = text;
    this.changed();
  }

  /** What could not be sent as it is, before whatever has been typed since. */
  takeBack(text) {
    this.expect("text");
    this.put(this.field.value ? `${text}\n${this.field.value}` : text);
    this.focus();
  }

  focus() {
    this.field.focus();
  }

  changed() {
    if (this.field === this.area) {
      this.area.style.height = "";
      if (this.area.value) this.area.style.height = `${this.area.scrollHeight + 2}px`;
    }
    try {
      sessionStorage.setItem(DRAFT, this.field.value);
    } catch {
      // No storage: what is typed lives as long as the page.
    }
  }
}

function recall() {
  try {
    return sessionStorage.getItem(DRAFT) ?? "";
  } catch {
    return "";
  }
}
