/** What the server put into the page: its language, its texts, its limits. */
export const setup = JSON.parse(document.getElementById("setup").textContent);

/** The words for a message id, with its named placeholders filled in. */
export function words(key, values = {}) {
  return setup.texts[key].replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** Dates as people of the page's language write them, in the time of the shop. */
export function formatter(options) {
  const locale = setup.language === "en" ? "en-GB" : setup.language;
  return new Intl.DateTimeFormat(locale, { timeZone: "Asia/Ho_Chi_Minh", ...options });
}

/** An element with classes and children; text is always text, never HTML. */
export function element(tag, className = "", ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}
