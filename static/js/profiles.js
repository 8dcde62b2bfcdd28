/* A profile made by pointing: what is pointed at on the picture goes into the draft, whose shapes come back onto it. */
(() => {
  "use strict";
  const stage = document.getElementById("stage");
  const modes = [...document.querySelectorAll("input[name=mode]")];
  if (!stage?.pictures) return;
  const { svg, w, h } = stage.pictures[0];
  const point = (on) => document.dispatchEvent(new CustomEvent("stage:mode", { detail: on ? "point" : "" }));

  /* the mode: chosen, it points; Escape lets the picture be moved until one is chosen again */
  for (const mode of modes) {
    mode.addEventListener("change", () => point(true));
    mode.addEventListener("click", () => { if (!stage.classList.contains("is-pointing")) point(true); });
  }
  const show = () => stage.classList.toggle("is-moving", !stage.classList.contains("is-pointing"));
  document.addEventListener("stage:mode", () => setTimeout(show));

  document.addEventListener("stage:point", ({ detail: { box } }) => {
    const form = document.getElementById("draft");
    form.elements.box.value = [box.x / w, box.y / h, box.w / w, box.h / h].map((side) => Math.min(1, Math.max(0, side)).toFixed(6)).join(",");
    document.getElementById("point").click();
  });

  /* the answer: shapes go onto the picture, what cannot be stored is shown too */
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status !== 409) return;
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const shapes = document.querySelector("#draft .pf-shapes");
    if (shapes) svg.querySelector(".g-profile").replaceChildren(...[...shapes.children].map((shape) => shape.cloneNode(true)));
    if (event.detail.target.id === "trial" && event.detail.requestConfig.verb === "post") {
      document.getElementById("trial").scrollIntoView({ behavior: "smooth", block: "start" });
    }
    const first = document.querySelector(".pf-draft .conflict, .pf-draft [aria-invalid]") ?? document.querySelector(".pf-targets .is-open");
    if (event.detail.target.id === "draft") first?.scrollIntoView({ block: "nearest" });
  });

  point(true);
  document.activeElement.blur();
})();
