/** The page of the chat: puts line, log, input and files together. */
import { Composer } from "./composer.js";
import { fileSender } from "./files.js";
import { Line } from "./line.js";
import { Log } from "./log.js";
import { element, setup, words } from "./words.js";

const status = document.getElementById("status");
const welcome = document.getElementById("welcome");
let wasLost = false;

const log = new Log({
  onPress(token, label, byKeyboard) {
    say({ press: token }, label);
    // The pressed button is no longer to be pressed, so the focus needs a new place.
    if (byKeyboard) composer.focus();
  },
  onRetry(message) {
    line.again(message);
  },
  onBottom: markSeen,
});
const composer = new Composer({ onSend: (text) => say({ text }, text) });
fileSender((id, name) => say({ files: [id] }, "", [name]));

const line = new Line(setup.language, {
  entry(entry) {
    welcome.hidden = true;
    log.add(entry);
    if (!entry.mine) composer.expect(entry.expects);
    markSeen();
  },
  reset() {
    log.clear();
    composer.expect("text");
  },
  ready() {
    log.goLive();
    greet();
  },
  state(state) {
    const key = state === "open" && log.unsent.size ? "sending" : "waiting";
    log.markUnsent(`web.chat.state.${key}`);
    tell(state);
  },
  stored(id) {
    log.acknowledge(id);
    if (!line.queue.length) tell("open");
  },
  failed(message, code) {
    if (code === "too_long") {
      log.withdraw(message);
      composer.takeBack(message.body.text);
      announce(words("web.chat.too_long", { most: composer.area.maxLength }), true);
      return;
    }
    log.fail(message);
    if (code === "no_such_file") announce(words("web.chat.file.gone"), true);
  },
});

function say(body, label, names) {
  welcome.hidden = true;
  const message = line.send(body, label, names);
  log.addUnsent(message);
  log.markUnsent(line.state === "open" ? "web.chat.state.sending" : "web.chat.state.waiting");
}

function greet() {
  welcome.hidden = !log.empty();
}

function markSeen() {
  if (!document.hidden && log.atEnd()) line.markSeen();
}

/** Only what the customer needs to know, and once: a short break is not worth a word. */
function tell(state) {
  if (state === "lost" && tell.last === "lost") return;
  tell.last = state;
  clearTimeout(tell.later);
  if (state === "lost") {
    tell.later = setTimeout(() => {
      wasLost = true;
      announce(words("web.chat.status.offline"), true);
    }, 1000);
  } else if (state === "open") {
    announce(wasLost ? words("web.chat.status.back") : "");
    wasLost = false;
    tell.later = setTimeout(() => announce(""), 4000);
  } else if (state === "refused") {
    announce(words("web.chat.status.no_cookie"), true);
    const tab = element("a", "", words("web.chat.status.open_tab"));
    tab.href = location.href;
    tab.target = "_blank";
    status.append(" ", tab);
  } else if (state === "connecting") {
    tell.later = setTimeout(() => announce(words("web.chat.status.connecting")), 1000);
  } else {
    announce(words(`web.chat.status.${state}`), true);
  }
}

function announce(text, warn = false) {
  status.classList.toggle("warn", warn);
  if (status.textContent !== text) status.textContent = text;
}

for (const { send, label } of setup.starters) {
  const button = element("button", "button", label);
  button.type = "button";
  button.addEventListener("click", () => {
    say({ text: send }, label);
    composer.focus();
  });
  document.getElementById("starters").append(button);
}

// iOS shows its keyboard over the page instead of shrinking it.
visualViewport?.addEventListener("resize", () => {
  document.documentElement.style.setProperty("--height", `${visualViewport.height}px`);
  scrollTo(0, 0);
});

document.addEventListener("visibilitychange", markSeen);
for (const message of line.queue) log.addUnsent(message);
document.getElementById("no-script").remove();
tell("connecting");
line.start();
// Where a keyboard would not cover the page, nor a frame take the focus from the page around it.
if (matchMedia("(hover: hover)").matches && window.top === window) composer.focus();
