// Everything works without this file. It moves the focus to what htmx brought, so that a screen
// reader and a keyboard continue there, prints, and closes the menu on Escape.
document.addEventListener("htmx:afterSwap", (event) => {
  // The answer to the step before says nothing about the form that opens now.
  if (event.detail.target.id === "move") document.querySelectorAll("#main > [role=status]").forEach((told) => told.remove());
  const target = event.detail.target.querySelector("[autofocus], [role=alert], h1, h2, input, select, textarea");
  if (!target) return;
  if (!target.matches("input, select, textarea, button, a")) target.setAttribute("tabindex", "-1");
  target.focus();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
  const copy = event.target.closest("[data-copy]");
  if (copy) copyText(document.getElementById(copy.dataset.copy), document.getElementById(copy.dataset.told));
});
async function copyText(source, told) {
  try {
    await navigator.clipboard.writeText(source.value);
  } catch {
    // Where the browser does not allow it, everything is marked to be copied by hand.
    source.closest("details").open = true;
    source.select();
    return;
  }
  told.hidden = false;
}
// What a page asks for again and again waits while nobody looks at it.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.elt.matches("[data-while-visible]")) event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.querySelectorAll("details.kern-dropdown[open]").forEach((menu) => {
    menu.open = false;
    menu.querySelector("summary").focus();
  });
});

// A signature: strokes of points from 0 to 1000, kept as text in the hidden input beside it.
function startPad(canvas) {
  const kept = document.getElementById(canvas.dataset.signature);
  const pen = canvas.getContext("2d");
  let strokes = [];
  let drawing = false;
  const scale = () => canvas.width / canvas.getBoundingClientRect().width;
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    const inside = (value, most) => Math.round(Math.max(0, Math.min(value * scale(), most)));
    return [inside(event.clientX - box.left, 1000), inside(event.clientY - box.top, canvas.height)];
  };
  const draw = () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.lineWidth = 4;
    pen.lineCap = pen.lineJoin = "round";
    strokes.forEach((line) => {
      pen.beginPath();
      line.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      pen.stroke();
    });
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    drawing = true;
    strokes.push([point(event)]);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    strokes.at(-1).push(point(event));
    draw();
  });
  ["pointerup", "pointercancel"].forEach((name) => canvas.addEventListener(name, () => {
    drawing = false;
    kept.value = JSON.stringify(strokes);
  }));
  document.querySelector(`[data-clear="${canvas.dataset.signature}"]`).addEventListener("click", () => {
    strokes = [];
    kept.value = "";
    draw();
  });
}
document.addEventListener("htmx:afterSwap", () => {
  document.querySelectorAll("canvas[data-signature]:not([data-started])").forEach((canvas) => {
    canvas.dataset.started = "yes";
    const form = document.getElementById("t-form");
    if (form) form.value = "screen_signed";
    startPad(canvas);
  });
});
document.querySelectorAll("[data-needs-script]").forEach((element) => { element.hidden = false; });
