/** Sending files: each is uploaded at once, with its progress, and then sent as a message. */
import { element, setup, words } from "./words.js";

/** onUploaded: (upload id, name). */
export function fileSender(onUploaded) {
  const list = document.getElementById("uploads");
  const picker = document.getElementById("file");
  document.getElementById("attach").addEventListener("click", () => picker.click());
  picker.addEventListener("change", () => {
    for (const file of picker.files) begin(file);
    picker.value = "";
  });
  document.getElementById("area").addEventListener("paste", (event) => {
    for (const file of event.clipboardData.files) begin(file);
    if (event.clipboardData.files.length) event.preventDefault();
  });

  function begin(file) {
    let request;
    const name = element("span", "name");
    const bar = element("progress");
    bar.max = 100;
    const close = element("button", "button", "✕");
    close.type = "button";
    close.setAttribute("aria-label", words("web.chat.file.cancel", { name: file.name }));
    const row = element("div", "upload", name, bar, close);
    list.append(row);
    if (file.size > setup.max_file) {
      refuse(words("web.chat.file.too_large", { name: file.name, megabytes: Math.floor(setup.max_file / 1048576) }));
    } else if (!file.size) {
      refuse(words("web.chat.file.empty", { name: file.name }));
    } else {
      upload();
    }
    close.addEventListener("click", () => {
      request?.abort();
      row.remove();
    });

    function upload() {
      row.classList.remove("failed");
      row.removeAttribute("role");
      bar.hidden = false;
      show(0);
      const form = new FormData();
      form.append("file", file, file.name);
      request = new XMLHttpRequest();
      request.open("POST", `/chat/files?lang=${setup.language}`);
      request.setRequestHeader("X-Desk-Upload", "1");
      request.responseType = "json";
      request.upload.onprogress = (event) => event.lengthComputable && show((100 * event.loaded) / event.total);
      request.onload = () => {
        if (request.status === 200) {
          row.remove();
          onUploaded(request.response.id, request.response.name);
        } else if (request.response?.error === "too_much") {
          refuse(words("web.chat.file.too_much", { name: file.name }));
        } else if (request.status === 413) {
          refuse(words("web.chat.file.too_large", { name: file.name, megabytes: Math.floor(setup.max_file / 1048576) }));
        } else {
          retryLater(request.status === 503 ? "web.chat.file.no_room" : "web.chat.file.failed");
        }
      };
      request.onerror = () => retryLater("web.chat.file.failed");
      request.send(form);
    }

    function show(percent) {
      bar.value = percent;
      name.textContent = words("web.chat.file.uploading", { name: file.name, percent: Math.floor(percent) });
    }

    function refuse(why) {
      bar.hidden = true;
      row.classList.add("failed");
      row.setAttribute("role", "alert");
      name.textContent = why;
    }

    function retryLater(why) {
      refuse(words(why, { name: file.name }));
      const again = element("button", "button", words("web.chat.file.retry"));
      again.type = "button";
      again.addEventListener("click", () => {
        again.remove();
        upload();
      });
      row.insertBefore(again, close);
    }
  }
}
