// Everything works without this file. It moves the focus to what htmx brought, so that a screen
// reader and a keyboard continue there, and closes the menu on Escape.
document.addEventListener("htmx:afterSwap", (event) => {
  const target = event.detail.target.querySelector("[autofocus], [role=alert], h1, h2, input, select, textarea");
  if (!target) return;
  if (!target.matches("input, select, textarea, button, a")) target.setAttribute("tabindex", "-1");
  target.focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.querySelectorAll("details.kern-dropdown[open]").forEach((menu) => {
    menu.open = false;
    menu.querySelector("summary").focus();
  });
});
