/* Pointing on the picture before, and the label's box drawn on it, for as long as nothing else does. */
(() => {
  "use strict";
  const canvas = () => document.querySelector(".picture-before .canvas");
  document.addEventListener("stage:mode", (event) => canvas()?.classList.toggle("is-pointing", event.detail === "point"));
  document.addEventListener("click", (event) => {
    const on = event.target.closest?.(".canvas.is-pointing");
    if (!on) return;
    const picture = on.querySelector("img");
    const shown = picture.getBoundingClientRect();
    const x = ((event.clientX - shown.left) / shown.width) * picture.naturalWidth;
    const y = ((event.clientY - shown.top) / shown.height) * picture.naturalHeight;
    document.dispatchEvent(new CustomEvent("stage:point", { detail: { which: "before", x, y } }));
  });
  document.addEventListener("stage:label", (event) => {
    const overlay = canvas()?.querySelector(".overlay");
    overlay?.querySelector(".g-label")?.remove();
    const box = event.detail?.box;
    if (!overlay || !box) return;
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of Object.entries({ class: "g-label", x: box.x, y: box.y, width: box.w, height: box.h, rx: 3 })) rect.setAttribute(name, value);
    overlay.append(rect);
  });
})();
