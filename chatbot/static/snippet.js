/** A button on the shop's own site that opens the chat. See docs/embedding.md. */
(() => {
  const setup = __SETUP__;
  const script = document.currentScript;
  const allowed = setup.hosts.some((host) => host === location.origin) || new URL(setup.chat).origin === location.origin;
  // Within a frame of another site the browser would not give us our cookie, so a tab opens instead.
  const framed = setup.framed && allowed && window.top === window;

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { position: fixed; inset: auto max(16px, env(safe-area-inset-right)) max(16px, env(safe-area-inset-bottom)) auto; z-index: 2147483000; }
    button, a { font: 600 15px/1.4 system-ui, sans-serif; color: #fff; cursor: pointer; }
    .open { min-height: 48px; padding: 0 20px; border: 0; border-radius: 24px; background: #a63d1f; box-shadow: 0 4px 16px rgb(60 30 10 / 30%); }
    .open:hover { background: #862d14; }
    :focus-visible { outline: 3px solid #1a5f8f; outline-offset: 2px; }
    .panel { position: fixed; inset: auto 16px 16px auto; display: flex; flex-direction: column; width: 400px; height: min(680px, 100dvh - 32px); overflow: hidden; border-radius: 16px; background: #a63d1f; box-shadow: 0 8px 40px rgb(60 30 10 / 35%); }
    .bar { display: flex; align-items: center; justify-content: space-between; }
    .bar > * { display: inline-flex; align-items: center; min-height: 44px; padding: 0 16px; border: 0; background: none; }
    .bar :focus-visible { outline-color: #fff; outline-offset: -4px; }
    iframe { flex: 1; width: 100%; border: 0; background: #fff; }
    [hidden] { display: none; }
    @media (max-width: 480px) { .panel { inset: 0; width: 100%; height: 100dvh; border-radius: 0; } }
  `);
  root.adoptedStyleSheets = [style];

  const open = make("button", "open", script?.dataset.label || setup.open);
  open.type = "button";
  root.append(open);
  open.addEventListener("click", framed ? showPanel : () => window.open(setup.chat, "_blank", "noopener"));
  if (document.body) document.body.append(host);
  else addEventListener("DOMContentLoaded", () => document.body.append(host));

  let panel;
  function showPanel() {
    panel ??= makePanel();
    panel.hidden = false;
    open.hidden = true;
    panel.querySelector("iframe").focus();
  }

  function makePanel() {
    const made = make("div", "panel");
    made.setAttribute("role", "dialog");
    made.setAttribute("aria-label", setup.title);
    const tab = make("a", "", setup.tab);
    tab.href = setup.chat;
    tab.target = "_blank";
    tab.rel = "noopener";
    const close = make("button", "", setup.close);
    close.type = "button";
    close.addEventListener("click", () => {
      made.hidden = true;
      open.hidden = false;
      open.focus();
    });
    made.addEventListener("keydown", (event) => event.key === "Escape" && close.click());
    const bar = make("div", "bar");
    bar.append(tab, close);
    const frame = make("iframe");
    frame.src = setup.chat;
    frame.title = setup.title;
    made.append(bar, frame);
    root.append(made);
    return made;
  }

  function make(tag, className = "", text = "") {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
  }
})();
