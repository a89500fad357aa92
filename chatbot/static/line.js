/**
 * The line to the server: keeps what is not yet stored there, sends it in order, one at a time, and calls
 * again by itself. A message leaves the queue only when the server says that it is stored.
 */
const KEPT = "desk.unsent";
const SILENCE = 50_000; // the server gives a sign of life every 20 s
const ANSWER = 15_000;
const LONGEST_PAUSE = 15_000;
const NO_COOKIE = 4401;
const TOO_BIG = 1009; // RFC 6455, section 7.4.1: the frame was, and would be again

export class Line {
  /** on: {entry, reset, ready, state, stored, failed}; state is "connecting", "open", "lost" or "refused". */
  constructor(language, on) {
    this.language = language;
    this.on = on;
    this.last = 0;
    this.seen = 0;
    this.queue = kept();
    this.onWay = null;
    this.pauses = 0;
    this.state = "connecting";
  }

  start() {
    addEventListener("online", () => this.callNow());
    addEventListener("offline", () => this.drop());
    document.addEventListener("visibilitychange", () => document.hidden || this.callNow());
    this.call();
  }

  /** Put a message in the queue: {text}, {press} or {files}; label and names are what to show of it. */
  send(body, label, names = []) {
    const message = { id: uuid(), body, label, names };
    this.queue.push(message);
    this.keep();
    this.callNow();
    this.next();
    return message;
  }

  /** Send again what the server could not take, under the same id: it is stored once at most. */
  again(message) {
    this.queue.push(message);
    this.keep();
    this.next();
  }

  markSeen() {
    if (this.state !== "open" || this.seen >= this.last) return;
    this.seen = this.last;
    this.write({ type: "seen", seq: this.last });
  }

  call() {
    clearTimeout(this.redial);
    this.redial = null;
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/chat/ws`);
    this.socket = socket;
    this.listen();
    socket.onopen = () => this.write({ type: "hello", after: this.last, language: this.language });
    socket.onmessage = (event) => {
      this.listen();
      this.hear(JSON.parse(event.data));
    };
    socket.onclose = (event) => {
      if (socket !== this.socket) return;
      this.socket = null;
      this.hungUp(event.code);
    };
  }

  /** Do not wait for the pause to end: there is reason to believe that the line works. */
  callNow() {
    if (!this.redial) return;
    this.pauses = 0;
    this.call();
  }

  listen() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.drop(), SILENCE);
  }

  /** A dead line may take minutes to report its own end. */
  drop() {
    const socket = this.socket;
    if (!socket) return;
    this.socket = null;
    socket.close();
    this.hungUp();
  }

  hungUp(code) {
    for (const timer of [this.silence, this.answer, this.hold]) clearTimeout(timer);
    this.hold = null;
    const tooBig = code === TOO_BIG && this.onWay;
    this.onWay = null;
    if (code === NO_COOKIE) {
      this.become("refused");
      return;
    }
    const pause = Math.min(LONGEST_PAUSE, 500 * 2 ** this.pauses++) * (0.5 + Math.random() / 2);
    this.redial = setTimeout(() => this.call(), pause);
    this.become("lost");
    if (tooBig) this.failed({ id: tooBig, code: "too_long" });
  }

  hear(frame) {
    switch (frame.type) {
      case "entry":
        if (frame.seq <= this.last) return;
        this.last = frame.seq;
        this.on.entry(frame);
        if (frame.mine) this.stored(frame.id);
        break;
      case "ready":
        this.pauses = 0;
        this.become("open");
        this.on.ready();
        this.next();
        break;
      case "reset":
        this.last = this.seen = 0;
        this.on.reset();
        break;
      case "ack":
        this.stored(frame.id);
        break;
      case "busy":
      case "slow":
        this.wait(frame);
        break;
      case "error":
        this.failed(frame);
        break;
    }
  }

  next() {
    const message = this.queue[0];
    if (!message || this.state !== "open" || this.onWay || this.hold) return;
    this.onWay = message.id;
    this.write({ type: "message", id: message.id, ...message.body });
    this.answer = setTimeout(() => this.drop(), ANSWER);
  }

  stored(id) {
    if (!this.leave(id)) return;
    this.on.stored(id);
    this.next();
  }

  failed(frame) {
    const message = this.leave(frame.id);
    if (message) this.on.failed(message, frame.code);
    this.next();
  }

  wait(frame) {
    clearTimeout(this.answer);
    this.onWay = null;
    this.hold = setTimeout(() => {
      this.hold = null;
      this.next();
    }, frame.retry_after * 1000);
    this.on.state(frame.type);
  }

  leave(id) {
    const index = this.queue.findIndex((message) => message.id === id);
    if (index < 0) return null;
    if (this.onWay === id) {
      clearTimeout(this.answer);
      this.onWay = null;
    }
    const [message] = this.queue.splice(index, 1);
    this.keep();
    return message;
  }

  write(frame) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  become(state) {
    this.state = state;
    this.on.state(state);
  }

  keep() {
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(this.queue));
    } catch {
      // No storage in this browser: the queue lives as long as the page.
    }
  }
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) ?? [];
  } catch {
    return [];
  }
}

/** crypto.randomUUID is missing where a page comes by plain http, as on a test machine in the shop. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
