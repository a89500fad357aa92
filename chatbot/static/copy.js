// A secret of this browser goes along with that of the link, so that a download that broke off can be begun anew here,
// and nowhere else.
import { begin, part, press, show } from "./onetime.js";

/** Random, and the same whenever this browser asks; where it may not be stored, as long as this page lives. */
let browser = "";
function browserSecret() {
  try {
    browser ||= localStorage.getItem("desk-copy") ?? "";
  } catch {} // storage is switched off
  if (!browser) {
    browser = Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    try {
      localStorage.setItem("desk-copy", browser);
    } catch {}
  }
  return browser;
}

async function read(answer) {
  const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1];
  return { file: await answer.blob(), name };
}

function save({ file, name }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name ?? "data.zip";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  show("done", true);
}

part("again").addEventListener("click", press);
begin({ send: () => ({ browser: browserSecret() }), read, tell: save, gone: () => "copy.gone.text", clear() {} });
