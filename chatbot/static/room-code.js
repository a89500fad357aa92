// The code of an invitation stands behind the # and nowhere else: it is taken out of the address and put into the
// form, which sends it in its body.
const field = document.getElementById("invitation");

function arrive() {
  const code = location.hash.slice(1);
  if (!code || code === "main") return;
  history.replaceState(null, "", location.pathname + location.search);
  field.value = code;
  document.getElementById("by-hand").hidden = true;
}

document.querySelector(".top nav").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || !field.value) return;
  event.preventDefault();
  location.assign(`${link.href}#${field.value}`);
});
addEventListener("hashchange", arrive);
arrive();
