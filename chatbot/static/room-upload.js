/** Puts files into a case or request one after another, each as the body of a request of its own. */
const form = document.getElementById("upload-form");
const field = document.getElementById("file");
const said = document.getElementById("upload-said");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  said.textContent = form.dataset.sending;
  const lines = [];
  for (const file of field.files) lines.push(`${file.name}: ${await put(file)}`);
  said.textContent = lines.join("\n");
  form.reset();
  button.disabled = false;
});

async function put(file) {
  const headers = {
    "Content-Type": "application/octet-stream",
    "X-Room-Staff": "1",
    "X-File-Name": encodeURIComponent(file.name),
  };
  if (document.getElementById("with-complaint")?.checked) headers["X-With-Complaint"] = "1";
  try {
    const answer = await fetch(form.dataset.to, { method: "POST", headers, body: file });
    return (await answer.json()).said ?? form.dataset.failed;
  } catch {
    return form.dataset.failed;
  }
}
