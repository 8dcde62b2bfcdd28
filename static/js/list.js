/* The list: the whole screen beside a thumbnail, while one points at it or stands on its row. */
(() => {
  "use strict";
  const DELAY_MS = 160;
  const box = document.getElementById("preview");
  const image = box.querySelector("img");
  let waiting = 0;

  const show = (thumb) => {
    image.src = thumb.dataset.screen;
    box.showPopover();
    const at = thumb.getBoundingClientRect();
    const height = image.offsetHeight || 240;
    box.style.left = `${at.right + 14}px`;
    box.style.top = `${Math.max(8, Math.min(at.top - 20, innerHeight - height - 16))}px`;
  };
  const hide = () => {
    clearTimeout(waiting);
    if (box.matches(":popover-open")) box.hidePopover();
  };
  const thumbOf = (target) => target.closest?.(".thumb") || target.closest?.(".row-link")?.closest("tr").querySelector(".thumb");
  const begin = (thumb) => {
    hide();
    if (thumb) waiting = setTimeout(() => show(thumb), DELAY_MS);
  };
  document.addEventListener("pointerover", (event) => { if (event.target.closest?.(".thumb")) begin(thumbOf(event.target)); });
  document.addEventListener("pointerout", (event) => { if (event.target.closest?.(".thumb")) hide(); });
  document.addEventListener("focusin", (event) => { if (event.target.matches(".row-link:focus-visible")) begin(thumbOf(event.target)); });
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  document.addEventListener("htmx:beforeSwap", hide);
})();
